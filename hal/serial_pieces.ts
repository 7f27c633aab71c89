import type { Timers } from "../gateway/core/timers.ts";
import { HAL_LIMITS } from "./limits.ts";

/** What came over a serial line, cut by silence, until somebody takes it. The oldest make room for the newest. */
export class SerialPieces {
  readonly #timers: Pick<Timers, "after">;
  #inside: Uint8Array[] = [];
  #insideBytes = 0;
  #done: Uint8Array[] = [];
  #waiter: { wake(): void; fail(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(timers: Pick<Timers, "after">) {
    this.#timers = timers;
  }

  /** Bytes came that no silence has ended yet. */
  get isInside(): boolean {
    return this.#insideBytes > 0;
  }

  add(bytes: Uint8Array): void {
    this.#inside.push(bytes);
    this.#insideBytes += bytes.length;
    if (this.#insideBytes >= HAL_LIMITS.serialPieceBytes) this.end();
  }

  /** There was silence. */
  end(): void {
    if (this.#insideBytes === 0) return;
    const all = new Uint8Array(this.#insideBytes);
    let at = 0;
    for (const bytes of this.#inside) {
      all.set(bytes, at);
      at += bytes.length;
    }
    this.#inside = [];
    this.#insideBytes = 0;
    for (let start = 0; start < all.length; start += HAL_LIMITS.serialPieceBytes) {
      this.#done.push(all.slice(start, start + HAL_LIMITS.serialPieceBytes));
    }
    this.#done.splice(0, this.#done.length - HAL_LIMITS.serialPieces);
    this.#waiter?.wake();
  }

  /** All pieces, or after so long without one, none. One caller at a time: a second one takes the first one's place. */
  take(withinMs: number): Promise<readonly Uint8Array[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#done.length > 0) return Promise.resolve(this.#done.splice(0));
    this.#waiter?.wake();
    const { promise, resolve, reject } = Promise.withResolvers<readonly Uint8Array[]>();
    const settle = (act: () => void) => {
      if (this.#waiter !== waiter) return;
      this.#waiter = undefined;
      cancel();
      act();
    };
    const waiter = {
      wake: () => settle(() => resolve(this.#done.splice(0))),
      fail: (error: Error) => settle(() => reject(error)),
    };
    const cancel = this.#timers.after(withinMs, waiter.wake);
    this.#waiter = waiter;
    return promise;
  }

  /** Nothing comes any more: who waits and who asks is told why. */
  fail(error: Error): void {
    this.#failure = error;
    this.#waiter?.fail(error);
  }
}
