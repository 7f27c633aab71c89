import { MIRROR_LIMITS } from "./limits.ts";

/** One message of the station for one mirror: the bytes as received, badges masked where the mirror may not see them. */
export interface MirrorMessage {
  readonly id: string;
  readonly action: string;
  /** A SEND (OCPP 2.1) has no answer. */
  readonly wantsAnswer: boolean;
  readonly bytes: Uint8Array;
  /** Times it was sent on connections that broke. */
  readonly sendings: number;
}

/** Bytes that wait for all mirrors of one isolate. */
export class MirrorBudget {
  bytes = 0;

  constructor(readonly limit: number = MIRROR_LIMITS.allQueueBytes) {}
}

/** What waits for one mirror, oldest first: bounded, and the oldest makes room. */
export class MirrorQueue {
  readonly #budget: MirrorBudget;
  #messages: MirrorMessage[] = [];
  #bytes = 0;

  constructor(budget: MirrorBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#messages.length;
  }

  has(action: string): boolean {
    return this.#messages.some((message) => message.action === action);
  }

  /** Adds a message behind the others. @returns how many old ones made room, and 1 more if it does not fit at all */
  push(message: MirrorMessage): number {
    const { length } = message.bytes;
    if (length > MIRROR_LIMITS.queueBytes) return 1;
    this.#messages.push(message);
    this.#count(length);
    let dropped = 0;
    while (this.#isOver() && this.#messages.length > 1) {
      this.shift();
      dropped++;
    }
    return dropped;
  }

  /** Puts a message back before all others. It was counted before, so it may stand one above the limit. */
  unshift(message: MirrorMessage): void {
    this.#messages.unshift(message);
    this.#count(message.bytes.length);
  }

  shift(): MirrorMessage | undefined {
    const message = this.#messages.shift();
    if (message) this.#count(-message.bytes.length);
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#count(-this.#bytes);
  }

  #isOver(): boolean {
    return this.#messages.length > MIRROR_LIMITS.queueMessages || this.#bytes > MIRROR_LIMITS.queueBytes ||
      this.#budget.bytes > this.#budget.limit;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.bytes += bytes;
  }
}
