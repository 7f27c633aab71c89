import { OCPP_LIMITS } from "./limits.ts";

/** A CALL of the CSMS that waits for its turn. */
export interface QueuedCall {
  readonly id: string;
  readonly action: string;
  readonly bytes: Uint8Array;
  /** When waiting makes no sense any more: the CSMS has given up by then. */
  readonly dueAt: number;
}

/** CALLs of the CSMS in order, bounded by number and bytes (LC10). */
export class CallQueue {
  #calls: QueuedCall[] = [];
  #bytes = 0;

  get length(): number {
    return this.#calls.length;
  }

  /** Adds a call; false when the queue is full. */
  push(call: QueuedCall): boolean {
    if (this.#calls.length >= OCPP_LIMITS.csmsQueueMessages) return false;
    if (this.#bytes + call.bytes.byteLength > OCPP_LIMITS.csmsQueueBytes) return false;
    this.#calls.push(call);
    this.#bytes += call.bytes.byteLength;
    return true;
  }

  shift(): QueuedCall | undefined {
    const call = this.#calls.shift();
    if (call) this.#bytes -= call.bytes.byteLength;
    return call;
  }

  /** Takes out the calls whose time is over. */
  expire(now: number): readonly QueuedCall[] {
    if (this.#calls.length === 0) return [];
    const stale = this.#calls.filter((call) => call.dueAt <= now);
    if (stale.length === 0) return stale;
    this.#calls = this.#calls.filter((call) => call.dueAt > now);
    this.#bytes = this.#calls.reduce((sum, call) => sum + call.bytes.byteLength, 0);
    return stale;
  }

  clear(): void {
    this.#calls = [];
    this.#bytes = 0;
  }
}
