import type { AuditRecord } from "../api/audit.ts";
import type { Visit } from "../context.ts";
import { COMMON } from "../i18n/common.ts";
import { State, type Tone } from "./parts.tsx";
import { Time } from "./time.tsx";

const TONES: Readonly<Record<string, Tone>> = { ok: "good", refused: "warn", failed: "bad" };

/** Records of the audit chain as a list: when, what, who, on what, and how it ended. */
export function AuditList({ visit, records }: { visit: Visit; records: readonly AuditRecord[] }) {
  const t = COMMON.in(visit.language);
  return (
    <ol class="log">
      {records.map((record) => {
        const { seq, at, event, kind, who, target, outcome, rule, source, detail } = record;
        const facts = Object.entries(detail ?? {}).map(([name, value]) => `${name} ${String(value)}`);
        const more = [who, target && `→ ${target}`, source && `@ ${source}`, rule && `§ ${rule}`, ...facts];
        return (
          <li>
            {at ? <Time at={at} style={visit.time} /> : <span class="muted">–</span>}
            <div class="what">
              <code>{event ?? kind}</code> <span class="small muted">#{seq}</span>
              <div class="small muted">{more.filter((part) => part).join(" · ")}</div>
            </div>
            {outcome && (
              <State tone={TONES[outcome] ?? "off"}>
                {outcome === "ok" || outcome === "refused" || outcome === "failed" ? t(`outcome.${outcome}`) : outcome}
              </State>
            )}
          </li>
        );
      })}
    </ol>
  );
}
