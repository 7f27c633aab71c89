import type { FrameFault } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";

/** A CALL that waits for its turn at the station. */
export interface QueuedCall {
  readonly id: string;
  readonly action: string;
  readonly faults?: readonly FrameFault[];
  readonly bytes: Uint8Array;
  /** When waiting makes no sense any more: the asker has given up by then. */
  readonly dueAt: number;
}

/** How much may wait. */
export interface CallQueueLimits {
  readonly messages: number;
  readonly bytes: number;
}

const CSMS_LIMITS: CallQueueLimits = {
  messages: OCPP_LIMITS.csmsQueueMessages,
  bytes: OCPP_LIMITS.csmsQueueBytes,
};

/** CALLs of one asker in order, bounded by number and bytes (LC10). */
export class CallQueue {
  #calls: QueuedCall[] = [];
  #bytes = 0;

  constructor(readonly limits: CallQueueLimits = CSMS_LIMITS) {}

  get length(): number {
    return this.#calls.length;
  }

  has(id: string): boolean {
    return this.#calls.some((call) => call.id === id);
  }

  /** Adds a call; false when the queue is full. */
  push(call: QueuedCall): boolean {
    if (this.#calls.length >= this.limits.messages) return false;
    if (this.#bytes + call.bytes.byteLength > this.limits.bytes) return false;
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
