import { decidePersonCall } from "../../policies/person_call.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import type { Json, StationCall, StationCallAnswer } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { callStation } from "./station_calls.ts";
import { stationOf, type StationParts } from "./station_commands.ts";

/**
 * `station call STATION ACTION JSON`: sends one OCPP message to a connected station and shows its answer. Who sent what
 * action is audited before it is sent, its payload never is: it may name badges.
 * @throws GatewayError STATION_CALL_INVALID for what is not sent, STATION_NO_ANSWER for what is not answered
 */
export async function callCommand(parts: StationParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const station = stationOf(parts, args);
  const call = readCall(station.id, args);
  const record = async (outcome: "ok" | "refused" | "failed", detail: Record<string, string>, rule?: string) => {
    await parts.context.audit.record({
      event: "station.call.sent",
      class: "access",
      who,
      target: station.id,
      outcome,
      ...rule === undefined ? {} : { rule },
      detail: { action: call.action, ...detail },
    });
  };
  const decision = decidePersonCall(call);
  if (decision.effect === "deny") {
    await record("refused", {}, decision.rule);
    throw new GatewayError("STATION_CALL_INVALID", `Not sent to ${station.id}: ${decision.reason}`, {
      hint: decision.hint ?? "",
    });
  }
  await record("ok", {});
  const answer = await callStation(parts, call).catch(async (error) => {
    await record("failed", { why: describeError(error).slice(0, 200) });
    throw error;
  });
  if ("result" in answer) {
    const data = { station: station.id, action: call.action, result: answer.result };
    return { text: `${station.id} answered ${call.action}:\n${JSON.stringify(answer.result, null, 2)}`, data };
  }
  await record("failed", "error" in answer ? { code: answer.error.code.slice(0, 40) } : { noAnswer: answer.noAnswer });
  if ("noAnswer" in answer) throw noAnswer(call, answer.noAnswer);
  const { code, description } = answer.error;
  return {
    text: `${station.id} refused ${call.action}: ${code}${description === "" ? "" : ` (${description})`}`,
    data: { station: station.id, action: call.action, error: { code, description } },
    ok: false,
  };
}

function readCall(stationId: string, args: CommandArgs): StationCall {
  const action = String(args["action"]);
  if (!/^[A-Za-z0-9-]{1,128}$/.test(action)) {
    throw invalid(`"${action.slice(0, 40)}" is no OCPP action`, "Name it as the specification does: GetConfiguration");
  }
  const seconds = Number(args["timeout"] ?? 30), most = INVENTORY_LIMITS.callTimeoutMs / 1_000;
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= most)) {
    throw invalid(`--timeout "${String(args["timeout"])}" is no number of seconds`, `Pass 1 to ${most}`);
  }
  return { stationId, action, payload: readPayload(String(args["payload"] ?? "{}")), timeoutMs: seconds * 1_000 };
}

function readPayload(text: string): Json {
  const hint = `Pass a JSON object in quotes, as '{"type":"Soft"}'`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The position only: the text around it may be a badge.
    const at = /position \d+/.exec(describeError(error))?.[0];
    throw invalid(`The payload is no JSON${at === undefined ? "" : ` (at ${at})`}`, hint);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("The payload of an OCPP message is an object", hint);
  }
  return value as Json;
}

const invalid = (what: string, hint: string) => new GatewayError("STATION_CALL_INVALID", what, { hint });

type NoAnswer = Extract<StationCallAnswer, { readonly noAnswer: string }>["noAnswer"];

/** What is known of the fate of the message, and what to do. */
const NO_ANSWER: Readonly<Record<NoAnswer, readonly [what: string, hint: string]>> = {
  away: ["it is not connected, so nothing was sent", "Run `why` to see what keeps it away"],
  busy: [
    "its turn did not come in time, so nothing was sent: messages of its CSMS go first",
    "Try again, with a longer --timeout",
  ],
  ended: [
    "its connection ended before the answer; it may have acted on it",
    "Look at `station record` before you send it again",
  ],
  timeout: [
    "it did not answer in time; it may have acted on it",
    "Look at `station record` before you send it again, or allow more --timeout",
  ],
};

function noAnswer({ stationId, action }: StationCall, why: NoAnswer): GatewayError {
  const [what, hint] = NO_ANSWER[why];
  return new GatewayError("STATION_NO_ANSWER", `No answer to ${action} from ${stationId}: ${what}`, { hint });
}
