import { Buffer } from "node:buffer";
import type { Sealer } from "../../control/contract.ts";
import type { Clock } from "../../core/clock.ts";
import { StorageError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { LedgerFact, SignedReading } from "../../core/ledger_api.ts";
import { KEYS } from "../../store/keys.ts";
import { sealFor, unsealEntry } from "../../store/sealer.ts";
import type { Mutation, Store, StoreKey } from "../../store/store.ts";
import { Turns } from "../../core/turns.ts";
import { applyFact, type LedgerRecord, newRecord, stateOf } from "./ledger_record.ts";
import { LEDGER_LIMITS } from "./limits.ts";

/** What the book works with. */
export interface LedgerBookOptions {
  readonly store: Store;
  readonly sealer: Pick<Sealer, "seal" | "unseal">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pseudonym of a badge under the key of its station and month. */
  readonly pseudonym: (stationId: string, badge: string, atMs: number) => Promise<string>;
  /** Days that a transaction is kept after its last change (class `charging`). */
  readonly retentionDays: () => number;
}

/** A signed value as it was received, with what its message said about it. */
export type KeptSigned = SignedReading & { readonly at: number };

const DAY_MS = 86_400_000;
/** Transactions, and signed values, of one commit of readings. */
const FLUSHED_TOGETHER = 100;

/**
 * All transactions of the site: what is not settled is in memory, all is on the disk. Begins, ends and answers are
 * stored before `record` resolves; readings in between are written together now and then.
 */
export class LedgerBook {
  readonly #options: LedgerBookOptions;
  /** By station, in the order they began. */
  readonly #unsettled = new Map<string, LedgerRecord[]>();
  readonly #dirty = new Set<string>();
  /** Signed values that the disk did not take yet; the oldest make room. */
  readonly #unstored: Mutation[] = [];
  readonly #turns = new Turns();
  #count = 0;
  #flushedAt: number;
  #today = { day: 0, commits: 0 };

  private constructor(options: LedgerBookOptions) {
    this.#options = options;
    this.#flushedAt = options.clock.monotonic();
  }

  /** Reads what is not settled yet. */
  static async open(options: LedgerBookOptions): Promise<LedgerBook> {
    const book = new LedgerBook(options);
    const entries = options.store.list<LedgerRecord>(KEYS.ledgerOpen, { limit: LEDGER_LIMITS.unsettled });
    for await (const { key } of entries) {
      const entry = await options.store.get<LedgerRecord>([...KEYS.ledger, ...key.slice(1)]);
      if (entry) book.#remember(entry.value);
    }
    return book;
  }

  /** Takes facts in their order; resolves when all but readings are stored. */
  async record(facts: readonly LedgerFact[]): Promise<void> {
    const byStation = Map.groupBy(facts.slice(0, LEDGER_LIMITS.factsPerCall), ({ stationId }) => stationId);
    await Promise.all([...byStation].map(([stationId, own]) => {
      return this.#turns.run([stationId], () => this.#recordStation(stationId, own));
    }));
  }

  /** Transactions that are open or not settled with the CSMS. */
  unsettled(): readonly LedgerRecord[] {
    return [...this.#unsettled.values()].flat();
  }

  /** Replaces unsettled transactions of a station by what `change` makes of them, and stores what changed. */
  revise(stationId: string, change: (record: LedgerRecord) => LedgerRecord): Promise<void> {
    return this.#turns.run([stationId], async () => {
      const changed = (this.#unsettled.get(stationId) ?? []).map((record) => [record, change(record)] as const)
        .filter(([before, after]) => before !== after).map(([, after]) => after);
      for (const record of changed) this.#put(record);
      await this.#storeOrKeep(changed, []);
    });
  }

  /** Transactions as stored, by station and begin; those in memory as they stand now. */
  async list(stationId?: string, limit: number = LEDGER_LIMITS.listed): Promise<LedgerRecord[]> {
    const live = new Map(this.unsettled().map((record) => [keyText(record), record]));
    const prefix = stationId === undefined ? KEYS.ledger : [...KEYS.ledger, stationId];
    const found: LedgerRecord[] = [];
    for await (const { value } of this.#options.store.list<LedgerRecord>(prefix, { limit })) {
      found.push(live.get(keyText(value)) ?? value);
      live.delete(keyText(value));
    }
    const fresh = [...live.values()].filter((record) => stationId === undefined || record.stationId === stationId);
    return [...found, ...fresh].slice(0, limit);
  }

  /** The signed values of a transaction, exactly as received. */
  async signedOf({ stationId, id }: LedgerRecord): Promise<KeptSigned[]> {
    const kept: KeptSigned[] = [];
    const prefix = [...KEYS.ledgerSigned, stationId, id];
    for await (const entry of this.#options.store.list(prefix, { limit: LEDGER_LIMITS.signed })) {
      kept.push(JSON.parse(Buffer.from(await unsealEntry(this.#options.sealer, entry)).toString()));
    }
    return kept;
  }

  /** Writes readings that wait, when it is time; `force` at the end. */
  async flush(force = false): Promise<void> {
    const { clock } = this.#options, now = clock.monotonic(), day = Math.floor(clock.now() / DAY_MS);
    if (this.#today.day !== day) this.#today = { day, commits: 0 };
    const isOver = this.#today.commits >= LEDGER_LIMITS.sampleCommitsPerDay;
    const pause = isOver ? LEDGER_LIMITS.slowFlushMs : LEDGER_LIMITS.sampleFlushMs;
    if (this.#dirty.size + this.#unstored.length === 0 || (!force && now - this.#flushedAt < pause)) return;
    this.#flushedAt = now;
    const most = Math.max(this.#dirty.size, Number(this.#unstored.length > 0));
    for (let at = 0; at < most; at += FLUSHED_TOGETHER) {
      // As they stand now: an end that was stored while the disk was busy must not be written over by what was before it.
      const waiting = this.unsettled().filter((record) => this.#dirty.has(keyText(record)));
      this.#today.commits++;
      await this.#storeOrKeep(waiting.slice(0, FLUSHED_TOGETHER), this.#unstored.splice(0, FLUSHED_TOGETHER));
    }
  }

  async #recordStation(stationId: string, facts: readonly LedgerFact[]): Promise<void> {
    const touched = new Map<string, LedgerRecord>(), signed: Mutation[] = [];
    for (const fact of facts) {
      const known = this.#find(fact) ?? await this.#stored(fact);
      const before = known ?? (fact.kind === "ack" ? undefined : this.#begin(fact, touched));
      if (!before) continue; // an answer to something that settled long ago
      let after = applyFact(before, await this.#withPseudonym(fact));
      for (const value of fact.signed ?? []) {
        const kept = await this.#keepSigned(after, fact, value);
        if (kept.mutation) signed.push(kept.mutation);
        after = kept.record;
      }
      this.#put(after);
      if (fact.kind === "sample" || fact.of === "sample") this.#dirty.add(keyText(after));
      else touched.set(after.id, after);
    }
    // What was touched may have changed again behind it.
    const now = [...touched.values()].map((record) => this.#latest(stationId, record.id) ?? record);
    if (now.length + signed.length > 0) await this.#storeOrKeep(now, signed);
    const closed = (this.#unsettled.get(stationId) ?? []).filter((record) => stateOf(record) === "closed");
    for (const record of closed.slice(0, -LEDGER_LIMITS.closedPerStation)) this.#forget(record);
  }

  /** One that settled before: a station that lost an answer sends its message again, also days later. */
  async #stored({ stationId, key, transactionId, protocol }: LedgerFact): Promise<LedgerRecord | undefined> {
    const id = key ?? (protocol === "ocpp1.6" ? undefined : transactionId);
    if (id === undefined) return undefined;
    return (await this.#options.store.get<LedgerRecord>([...KEYS.ledger, stationId, id]))?.value;
  }

  async #withPseudonym(fact: LedgerFact): Promise<LedgerFact> {
    if (fact.badge === undefined) return fact;
    return { ...fact, badge: await this.#options.pseudonym(fact.stationId, fact.badge, fact.at) };
  }

  /** By its key, its id, or as the one that runs on the connector. The newest first: ids of 1.6 may come again. */
  #find({ stationId, key, transactionId, connector, kind, protocol }: LedgerFact): LedgerRecord | undefined {
    const own = (this.#unsettled.get(stationId) ?? []).toReversed();
    const byKey = key === undefined ? undefined : own.find(({ id }) => id === key);
    if (byKey || key !== undefined) return byKey;
    if (transactionId !== undefined) {
      return own.find((record) => record.transactionId === transactionId && record.protocol === protocol);
    }
    if (kind !== "sample") return undefined;
    return own.find((record) => record.connector === connector && stateOf(record) === "open");
  }

  #begin(fact: LedgerFact, touched: Map<string, LedgerRecord>): LedgerRecord | undefined {
    if (fact.kind === "sample" && fact.transactionId === undefined) return undefined; // no transaction at all
    const is16 = fact.protocol === "ocpp1.6"; // its ids may come again, those of 2.x never
    const id = fact.key ?? (is16 ? `${fact.transactionId}@seen-${fact.at}` : fact.transactionId!);
    const open = (this.#unsettled.get(fact.stationId) ?? []).filter((record) => stateOf(record) === "open");
    const isPlaced = fact.kind === "begin" && (fact.evse ?? fact.connector) !== undefined;
    const samePlace = open.filter(({ evse, connector }) => {
      return isPlaced && evse === fact.evse && connector === fact.connector;
    });
    const crowded = open.slice(0, Math.max(0, open.length - LEDGER_LIMITS.openPerStation + 1));
    for (const older of new Set([...samePlace, ...crowded])) {
      const superseded: LedgerRecord = { ...older, isSuperseded: true };
      this.#put(superseded);
      touched.set(superseded.id, superseded);
    }
    return newRecord(fact, id);
  }

  async #keepSigned(record: LedgerRecord, fact: LedgerFact, value: SignedReading) {
    // Periodic ones leave room for those of begin and end, which are what a bill rests on.
    const room = fact.kind === "sample" ? LEDGER_LIMITS.signed - 8 : LEDGER_LIMITS.signed;
    if (record.signed >= room) return { record: { ...record, signedDropped: record.signedDropped + 1 } };
    const key: StoreKey = [...KEYS.ledgerSigned, record.stationId, record.id, record.signed];
    const kept: KeptSigned = { ...value, at: fact.at };
    const sealed = await sealFor(this.#options.sealer, key, new TextEncoder().encode(JSON.stringify(kept)));
    const mutation: Mutation = { set: key, value: sealed, expiresAt: this.#expiry(record) };
    return { mutation, record: { ...record, signed: record.signed + 1 } };
  }

  #put(record: LedgerRecord): void {
    const own = this.#unsettled.get(record.stationId);
    const at = own?.findIndex(({ id }) => id === record.id) ?? -1;
    if (own && at >= 0) own[at] = record;
    else this.#remember(record);
  }

  #remember(record: LedgerRecord): void {
    const own = this.#unsettled.get(record.stationId);
    if (own) own.push(record);
    else this.#unsettled.set(record.stationId, [record]);
    if (++this.#count <= LEDGER_LIMITS.unsettled) return;
    const [oldest] = this.unsettled();
    if (oldest) this.#forget(oldest);
  }

  #latest(stationId: string, id: string): LedgerRecord | undefined {
    return this.#unsettled.get(stationId)?.find((record) => record.id === id);
  }

  #forget(record: LedgerRecord): void {
    const own = this.#unsettled.get(record.stationId) ?? [], rest = own.filter(({ id }) => id !== record.id);
    this.#count -= own.length - rest.length;
    if (rest.length === 0) this.#unsettled.delete(record.stationId);
    else this.#unsettled.set(record.stationId, rest);
    this.#dirty.delete(keyText(record));
  }

  /** A disk that takes nothing must not make a Worker send its facts again: they stand in memory and are written later. */
  async #storeOrKeep(records: readonly LedgerRecord[], more: readonly Mutation[]): Promise<void> {
    try {
      await this.#store(records, more);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      for (const record of records) this.#dirty.add(keyText(record));
      this.#unstored.push(...more);
      this.#unstored.splice(0, Math.max(0, this.#unstored.length - LEDGER_LIMITS.unstored));
      this.#options.log.error("ledger.store.failed", { code: error.code, msg: error.message });
    }
  }

  async #store(records: readonly LedgerRecord[], more: readonly Mutation[] = []): Promise<void> {
    const mutations = records.flatMap((record): Mutation[] => {
      const place = [record.stationId, record.id], expiresAt = this.#expiry(record);
      const mark: Mutation = stateOf(record) === "closed"
        ? { delete: [...KEYS.ledgerOpen, ...place] }
        : { set: [...KEYS.ledgerOpen, ...place], value: true, expiresAt };
      return [{ set: [...KEYS.ledger, ...place], value: record, expiresAt }, mark];
    });
    for (const record of records) this.#dirty.delete(keyText(record));
    if (mutations.length + more.length > 0) await this.#options.store.commit([...mutations, ...more]);
  }

  #expiry({ changedAt }: LedgerRecord): number {
    return changedAt + this.#options.retentionDays() * DAY_MS;
  }
}

function keyText({ stationId, id }: LedgerRecord): string {
  return `${stationId}\n${id}`;
}
