/**
 * Whether a serial line is as slow as its settings say. On a real one no answer can come before the request is over: what comes earlier
 * belongs to the one before. But USB devices and ports in a network take any speed and ignore it: there all answers come "too early", and
 * a gateway that believes none of them never reaches the device. Such a line is told by a request that got nothing but an answer that
 * came too early, when the next one gets one too: whatever was still on its way is long over by then.
 */
export class LinePace {
  #cameEarly = false;
  #onlyEarly = false;
  #ignoresSpeed = false;

  /** A request is sent. */
  asked(): void {
    this.#cameEarly = false;
  }

  /** An answer that fits came before the request can be over; true when it is to be believed. */
  early(): boolean {
    this.#cameEarly = true;
    if (this.#onlyEarly) this.#ignoresSpeed = true;
    return this.#ignoresSpeed;
  }

  /** The request was answered in its time. */
  answered(): void {
    this.#onlyEarly = false;
  }

  /** Nothing else came for the request. */
  timedOut(): void {
    this.#onlyEarly = this.#cameEarly;
  }

  /** The line was opened anew: another adapter may be there. */
  opened(): void {
    this.#cameEarly = this.#onlyEarly = this.#ignoresSpeed = false;
  }
}
