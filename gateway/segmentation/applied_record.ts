import { KEYS } from "../store/keys.ts";
import type { Mutation, Store } from "../store/store.ts";
import type { FlowRow } from "./rows.ts";

/** A ruleset that was applied: who did it, and what its counters count. */
export interface AppliedRecord {
  readonly digest: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly rows: readonly FlowRow[];
}

/** Rows in one value: far below the 64 KiB of a value of Deno KV. */
const ROWS_PER_VALUE = 50;

interface Head {
  readonly digest: string;
  readonly by: string;
  readonly at: number;
  readonly parts: number;
}

/** What control remembers of the last confirmed and of the pending ruleset. hald holds the rules themselves. */
export class AppliedRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(which: "confirmed" | "pending"): Promise<AppliedRecord | undefined> {
    const head = (await this.#store.get<Head>([...KEYS.segmentation, which]))?.value;
    if (!head) return undefined;
    const rows: FlowRow[] = [];
    for (let part = 0; part < head.parts; part++) {
      const entry = await this.#store.get<readonly FlowRow[]>([...KEYS.segmentation, which, part]);
      rows.push(...entry?.value ?? []);
    }
    return { digest: head.digest, by: head.by, at: head.at, rows };
  }

  async write(which: "confirmed" | "pending", { rows, ...head }: AppliedRecord): Promise<void> {
    const parts = Math.ceil(rows.length / ROWS_PER_VALUE);
    const values = Array.from({ length: parts }, (_, part): Mutation => ({
      set: [...KEYS.segmentation, which, part],
      value: rows.slice(part * ROWS_PER_VALUE, (part + 1) * ROWS_PER_VALUE),
    }));
    // Without checks: a commit holds 1,000 mutations, and 500 flows are ten of them.
    await this.#store.commit([...values, { set: [...KEYS.segmentation, which], value: { ...head, parts } }]);
  }

  async forget(which: "confirmed" | "pending"): Promise<void> {
    await this.#store.commit([{ delete: [...KEYS.segmentation, which] }]);
  }
}
