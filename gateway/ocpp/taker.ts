import { describeError } from "../core/errors.ts";
import type { OcppFrame } from "./codec.ts";
import type { Answer, Effect, Side } from "./effects.ts";
import { OCPP_LIMITS } from "./limits.ts";
import type { Relay } from "./relay.ts";
import type { RelayShared } from "./relay_types.ts";

/**
 * Answers a CALL in the place of the peer it was meant for. What must survive is stored before the promise resolves
 * (store before you answer). `bytes` are the message as received and belong to the socket: copy what is kept.
 */
export type Taker = (relay: Relay, from: Side, frame: OcppFrame, bytes: Uint8Array) => Promise<Answer>;

/** Takers by the rule of the verdict that took the CALL. */
export type Takers = ReadonlyMap<string, Taker>;

/** The asker is told nothing of what went wrong inside; the audit is. All versions have this code. */
const FAILED: Answer = Object.freeze({ code: "InternalError", description: "The gateway could not answer" });

/** The taker's answer; InternalError, with an audit record, when it throws, is absent or takes too long. Never throws. */
export async function askTaker(
  { takers, timers, reporter }: Pick<RelayShared, "takers" | "timers" | "reporter">,
  relay: Relay,
  { from, frame, bytes, rule }: Effect & { readonly do: "take" },
): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = timers.after(OCPP_LIMITS.takeTimeoutMs, () => reject(new Error("it took too long")));
  try {
    const taker = takers.get(rule);
    if (!taker) throw new Error(`nobody answers for the rule "${rule}"`);
    return await Promise.race([taker(relay, from, frame, bytes), late]);
  } catch (error) {
    const { stationId } = relay.options;
    reporter.auditRepeating({
      event: "ocpp.taken.failed",
      class: "operation",
      who: "gateway",
      target: stationId,
      outcome: "failed",
      rule,
      detail: { from, action: frame.action.slice(0, 64), why: describeError(error).slice(0, 300) },
    });
    return FAILED;
  } finally {
    cancel();
  }
}
