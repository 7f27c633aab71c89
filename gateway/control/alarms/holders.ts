import type { Clock } from "../../core/clock.ts";
import { ALARM_LIMITS } from "./limits.ts";
import { alarmKind } from "./model.ts";

/** Which alarm. */
export interface AlarmName {
  readonly kind: string;
  readonly subject: string;
}

interface Held extends AlarmName {
  /** The Workers that see it, and when each last said so, monotonic. */
  readonly by: Map<string, number>;
  /** A Worker that has seen the contrary meanwhile. */
  doubtedBy: string | undefined;
}

/**
 * Which Workers see what an alarm says: several may have one about the same CSMS, and it is over when none of them sees
 * it any more (docs/decisions/0199). Workers say so again while it lasts; the word of one that does not lapses.
 */
export class AlarmHolders {
  readonly #held = new Map<string, Held>();
  readonly #clock: Pick<Clock, "monotonic">;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** This Worker sees it. */
  hold({ kind, subject }: AlarmName, worker: string): void {
    const key = keyOf({ kind, subject });
    const held = this.#held.get(key) ?? { kind, subject, by: new Map(), doubtedBy: undefined };
    held.by.set(worker, this.#clock.monotonic());
    if (held.doubtedBy === worker) held.doubtedBy = undefined;
    // The one that nobody spoke of for longest gives way: any Worker may end it then.
    this.#held.delete(key);
    if (this.#held.size >= ALARM_LIMITS.alarms) this.#held.delete(this.#held.keys().next().value!);
    this.#held.set(key, held);
  }

  /** This Worker sees it no more, or never did. @returns whether nobody does */
  release(name: AlarmName, worker: string): boolean {
    const held = this.#held.get(keyOf(name));
    if (!held) return true;
    held.by.delete(worker);
    held.doubtedBy = worker;
    return this.#isOver(held);
  }

  /** A Worker has ended, and its word with it. @returns what nobody sees any more */
  left(worker: string): readonly AlarmName[] {
    for (const held of this.#held.values()) held.by.delete(worker);
    return this.over();
  }

  /** What others have seen the contrary of, once the last word for it has lapsed. */
  over(): readonly AlarmName[] {
    return [...this.#held.values()].filter((held) => this.#isOver(held) && held.doubtedBy !== undefined);
  }

  #isOver(held: Held): boolean {
    const { kind, by } = held;
    const since = this.#clock.monotonic() - alarmKind(kind).cooldownSeconds * 1_000 - ALARM_LIMITS.heldMs;
    for (const [worker, at] of by) if (at <= since) by.delete(worker);
    if (by.size > 0) return false;
    this.#held.delete(keyOf(held));
    return true;
  }
}

const keyOf = ({ kind, subject }: AlarmName) => `${kind}\n${subject}`;
