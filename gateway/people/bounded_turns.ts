import { IdentityError } from "../core/errors.ts";

/**
 * Work on one name, one after the other: parallel guesses are counted one by one, and a code is used once. Bounded: who
 * sends more at once than may wait is told to come back.
 */
export class BoundedTurns {
  readonly #tails = new Map<string, { tail: Promise<unknown>; waiting: number }>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws IdentityError LOGIN_BUSY when too many wait for this name */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#tails.get(name) ?? { tail: Promise.resolve(), waiting: 0 };
    if (turn.waiting >= this.#limit) {
      throw new IdentityError("LOGIN_BUSY", "Too many logins of this name wait for each other", {
        hint: "Try again in a moment",
      });
    }
    turn.waiting++;
    this.#tails.set(name, turn);
    const done = turn.tail.then(work).finally(() => {
      turn.waiting--;
      if (turn.waiting === 0) this.#tails.delete(name);
    });
    turn.tail = done.catch(() => undefined); // the caller sees it; the next in line goes on
    return await done;
  }

  /** Names that are being worked on, for the limit's test. */
  get size(): number {
    return this.#tails.size;
  }
}
