import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import type { LiveSessions } from "../live_sessions.ts";
import type { Stations } from "../stations.ts";
import { BADGE_LIMITS } from "./limits.ts";
import type { OutageQueue } from "./outage_queue.ts";

/** What the outage commands work with. */
export interface OutageCommandParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly queue: OutageQueue;
  readonly live: Pick<LiveSessions, "ofStation">;
  /** The text of a message without secrets and badges. */
  redact(text: string): string;
}

/** `outage list`, `outage refused`, `outage retry` and `outage discard`. */
export function outageCommands(parts: OutageCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "outage discard": (args, who) => discard(parts, args, who),
    "outage list": async () => list(parts),
    "outage refused": (args) => refused(parts, args),
    "outage retry": (args, who) => retry(parts, args, who),
  };
}

function list({ queue, context }: OutageCommandParts): CommandResult {
  const now = context.clock.now();
  const data = queue.views().map(({ oldestAt, ...view }) => ({
    ...view,
    oldestSeconds: oldestAt === undefined ? null : Math.round((now - oldestAt) / 1_000),
  }));
  if (data.length === 0) return { text: "No message waits for a CSMS.", data };
  const rows = data.map(({ station, csms, messages, bytes, oldestSeconds, refused, isFull }) => [
    station,
    csms,
    String(messages),
    String(bytes),
    oldestSeconds === null ? "-" : `${oldestSeconds} s`,
    String(refused),
    isFull ? "FULL" : "-",
  ]);
  return { text: formatTable(["station", "CSMS", "waiting", "bytes", "oldest", "refused", ""], rows), data };
}

async function refused(parts: OutageCommandParts, args: CommandArgs): Promise<CommandResult> {
  const station = stationOf(parts, args);
  const lists = await Promise.all(
    queuesOf(parts, station).map(async ({ queue, csms }) =>
      (await parts.queue.listRefused(queue)).map((message) => ({ csms, ...message }))
    ),
  );
  const data = lists.flat().map(({ csms, head, text }) => ({
    csms,
    sequence: head.sequence,
    action: head.action,
    storedAt: new Date(head.at).toISOString(),
    code: head.refusal?.code ?? "",
    description: head.refusal?.description ?? "",
    transactionId: head.transactionId ?? null,
    message: parts.redact(text),
  }));
  if (data.length === 0) return { text: `The CSMS refused no message of ${station}.`, data };
  const rows = data.map(({ storedAt, action, code, description, message }) => [
    storedAt,
    action,
    `${code} ${description}`.trim(),
    message,
  ]);
  return { text: formatTable(["stored", "action", "refused", "message, badges stripped"], rows), data };
}

async function retry(parts: OutageCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts, args);
  await record(parts, "outage.refused.retried", station, who, {});
  let messages = 0;
  for (const { queue } of queuesOf(parts, station)) messages += await parts.queue.retry(queue);
  await parts.context.alarms.clear("ocpp.outage.refused", station);
  const when = messages > 0 && await renew(parts, station) ? "now" : "when the station is connected to its CSMS";
  return { text: `${messages} messages wait again; they go out ${when}.`, data: { messages } };
}

/** A connection may stand for weeks, and what waits goes out on a new one. */
async function renew({ live, context }: OutageCommandParts, station: string): Promise<boolean> {
  const session = live.ofStation(station);
  if (!session) return false;
  try {
    const worker = context.workers.get(session.worker);
    return (await worker.call("sessions.renew", { session: session.session })).isRenewed;
  } catch (error) {
    context.log.warn("outage.retry.unrenewed", { station, msg: describeError(error) });
    return false;
  }
}

async function discard(parts: OutageCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts, args);
  const reason = String(args["reason"] ?? "").trim();
  if (reason === "" || reason.length > BADGE_LIMITS.noteChars) {
    throw new GatewayError("CLI_USAGE", `Cannot discard messages of "${station}" without a reason`, {
      hint: 'Say why: --reason "settled by hand with the CSMS operator"',
    });
  }
  const which = args["all"] === true ? "all" : "refused";
  await record(parts, "outage.messages.discarded", station, who, { which, reason });
  let messages = 0;
  for (const { queue } of queuesOf(parts, station)) messages += (await parts.queue.discard(queue, which)).length;
  await parts.context.alarms.clear("ocpp.outage.refused", station);
  return { text: `${messages} messages of ${station} are gone.`, data: { messages } };
}

const queuesOf = ({ queue }: OutageCommandParts, station: string) =>
  queue.views().filter((view) => view.station === station);

function stationOf({ stations, queue }: OutageCommandParts, args: CommandArgs): string {
  const id = String(args["station"]);
  if (stations.get(id) || queue.views().some(({ station }) => station === id)) return id;
  throw new GatewayError("STATION_UNKNOWN", `No station "${id}" is in the inventory`, {
    hint: "Run `outage list` for the stations with waiting messages",
  });
}

async function record(
  { context }: OutageCommandParts,
  event: string,
  station: string,
  who: string,
  detail: Readonly<Record<string, string>>,
): Promise<void> {
  await context.audit.record({ event, class: "security", who, target: station, outcome: "ok", detail });
}
