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
import { isBefore, isReused, meantOf, reusedId } from "./which_transaction.ts";

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

/** Station and id of a transaction: where a look at all goes on. */
export type LedgerPlace = readonly [stationId: string, id: string];

/** Which transactions are wanted. */
export interface LedgerSearch {
  readonly stationId?: string | undefined;
  readonly after?: LedgerPlace | undefined;
  readonly fits?: ((record: LedgerRecord) => boolean) | undefined;
  readonly limit: number;
  /** How many are looked at, whether they fit or not. */
  readonly looked?: number;
}

/** What one look found. */
export interface LedgerPage {
  readonly records: readonly LedgerRecord[];
  /** Absent: there are no more. */
  readonly next?: LedgerPlace;
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
    const marks: { readonly key: StoreKey; readonly isClosed: boolean }[] = [];
    for await (const { key, value } of options.store.list<boolean>(KEYS.ledgerOpen, { limit: LEDGER_LIMITS.marks })) {
      marks.push({ key, isClosed: value === false });
    }
    // What has ended well only helps to know it again: it must not take the room of what runs.
    let room = LEDGER_LIMITS.unsettled - marks.filter(({ isClosed }) => !isClosed).length;
    for (const { key, isClosed } of marks) {
      if (isClosed && room-- <= 0) continue;
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

  /** All that fits, up to a limit. */
  async list(
    stationId?: string,
    limit: number = LEDGER_LIMITS.listed,
    fits?: LedgerSearch["fits"],
  ): Promise<LedgerRecord[]> {
    const found: LedgerRecord[] = [];
    let after: LedgerPlace | undefined;
    do {
      const page = await this.page({ stationId, after, fits, limit: limit - found.length });
      found.push(...page.records);
      after = page.next;
    } while (after && found.length < limit);
    return found;
  }

  /**
   * Transactions as stored, by station and begin; those in memory as they stand now. One look is bounded, so that others
   * get their turn: `next` is where the following one goes on.
   */
  async page(
    { stationId, after, fits = () => true, limit, looked: most = LEDGER_LIMITS.looked }: LedgerSearch,
  ): Promise<LedgerPage> {
    const { store } = this.#options;
    const records: LedgerRecord[] = [];
    const entries = store.list<LedgerRecord>([...KEYS.ledger, ...stationId === undefined ? [] : [stationId]], {
      limit: most + 1,
      ...after ? { after: [...KEYS.ledger, ...after] } : {},
    });
    let looked = 0, last: LedgerPlace | undefined;
    for await (const { value } of entries) {
      if (looked++ === most || records.length === limit) return { records, ...last ? { next: last } : {} };
      last = [value.stationId, value.id];
      const record = this.#latest(value.stationId, value.id) ?? value;
      if (fits(record)) records.push(record);
    }
    return { records: [...records, ...(await this.#neverStored(stationId)).filter(fits)] };
  }

  /** Those that the disk did not take yet. */
  async #neverStored(stationId: string | undefined): Promise<LedgerRecord[]> {
    const fresh: LedgerRecord[] = [];
    for (const record of this.unsettled()) {
      if (!this.#dirty.has(keyText(record)) || (stationId !== undefined && record.stationId !== stationId)) continue;
      if (!await this.#options.store.get([...KEYS.ledger, record.stationId, record.id])) fresh.push(record);
    }
    return fresh;
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
    const touched = new Map<string, LedgerRecord>(), more: Mutation[] = [];
    for (const fact of facts) {
      const { known, id } = await this.#place(fact);
      const before = known ?? (fact.kind === "ack" ? undefined : this.#begin(fact, id, touched));
      if (!before) continue; // an answer to something that settled long ago
      const after = await this.#keepSigned(applyFact(before, await this.#withPseudonym(fact)), fact, more);
      this.#put(after);
      if (fact.kind === "sample" || fact.of === "sample") this.#dirty.add(keyText(after));
      else touched.set(after.id, after);
    }
    const over = this.#closedBefore(stationId, touched);
    more.push(...over.map(({ id }): Mutation => ({ delete: [...KEYS.ledgerOpen, stationId, id] })));
    // What was touched may have changed again behind it.
    const now = [...touched.values()].map((record) => this.#latest(stationId, record.id) ?? record);
    if (now.length + more.length > 0) await this.#storeOrKeep(now, more);
    for (const record of over) this.#forget(record);
  }

  /**
   * The last closed ones of a station stay known, also over a restart: a station that lost the answer to its end sends it
   * again, and in 1.6 nothing but the transaction's id says which one it was. What the disk does not have stays too.
   */
  #closedBefore(stationId: string, touched: ReadonlyMap<string, LedgerRecord>): LedgerRecord[] {
    const closed = (this.#unsettled.get(stationId) ?? []).filter((record) => stateOf(record) === "closed");
    return closed.slice(0, -LEDGER_LIMITS.closedPerStation)
      .filter((record) => !this.#dirty.has(keyText(record)) && !touched.has(record.id));
  }

  /** The transaction that a fact is about, in memory or settled long ago; and the id of one that begins with it. */
  async #place(fact: LedgerFact): Promise<{ readonly known: LedgerRecord | undefined; readonly id: string }> {
    const { key, transactionId, protocol, at } = fact;
    const id = key ?? (protocol === "ocpp1.6" ? `${transactionId}@seen-${at}` : transactionId!); // its ids may come again
    const known = this.#find(fact) ?? await this.#stored(fact);
    if (!known || !isReused(known, fact)) return { known, id };
    const again = reusedId(fact); // ids of 2.x never do, but there are stations that count anew after a reset
    return { known: await this.#stored({ ...fact, key: again }), id: again };
  }

  /** One that settled before: a station that lost an answer sends its message again, also days later. */
  async #stored({ stationId, key, transactionId, protocol }: LedgerFact): Promise<LedgerRecord | undefined> {
    const id = key ?? (protocol === "ocpp1.6" ? undefined : transactionId);
    if (id === undefined) return undefined;
    const live = this.#latest(stationId, id);
    if (live) return live;
    return (await this.#options.store.get<LedgerRecord>([...KEYS.ledger, stationId, id]))?.value;
  }

  async #withPseudonym(fact: LedgerFact): Promise<LedgerFact> {
    if (fact.badge === undefined) return fact;
    return { ...fact, badge: await this.#options.pseudonym(fact.stationId, fact.badge, fact.at) };
  }

  /** By its key, its id, or as the one that runs on the connector. The newest first: ids of 1.6 may come again. */
  #find(fact: LedgerFact): LedgerRecord | undefined {
    const { stationId, key, transactionId, connector, kind, protocol } = fact;
    const own = (this.#unsettled.get(stationId) ?? []).toReversed();
    const byKey = key === undefined ? undefined : own.find(({ id }) => id === key);
    if (byKey || key !== undefined) return byKey;
    if (transactionId !== undefined) {
      const same = own.filter((record) => record.transactionId === transactionId && record.protocol === protocol);
      return meantOf(same, fact);
    }
    if (kind !== "sample") return undefined;
    return own.find((record) => record.connector === connector && stateOf(record) === "open");
  }

  #begin(fact: LedgerFact, id: string, touched: Map<string, LedgerRecord>): LedgerRecord | undefined {
    if (fact.kind === "sample" && fact.transactionId === undefined) return undefined; // no transaction at all
    const open = (this.#unsettled.get(fact.stationId) ?? []).filter((record) => stateOf(record) === "open");
    const isPlaced = fact.kind === "begin" && (fact.evse ?? fact.connector) !== undefined;
    const samePlace = open.filter(({ evse, connector, begunAt, transactionId }) => {
      if (fact.kind === "begin" && fact.transactionId !== undefined && fact.transactionId === transactionId) {
        return true;
      }
      // One that began before what runs there and is told of late (2.x, offline) ends nothing.
      if (!isPlaced || isBefore(fact.time, begunAt)) return false;
      return evse === fact.evse && (evse !== undefined || connector === fact.connector); // one at a time on an EVSE
    });
    const crowded = open.slice(0, Math.max(0, open.length - LEDGER_LIMITS.openPerStation + 1));
    for (const older of new Set([...samePlace, ...crowded])) {
      const superseded: LedgerRecord = { ...older, isSuperseded: true };
      this.#put(superseded);
      touched.set(superseded.id, superseded);
    }
    return newRecord(fact, id);
  }

  /** Keeps the signed values of a fact for which there is room; `more` gets what is to be written. */
  async #keepSigned(
    record: LedgerRecord,
    { kind, signed = [], signedLost = 0, at }: LedgerFact,
    more: Mutation[],
  ): Promise<LedgerRecord> {
    // Periodic ones leave room for those of begin and end, which are what a bill rests on.
    const room = (kind === "sample" ? LEDGER_LIMITS.signed - 8 : LEDGER_LIMITS.signed) - record.signed;
    const chosen = mostTelling(signed, room);
    for (const [i, value] of chosen.entries()) {
      const key: StoreKey = [...KEYS.ledgerSigned, record.stationId, record.id, record.signed + i];
      const kept: KeptSigned = { ...value, at };
      const sealed = await sealFor(this.#options.sealer, key, new TextEncoder().encode(JSON.stringify(kept)));
      more.push({ set: key, value: sealed, expiresAt: this.#expiry(record) });
    }
    const dropped = record.signedDropped + signed.length - chosen.length + signedLost;
    return { ...record, signed: record.signed + chosen.length, signedDropped: dropped };
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
    const all = this.unsettled();
    const isSpare = (one: LedgerRecord) => stateOf(one) === "closed" && !this.#dirty.has(keyText(one));
    this.#forget(all.find(isSpare) ?? all[0]!);
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
      return [
        { set: [...KEYS.ledger, ...place], value: record, expiresAt },
        { set: [...KEYS.ledgerOpen, ...place], value: stateOf(record) !== "closed", expiresAt },
      ];
    });
    for (const record of records) this.#dirty.delete(keyText(record));
    if (mutations.length + more.length > 0) await this.#options.store.commit([...mutations, ...more]);
  }

  #expiry({ changedAt }: LedgerRecord): number {
    return changedAt + this.#options.retentionDays() * DAY_MS;
  }
}

/** Those of begin and end, the last and the first before all others, which go from the oldest on; in their order. */
function mostTelling(signed: readonly SignedReading[], room: number): SignedReading[] {
  if (signed.length <= room) return [...signed];
  const rank = ({ context = "" }: SignedReading, at: number) => {
    if (/^Transaction\.(Begin|End)$/.test(context) || at === signed.length - 1) return 0;
    return at === 0 ? 1 : 2;
  };
  const ranked = signed.map((value, at) => ({ value, at, rank: rank(value, at) }));
  ranked.sort((one, other) => one.rank - other.rank || other.at - one.at);
  return ranked.slice(0, Math.max(0, room)).sort((one, other) => one.at - other.at).map(({ value }) => value);
}

function keyText({ stationId, id }: LedgerRecord): string {
  return `${stationId}\n${id}`;
}
