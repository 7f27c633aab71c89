import { type RenewalFacts, renewalRefusals } from "../../policies/credential_renewal.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { relaysCredential, versionOf } from "./climb/command.ts";
import type { Climbs } from "./climb/climbs.ts";
import { hasEnded } from "./climb/record.ts";
import type { Station } from "./config.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { stationOf, type StationParts } from "./station_commands.ts";

/** What renewals work with. */
export interface RenewalParts {
  readonly station: StationParts;
  readonly climbs: Climbs;
}

/** How a renewal is done. */
interface RenewalWish {
  readonly who: string;
  /** Minutes the station has to become free and to come back. */
  readonly minutes: number;
  /** Charging is no obstacle. */
  readonly force: boolean;
}

/**
 * `station renew STATION`: a new password, sent over OCPP; the old one dies when the station takes it. Answers at once.
 * @throws GatewayError STATION_INVALID with everything that speaks against it
 */
export async function renewCommand(parts: RenewalParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts.station, args);
  const minutes = Number(args["minutes"] ?? 15), force = args["force"] === true;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > INVENTORY_LIMITS.climbMinutes) {
    throw new GatewayError(
      "STATION_INVALID",
      `--minutes "${String(args["minutes"]).slice(0, 20)}" is no number of minutes`,
      {
        hint: `Pass 1 to ${INVENTORY_LIMITS.climbMinutes}`,
      },
    );
  }
  await renew(parts, station, { who, minutes, force });
  const text = `The password of ${station.id} is being renewed. See \`station climb ${station.id} --status\`.`;
  return { text, data: { station: station.id } };
}

/** A station is let in with the password of its factory: it gets one of its own, at once (A00.FR.806, facts O-21). */
export function renewQuarantined(parts: RenewalParts, stationId: string): void {
  const { context, stations, credentials } = parts.station;
  const begin = async () => {
    const station = stations.get(stationId), known = parts.climbs.of(stationId);
    if (!station || !await credentials.isQuarantined(station)) return;
    // It booted again while its renewal is under way, or while one began and ended since it was asked about.
    if (known && !hasEnded(known) || parts.climbs.of(stationId) !== known) return;
    await renew(parts, station, { who: "gateway", minutes: INVENTORY_LIMITS.quarantineMinutes, force: true });
  };
  // Its boot is answered first.
  context.timers.after(INVENTORY_LIMITS.climbPollMs, () =>
    void begin().catch((error) => {
      context.log.warn("stations.quarantine.kept", { station: stationId, msg: describeError(error) });
    }));
}

async function renew({ station: parts, climbs }: RenewalParts, station: Station, wish: RenewalWish): Promise<void> {
  const { context, live, credentials, facts: known } = parts;
  const session = live.ofStation(station.id), running = climbs.of(station.id);
  const kind = await credentials.kindOf(station, context.files);
  const profile = station.ocpp?.securityProfile ?? 0;
  const version = versionOf(known.of(station.id)["protocol"] ?? station.ocpp?.protocols[0]);
  const facts: RenewalFacts = {
    version: session ? version : undefined,
    securityProfile: profile,
    password: kind === "file" || kind === "none" ? kind : "stored",
    isQuarantined: await credentials.isQuarantined(station),
    relaysCredential: relaysCredential(station, context.site.ocpp),
    isUnderWay: running !== undefined && !hasEnded(running),
  };
  const refusals = renewalRefusals(facts);
  if (refusals.length > 0 || profile === 0 || version === undefined) {
    const reasons = refusals.map(({ reason, rule }) => `${reason} (${rule})`).join("; ");
    throw new GatewayError("STATION_INVALID", `The password of ${station.id} cannot be renewed: ${reasons}`, {
      ...refusals[0] ? { hint: refusals[0].hint } : {},
    });
  }
  await climbs.begin({
    stationId: station.id,
    who: wish.who,
    startedAt: context.clock.now(),
    version,
    hops: [{ from: profile, to: profile, steps: ["idle", "renew"] }],
    hop: 0,
    step: 0,
    state: "running",
    force: wish.force,
    minutes: wish.minutes,
    url: "",
    notes: [],
    pending: running?.pending ?? [],
  });
}
