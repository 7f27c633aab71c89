import type { Span } from "./codec.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { Access } from "./profile.ts";
import type { Table } from "./point.ts";

/** What a read asks for; the key under which equal reads share one answer. */
export interface ReadKey extends Span {
  readonly device: number;
  readonly table: Table;
}

/** A read that is on its way to the device. */
export interface ReadUnderWay<Asker> {
  readonly key: ReadKey;
  readonly askers: Asker[];
  readonly maxAgeMs: number;
  /** A write came since: its answer may be older than that. */
  isStale: boolean;
  /** It left for the device: what that answers may be older than who asks now. */
  isSent: boolean;
}

interface Kept {
  readonly key: ReadKey;
  readonly pdu: Uint8Array;
  readonly at: number;
}

/**
 * Answers of reads that many clients poll. A read joins an equal one that is on its way; an answer is given again while it
 * is young enough. A write forgets every read that shares a register with it, also one that is on its way: what that
 * answers may be older than the write. `now` is monotonic milliseconds.
 */
export class ReadCache<Asker> {
  readonly #kept = new Map<number, Kept>();
  readonly #asked = new Map<number, ReadUnderWay<Asker>>();

  /** The answer of an equal read that is at most so old. */
  fresh(key: ReadKey, maxAgeMs: number, now: number): Uint8Array | undefined {
    if (maxAgeMs <= 0) return undefined;
    const kept = this.#kept.get(nameOf(key));
    return kept && now - kept.at <= maxAgeMs ? kept.pdu : undefined;
  }

  /**
   * Joins an equal read; false when there is none, or a write came since. Where no age is allowed it must still wait for its turn: then
   * its answer is as new as one of its own would be.
   */
  join(key: ReadKey, asker: Asker): boolean {
    const asked = this.#asked.get(nameOf(key));
    if (
      !asked || asked.isStale || asked.isSent && asked.maxAgeMs <= 0 || asked.askers.length >= MODBUS_LIMITS.joinedReads
    ) return false;
    asked.askers.push(asker);
    return true;
  }

  /** A read goes to the line: equal ones may join it until it is answered, or until a write makes it stale. */
  began(key: ReadKey, maxAgeMs: number): ReadUnderWay<Asker> {
    const read: ReadUnderWay<Asker> = { key, askers: [], maxAgeMs, isStale: false, isSent: false };
    this.#asked.set(nameOf(key), read);
    return read;
  }

  /** A read was answered; `pdu` is undefined for an exception, which is nobody's to keep. Answers who joined. */
  answered(read: ReadUnderWay<Asker>, pdu: Uint8Array | undefined, now: number): readonly Asker[] {
    const name = nameOf(read.key);
    if (this.#asked.get(name) === read) this.#asked.delete(name); // else a newer one has its place
    if (pdu && !read.isStale && read.maxAgeMs > 0) this.#keep(name, { key: read.key, pdu, at: now });
    return read.askers;
  }

  /** A write goes to the line, or was answered: what it may have changed is forgotten. */
  written(device: number, { table, span }: Pick<Access, "table" | "span">): void {
    const isTouched = ({ key }: { readonly key: ReadKey }) =>
      (device === 0 || key.device === device) && key.table === table &&
      key.address < span.address + span.quantity && span.address < key.address + key.quantity;
    for (const [name, kept] of this.#kept) if (isTouched(kept)) this.#kept.delete(name);
    for (const asked of this.#asked.values()) if (isTouched(asked)) asked.isStale = true;
  }

  /** Forgets all answers: the line was lost, or the device may be another one. */
  clear(): void {
    this.#kept.clear();
    for (const asked of this.#asked.values()) asked.isStale = true;
  }

  #keep(name: number, kept: Kept): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    if (this.#kept.size > MODBUS_LIMITS.cachedReads) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

const TABLE_NUMBERS: Readonly<Record<Table, number>> = { coil: 0, discrete: 1, holding: 2, input: 3 };

/** One number for each key, below 2^37: 8 bits of device, 2 of table, 16 of address, 11 of quantity. */
function nameOf({ device, table, address, quantity }: ReadKey): number {
  return ((device * 4 + TABLE_NUMBERS[table]) * 0x10000 + address) * 0x800 + quantity;
}
