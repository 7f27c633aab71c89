import { type Forecast, forecast } from "../../../../policies/campaign_forecast.ts";
import type { Json } from "../../../core/control_api.ts";
import { formatTable } from "../../../core/format_table.ts";
import { campaignFacts } from "./facts.ts";
import type { CampaignParts } from "./parts.ts";
import type { CampaignRecord, UnitRecord } from "./record.ts";
import type { SiteLook } from "./site_view.ts";

/** Minutes that one part is thought to take when nobody says otherwise. */
const INSTALL_MINUTES = 15;

/** What a campaign would do, without telling any station (dry run). */
export function dryRun(
  parts: Pick<CampaignParts, "context" | "minuteOfWeek">,
  record: CampaignRecord,
  units: readonly UnitRecord[],
  site: SiteLook,
  installMinutes = INSTALL_MINUTES,
): { readonly text: string; readonly data: Json } {
  const now = parts.context.clock.now();
  const facts = campaignFacts(record, units, site, now, parts.minuteOfWeek(now));
  const played = forecast(facts, parts.minuteOfWeek, installMinutes);
  const away = units.flatMap((unit) => unit.parts).filter(({ station }) => site.get(station)?.online !== true);
  const text = [
    headOf(record, played, installMinutes),
    ...away.length === 0 ? [] : [awayLine(away)],
    table(record, played),
  ];
  return {
    text: text.join("\n\n"),
    data: {
      campaign: record.id,
      endsAt: iso(played.endsAt),
      why: played.why ?? "",
      installMinutes,
      mostConnectorsOut: played.mostConnectorsOut,
      connectors: facts.connectors.all,
      holds: [...played.holds],
      away: away.map(({ station }) => station),
      units: played.units.map(({ unit, ring, installsAt, endsAt, skipped }) => ({
        ...{
          unit,
          ring: ringOf(record, ring),
          installsAt: iso(installsAt),
          endsAt: iso(endsAt),
          skipped: skipped ?? "",
        },
      })),
    },
  };
}

function headOf(
  { id }: CampaignRecord,
  { endsAt, why, holds, mostConnectorsOut, units }: Forecast,
  installMinutes: number,
) {
  const some = units.filter(({ skipped }) => skipped === undefined).length;
  const end = endsAt === undefined ? `it does not end: ${why}` : `it would end at ${iso(endsAt)}`;
  const waits = holds.length === 0 ? "" : ` It waits for a person after ring ${holds.join(", ")}.`;
  return `${id}: nothing was sent. ${some} of ${units.length} units would be updated, at most ${mostConnectorsOut} connectors ` +
    `out of service at one time; if every part takes ${installMinutes} minutes, nothing fails and nobody charges, ${end}.${waits}`;
}

function awayLine(away: readonly { readonly station: string }[]): string {
  const names = away.slice(0, 8).map(({ station }) => station).join(", ");
  return `Not connected now, and waited for: ${names}${away.length > 8 ? ` and ${away.length - 8} more` : ""}.`;
}

function table(record: CampaignRecord, { units }: Forecast): string {
  return formatTable(
    ["unit", "ring", "installs", "confirmed", ""],
    units.toSorted((a, b) => (a.installsAt ?? Infinity) - (b.installsAt ?? Infinity)).map((unit) => [
      ...[unit.unit, ringOf(record, unit.ring), iso(unit.installsAt), iso(unit.endsAt), unit.skipped ?? ""],
    ]),
  );
}

const ringOf = ({ plan }: CampaignRecord, ring: number): string => plan.rings[ring]?.name ?? "";
const iso = (at: number | undefined): string => at === undefined ? "" : `${new Date(at).toISOString().slice(0, 16)}Z`;
