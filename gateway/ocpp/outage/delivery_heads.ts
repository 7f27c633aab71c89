import type { DeliveryOutcome, WaitingMessage } from "../../core/outage_api.ts";

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
 * that closes upon a message may go on once per connection for ever. One per station and CSMS, and one for the boot that goes
 * before it: what is known of the message behind it still counts then.
 */
export class DeliveryHeads {
  readonly #heads = new Map<string, Head>();

  get size(): number {
    return this.#heads.size;
  }

  /** What is known of the message that is first now. */
  of(queue: string, { sequence, slot }: Pick<WaitingMessage, "sequence" | "slot">): Head {
    const place = placeOf(queue, slot), known = this.#heads.get(place);
    if (known?.sequence === sequence) return known;
    const head = { sequence, times: 0, isProbed: false, isBroken: false };
    this.#heads.set(place, head);
    return head;
  }

  /** Its outcome is stored. @returns false when another session has said so */
  settled(queue: string, { slot }: Pick<WaitingMessage, "slot">, head: Head): boolean {
    const place = placeOf(queue, slot);
    return this.#heads.get(place) === head && this.#heads.delete(place);
  }
}

const placeOf = (queue: string, slot: string | undefined): string => slot === "boot" ? `boot ${queue}` : queue;
