import type { Site } from "../config/schema.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { CommandResult, ControlFeature, WorkerState } from "./contract.ts";
import type { OutageStatus } from "../inventory/outage/queue_watch.ts";
import type { ShownLease } from "./modbus/feature.ts";
import type { Foundation } from "./foundation.ts";
import type { BoxClockState } from "../time/box_clock.ts";
import { describeBoxClock } from "../time/time_commands.ts";
import { visibleExceptions } from "./visible_exceptions.ts";

/** What `status` shows of other features. */
export interface StatusParts {
  readonly outages: () => OutageStatus;
  readonly stations: () => Site["stations"];
  readonly leases: () => Promise<readonly ShownLease[]>;
  readonly boxClock: () => BoxClockState | undefined;
}

/** The gateway itself as a feature of control: `status`, `reload` and readiness. */
export function createGatewayFeature(
  foundation: Foundation,
  version: string,
  parts: StatusParts,
): ControlFeature {
  const { main } = foundation.context;
  return {
    name: "gateway",
    handlers: {
      "health.summary": async () => {
        const workers = Object.entries(await main.call("main.workers", {}));
        const healths = workers.map(([name, { state, health }]) =>
          [
            name,
            state === "ready" ? health ?? { state: "ok" as const } : { state: "failed" as const, why: state },
          ] as const
        );
        return {
          ready: healths.every(([, health]) => health.state !== "failed"),
          workers: Object.fromEntries(healths),
        };
      },
    },
    commands: {
      "status": () => status(foundation, version, parts),
      "reload": (args) => reload(foundation, args["plan"] === true),
    },
  };
}

async function status(
  { context, audit, keyStore }: Foundation,
  version: string,
  parts: StatusParts,
): Promise<CommandResult> {
  const outages = parts.outages();
  const workers = await context.main.call("main.workers", {});
  const exceptions = visibleExceptions(context.site, parts.stations());
  const leases = await leasesOf(parts);
  const boxClock = parts.boxClock();
  const ready = Object.values(workers).every(({ state }) => state === "ready");
  const data = {
    version,
    site: context.site.site.id,
    ready,
    workers,
    audit: { sequence: audit.head.seq },
    keyStore: { ...keyStore.describe() },
    exceptions,
    outages,
    modbusLeases: leases ?? null,
    ...boxClock ? { boxClock } : {},
  };
  const rows = Object.entries(workers).map(([name, worker]) => [name, worker.state, ...describe(worker)]);
  const text = [
    `Bulkhead ${version} at site ${data.site}: ${ready ? "all Workers are ready" : "NOT all Workers are ready"}`,
    formatTable(["worker", "state", "health", "restarts", "listening", "last fault"], rows),
    describeOutages(outages),
    ...describeLeases(leases),
    describeBoxClock(boxClock),
    `Audit chain: ${audit.head.seq} records. Root key: ${keyStore.describe().protectedBy}.`,
    exceptions.length === 0 ? "No exceptions are configured." : `Exceptions in force:\n- ${exceptions.join("\n- ")}`,
  ].join("\n\n");
  return { text, data: JSON.parse(JSON.stringify(data)), ok: ready };
}

/** Who commands which Modbus point; undefined when the Worker does not say: `status` is looked at when things are broken. */
async function leasesOf({ leases }: StatusParts): Promise<readonly ShownLease[] | undefined> {
  try {
    return await leases();
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

function describeLeases(leases: readonly ShownLease[] | undefined): string[] {
  if (!leases) return ["Who commands Modbus points is not known: their Worker does not answer."];
  if (leases.length === 0) return [];
  const rows = leases.map(({ unit, point, owner, priority, seconds }) => {
    return [String(unit), point, owner, String(priority), `${seconds} s`];
  });
  return [formatTable(["Modbus unit", "point", "commanded by", "priority", "ends in"], rows)];
}

/** Which offline authorisation holds stands here in capitals: nobody may have to guess who can charge (T3). */
function describeOutages({ modes, messages, bytes, oldestSeconds, refused }: OutageStatus): string {
  const lines = Object.entries(modes).map(([csms, mode]) =>
    `OFFLINE AUTHORISATION of CSMS ${csms}: ${mode.toUpperCase()}`
  );
  const oldest = oldestSeconds === undefined ? "" : `, the oldest for ${oldestSeconds} s`;
  lines.push(messages === 0 ? "No message waits for a CSMS." : `${messages} messages (${bytes} bytes) wait${oldest}.`);
  if (refused > 0) lines.push(`${refused} messages were REFUSED by their CSMS: see \`outage refused STATION\`.`);
  return lines.join("\n");
}

function describe({ health, restarts, listening, lastFault }: WorkerState): string[] {
  const why = health?.why === undefined ? "" : `: ${health.why}`;
  const where = Object.values(listening ?? {}).join(" ");
  return [health ? `${health.state}${why}` : "-", String(restarts), where || "-", (lastFault ?? "-").slice(0, 80)];
}

async function reload({ context }: Foundation, planOnly: boolean): Promise<CommandResult> {
  const { applied, faults, plan, diff } = await context.main.call("main.reload", { planOnly }, { deadlineMs: 60_000 });
  const steps = plan.length === 0 ? "Nothing changes." : plan.join("\n");
  const data = { applied, faults, plan, diff };
  if (faults.length > 0) {
    return { text: `Kept the old configuration:\n${faults.join("\n")}`, data, ok: false };
  }
  return { text: planOnly ? `A reload would do this:\n${steps}` : `Applied.\n${steps}`, data };
}
