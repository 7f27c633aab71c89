import { securityEvent } from "../../../profiles/security_events.ts";
import type { Clock } from "../../core/clock.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { SECURITY_LIMITS } from "./limits.ts";

/** One security event of the list. Times are wall milliseconds. */
export interface SecurityEntry {
  readonly subject: string;
  readonly number: number;
  /** The name of 2.x where it is a standard event, else as the station wrote it. */
  readonly type: string;
  readonly isCritical: boolean;
  /** Who saw it: the station told it, or the gateway. */
  readonly origin: "station" | "gateway";
  readonly at: number;
  readonly lastAt: number;
  /** Equal events within a minute are one entry. */
  readonly count: number;
  /** The station's own time. */
  readonly time?: string;
  readonly info?: string;
}

/** What is told to the log. */
export type NewSecurityEntry = Pick<SecurityEntry, "subject" | "type" | "origin" | "time" | "info"> & {
  readonly count?: number;
};

/** What the log works with. */
export interface SecurityLogOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Days that entries are kept (class `security`). */
  readonly retentionDays: () => number;
}

const DAY_MS = 86_400_000;

/** The last security events of each station, of the gateway and of each CSMS: durable and bounded. */
export class SecurityLog {
  readonly #options: SecurityLogOptions;
  /** The subject not heard of for longest first. */
  readonly #lists = new Map<string, SecurityEntry[]>();

  private constructor(options: SecurityLogOptions) {
    this.#options = options;
  }

  static async open(options: SecurityLogOptions): Promise<SecurityLog> {
    const log = new SecurityLog(options);
    const limit = SECURITY_LIMITS.perSubject * SECURITY_LIMITS.subjects;
    for await (const { value } of options.store.list<SecurityEntry>(KEYS.securityEvents, { limit })) {
      const list = log.#lists.get(value.subject);
      if (list) list.push(value);
      else log.#lists.set(value.subject, [value]);
    }
    return log;
  }

  /** Stores an event, or counts it to an equal one of this minute. @returns the entry, and whether it is a new one */
  async add(event: NewSecurityEntry): Promise<{ readonly entry: SecurityEntry; readonly isNew: boolean }> {
    const now = this.#options.clock.now(), known = securityEvent(event.type);
    const type = known?.name ?? event.type.slice(0, SECURITY_LIMITS.chars), { subject, origin, count = 1 } = event;
    const list = this.#lists.get(subject) ?? [];
    const same = list.findLast((one) => one.type === type && one.origin === origin);
    if (same && now - same.lastAt < SECURITY_LIMITS.samePeriodMs) {
      const counted: SecurityEntry = { ...same, count: same.count + count, lastAt: now };
      list[list.indexOf(same)] = counted;
      this.#touch(subject, list);
      // A flood is one write a minute: the count of this minute is stored with the next entry or look.
      if (counted.count % 100 === 0) await this.#options.store.commit([this.#write(counted)]);
      return { entry: counted, isNew: false };
    }
    const entry: SecurityEntry = {
      ...{ subject, number: (list.at(-1)?.number ?? 0) + 1, type, isCritical: known?.isCritical ?? false, origin },
      ...{ at: now, lastAt: now, count },
      ...event.time === undefined ? {} : { time: event.time },
      ...event.info === undefined ? {} : { info: event.info.slice(0, SECURITY_LIMITS.chars) },
    };
    const mutations = [this.#write(entry), ...same ? [this.#write(same)] : [], ...this.#makeRoom(list)];
    list.push(entry);
    this.#touch(subject, list);
    await this.#options.store.commit([...mutations, ...this.#forgetOldest()]);
    return { entry, isNew: true };
  }

  /** Entries of one subject or of all, newest first. */
  list(subject?: string): readonly SecurityEntry[] {
    const found = subject === undefined ? [...this.#lists.values()].flat() : this.#lists.get(subject) ?? [];
    return found.toSorted((a, b) => b.lastAt - a.lastAt);
  }

  #write(entry: SecurityEntry): Mutation {
    const expiresAt = entry.lastAt + this.#options.retentionDays() * DAY_MS;
    return { set: [...KEYS.securityEvents, entry.subject, entry.number], value: entry, expiresAt };
  }

  #makeRoom(list: SecurityEntry[]): Mutation[] {
    const gone = list.splice(0, Math.max(0, list.length - SECURITY_LIMITS.perSubject + 1));
    return gone.map(({ subject, number }) => ({ delete: [...KEYS.securityEvents, subject, number] }));
  }

  #touch(subject: string, list: SecurityEntry[]): void {
    this.#lists.delete(subject);
    this.#lists.set(subject, list);
  }

  #forgetOldest(): Mutation[] {
    if (this.#lists.size <= SECURITY_LIMITS.subjects) return [];
    const [subject, list] = this.#lists.entries().next().value!;
    this.#lists.delete(subject);
    return list.map(({ number }) => ({ delete: [...KEYS.securityEvents, subject, number] }));
  }
}
