import type { Recent } from "../../policies/incident.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import type { Mutation, Store } from "../store/store.ts";
import type { AnnouncedWork, IncidentRecord } from "./incident_record.ts";
import { INCIDENT_LIMITS } from "./limits.ts";

/** How far incidents are: the next number, and the last record of the audit chain that was looked at. */
interface Mark {
  readonly next: number;
  readonly cursor: number;
}

const MARK = [...KEYS.incidents, "mark"];

/** Incidents, what is kept of stations that have none, and announced work. A signal and its place in the chain are one commit. */
export class IncidentBook {
  readonly #store: Store;
  readonly #records: RecordBook<IncidentRecord>;
  readonly #recent: RecordBook<Recent>;
  readonly #announced: RecordBook<AnnouncedWork>;
  #mark: Mark;

  private constructor(
    store: Store,
    books: { records: RecordBook<IncidentRecord>; recent: RecordBook<Recent>; announced: RecordBook<AnnouncedWork> },
    mark: Mark,
  ) {
    this.#store = store;
    this.#records = books.records;
    this.#recent = books.recent;
    this.#announced = books.announced;
    this.#mark = mark;
  }

  /** `head`: where a chain that was never looked at is begun: what is older than this feature is no news. */
  static async open(store: Store, head: number): Promise<IncidentBook> {
    const mark = (await store.get<Mark>(MARK))?.value;
    const at = (name: string) => [...KEYS.incidents, name];
    const books = {
      records: await RecordBook.open<IncidentRecord>(store, at("record")),
      recent: await RecordBook.open<Recent>(store, at("recent")),
      announced: await RecordBook.open<AnnouncedWork>(store, at("announced")),
    };
    // a chain that was restored from a backup may be shorter than what was looked at
    return new IncidentBook(store, books, { next: mark?.next ?? 1, cursor: Math.min(mark?.cursor ?? head, head) });
  }

  /** Sequence number of the last audit record that was looked at. */
  get cursor(): number {
    return this.#mark.cursor;
  }

  /** The newest first. */
  all(): readonly IncidentRecord[] {
    return this.#records.all().toSorted((a, b) => b.openedAt - a.openedAt || numberOf(b) - numberOf(a));
  }

  get(id: string): IncidentRecord | undefined {
    return this.#records.get(id);
  }

  /** The one of a subject that is not closed. */
  standing(subject: string): IncidentRecord | undefined {
    return this.#records.all().find((record) => record.subject === subject && record.state !== "closed");
  }

  recentOf(subject: string): Recent {
    return this.#recent.get(subject) ?? [];
  }

  announced(): readonly AnnouncedWork[] {
    return this.#announced.all();
  }

  /** The id that the next incident has. */
  nextId(): string {
    return `I-${this.#mark.next}`;
  }

  /** Stores an incident, a new one with its number; what was kept of its subject is in it. */
  async put(record: IncidentRecord, cursor = this.#mark.cursor): Promise<void> {
    const isNew = this.#records.get(record.id) === undefined;
    const mark = { next: this.#mark.next + (isNew ? 1 : 0), cursor };
    const gone: Mutation[] = isNew ? [{ delete: [...KEYS.incidents, "recent", record.subject] }] : [];
    await this.#records.put(record.id, record, [{ set: MARK, value: mark }, ...gone]);
    this.#mark = mark;
    if (isNew) await this.#recent.remove([record.subject]);
    await this.#makeRoom();
  }

  /** Keeps signals of a subject that has no incident. */
  async keep(subject: string, recent: Recent, cursor: number): Promise<void> {
    const mark = { ...this.#mark, cursor };
    await this.#recent.put(subject, recent, [{ set: MARK, value: mark }]);
    this.#mark = mark;
  }

  /** The chain was looked at up to here. In memory alone until something is stored with it, or `flush`. */
  seen(cursor: number): void {
    this.#mark = { ...this.#mark, cursor: Math.max(cursor, this.#mark.cursor) };
  }

  /** Stores where the chain is. Not beside another change of the book: both are one entry. */
  async flush(): Promise<void> {
    await this.#store.commit([{ set: MARK, value: this.#mark }]);
  }

  async announce(work: AnnouncedWork): Promise<void> {
    await this.#announced.put(work.id, work);
  }

  /** Forgets announced work that is over and signals of stations that are gone. */
  async sweep(now: number, isKnown: (subject: string) => boolean): Promise<void> {
    const over = this.#announced.all().filter(({ until }) => until <= now).map(({ id }) => id);
    if (over.length > 0) await this.#announced.remove(over);
    const gone = this.#recent.entries().map(([subject]) => subject).filter((subject) => !isKnown(subject));
    if (gone.length > 0) await this.#recent.remove(gone);
  }

  async withdraw(id: string): Promise<boolean> {
    if (!this.#announced.entries().some(([one]) => one === id)) return false;
    await this.#announced.remove([id]);
    return true;
  }

  async #makeRoom(): Promise<void> {
    const closed = this.#records.all().filter(({ state }) => state === "closed")
      .toSorted((a, b) => (a.ended?.at ?? 0) - (b.ended?.at ?? 0));
    const over = closed.slice(0, Math.max(0, closed.length - INCIDENT_LIMITS.closed)).map(({ id }) => id);
    if (over.length > 0) await this.#records.remove(over);
  }
}

const numberOf = ({ id }: IncidentRecord): number => Number(id.slice(2));
