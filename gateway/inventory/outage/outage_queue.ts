import { Buffer } from "node:buffer";
import type { Sealer } from "../../control/contract.ts";
import { IntegrityError } from "../../core/errors.ts";
import type { Clock } from "../../core/clock.ts";
import type { KeepRequest, Kept, OutageState, WaitingMessage } from "../../core/outage_api.ts";
import type { Random } from "../../core/timers.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, sealFor } from "../../store/sealer.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { Turns } from "../../core/turns.ts";
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

/**
 * Names the queue of one station towards one CSMS: a station that is moved to another CSMS must not bring it what was
 * meant for the first. No station id has a space.
 */
export type QueueName = `${string} ${string}`;

/** The queue of a station towards a CSMS. */
export const queueName = (stationId: string, csms: string): QueueName => `${stationId} ${csms}`;

/** What waits for one station's CSMS. */
export interface QueueView {
  readonly queue: QueueName;
  readonly station: string;
  readonly csms: string;
  readonly messages: number;
  readonly bytes: number;
  readonly oldestAt: number | undefined;
  readonly refused: number;
  /** The version that the CSMS last agreed on with the station. */
  readonly protocol: string | undefined;
  /** Messages of another version: they wait for a connection of theirs, or for a person. */
  readonly otherVersion: number;
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
  readonly boundsOf: (queue: QueueName) => QueueBounds;
  /** A message that cannot be opened was set aside. */
  readonly onUnreadable?: (queue: QueueName, head: MessageHead) => Promise<void>;
}

/**
 * Messages that stations sent while their CSMS was away: stored before the gateway answers for it (idea 4), handed out in
 * order, removed when the CSMS answered. Nothing is dropped: what does not fit is not taken, and the station keeps it.
 */
