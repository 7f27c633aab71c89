import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import type { LiveSessions } from "../live_sessions.ts";
import type { Stations } from "../stations.ts";
import { BADGE_LIMITS, OUTAGE_LIMITS } from "./limits.ts";
import type { MessageHead } from "./message_records.ts";
import { isIn, type OutageQueue } from "./outage_queue.ts";

/** What the outage commands work with. */
export interface OutageCommandParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly queue: OutageQueue;
  readonly live: Pick<LiveSessions, "ofStation">;
  /** The text of a message without secrets and badges. */
  redact(text: string): string;
}

/** `outage list`, `outage refused`, `outage export`, `outage retry` and `outage discard`. */
export function outageCommands(parts: OutageCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "outage discard": (args, who) => discard(parts, args, who),
    "outage export": (args, who) => exportKept(parts, args, who),
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
  const rows = data.map((
    { station, csms, messages, bytes, oldestSeconds, refused, isFull, otherVersion, protocol },
  ) => [
    station,
    csms,
    String(messages),
    String(bytes),
    oldestSeconds === null ? "-" : `${oldestSeconds} s`,
    String(refused),
    [
      ...isFull ? ["FULL"] : [],
      ...otherVersion > 0 ? [`${otherVersion} IN ANOTHER VERSION than ${protocol}: not sent`] : [],
    ].join(", ") || "-",
  ]);
  return { text: formatTable(["station", "CSMS", "waiting", "bytes", "oldest", "refused", ""], rows), data };
}

async function refused(parts: OutageCommandParts, args: CommandArgs): Promise<CommandResult> {
  const station = stationOf(parts, args);
  const { refusedShown } = OUTAGE_LIMITS;
  const found = await kept(parts, station, (head, version) => head.refusal !== undefined || !isIn(head, version));
  const data = found.slice(0, refusedShown).map((one) => ({
    ...one,
    message: one.message === null ? "(cannot be opened)" : parts.redact(one.message),
  }));
  if (data.length === 0) return { text: `The CSMS refused no message of ${station}.`, data };
  const rows = data.map(({ storedAt, action, code, description, message }) => [
    storedAt,
    action,
    `${code} ${description}`.trim(),
    message,
  ]);
  const table = formatTable(["stored", "action", "refused", "message, badges stripped"], rows);
  const more = found.length > refusedShown ? "\nThere are more: `outage export` has all." : "";
  return { text: table + more, data };
}

/** What is kept of a station and wanted, one more than is shown, with its text. */
async function kept(
  { queue }: OutageCommandParts,
  station: string,
  isWanted: (head: MessageHead, version: string | undefined) => boolean,
  limit: number = OUTAGE_LIMITS.refusedShown + 1,
) {
  const views = queue.views().filter((view) => view.station === station);
  const lists = await Promise.all(views.map(async ({ queue: name, csms }) => {
    const messages = await queue.list(name, isWanted, limit);
    return messages.map(({ head, text, protocol }) => ({
      csms,
      sequence: head.sequence,
      action: head.action,
      version: head.protocol ?? null,
      storedAt: new Date(head.at).toISOString(),
      ...reasonOf(head, protocol),
      transactionId: head.transactionId ?? null,
      message: text ?? null,
    }));
  }));
  return lists.flat();
}

/** Why a message is not sent by itself; empty when it only waits. */
function reasonOf(head: MessageHead, version: string | undefined): { code: string; description: string } {
  if (head.refusal) return { code: head.refusal.code, description: head.refusal.description };
  if (isIn(head, version)) return { code: "", description: "" };
  return { code: "OtherVersion", description: `it is in ${head.protocol}, the station speaks ${version} now` };
}

/** All that is kept of a station, as it came: what a person settles with the operator of the CSMS. */
async function exportKept(parts: OutageCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts, args), after = Number(args["after"] ?? 0);
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new GatewayError("CLI_USAGE", `--after "${String(args["after"]).slice(0, 40)}" is no sequence number`, {
      hint: "Write the number of the last line of the part before",
    });
  }
  const heads = parts.queue.heads(station).filter(({ sequence }) => sequence > after);
  let bytes = 0;
  const end = heads.findIndex((head, index) => (bytes += head.bytes) > OUTAGE_LIMITS.exportBytes && index > 0);
  const last = end < 0 ? Infinity : heads[end - 1]!.sequence;
  const isPart = ({ sequence }: MessageHead) => sequence > after && sequence <= last;
  const messages = (await kept(parts, station, isPart, Infinity)).sort((a, b) => a.sequence - b.sequence);
  await record(parts, "outage.messages.exported", station, who, { messages: String(messages.length) });
  const rest = end < 0 ? undefined : { more: heads.length - end, after: last };
  const lines = [...messages, ...rest ? [rest] : []].map((line) => JSON.stringify(line));
  const data = { messages, ...rest };
  return { text: lines.join("\n") || `No message of ${station} is kept.`, data };
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
  const which = args["all"] === true ? "all" : args["other-version"] === true ? "other-version" : "refused";
  await record(parts, "outage.messages.discarded", station, who, { which, reason });
  let messages = 0;
  for (const { queue } of queuesOf(parts, station)) messages += (await parts.queue.discard(queue, which)).length;
  if (which !== "other-version") await parts.context.alarms.clear("ocpp.outage.refused", station);
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
