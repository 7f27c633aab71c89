import type { Clock } from "../../core/clock.ts";
import type { Delivery } from "../../core/control_api.ts";
import type { Random } from "../../core/timers.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";

/** A notice that waits for its receiver. */
export interface OutboxEntry {
  readonly id: string;
  readonly target: string;
  readonly delivery: Delivery;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The durable queue of notices, one row of entries per target, oldest first. */
export interface Outbox {
  /** A name that sorts by time, for a new entry. */
  newId(): string;
  /** The change that adds an entry: part of the commit that made it necessary, so that neither is without the other. */
  add(id: string, target: string, delivery: Delivery): Mutation;
  /** The oldest entries of a target. */
  oldest(target: string, limit: number): Promise<readonly OutboxEntry[]>;
  /** Takes an entry out: it was delivered or given up. */
  remove(entry: OutboxEntry): Promise<void>;
}

/** Creates the outbox over the store. */
export function createOutbox(store: Store, clock: Clock, random: Random): Outbox {
  let counter = 0;
  const run = random.bytes(3).toHex();
  const key = (target: string, id: string) => [...KEYS.outbox, target, id];
  return {
    newId: () => `${String(clock.now()).padStart(15, "0")}-${String(counter++).padStart(6, "0")}-${run}`,
    add: (id, target, delivery) => ({
      set: key(target, id),
      value: { id, target, delivery, createdAt: clock.now() } satisfies OutboxEntry,
    }),
    async oldest(target, limit) {
      const entries: OutboxEntry[] = [];
      for await (const { value } of store.list<OutboxEntry>([...KEYS.outbox, target], { limit })) entries.push(value);
      return entries;
    },
    remove: ({ target, id }) => store.commit([{ delete: key(target, id) }]),
  };
}
