import type { Evidence, Finding, Score, Waiver } from "../../policies/posture_types.ts";
import type { Clock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import { RecordBook } from "../people/record_book.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { POSTURE_LIMITS } from "./limits.ts";

const DAY = 86_400_000;

/** What is kept of one subject: how its lines stood last, and what was read of it. */
export interface SubjectRecord {
  readonly at: number;
  readonly findings: readonly Finding[];
  /** What was read of the device, by the name that it has there. */
  readonly read: Readonly<Record<string, Evidence>>;
  /** When it was last asked, and answered. */
  readonly readAt?: number;
  /** When it was last asked, whether it answered or not. */
  readonly triedAt?: number;
}

/** What a person saw. */
export interface Confirmation {
  readonly who: string;
  readonly at: number;
  readonly isSo: boolean;
  readonly note?: string;
}

/** The site's score of one day. */
export interface DayScore extends Score {
  readonly day: string;
}

/** All that posture keeps over a restart. A change counts from when it is stored. */
export class PostureBook {
  private constructor(
    private readonly clock: Clock,
    private readonly subjects: RecordBook<SubjectRecord>,
    private readonly confirmations: RecordBook<Confirmation>,
    private readonly waivers: RecordBook<Waiver>,
    private readonly days: RecordBook<DayScore>,
  ) {}

  static async open(store: Store, clock: Clock): Promise<PostureBook> {
    const book = <T>(name: string) => RecordBook.open<T>(store, [...KEYS.posture, name]);
    return new PostureBook(
      clock,
      await book<SubjectRecord>("subject"),
      await book<Confirmation>("confirmed"),
      await book<Waiver>("waived"),
      await book<DayScore>("day"),
    );
  }

  subject(id: string): SubjectRecord | undefined {
    return this.subjects.get(id);
  }

  async putSubject(id: string, record: SubjectRecord): Promise<void> {
    await this.subjects.put(id, record);
  }

  confirmation(subject: string, line: string): Confirmation | undefined {
    return this.confirmations.get(keyOf(subject, line));
  }

  /** @throws GatewayError POSTURE_REFUSED when there are too many */
  async confirm(subject: string, line: string, seen: Omit<Confirmation, "at">): Promise<void> {
    refuseMore(this.confirmations, keyOf(subject, line));
    await this.confirmations.put(keyOf(subject, line), { ...seen, at: this.clock.now() });
  }

  waiver(subject: string, line: string): Waiver | undefined {
    return this.waivers.get(keyOf(subject, line));
  }

  /** @throws GatewayError POSTURE_REFUSED when there are too many */
  async waive(subject: string, line: string, waiver: Waiver): Promise<void> {
    refuseMore(this.waivers, keyOf(subject, line));
    await this.waivers.put(keyOf(subject, line), waiver);
  }

  /** @returns whether there was one */
  async unwaive(subject: string, line: string): Promise<boolean> {
    const key = keyOf(subject, line);
    if (!this.waivers.get(key)) return false;
    await this.waivers.remove([key]);
    return true;
  }

  /** Days with the site's score, the oldest first. */
  trend(): readonly DayScore[] {
    return this.days.all().toSorted((a, b) => a.day < b.day ? -1 : 1);
  }

  /** Keeps today's score, the last of the day; days that are too long ago are forgotten. */
  async noteDay(score: Score): Promise<void> {
    const day = dayOf(this.clock.now()), before = this.days.get(day);
    if (before === undefined || JSON.stringify({ day, ...score }) !== JSON.stringify(before)) {
      await this.days.put(day, { day, ...score });
    }
    const oldest = dayOf(this.clock.now() - POSTURE_LIMITS.trendDays * DAY);
    const over = this.days.entries().flatMap(([id]) => id < oldest ? [id] : []);
    if (over.length > 0) await this.days.remove(over);
  }

  /** Forgets what is about subjects that are no more. */
  async keepOnly(subjects: ReadonlySet<string>): Promise<void> {
    const gone = this.subjects.entries().flatMap(([id]) => subjects.has(id) ? [] : [id]);
    if (gone.length > 0) await this.subjects.remove(gone);
    for (const book of [this.confirmations, this.waivers] as readonly RecordBook<unknown>[]) {
      const keys = book.entries().flatMap(([key]) => subjects.has(key.slice(0, key.lastIndexOf(" "))) ? [] : [key]);
      if (keys.length > 0) await book.remove(keys);
    }
  }
}

/** Station ids have no blanks, ids of lines neither. */
const keyOf = (subject: string, line: string): string => `${subject} ${line}`;

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

function refuseMore(book: RecordBook<unknown>, key: string): void {
  if (book.get(key) === undefined && book.size >= POSTURE_LIMITS.records) {
    throw new GatewayError("POSTURE_REFUSED", `${POSTURE_LIMITS.records} such records are kept already`, {
      hint: "Take back waivers that are over: `posture unwaive`",
    });
  }
}
