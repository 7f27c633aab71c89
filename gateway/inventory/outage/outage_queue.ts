import { Buffer } from "node:buffer";
import type { Sealer } from "../../control/contract.ts";
import type { Clock } from "../../core/clock.ts";
import type { KeepRequest, Kept, OutageState, WaitingMessage } from "../../core/outage_api.ts";
import type { Random } from "../../core/timers.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, sealFor } from "../../store/sealer.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { Turns } from "../turns.ts";
import { OUTAGE_LIMITS } from "./limits.ts";
import { messageDigest } from "./message_digest.ts";
import { type MessageHead, MessageRecords, type Refusal } from "./message_records.ts";
import { giveTransaction, newRecord, noteDelivered, type StationRecord } from "./station_record.ts";

/** How much may wait for the CSMS of one station; from `ocpp.csms[].queue` in site.yaml. */
export interface QueueBounds {
  readonly messages: number;
  readonly bytes: number;
  readonly ageMs: number;
}

/** What waits for one station's CSMS. */
export interface QueueView {
  readonly station: string;
  readonly messages: number;
  readonly bytes: number;
  readonly oldestAt: number | undefined;
  readonly refused: number;
  readonly isFull: boolean;
}

interface Row {
  waiting: MessageHead[];
  refused: MessageHead[];
  bytes: number;
  /** The highest number given out. None is used twice, so that a late "delivered" can never remove another message. */
  sequence: number;
  record: StationRecord;
}

/** What the queue works with. */
export interface OutageQueueOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly boundsOf: (station: string) => QueueBounds;
}

/**
 * Messages that stations sent while their CSMS was away: stored before the gateway answers for it (idea 4), handed out in
 * order, removed when the CSMS answered. Nothing is dropped: what does not fit is not taken, and the station keeps it.
 */
export class OutageQueue {
  readonly #options: OutageQueueOptions;
  readonly #records: MessageRecords;
  readonly #rows = new Map<string, Row>();
  readonly #turns = new Turns();
  #messages = 0;
  #bytes = 0;

  private constructor(options: OutageQueueOptions) {
    this.#options = options;
    this.#records = new MessageRecords(options.store, options.sealer);
  }

