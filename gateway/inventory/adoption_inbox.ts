import type { StationAttempt } from "../core/control_api.ts";
import type { Clock } from "../core/clock.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { INVENTORY_LIMITS } from "./limits.ts";

/** A station that asked to connect and is not in the inventory. Nothing in it is proven. */
export interface InboxEntry {
  readonly stationId: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly attempts: number;
  readonly source: string;
  readonly listener: string;
  readonly tls: boolean;
  readonly offeredProtocols: readonly string[];
  readonly credential: "basic" | "certificate" | "none";
  readonly userAgent?: string;
}

/** Unknown stations that asked to connect, for `station adopt`. Bounded; the one not seen for longest makes room. */
export class AdoptionInbox {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #entries = new Map<string, InboxEntry>();
  readonly #writtenAt = new Map<string, number>();

  private constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Opens the inbox with what an earlier run left in the store. */
  static async open(store: Store, clock: Clock): Promise<AdoptionInbox> {
    const inbox = new AdoptionInbox(store, clock);
    const found: InboxEntry[] = [];
    for await (const { value } of store.list<InboxEntry>(KEYS.inbox)) found.push(value);
    for (const entry of found.sort((a, b) => a.lastSeen - b.lastSeen)) inbox.#entries.set(entry.stationId, entry);
    return inbox;
  }

  /** Notes an attempt; writes at most once a minute per station, so that a storm does not wear the flash. */
  async note(attempt: StationAttempt): Promise<void> {
    const now = this.#clock.now();
    const before = this.#entries.get(attempt.stationId);
    const entry: InboxEntry = {
      stationId: attempt.stationId,
      firstSeen: before?.firstSeen ?? now,
      lastSeen: now,
      attempts: (before?.attempts ?? 0) + 1,
      source: attempt.source,
      listener: attempt.listener,
      tls: attempt.tls,
      offeredProtocols: attempt.offeredProtocols.slice(0, 8),
      credential: attempt.certificate
        ? "certificate"
        : attempt.basic
        ? "basic"
        : attempt.setAside
        ? "certificate"
        : "none",
      ...attempt.userAgent === undefined ? {} : { userAgent: attempt.userAgent.slice(0, 128) },
    };
    this.#entries.delete(attempt.stationId); // re-insertion keeps the map in order of last sight
    this.#entries.set(attempt.stationId, entry);
    const evicted = this.#entries.size > INVENTORY_LIMITS.inboxEntries ? this.#entries.keys().next().value : undefined;
    if (evicted !== undefined) await this.remove(evicted);
    const written = this.#writtenAt.get(attempt.stationId);
    const monotonic = this.#clock.monotonic();
    if (written !== undefined && monotonic - written < INVENTORY_LIMITS.inboxWriteMs) return;
    this.#writtenAt.set(attempt.stationId, monotonic);
    await this.#store.commit([{ set: [...KEYS.inbox, attempt.stationId], value: entry }]);
  }

  get(stationId: string): InboxEntry | undefined {
    return this.#entries.get(stationId);
  }

  /** All entries, the latest seen first. */
  all(): readonly InboxEntry[] {
    return [...this.#entries.values()].reverse();
  }

  async remove(stationId: string): Promise<void> {
    this.#entries.delete(stationId);
    this.#writtenAt.delete(stationId);
    await this.#store.commit([{ delete: [...KEYS.inbox, stationId] }]);
  }
}
