/** A CALL that was relayed and not yet answered. */
export interface PendingCall {
  readonly action: string;
}

interface Entry extends PendingCall {
  /** How often the same id was relayed: as many answers belong to it. */
  times: number;
}

/** Unanswered CALLs of one side, by message id. Full, it forgets the oldest: only that one's answer is then lost. */
export class PendingCalls {
  readonly #byId = new Map<string, Entry>();

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

  /** Remembers a relayed CALL. */
  add(id: string, action: string): void {
    const known = this.#byId.get(id);
    if (known && known.action === action) {
      known.times++;
      return;
    }
    if (!known && this.isFull) {
      const oldest = this.#byId.keys().next();
      if (!oldest.done) this.#byId.delete(oldest.value);
    }
    this.#byId.set(id, { action, times: 1 });
  }

  /** The CALL this answer belongs to; undefined when nobody waits for it. */
  take(id: string): PendingCall | undefined {
    const entry = this.#byId.get(id);
    if (!entry) return undefined;
    if (--entry.times === 0) this.#byId.delete(id);
    return entry;
  }

  clear(): void {
    this.#byId.clear();
  }
}
