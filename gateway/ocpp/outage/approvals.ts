import { STAND_IN_LIMITS } from "./limits.ts";

/**
 * Badges that the CSMS approved moments ago: an Authorize before the outage still stands for the start that follows.
 * In memory only, for one connection of one station. Times are monotonic milliseconds.
 */
export class Approvals {
  readonly #until = new Map<string, number>();

  add(badge: string, now: number): void {
    const key = badge.trim().toLowerCase();
    this.#until.delete(key);
    this.#until.set(key, now + STAND_IN_LIMITS.approvalMs);
    if (this.#until.size > STAND_IN_LIMITS.approvals) this.#until.delete(this.#until.keys().next().value!);
  }

  /** The CSMS has refused it since. */
  remove(badge: string): void {
    this.#until.delete(badge.trim().toLowerCase());
  }

  has(badge: string, now: number): boolean {
    return (this.#until.get(badge.trim().toLowerCase()) ?? -1) > now;
  }
}
