import { MODBUS_LIMITS } from "./limits.ts";
import type { LeaseChange } from "./write_leases.ts";

/** Values by point that a write sets, scaled. */
export type ForwardedValues = Map<string, number>;

/** What an allowed write brings with it. */
export interface GrantedWrites {
  /** Points that got another commander with it. */
  readonly leases: readonly LeaseChange[];
  /** What is forwarded to commanded points. */
  readonly values: ReadonlyMap<string, number>;
  /** Points whose writing an auditor wants to know of: protected ones and credentials. */
  readonly notable: readonly string[];
  readonly clamped: readonly { readonly point: string; readonly asked: number; readonly forwarded: number }[];
}

interface LastValue {
  readonly unit: number;
  readonly value: number;
  /** Since when the point has this value, monotonic milliseconds. */
  readonly since: number;
}

/** What was forwarded last to commanded points: what a clamp lets rise from. */
export class LastValues {
  readonly #values = new Map<string, LastValue>();

  /** The device took these values. The same value again has stood since it was first set: the time to rise goes on. */
  forwarded(unit: number, values: ReadonlyMap<string, number>, now: number): void {
    for (const [point, value] of values) {
      const key = `${unit} ${point}`;
      if (this.#values.get(key)?.value === value) continue;
      this.#values.delete(key);
      this.#values.set(key, { unit, value, since: now });
      if (this.#values.size > MODBUS_LIMITS.writeLeases) this.#values.delete(this.#values.keys().next().value!);
    }
  }

  /** The last value and its age; undefined: none since the start. */
  of(unit: number, point: string, now: number): { readonly value: number; readonly minutesAgo: number } | undefined {
    const last = this.#values.get(`${unit} ${point}`);
    return last && { value: last.value, minutesAgo: (now - last.since) / 60_000 };
  }

  /** Forgets the points of units that are gone. */
  keepUnits(isThere: (unit: number) => boolean): void {
    for (const [key, { unit }] of this.#values) {
      if (!isThere(unit)) this.#values.delete(key);
    }
  }
}
