import { OCPP_LIMITS } from "./limits.ts";

/** A CALL that was relayed and not yet answered. */
export interface PendingCall {
  readonly action: string;
}

interface Entry extends PendingCall {
  /** How often the same id was relayed: as many answers belong to it. */
  times: number;
  /** As relayed, where it may have to be sent again; absent when there was no room for it. */
  bytes?: Uint8Array;
}

/** Unanswered CALLs of one side, by message id. Full, it forgets the oldest: only that one's answer is then lost. */
export class PendingCalls {
  readonly #byId = new Map<string, Entry>();
  #bytes = 0;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#byId.size;
  }

  get isFull(): boolean {
    return this.#byId.size >= this.limit;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Remembers a relayed CALL; with its bytes when it may have to be sent again. */
  add(id: string, action: string, bytes?: Uint8Array): void {
    const known = this.#byId.get(id);
    if (known && known.action === action) {
      known.times++;
      return;
    }
    if (!known && this.isFull) {
      const oldest = this.#byId.keys().next();
      if (!oldest.done) this.#drop(oldest.value);
    }
    if (known) this.#drop(id);
    const entry: Entry = { action, times: 1 };
    if (bytes && this.#bytes + bytes.length <= OCPP_LIMITS.graceBytes) {
      entry.bytes = bytes;
      this.#bytes += bytes.length;
    }
    this.#byId.set(id, entry);
  }

  /** The CALL this answer belongs to; undefined when nobody waits for it. */
  take(id: string): PendingCall | undefined {
    const entry = this.#byId.get(id);
    if (!entry) return undefined;
    if (--entry.times === 0) {
      this.#byId.delete(id);
      this.#bytes -= entry.bytes?.length ?? 0;
    }
    return entry;
  }

  /** All unanswered CALLs in order as they were relayed; undefined when one of them was too much to keep. */
  unanswered(): readonly Uint8Array[] | undefined {
    const kept = [...this.#byId.values()].map(({ bytes }) => bytes);
    return kept.every((bytes) => bytes !== undefined) ? kept : undefined;
  }

  clear(): void {
    this.#byId.clear();
    this.#bytes = 0;
  }

  #drop(id: string): void {
    this.#bytes -= this.#byId.get(id)?.bytes?.length ?? 0;
    this.#byId.delete(id);
  }
}
