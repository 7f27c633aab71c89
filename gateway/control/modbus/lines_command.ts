import type { Json } from "../../core/control_api.ts";
import { formatTable } from "../../core/format_table.ts";
import { linesWorkerOf } from "../../core/modbus_api.ts";
import type { CommandResult, ControlContext } from "../contract.ts";

/** What the Worker of the lines says of itself, as far as people are shown it. */
interface LinesState {
  readonly lines: readonly {
    readonly id: string;
    readonly place: string;
    readonly state: string;
    readonly queued: number;
    readonly down?: string;
    readonly latencyMs: { readonly p50: number; readonly p99: number };
    readonly outcomes: Readonly<Record<string, number>>;
  }[];
  readonly silent: readonly string[];
  readonly clients: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly perMinute: Readonly<Record<string, number>>;
  readonly refusals: readonly {
    readonly at: number;
    readonly client: string;
    readonly rule: string;
    readonly unit: number;
    readonly points: string;
    readonly isTrial: boolean;
  }[];
}

const REFUSALS_SHOWN = 10;

/** `modbus lines`: how every line stands, how much each client asks, which devices are silent, and the last refusals by points. */
export async function linesCommand({ workers }: Pick<ControlContext, "workers">): Promise<CommandResult> {
  const owner = linesWorkerOf(workers);
  if (owner === undefined) return { text: "The site has no Modbus.", data: { lines: [] } };
  const data: Json = await workers.get(owner).call("modbus.state", {});
  const { lines, silent, clients, perMinute, refusals } = data as unknown as LinesState;
  const rows = lines.map(({ id, place, state, down, queued, latencyMs, outcomes }) => [
    id,
    place,
    down === undefined ? state : `DOWN: ${down}`,
    String(queued),
    `${latencyMs.p50} / ${latencyMs.p99} ms`,
    String((outcomes["answered"] ?? 0) + (outcomes["cached"] ?? 0)),
    String(outcomes["refused"] ?? 0),
    String((outcomes["no-answer"] ?? 0) + (outcomes["no-path"] ?? 0)),
  ]);
  const text = [
    formatTable(["line", "place", "state", "waiting", "p50 / p99", "answered", "refused", "no answer"], rows),
  ];
  const asked = Object.entries(clients).map(([client, outcomes]) => [
    client,
    String(perMinute[client] ?? 0),
    ...[["answered", "cached", "exception"], ["refused", "malformed"], ["busy", "no-answer", "no-path"]].map((names) =>
      String(names.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0))
    ),
  ]);
  if (asked.length > 0) text.push(formatTable(["client", "per minute", "answered", "refused", "failed"], asked));
  if (silent.length > 0) text.push(`SILENT (line and address): ${silent.join(", ")}`);
  if (refusals.length > 0) {
    const last = refusals.slice(0, REFUSALS_SHOWN).map(({ at, client, unit, rule, points, isTrial }) => [
      new Date(at).toISOString().slice(0, 19) + "Z",
      client,
      String(unit),
      points || "-",
      isTrial ? `${rule} (tried out)` : rule,
    ]);
    text.push(`Last refusals:\n${formatTable(["at", "client", "unit", "points", "rule"], last)}`);
  }
  return { text: text.join("\n\n"), data };
}
