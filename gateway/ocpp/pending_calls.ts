import { OCPP_LIMITS } from "./limits.ts";

/** A CALL that was relayed and not yet answered. */
export interface PendingCall {
  readonly action: string;
}

interface Entry extends PendingCall {
  readonly id: string;
  /** How often the same id was relayed: as many answers belong to it. */
  times: number;
  /** As relayed, where it may have to be sent again; absent when there was no room for it. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * Unanswered CALLs of one side, by message id, in order. Full, it forgets the oldest: only that one's answer is then lost.
 * A list: there is nearly always one at most, and a table would have to work out a number for each new id.
 */
export class PendingCalls {
  readonly #entries: Entry[] = [];
  #bytes = 0;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#entries.length;
  }

  get isFull(): boolean {
    return this.#entries.length >= this.limit;
  }

  has(id: string): boolean {
    return this.#at(id) >= 0;
  }

  /** Remembers a relayed CALL; with its bytes when it may have to be sent again. */
  add(id: string, action: string, bytes?: Uint8Array): void {
    const at = this.#at(id), known = this.#entries[at];
    if (known?.action === action) {
      known.times++;
      return;
    }
    if (known) this.#drop(at);
    else if (this.isFull) this.#drop(0);
    const hasRoom = bytes !== undefined && this.#bytes + bytes.length <= OCPP_LIMITS.graceBytes;
    if (hasRoom) this.#bytes += bytes.length;
    this.#entries.push({ id, action, times: 1, bytes: hasRoom ? bytes : undefined });
  }

  /** The CALL this answer belongs to; undefined when nobody waits for it. */
  take(id: string): PendingCall | undefined {
    const at = this.#at(id), entry = this.#entries[at];
    if (entry && --entry.times === 0) this.#drop(at);
    return entry;
  }

  /** All unanswered CALLs in order as they were relayed; undefined when one of them was too much to keep. */
  unanswered(): readonly Uint8Array[] | undefined {
    const kept = this.#entries.map(({ bytes }) => bytes);
    return kept.every((bytes) => bytes !== undefined) ? kept : undefined;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#bytes = 0;
  }

  #at(id: string): number {
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) if (entries[i]!.id === id) return i;
    return -1;
  }

  #drop(at: number): void {
    this.#bytes -= this.#entries[at]?.bytes?.length ?? 0;
    if (this.#entries.length === 1) this.#entries.pop(); // as a rule; the other way makes a list of what it took
    else this.#entries.splice(at, 1);
  }
}
