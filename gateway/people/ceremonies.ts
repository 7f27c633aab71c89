import type { Random } from "../core/timers.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { newToken } from "./secret_text.ts";
import type { SteadyClock } from "./steady_clock.ts";

/** A ceremony that has begun. */
export interface Pending<T> {
  readonly about: T;
  readonly source: string;
  readonly endsAt: number;
}

/**
 * WebAuthn ceremonies and logins at an identity provider that are under way. In memory: anybody may begin one, so it
 * costs no write; after a restart people begin again. Each is used once. Bounded: per address, then in all.
 */
export class Ceremonies<T> {
  readonly #pending = new Map<string, Pending<T>>();
  readonly #parts: { readonly clock: SteadyClock; readonly random: Random; readonly lifeMs: number };

  constructor(parts: { readonly clock: SteadyClock; readonly random: Random; readonly lifeMs: number }) {
    this.#parts = parts;
  }

  /** Remembers what a ceremony is about and names it. */
  begin(source: string, about: T): string {
    const own = [...this.#pending].filter(([, pending]) => pending.source === source);
    if (own.length >= PEOPLE_LIMITS.ceremoniesOfSource) this.#pending.delete(own[0]![0]);
    if (this.#pending.size >= PEOPLE_LIMITS.ceremonies) this.#pending.delete(this.#pending.keys().next().value!);
    const id = newToken(this.#parts.random);
    this.#pending.set(id, { about, source, endsAt: this.#parts.clock.now() + this.#parts.lifeMs });
    return id;
  }

  /** What it is about, once and in time; undefined otherwise. */
  take(id: string): T | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending && this.#parts.clock.now() < pending.endsAt ? pending.about : undefined;
  }

  /** Ceremonies that are remembered, for the limits' tests. */
  get size(): number {
    return this.#pending.size;
  }
}
