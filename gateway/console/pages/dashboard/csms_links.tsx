import type { AlarmRow, CsmsRow } from "../../api/overview.ts";
import { Card, State, type Tone } from "../../components/parts.tsx";
import type { Visit } from "../../context.ts";
import { DASHBOARD } from "./texts.ts";

/** How the link to one CSMS stands, and what its alarm says. */
export interface CsmsLink {
  readonly state: "away" | "idle" | "open" | "untrusted";
  readonly detail?: string | undefined;
}

/** Alarms about a CSMS, the gravest first; the subject of each is the CSMS's id. */
const ALARMS = {
  "ocpp.csms.untrusted": "untrusted",
  "ocpp.csms.unreachable": "away",
  "ocpp.mirror.away": "away",
} as const;

/** The gateway dials a CSMS per station, so a link is as good as the last dial; without a station nothing is known. */
export function linkOf(row: CsmsRow, alarms: readonly AlarmRow[]): CsmsLink {
  for (const [kind, state] of Object.entries(ALARMS)) {
    const alarm = alarms.find((each) => each.kind === kind && each.subject === row.id && each.state !== "cleared");
    if (alarm) return { state, detail: alarm.detail };
  }
  if ((row.away ?? 0) > 0) return { state: "away" };
  return { state: row.stations > 0 || (row.open ?? 0) > 0 ? "open" : "idle" };
}

const TONES: Readonly<Record<CsmsLink["state"], Tone>> = { away: "bad", idle: "off", open: "good", untrusted: "bad" };

/** Every CSMS with the state of the link to it. */
export function CsmsLinks(
  { visit, rows, alarms }: { visit: Visit; rows: readonly CsmsRow[]; alarms: readonly AlarmRow[] },
) {
  const t = DASHBOARD.in(visit.language);
  if (rows.length === 0) return null;
  return (
    <Card title={t("links")} lead={t("linksLead")} flush>
      <ul class="log narrow">
        {rows.map((row) => {
          const { state, detail } = linkOf(row, alarms);
          const waiting = row.waiting ?? 0;
          return (
            <li>
              <div class="what">
                <strong>{row.id}</strong> <span class="mono small">{row.host}</span>
                <div class="small muted">
                  {row.mode === "primary" ? t("linkStations", { count: row.stations }) : t("linkCopies", {
                    mode: row.mode,
                    open: row.open ?? 0,
                  })}
                  {waiting > 0 && ` · ${t("linkWaiting", { count: waiting })}`}
                </div>
                {detail && <div class="small muted" lang="en">{detail}</div>}
              </div>
              <State tone={TONES[state]}>{t(`link.${state}`)}</State>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
