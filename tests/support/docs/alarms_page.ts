import { ALARM_KINDS, type AlarmKind } from "../../../gateway/control/alarm_kinds.ts";
import { code, page, table } from "./page.ts";

/** docs/alarms.md: every kind of alarm, what it means and who does what now. */
export function alarmsPage(): string {
  const kinds: [string, AlarmKind][] = Object.entries(ALARM_KINDS);
  const rows = kinds.sort(([a], [b]) => a < b ? -1 : 1).map(([name, kind]) => [
    code(name),
    kind.severity,
    kind.meaning,
    kind.action,
    showSeconds(kind.cooldownSeconds),
  ]);
  return page(
    "Alarms",
    [
      "An alarm is one thing that is wrong with one subject (a station, a listener, a sink). Raising it again counts it; it",
      "clears by itself when its cause is gone. An alarm that clears and comes back within its cooldown is counted but not",
      "sent again. Alarms go to every target under `notify:` whose `minSeverity` they reach.",
    ].join("\n"),
    table(["kind", "severity", "what it means", "who does what now", "cooldown"], rows),
  );
}

function showSeconds(seconds: number): string {
  if (seconds > 0 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds > 0 && seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}
