import type { DeliveryOutcome } from "../../core/outage_api.ts";

/** What happened to the first message of a queue. */
export interface Head {
  readonly sequence: number;
  /** Connections that ended without its answer, while the CSMS answered something else on them. */
  times: number;
  /** When the first of these did, monotonic milliseconds. */
  since?: number;
  /** It had no answer: the CSMS is asked for a sign of life before it gets it again. */
  isProbed: boolean;
  /** A connection broke upon it. Once that is nothing: a CSMS may go again in the middle. */
  isBroken: boolean;
  /** What became of it, while control has not stored it. */
  outcome?: DeliveryOutcome;
}

/**
 * What a Worker knows of the first message of each queue, over all sessions of the station: neither a full disk nor a CSMS
 * that closes upon a message may go on once per connection for ever. One per station and CSMS.
 */
export class DeliveryHeads {
  readonly #heads = new Map<string, Head>();

  get size(): number {
    return this.#heads.size;
  }

  /** What is known of the message that is first now. */
  of(queue: string, sequence: number): Head {
    const known = this.#heads.get(queue);
    if (known?.sequence === sequence) return known;
    const head = { sequence, times: 0, isProbed: false, isBroken: false };
    this.#heads.set(queue, head);
    return head;
  }

  /** Its outcome is stored. @returns false when another session has said so */
  settled(queue: string, head: Head): boolean {
    return this.#heads.get(queue) === head && this.#heads.delete(queue);
  }
}
