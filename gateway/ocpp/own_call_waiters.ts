import type { Random } from "../core/timers.ts";
import type { OwnOutcome } from "./own_calls.ts";

/** Who waits for which own CALL of one relay. */
export class OwnCallWaiters {
  readonly #waiting = new Map<string, (outcome: OwnOutcome) => void>();

  /** Waits for the outcome of `id`. */
  wait(id: string): Promise<OwnOutcome> {
    const { promise, resolve } = Promise.withResolvers<OwnOutcome>();
    this.#waiting.set(id, resolve);
    return promise;
  }

  settle(id: string, outcome: OwnOutcome): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(outcome);
  }

  /** The session ended: nobody gets an answer any more. */
  endAll(): void {
    for (const id of [...this.#waiting.keys()]) this.settle(id, { is: "none", why: "ended" });
  }
}

/** A UUID of version 4 (RFC 9562 section 5.4) from the given randomness. */
export function randomId(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toHex();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
