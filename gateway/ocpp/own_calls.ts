import { CallQueue, type QueuedCall } from "./call_queue.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { RecentIds } from "./recent_ids.ts";

/** A CALL of the gateway itself to the station. */
export interface OwnCall {
  /** A fresh UUID: nobody else's id can be equal to it (LC6). */
  readonly id: string;
  readonly action: string;
  /** The payload as JSON text. */
  readonly payloadText: string;
  /** Milliseconds from now until the asker gives up: waiting for its turn included. */
  readonly timeoutMs: number;
}

/** Why an own CALL has no answer: its turn never came, the session ended, or the station did not answer. */
export type NoAnswer = "busy" | "ended" | "timeout";

/** What became of an own CALL. */
export type OwnOutcome =
  | { readonly is: "result"; readonly payload: unknown }
  | { readonly is: "error"; readonly code: string; readonly description: string; readonly details: unknown }
  | { readonly is: "none"; readonly why: NoAnswer };

/** An own CALL whose time is over. */
export interface OverdueOwnCall {
  readonly id: string;
  readonly action: string;
  readonly why: NoAnswer;
}

/** The gateway's own CALLs to one station: those that wait for their turn and those that were sent. No clock. */
export class OwnCalls {
  readonly #waiting = new CallQueue({ messages: OCPP_LIMITS.ownQueueMessages, bytes: OCPP_LIMITS.ownQueueBytes });
  readonly #sent = new Map<string, { readonly action: string; readonly dueAt: number }>();
  /** Ids whose answer may still come: it belongs to nobody, least of all to the CSMS. */
  readonly #over = new RecentIds();
  /** There was one at any time: nearly no session has any, and every message asks. */
  #isUsed = false;

  /** CALLs that wait or were sent. */
  get size(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /** Whether one was sent and has no answer yet. */
  get isWaited(): boolean {
    return this.#sent.size > 0;
  }

  /** Whether an id belongs to the gateway on this connection: no other side may use it. */
  has(id: string): boolean {
    if (!this.#isUsed) return false;
    return this.#sent.has(id) || this.#over.seen(id) || this.#waiting.has(id);
  }

  /** Queues a CALL; false when too many wait. */
  wait(call: QueuedCall): boolean {
    this.#isUsed = true;
    return this.#waiting.push(call);
  }

  /** The next CALL that may be sent. */
  next(): QueuedCall | undefined {
    return this.#waiting.shift();
  }

  /** Notes that a CALL is on its way. */
  sent({ id, action, dueAt }: QueuedCall): void {
    this.#sent.set(id, { action, dueAt });
  }

  /** The CALL this answer belongs to; "late" when its asker has given up, undefined when the id is none of ours. */
  take(id: string): { readonly action: string } | "late" | undefined {
    if (!this.#isUsed) return undefined;
    const call = this.#sent.get(id);
    if (!call) return this.#over.seen(id) ? "late" : undefined;
    this.#sent.delete(id);
    return call;
  }

  /** Takes out the CALLs whose time is over. */
  expire(now: number): readonly OverdueOwnCall[] {
    if (this.size === 0) return [];
    const over: OverdueOwnCall[] = [];
    for (const [id, { action, dueAt }] of this.#sent) {
      if (dueAt > now) continue;
      this.#sent.delete(id);
      this.#over.add(id);
      over.push({ id, action, why: "timeout" });
    }
    for (const { id, action } of this.#waiting.expire(now)) over.push({ id, action, why: "busy" });
    return over;
  }
}
