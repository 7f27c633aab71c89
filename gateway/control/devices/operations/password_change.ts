import type { OperationResult, PasswordAsk, TriedSecret } from "../../../core/device_operations_api.ts";
import type { Timers } from "../../../core/timers.ts";
import { OPERATION_LIMITS } from "./limits.ts";

/** What a proven change needs. */
export interface ChangeParts {
  readonly timers: Timers;
  send(ask: PasswordAsk): Promise<OperationResult>;
  prove(ask: PasswordAsk, secret: TriedSecret): Promise<OperationResult>;
}

type Held = "neither" | "next" | "old";

/**
 * Changes a password and proves which one holds then. What the controller said decides only which is tried first, so that
 * the common ways cost no refused login: devices answer 200 and keep the old one, refuse and take the new one, or die.
 */
export async function changeProven(parts: ChangeParts, ask: PasswordAsk): Promise<OperationResult> {
  const sent = await parts.send(ask);
  if (!sent.ok && sent.failure !== "rejected" && sent.failure !== "unknown") return sent;
  const held = await holding(parts, ask, sent.ok ? ["next", "old"] : ["old", "next"]);
  if (held === "next") return { ok: true };
  if (held === "neither") {
    const said = sent.ok ? "took it" : sent.why;
    return {
      ok: false,
      failure: "unknown",
      why: `The controller said: ${said}; neither password could be proven since`,
    };
  }
  return {
    ok: false,
    failure: "rejected",
    why: sent.ok ? "The controller said that it took the new password, and the old one still holds" : sent.why,
  };
}

/** The password that a fresh login proves; waits for a controller that restarts. At most one is refused. */
async function holding(parts: ChangeParts, ask: PasswordAsk, order: readonly ("next" | "old")[]): Promise<Held> {
  for (const which of order) {
    const proven = await proveWhenBack(parts, ask, which === "next" ? { ...ask.old, password: ask.next } : ask.old);
    if (proven.ok) return which;
    if (proven.failure !== "refused") return "neither";
  }
  return "neither";
}

async function proveWhenBack(parts: ChangeParts, ask: PasswordAsk, secret: TriedSecret): Promise<OperationResult> {
  for (let count = 1;; count++) {
    const proven = await parts.prove(ask, secret);
    const isAway = !proven.ok && (proven.failure === "away" || proven.failure === "busy");
    if (!isAway || count >= OPERATION_LIMITS.proveTries) return proven;
    const { promise, resolve } = Promise.withResolvers<void>();
    parts.timers.after(OPERATION_LIMITS.provePauseMs, resolve);
    await promise;
  }
}
