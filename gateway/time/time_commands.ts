import type { CommandHandler, CommandResult } from "../control/contract.ts";
import { formatTable } from "../core/format_table.ts";
import { inWords } from "../../policies/station_clock.ts";
import type { BoxClockState } from "./box_clock.ts";
import type { StationClock } from "./station_clocks.ts";

/** What the commands show. */
export interface TimeStatus {
  box(): BoxClockState | undefined;
  stations(): readonly StationClock[];
}

/** The commands about time. */
export function timeCommands(status: TimeStatus, look: () => Promise<void>): Readonly<Record<string, CommandHandler>> {
  return {
    "time status": async () => {
      await look();
      return timeStatus(status);
    },
  };
}

function timeStatus(status: TimeStatus): CommandResult {
  const box = status.box();
  const stations = status.stations();
  const sources = (box?.report?.sources ?? []).map(({ host, state, offsetSeconds, nts }) => [
    host,
    state,
    `${(offsetSeconds * 1_000).toFixed(3)} ms`,
    nts ? `NTS, ${nts.cookies} cookies` : "not proven",
  ]);
  const rows = stations.map(({ station, offsetSeconds, verdict }) => [
    station,
    `${offsetSeconds} s`,
    verdict.state === "right" ? "right" : verdict.detail,
  ]);
  const text = [
    describeBoxClock(box),
    ...sources.length === 0 ? [] : [formatTable(["server", "state", "offset", "proof"], sources)],
    rows.length === 0 ? "No station has shown its clock yet." : formatTable(["station", "offset", "clock"], rows),
  ].join("\n\n");
  const data = JSON.parse(JSON.stringify({ box: box ?? null, stations }));
  const isGood = box === undefined || box.state === "following" || box.state === "own";
  return { text, data, ok: isGood && stations.every(({ verdict }) => verdict.state === "right") };
}

/** The box's clock in one line, for `status` too. */
export function describeBoxClock(box: BoxClockState | undefined): string {
  if (!box) return "The box's clock is left alone (no time: in site.yaml).";
  const { state, why, report } = box;
  const offset = report?.tracking === undefined ? "" : `, ${(report.tracking.offsetSeconds * 1_000).toFixed(3)} ms off`;
  const age = report && report.ageSeconds > 120 ? `, as of ${inWords(report.ageSeconds)} ago` : "";
  switch (state) {
    case "following":
      return `The box's clock: ${why}${offset}${age}.`;
    case "own":
      return `The box's clock is its own: ${why}.`;
    case "lost":
      return `THE BOX'S CLOCK FOLLOWS NOBODY: ${why}.`;
    case "unknown":
      return `Nothing is known of the box's clock: ${why}.`;
  }
}