export class OutageQueue {
  readonly #options: OutageQueueOptions;
  readonly #records: MessageRecords;
  readonly #rows = new Map<QueueName, Row>();
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
    const records = options.store.list<StationRecord>([...KEYS.outage, "queue"], { limit: Infinity });
    for await (const { key, value } of records) queue.#row(String(key[2]) as QueueName).record = value;
    for await (const { queue: name, head } of queue.#records.list()) {
      const { protocol } = queue.#row(name as QueueName).record;
      queue.#add(name as QueueName, protocol === undefined ? head : { protocol, ...head });
    }
    return queue;
  }

  /** What waits, for every queue that holds anything. */
  views(): readonly QueueView[] {
    return [...this.#rows].map(([queue, row]) => this.#view(queue, row))
      .filter(({ messages, refused }) => messages > 0 || refused > 0);
  }

  /** Whether messages of this station wait, refused ones included: they belong to the CSMS they were meant for. */
  hasWaiting(stationId: string): boolean {
    return this.views().some(({ station }) => station === stationId);
  }

  /** What a Worker needs to stand in for this CSMS; `isSettled`: when all that was asked for before is done. */
  state(queue: QueueName, isSettled = false, version?: string): Promise<OutageState> {
    const read = () => this.#state(queue, version);
    return isSettled ? this.#turns.run([queue], read) : read();
  }

  async #state(queue: QueueName, version?: string): Promise<OutageState> {
    const row = this.#row(queue);
    const { protocol, boot, transactions, delivered } = row.record;
    const waiting = row.waiting.filter((head) => isIn(head, version));
    // One that cannot be opened is none: the station must not stay without its CSMS for it, and its next boot is stored.
    const text = boot &&
      await unlessBroken(async () =>
        Buffer.from(await this.#options.sealer.unseal(boot.text.sealed, contextOf(recordKey(queue)))).toString()
      );
    return {
      ...protocol === undefined ? {} : { protocol },
      ...boot && text !== undefined ? { boot: { text, intervalSeconds: boot.intervalSeconds } } : {},
      transactions,
      delivered,
      waiting: waiting.slice(-OUTAGE_LIMITS.duplicatesLookedAt).map(({ digest }) => digest),
      messages: waiting.length,
      isFull: this.#view(queue, row).isFull,
    };
  }

  /** Messages of a station that wait or were refused, and the transaction ids it was given, whatever its CSMS. */
  waiting(stationId: string) {
    const rows = [...this.#rows].filter(([queue]) => queue.startsWith(`${stationId} `)).map(([, row]) => row);
    return Promise.resolve({
      messages: rows.reduce((total, { waiting }) => total + waiting.length, 0),
      refused: rows.reduce((total, { refused }) => total + refused.length, 0),
      transactions: rows.flatMap(({ record }) => record.transactions),
    });
  }

  /** Remembers what the CSMS agreed to with the station. Written only when it changed. */
  learn(queue: QueueName, { protocol, boot }: Pick<OutageState, "protocol" | "boot">): Promise<void> {
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue), before = await this.#state(queue);
      const sameBoot = !boot || before.boot?.text === boot.text && before.boot.intervalSeconds === boot.intervalSeconds;
      if (sameBoot && (protocol === undefined || protocol === before.protocol)) return;
      const text = boot && await sealFor(this.#options.sealer, recordKey(queue), Buffer.from(boot.text));
      const { boot: old, ...rest } = row.record;
      const isOfVersion = protocol === undefined || protocol === before.protocol;
      const record = {
        ...rest,
        ...old && isOfVersion ? { boot: old } : {}, // a boot in the words of another version is none
        ...protocol === undefined ? {} : { protocol },
        ...boot && text ? { boot: { text, intervalSeconds: boot.intervalSeconds } } : {},
      };
      await this.#commit(queue, row, [], record);
    });
  }

  /** Keeps one message; the answer comes when it is on the disk. A repeated one is not kept twice. */
  keep({ stationId, csms, action, text, slot, protocol, isUncertain }: KeepRequest): Promise<Kept> {
    const queue = queueName(stationId, csms);
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue);
      const digest = messageDigest(action, text);
      const known = slot === undefined ? repeated(row, digest, protocol) : undefined;
      if (known) return { kept: true, isRepeated: true, ...idOf(known) };
      const bytes = Buffer.byteLength(text);
      const older = slot === undefined ? [] : row.waiting.filter((head) => head.slot === slot && isIn(head, protocol));
      if (bytes > OUTAGE_LIMITS.messageBytes) return { kept: false, why: "message-too-large" };
      if (older.length === 0 && !this.#hasRoom(queue, row, bytes)) return { kept: false, why: "full" };
      const given = action === "StartTransaction" ? giveTransaction(row.record) : undefined;
      if (action === "StartTransaction" && !given) return { kept: false, why: "full" };
      const head: MessageHead = {
        sequence: row.sequence + 1,
        action,
        bytes,
        at: this.#options.clock.now(),
        digest,
        ...slot === undefined ? {} : { slot },
        ...protocol === undefined ? {} : { protocol },
        ...given ? { transactionId: given.local } : {},
        ...isUncertain ? { isUncertain } : {},
      };
      const drops = older.flatMap((head) => this.#records.drop(queue, head));
      await this.#commit(queue, row, [...drops, ...await this.#records.keep(queue, head, text)], given?.record);
      for (const head of older) this.#remove(row, head);
      this.#add(queue, head);
      return { kept: true, ...idOf(head) };
    });
  }

  /**
   * The message to send next on a connection of this version: the boot that the CSMS has not heard of, then the oldest.
   * What cannot be opened is set aside, so that nothing waits behind it.
   */
  next(queue: QueueName, version?: string): Promise<WaitingMessage | undefined> {
    // In turn: a newer message of the same slot takes the older one off the disk.
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue);
      const first = () =>
        row.waiting.find((head) => head.slot === "boot" && isIn(head, version)) ??
          row.waiting.find((head) => isIn(head, version));
      let head = first(), text: string | undefined;
      for (; head; head = first()) {
        text = await this.#read(queue, head);
        if (text !== undefined) break;
        await this.#setAside(queue, row, head, { ...UNREADABLE, at: this.#options.clock.now() });
        await this.#options.onUnreadable?.(queue, head);
      }
      if (!head || text === undefined) return undefined;
      const { sequence, action, slot, isUncertain } = head;
      return {
        sequence,
        action,
        text,
        ...idOf(head),
        ...slot === undefined ? {} : { slot },
        ...isUncertain ? { isUncertain } : {},
      };
    });
  }

  /** The CSMS answered a message: it leaves the queue, and for a StartTransaction both ids are kept together. */
  delivered(queue: QueueName, sequence: number, csmsTransactionId?: number): Promise<void> {
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue);
      const head = row.waiting.find((waiting) => waiting.sequence === sequence);
      if (!head) return; // a newer message took its slot
      const record = noteDelivered(row.record, { digest: head.digest, ...idOf(head) }, csmsTransactionId);
      await this.#commit(queue, row, this.#records.drop(queue, head), record);
      this.#remove(row, head);
    });
  }

  /** The CSMS refused a message for good: it stays here, for a person to settle. */
  refused(queue: QueueName, sequence: number, refusal: Refusal): Promise<MessageHead | undefined> {
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue);
      const head = row.waiting.find((waiting) => waiting.sequence === sequence);
      if (head) await this.#setAside(queue, row, head, refusal);
      return head;
    });
  }

  /** As many as are refused: they take no more room than before, and none may hold up those behind it. */
  async #setAside(queue: QueueName, row: Row, head: MessageHead, refusal: Refusal): Promise<void> {
    await this.#commit(queue, row, await this.#records.mark(queue, head, refusal));
    row.waiting = row.waiting.filter((waiting) => waiting !== head);
    row.refused.push({ ...head, refusal });
  }

  /** Everything of a queue by what becomes of it: a person looks at it. `text` is undefined when it cannot be opened. */
  async list(
    queue: QueueName,
    isWanted: (head: MessageHead, version: string | undefined) => boolean,
    limit: number,
  ): Promise<readonly KeptText[]> {
    return await this.#turns.run([queue], async () => {
      const { refused, waiting, record: { protocol } } = this.#row(queue);
      const heads = [...refused, ...waiting].filter((head) => isWanted(head, protocol)).slice(0, limit);
      const found: KeptText[] = [];
      for (const head of heads) found.push({ head, text: await this.#read(queue, head), protocol });
      return found;
    });
  }

  /** Everything that is kept of a station, by the order in which it came. */
  heads(stationId: string): readonly MessageHead[] {
    const rows = [...this.#rows].filter(([queue]) => queue.startsWith(`${stationId} `)).map(([, row]) => row);
    return rows.flatMap(({ refused, waiting }) => [...refused, ...waiting]).sort((a, b) => a.sequence - b.sequence);
  }

  #read(queue: QueueName, head: MessageHead): Promise<string | undefined> {
    return unlessBroken(() => this.#records.read(queue, head));
  }

  /** Puts refused messages back in their place in the queue. @returns how many */
  retry(queue: QueueName): Promise<number> {
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue);
      const heads = row.refused.map(({ refusal: _refusal, ...head }) => head);
      for (const head of heads) await this.#commit(queue, row, await this.#records.mark(queue, head, undefined));
      row.refused = [];
      row.waiting = [...row.waiting, ...heads].sort((a, b) => a.sequence - b.sequence);
      return heads.length;
    });
  }

  /** A person gives messages up: the refused ones, those of another version, or all. @returns what they were */
  discard(queue: QueueName, which: "refused" | "other-version" | "all"): Promise<readonly MessageHead[]> {
    return this.#turns.run([queue], async () => {
      const row = this.#row(queue), { protocol } = row.record;
      const waiting = which === "all" ? row.waiting : row.waiting.filter((head) => !isIn(head, protocol));
      const heads = [...which === "other-version" ? [] : row.refused, ...which === "refused" ? [] : waiting];
      for (const head of heads) {
        await this.#commit(queue, row, this.#records.drop(queue, head));
        this.#remove(row, head);
      }
      return heads;
    });
  }

  #row(queue: QueueName): Row {
    let row = this.#rows.get(queue);
    if (!row) {
      const { clock, random } = this.#options;
      row = { waiting: [], refused: [], bytes: 0, sequence: clock.now(), record: newRecord(random.fraction()) };
      this.#rows.set(queue, row);
    }
    return row;
  }

  #view(queue: QueueName, row: Row): QueueView {
    const { waiting, refused, bytes, record: { protocol } } = row;
    const otherVersion = waiting.filter((head) => !isIn(head, protocol)).length;
    const [station = "", csms = ""] = queue.split(" ");
    return {
      ...{ queue, station, csms, messages: waiting.length, bytes, oldestAt: waiting[0]?.at },
      ...{ refused: refused.length, protocol, otherVersion, isFull: !this.#hasRoom(queue, row, 0) },
    };
  }

  #hasRoom(queue: QueueName, { waiting, refused, bytes: used, record }: Row, bytes: number): boolean {
    const { messages, bytes: most, ageMs } = this.#options.boundsOf(queue);
    // What waits for a person says nothing of how long the CSMS is away.
    const oldest = waiting.find((head) => isIn(head, record.protocol));
    const isOld = oldest !== undefined && this.#options.clock.now() - oldest.at > ageMs;
    return waiting.length + refused.length < messages && used + bytes <= most && !isOld &&
      this.#messages < OUTAGE_LIMITS.siteMessages && this.#bytes + bytes <= OUTAGE_LIMITS.siteBytes;
  }

  #add(queue: QueueName, head: MessageHead): void {
    const row = this.#row(queue);
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

  async #commit(queue: QueueName, row: Row, mutations: readonly Mutation[], record?: StationRecord): Promise<void> {
    const saved = record ? [{ set: recordKey(queue), value: record }] : [];
    await this.#options.store.commit([...mutations, ...saved]);
    if (record) row.record = record;
  }
}

/** A kept message with its text, and the version that its station speaks now. */
export interface KeptText {
  readonly head: MessageHead;
  readonly text: string | undefined;
  readonly protocol: string | undefined;
}

/** Why a message is set aside that its seal does not open. */
const UNREADABLE = { code: "Unreadable", description: "its record on the disk was changed or is incomplete" } as const;

/** Whether a message may go out on a connection of this version; of an unknown one all may. */
export function isIn({ protocol }: MessageHead, version: string | undefined): boolean {
  return protocol === undefined || version === undefined || protocol === version;
}

/** What is read; undefined when its seal is broken. */
async function unlessBroken<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

const recordKey = (queue: QueueName) => [...KEYS.outage, "queue", queue];
const idOf = ({ transactionId }: { readonly transactionId?: number }) =>
  transactionId === undefined ? {} : { transactionId };

/** The same message among those that were kept last, or delivered last. */
function repeated(
  { waiting, record }: Row,
  digest: string,
  version: string | undefined,
): { readonly transactionId?: number } | undefined {
  const newest = waiting.slice(-OUTAGE_LIMITS.duplicatesLookedAt);
  return newest.findLast((head) => head.digest === digest && isIn(head, version)) ??
    record.delivered.findLast((message) => message.digest === digest);
}
