import { listSecurityEvents, readStationRecord, type RecordLine } from "../../api/station_talk.ts";
import type { Child } from "hono/jsx";
import { Card, Empty, State } from "../../components/parts.tsx";
import { Ago, Time } from "../../components/time.tsx";
import type { Visit } from "../../context.ts";
import { STATION } from "./texts.ts";

/** Lines of the record that the page shows. */
const LINES = 25;
/** Characters of one line; the whole stands in `station record`. */
const CHARS = 240;

/** The last messages of a station's connection; the station's page keeps it up to date. */
export function MessagesCard({ visit, children }: { visit: Visit; children?: Child }) {
  const t = STATION.in(visit.language);
  return (
    <Card title={t("recorded")} lead={t("recordedLead")} flush>
      <div sse-swap="messages" hx-swap="innerHTML">{children}</div>
    </Card>
  );
}

/** The messages themselves, the newest first. */
export async function messagesPart(visit: Visit) {
  const t = STATION.in(visit.language);
  const lines = await readStationRecord.call(visit.person, { station: visit.params["station"]! });
  const newest = lines.slice(-LINES).toReversed();
  if (newest.length === 0) return <Empty icon="plug" title={t("noMessages")} />;
  return (
    <ul class="log talk" lang="en">
      {newest.map((line) => {
        const { who, what } = describeLine(line);
        return (
          <li>
            <Time at={line.ts} style={visit.time} />
            <div class="what">
              <strong>{who}</strong> <span class="mono">{what}</span>
              <div class="small mono muted">{cut(line.text)}</div>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

const cut = (text: string): string => text.length <= CHARS ? text : `${text.slice(0, CHARS)}…`;

/** Who said what, in words: the action of a call, what an answer is, the name of an event. */
export function describeLine({ kind, text }: Pick<RecordLine, "kind" | "text">): { who: string; what: string } {
  const [, type, , action] = /^\[\s*([234])\s*,\s*("(?:[^"\\]|\\.)*")\s*(?:,\s*"([^"]{1,64})")?/.exec(text) ?? [];
  if (type === "2" && action !== undefined) return { who: kind, what: action };
  if (type === "3") return { who: kind, what: "answer" };
  if (type === "4") return { who: kind, what: `error ${action ?? ""}`.trim() };
  return { who: kind, what: "" };
}

/** Security events that the station reported or the gateway saw. */
export async function SecurityCard({ visit, station }: { visit: Visit; station: string }) {
  if (!visit.person.may(listSecurityEvents.needs)) return null;
  const t = STATION.in(visit.language);
  const events = (await listSecurityEvents.call(visit.person, { subject: station })).slice(0, 10);
  return (
    <Card title={t("securityEvents")} flush>
      {events.length === 0 ? <Empty icon="policy" title={t("noSecurityEvents")} /> : (
        <ul class="log narrow">
          {events.map(({ type, isCritical, origin, count, info, last }) => (
            <li>
              <div class="what" lang="en">
                <strong>{type}</strong> {count > 1 && <span class="small muted">× {count}</span>}
                <div class="small muted">
                  {origin} · <Ago at={last} style={visit.time} />
                  {info && ` · ${info}`}
                </div>
              </div>
              {isCritical && <State tone="bad">critical</State>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
