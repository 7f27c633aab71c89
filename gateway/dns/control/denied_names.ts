import type { Clock } from "../../core/clock.ts";
import type { AuditEvent } from "../../core/control_api.ts";
import type { DeniedQuestions } from "../../core/dns_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { DNS_LIMITS } from "../limits.ts";

/** One name that one client was refused, over all its questions. */
export interface DeniedName {
  /** The station, or the address of a client that is none. */
  readonly client: string;
  readonly isStation: boolean;
  readonly source: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly rule: string;
  readonly reason: string;
  readonly count: number;
  /** Wall milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** It was only recorded, and looked up (mode observe). */
  readonly observed: boolean;
  /** When it was last audited, wall milliseconds. */
  readonly auditedAt?: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Counts are stored this often at most: a station that asks every second must not wear out the disk. */
const STORE_COUNTS_MS = 600_000;
const TYPES_KEPT = 8;
const BATCH = 200;

/**
 * Names that clients were refused: kept over restarts, bounded by client and in all (the one longest not asked for makes
 * room), forgotten after a month. New ones are stored at once, counts now and then.
 */
export class DeniedNames {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #names = new Map<string, DeniedName>();
  readonly #unstored = new Set<string>();
  /** Audit records of one client in this hour, and questions that were left out. */
  readonly #audits = new Map<string, { hour: number; made: number; left: number }>();
  #storedCountsAt = 0;
  #taking: Promise<unknown> = Promise.resolve();

  private constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  static async open(store: Store, clock: Clock): Promise<DeniedNames> {
    const names = new DeniedNames(store, clock);
    for await (const { value } of store.list<DeniedName>(KEYS.dnsDenied, { limit: DNS_LIMITS.deniedNames })) {
      names.#names.set(keyOf(value), value);
    }
    return names;
  }

