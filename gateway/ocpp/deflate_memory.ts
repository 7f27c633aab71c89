import { OCPP_LIMITS } from "./limits.ts";

interface Known {
  /** Undefined while the first connection asks. */
  accepts: boolean | undefined;
  askAgainAt: number;
}

/**
 * Which CSMS agrees to permessage-deflate (LC9). One connection asks; while it does, and when the answer was no, others
 * do not offer it and run without `ws`. After a while one asks again. Times are monotonic milliseconds.
 */
export class DeflateMemory {
  readonly #known = new Map<string, Known>();

  /** Whether the next connection to this CSMS is to offer compression. */
  shouldOffer(csms: string, now: number): boolean {
    const known = this.#known.get(csms);
    if (known && known.askAgainAt > now) return known.accepts === true;
    if (!known && this.#known.size >= OCPP_LIMITS.upstreamContexts) {
      this.#known.delete(this.#known.keys().next().value!);
    }
    // Others wait no longer for the outcome than a dial may take.
    this.#known.set(csms, { accepts: known?.accepts, askAgainAt: now + OCPP_LIMITS.dialTimeoutMs });
    return true;
  }

  /** What a connection that offered compression came to; undefined when it failed. */
  learned(csms: string, accepts: boolean | undefined, now: number): void {
    if (accepts === undefined) this.#known.delete(csms);
    else this.#known.set(csms, { accepts, askAgainAt: now + OCPP_LIMITS.deflateMemoryMs });
  }
}
