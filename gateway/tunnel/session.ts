import { ProtocolError } from "../core/errors.ts";
import { TUNNEL_LIMITS } from "./limits.ts";

/**
 * The window of one connection, seen from one end. A side sends no more than the other has room for: over TLS a reader
 * cannot be paused (measured on Deno 2.9.6), so a slow station must not let a fast laptop fill the gateway's memory.
 */
export class TunnelFlow {
  #credit: number = TUNNEL_LIMITS.windowBytes;
  /** Received and not yet passed on. */
  #owed = 0;
  /** Passed on and not yet said so. */
  #unsaid = 0;

  /** Bytes that may be sent now. */
  get credit(): number {
    return this.#credit;
  }

  /** Bytes that were received and are not passed on. */
  get owed(): number {
    return this.#owed;
  }

  /** Notes bytes that are sent. @throws RangeError beyond the credit: a fault of the caller */
  sent(count: number): void {
    if (count > this.#credit) throw new RangeError(`${count} bytes are more than the credit of ${this.#credit}`);
    this.#credit -= count;
  }

  /** The other side has taken bytes of ours. @throws ProtocolError TUNNEL_FRAME when that many were not under way */
  taken(count: number): void {
    if (this.#credit + count > TUNNEL_LIMITS.windowBytes) {
      throw new ProtocolError("TUNNEL_FRAME", `${count} bytes were said to be taken that were never sent`);
    }
    this.#credit += count;
  }

  /** Bytes came in. @throws ProtocolError TUNNEL_FRAME beyond the window */
  received(count: number): void {
    if (this.#owed + this.#unsaid + count > TUNNEL_LIMITS.windowBytes) {
      throw new ProtocolError("TUNNEL_FRAME", `More than ${TUNNEL_LIMITS.windowBytes} bytes were sent ahead`);
    }
    this.#owed += count;
  }

  /** Bytes were passed on. @returns how many to report as taken now; 0: later, with more */
  passed(count: number): number {
    this.#owed -= count;
    this.#unsaid += count;
    if (this.#owed > 0 && this.#unsaid < TUNNEL_LIMITS.windowBytes / 4) return 0;
    const say = this.#unsaid;
    this.#unsaid = 0;
    return say;
  }
}