  /** Newest first; of one station or client if named. */
  list(client?: string): readonly DeniedName[] {
    return [...this.#names.values()]
      .filter((one) => client === undefined || one.client === client || one.source === client)
      .sort((a, b) => b.lastAt - a.lastAt);
  }

  /**
   * Takes a report. Audits what is new, and once a day what goes on; the result is those events. They are recorded before
   * the names are stored as audited: a kill in between audits one twice, never not at all.
   */
  take(
    report: readonly DeniedQuestions[],
    record: (event: AuditEvent) => Promise<void> = () => Promise.resolve(),
  ): Promise<AuditEvent[]> {
    const taken = this.#take(report, record);
    this.#taking = Promise.allSettled([this.#taking, taken]);
    return taken;
  }

  /** Resolves when every report so far is audited and stored. */
  async settled(): Promise<void> {
    await this.#taking;
  }

  async #take(
    report: readonly DeniedQuestions[],
    record: (event: AuditEvent) => Promise<void>,
  ): Promise<AuditEvent[]> {
    const events: AuditEvent[] = [];
    const urgent = new Set<string>();
    for (const questions of report) {
      const key = keyOf({ ...clientOf(questions), name: questions.name, rule: questions.rule });
      if (!this.#names.has(key)) urgent.add(key);
      const entry = merge(this.#names.get(key), questions);
      const event = this.#audit(entry, questions.count);
      this.#names.set(key, event ? { ...entry, auditedAt: questions.lastAt } : entry);
      this.#unstored.add(key);
      if (event) events.push(event);
    }
    const gone = this.#makeRoom(report);
    for (const event of events) await record(event);
    const isDue = this.#clock.monotonic() - this.#storedCountsAt >= STORE_COUNTS_MS;
    await this.#save(isDue ? [...this.#unstored] : [...urgent], gone);
    if (isDue) this.#storedCountsAt = this.#clock.monotonic();
    return events;
  }

  /** Stores all counts. */
  async flush(): Promise<void> {
    await this.#save([...this.#unstored], []);
  }

  /** Forgets what one client was refused, or all of it. How many names that were. */
  async forget(client?: string): Promise<number> {
    const gone = this.list(client);
    for (const one of gone) this.#names.delete(keyOf(one));
    await this.#save([], gone);
    return gone.length;
  }

  #audit(entry: DeniedName, count: number): AuditEvent | undefined {
    if (entry.auditedAt !== undefined && entry.lastAt - entry.auditedAt < DAY_MS) return undefined;
    const hour = Math.floor(entry.lastAt / HOUR_MS);
    const known = this.#audits.get(entry.client);
    const audits = known?.hour === hour ? known : { hour, made: 0, left: known?.left ?? 0 };
    if (this.#audits.size > DNS_LIMITS.deniedNames) this.#audits.clear();
    this.#audits.set(entry.client, audits);
    if (audits.made >= DNS_LIMITS.deniedAudits) {
      audits.left += count;
      return undefined;
    }
    audits.made++;
    const left = audits.left;
    audits.left = 0;
    return eventOf(entry, count, left);
  }

  #makeRoom(report: readonly DeniedQuestions[]): DeniedName[] {
    const gone = new Set<DeniedName>();
    const tooOld = this.#clock.now() - DNS_LIMITS.deniedDays * DAY_MS;
    const all = this.list();
    for (const one of all) if (one.lastAt < tooOld) gone.add(one);
    for (const client of new Set(report.map((questions) => clientOf(questions).client))) {
      const own = all.filter((one) => one.client === client);
      for (const one of own.slice(DNS_LIMITS.deniedPerClient)) gone.add(one);
    }
    for (const one of all.filter((one) => !gone.has(one)).slice(DNS_LIMITS.deniedNames)) gone.add(one);
    for (const one of gone) this.#names.delete(keyOf(one));
    return [...gone];
  }

  async #save(keys: readonly string[], gone: readonly DeniedName[]): Promise<void> {
    const mutations: Mutation[] = gone.map((one) => ({ delete: storeKey(one) }));
    for (const key of keys) {
      const value = this.#names.get(key);
      if (value) mutations.push({ set: storeKey(value), value });
    }
    for (let at = 0; at < mutations.length; at += BATCH) await this.#store.commit(mutations.slice(at, at + BATCH));
    for (const key of keys) this.#unstored.delete(key);
    for (const one of gone) this.#unstored.delete(keyOf(one));
  }
}

/** A station keeps its list when its address changes; a client that is none is its address. */
function clientOf(
  { station, source }: Pick<DeniedQuestions, "source" | "station">,
): Pick<DeniedName, "client" | "isStation"> {
  return station === undefined ? { client: source, isStation: false } : { client: station, isStation: true };
}

function keyOf({ client, isStation, name, rule }: Pick<DeniedName, "client" | "isStation" | "name" | "rule">): string {
  return JSON.stringify([isStation, client, name, rule]);
}

function storeKey({ client, isStation, name, rule }: DeniedName): (string | number)[] {
  return [...KEYS.dnsDenied, isStation ? "station" : "address", client, name, rule];
}

function merge(known: DeniedName | undefined, questions: DeniedQuestions): DeniedName {
  const { source, name, type, rule, reason, count, firstAt, lastAt, observed } = questions;
  return {
    ...clientOf(questions),
    source,
    name,
    types: [...new Set([...known?.types ?? [], type])].slice(0, TYPES_KEPT),
    rule,
    reason,
    count: count + (known?.count ?? 0),
    firstAt: known?.firstAt ?? firstAt,
    lastAt,
    observed: observed === true,
    ...known?.auditedAt === undefined ? {} : { auditedAt: known.auditedAt },
  };
}

function eventOf(entry: DeniedName, count: number, left: number): AuditEvent {
  return {
    event: "dns.query.refused",
    class: "security",
    who: entry.client,
    target: entry.name.slice(0, 255),
    outcome: entry.observed ? "ok" : "refused",
    rule: entry.rule,
    source: entry.source,
    detail: {
      type: entry.types.at(-1) ?? "",
      count,
      ...entry.observed ? { observed: true } : {},
      ...left > 0 ? { leftOut: left } : {},
    },
  };
}