  /** Reads what an earlier run kept. */
  static async open(options: OutageQueueOptions): Promise<OutageQueue> {
    const queue = new OutageQueue(options);
    const records = options.store.list<StationRecord>([...KEYS.outage, "station"], { limit: Infinity });
    for await (const { key, value } of records) queue.#row(String(key[2])).record = value;
    for await (const { station, head } of queue.#records.list()) queue.#add(station, head);
    return queue;
  }

  /** What waits, for every station of which anything is kept. */
  views(): readonly QueueView[] {
    return [...this.#rows].map(([station, row]) => this.#view(station, row))
      .filter(({ messages, refused }) => messages > 0 || refused > 0);
  }

  /** Whether messages of this station wait, refused ones included: they belong to the CSMS they were meant for. */
  hasWaiting(station: string): boolean {
    const row = this.#rows.get(station);
    return row !== undefined && row.waiting.length + row.refused.length > 0;
  }

  /** What a Worker needs to stand in for this station's CSMS. */
  async state(station: string): Promise<OutageState> {
    const row = this.#row(station);
    const { protocol, boot, transactions, delivered } = row.record;
    const text = boot && Buffer.from(
      await this.#options.sealer.unseal(boot.text.sealed, contextOf(stationKey(station))),
    ).toString();
    return {
      ...protocol === undefined ? {} : { protocol },
      ...boot && text !== undefined ? { boot: { text, intervalSeconds: boot.intervalSeconds } } : {},
      transactions,
      delivered,
      messages: row.waiting.length,
      isFull: this.#view(station, row).isFull,
    };
  }

  /** Messages of a station that wait or were refused, and the transaction ids it was given. */
  waiting(station: string) {
    const { waiting, refused, record } = this.#row(station);
    const counts = { messages: waiting.length, refused: refused.length };
    return Promise.resolve({ ...counts, transactions: record.transactions });
  }

  /** Remembers what the CSMS agreed to with this station. Written only when it changed. */
  learn(station: string, { protocol, boot }: Pick<OutageState, "protocol" | "boot">): Promise<void> {
    return this.#turns.run([station], async () => {
      const row = this.#row(station), before = await this.state(station);
      const sameBoot = !boot || before.boot?.text === boot.text && before.boot.intervalSeconds === boot.intervalSeconds;
      if (sameBoot && (protocol === undefined || protocol === before.protocol)) return;
      const text = boot && await sealFor(this.#options.sealer, stationKey(station), Buffer.from(boot.text));
      const record = {
        ...row.record,
        ...protocol === undefined ? {} : { protocol },
        ...boot && text ? { boot: { text, intervalSeconds: boot.intervalSeconds } } : {},
      };
      await this.#commit(station, row, [], record);
    });
  }

  /** Keeps one message; the answer comes when it is on the disk. A repeated one is not kept twice. */
  keep({ stationId, action, text, slot, isUncertain }: KeepRequest): Promise<Kept> {
    return this.#turns.run([stationId], async () => {
      const row = this.#row(stationId);
      const digest = messageDigest(action, text);
      const known = slot === undefined ? repeated(row, digest) : undefined;
      if (known) return { kept: true, isRepeated: true, ...idOf(known) };
      const bytes = Buffer.byteLength(text);
      const older = slot === undefined ? [] : row.waiting.filter((head) => head.slot === slot);
      if (bytes > OUTAGE_LIMITS.messageBytes) return { kept: false, why: "message-too-large" };
      if (older.length === 0 && !this.#hasRoom(stationId, row, bytes)) return { kept: false, why: "full" };
      const given = action === "StartTransaction" ? giveTransaction(row.record) : undefined;
      if (action === "StartTransaction" && !given) return { kept: false, why: "full" };
      const head: MessageHead = {
        sequence: row.sequence + 1,
        action,
        bytes,
        at: this.#options.clock.now(),
        digest,
        ...slot === undefined ? {} : { slot },
        ...given ? { transactionId: given.local } : {},
        ...isUncertain ? { isUncertain } : {},
      };
      const drops = older.flatMap((head) => this.#records.drop(stationId, head));
      await this.#commit(stationId, row, [...drops, ...await this.#records.keep(stationId, head, text)], given?.record);
      for (const head of older) this.#remove(row, head);
      this.#add(stationId, head);
      return { kept: true, ...idOf(head) };
    });
  }

  /** The message to send next: the boot that the CSMS has not heard of, then the oldest. */
  async next(station: string): Promise<WaitingMessage | undefined> {
    const { waiting } = this.#row(station);
    const head = waiting.find(({ slot }) => slot === "boot") ?? waiting[0];
    if (!head) return undefined;
    const text = await this.#records.read(station, head);
    const { sequence, action, slot, isUncertain } = head;
    return {
      sequence,
      action,
      text,
      ...idOf(head),
      ...slot === undefined ? {} : { slot },
      ...isUncertain ? { isUncertain } : {},
    };
  }

  /** The CSMS answered a message: it leaves the queue, and for a StartTransaction both ids are kept together. */
  delivered(station: string, sequence: number, csmsTransactionId?: number): Promise<void> {
    return this.#turns.run([station], async () => {
      const row = this.#row(station);
      const head = row.waiting.find((waiting) => waiting.sequence === sequence);
      if (!head) return; // a newer message took its slot
      const record = noteDelivered(row.record, { digest: head.digest, ...idOf(head) }, csmsTransactionId);
      await this.#commit(station, row, this.#records.drop(station, head), record);
      this.#remove(row, head);
    });
  }

  /** The CSMS refused a message for good: it stays here, for a person to settle. */
  refused(station: string, sequence: number, refusal: Refusal): Promise<MessageHead | undefined> {
    return this.#turns.run([station], async () => {
      const row = this.#row(station);
      const head = row.waiting.find((waiting) => waiting.sequence === sequence);
      if (!head || row.refused.length >= OUTAGE_LIMITS.refused) return undefined;
      await this.#commit(station, row, await this.#records.mark(station, head, refusal));
      row.waiting = row.waiting.filter((waiting) => waiting !== head);
      row.refused.push({ ...head, refusal });
      return head;
    });
  }

  /** Messages of a station that the CSMS refused, with their texts. */
  async listRefused(station: string): Promise<readonly { readonly head: MessageHead; readonly text: string }[]> {
    const { refused } = this.#row(station);
    return await Promise.all(refused.map(async (head) => ({ head, text: await this.#records.read(station, head) })));
  }

  /** Puts refused messages back in their place in the queue. @returns how many */
  retry(station: string): Promise<number> {
    return this.#turns.run([station], async () => {
      const row = this.#row(station);
      const heads = row.refused.map(({ refusal: _refusal, ...head }) => head);
      for (const head of heads) await this.#commit(station, row, await this.#records.mark(station, head, undefined));
      row.refused = [];
      row.waiting = [...row.waiting, ...heads].sort((a, b) => a.sequence - b.sequence);
      return heads.length;
    });
  }

  /** A person gives messages up: the refused ones, or all that waits. @returns what they were */
  discard(station: string, which: "refused" | "all"): Promise<readonly MessageHead[]> {
    return this.#turns.run([station], async () => {
      const row = this.#row(station);
      const heads = which === "all" ? [...row.refused, ...row.waiting] : [...row.refused];
      for (const head of heads) {
        await this.#commit(station, row, this.#records.drop(station, head));
        this.#remove(row, head);
      }
      return heads;
    });
  }

  #row(station: string): Row {
    let row = this.#rows.get(station);
    if (!row) {
      const { clock, random } = this.#options;
      row = { waiting: [], refused: [], bytes: 0, sequence: clock.now(), record: newRecord(random.fraction()) };
      this.#rows.set(station, row);
    }
    return row;
  }

  #view(station: string, row: Row): QueueView {
    const { waiting, refused, bytes } = row;
    const oldestAt = waiting[0]?.at;
    const isFull = !this.#hasRoom(station, row, 0);
    return { station, messages: waiting.length, bytes, oldestAt, refused: refused.length, isFull };
  }

  #hasRoom(station: string, { waiting, refused, bytes: used }: Row, bytes: number): boolean {
    const { messages, bytes: most, ageMs } = this.#options.boundsOf(station);
    const isOld = waiting[0] !== undefined && this.#options.clock.now() - waiting[0].at > ageMs;
    return waiting.length + refused.length < messages && used + bytes <= most && !isOld &&
      this.#messages < OUTAGE_LIMITS.siteMessages && this.#bytes + bytes <= OUTAGE_LIMITS.siteBytes;
  }

  #add(station: string, head: MessageHead): void {
    const row = this.#row(station);
    (head.refusal ? row.refused : row.waiting).push(head);
    row.sequence = Math.max(row.sequence, head.sequence);
    row.bytes += head.bytes;
    this.#messages++;
    this.#bytes += head.bytes;
  }

  #remove(row: Row, head: MessageHead): void {
    row.waiting = row.waiting.filter((kept) => kept !== head);
    row.refused = row.refused.filter((kept) => kept !== head);
    row.bytes -= head.bytes;
    this.#messages--;
    this.#bytes -= head.bytes;
  }

  async #commit(station: string, row: Row, mutations: readonly Mutation[], record?: StationRecord): Promise<void> {
    const saved = record ? [{ set: stationKey(station), value: record }] : [];
    await this.#options.store.commit([...mutations, ...saved]);
    if (record) row.record = record;
  }
}

const stationKey = (station: string) => [...KEYS.outage, "station", station];
const idOf = ({ transactionId }: { readonly transactionId?: number }) =>
  transactionId === undefined ? {} : { transactionId };

/** The same message among those that were kept last, or delivered last. */
function repeated({ waiting, record }: Row, digest: string): { readonly transactionId?: number } | undefined {
  return waiting.slice(-OUTAGE_LIMITS.duplicatesLookedAt).findLast((head) => head.digest === digest) ??
    record.delivered.findLast((message) => message.digest === digest);
}
