import type { ControlContext } from "../../control/contract.ts";
import type { Json, StationCallAnswer } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { LedgerRecord } from "../ledger/ledger_record.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";

/** A transaction that a blocked badge began and that has to end. */
interface Stopping {
  readonly stationId: string;
  readonly protocol: string;
  /** Known at once in 2.x, with the CSMS's answer in 1.6. */
  readonly transactionId?: string;
  /** Names it before it has an id: as LedgerFact.key. */
  readonly key?: string;
  readonly attempts: number;
  /** Wall milliseconds of the next try. */
  readonly dueAt: number;
}

/** A transaction with the keyed hash of the badge that began it. */
type Charging = Pick<Stopping, "stationId" | "key" | "transactionId"> & { readonly hash: string };

/** What the guard works with. */
export interface BadgeGuardParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log" | "store">;
  /** The keyed hash of a badge. */
  hash(badge: string): string;
  isBlocked(badge: string): boolean;
  /** Transactions that run, as the ledger knows them. */
  open(): readonly LedgerRecord[];
  pseudonym(stationId: string, badge: string, atMs: number): Promise<string>;
  call(stationId: string, action: string, payload: Json, timeoutMs: number): Promise<StationCallAnswer>;
}

const STOPPING = [...KEYS.badges, "stopping"];

/**
 * Ends what a blocked badge began (EV-24). The begin itself always passes (invariant 15); then the station is asked to
 * stop, again and again until it has or a person must act. What is to be stopped is stored before anything is asked. Also
 * notices one badge at two stations at the same time: a copy, or one badge for two cars.
 */
export class BadgeGuard {
  readonly #stopping = new Map<string, Stopping>();
  /** Looks follow one another: two at the same time would ask twice. */
  #looks = Promise.resolve();
  /** Badges of transactions that run, by station and name of the transaction. */
  readonly #charging = new Map<string, Charging>();

  private constructor(private readonly parts: BadgeGuardParts) {}

  /** Reads what an earlier run did not bring to its end. */
  static async open(parts: BadgeGuardParts): Promise<BadgeGuard> {
    const guard = new BadgeGuard(parts);
    for await (const { key, value } of parts.context.store.list<Stopping>(STOPPING, { limit: Infinity })) {
      guard.#stopping.set(String(key.at(-1)), value);
    }
    return guard;
  }

  /** Transactions that are to be stopped. */
  get size(): number {
    return this.#stopping.size;
  }

  /** Looks at what Workers tell of transactions; resolves when what has to be stopped is stored. */
  async note(facts: readonly LedgerFact[]): Promise<void> {
    for (const fact of facts) {
      if (fact.kind === "end") await this.#ended(fact);
      else if (fact.kind === "ack" && fact.of === "begin") await this.#named(fact);
      else if (fact.badge !== undefined) await this.#began(fact, fact.badge);
    }
  }

  /** A badge was blocked: what it began is to end. @returns the stations where it charges */
  async blocked(badge: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const record of this.parts.open()) {
      if (record.badge === undefined || record.ends > 0 || !await this.#isOf(record, badge)) continue;
      const { stationId, protocol, transactionId, id } = record;
      found.push(stationId);
      await this.#mark({ stationId, protocol, ...transactionId === undefined ? { key: id } : { transactionId } });
    }
    return found;
  }

  /** Asks the stations whose turn it is, all at the same time: one that does not answer holds up no other. */
  async look(): Promise<void> {
    const look = this.#looks.then(() => this.#look());
    this.#looks = look.catch(() => undefined);
    await look;
  }

  async #look(): Promise<void> {
    const now = this.parts.context.clock.now();
    for (const entry of this.#stopping.values()) await this.#learnId(entry);
    await Promise.all([...this.#stopping].map(async ([name, entry]) => {
      const { transactionId, attempts, dueAt } = entry;
      const isTried = attempts > 0 || transactionId === undefined; // the ledger may have had no room for it
      if (isTried && !this.#isOpen(entry)) await this.#forget(name);
      else if (transactionId !== undefined && dueAt <= now) await this.#stop(name, entry, transactionId);
    }));
  }

  #isOpen({ stationId, transactionId, key }: Pick<Stopping, "stationId" | "key" | "transactionId">): boolean {
    return this.parts.open().some((record) =>
      record.stationId === stationId && record.ends === 0 && record.isSuperseded !== true &&
      (transactionId === undefined ? record.id === key : record.transactionId === transactionId)
    );
  }

  /** Station and month have a key of their own, and a person may write the badge in another case. */
  async #isOf({ stationId, badge, seenAt }: LedgerRecord, wanted: string): Promise<boolean> {
    for (const spelling of new Set([wanted, wanted.toUpperCase(), wanted.toLowerCase()])) {
      if (await this.parts.pseudonym(stationId, spelling, seenAt) === badge) return true;
    }
    return false;
  }

  async #began(fact: LedgerFact, badge: string): Promise<void> {
    await this.#compare(fact, badge);
    if (!this.parts.isBlocked(badge)) return;
    const { stationId, protocol, transactionId, key } = fact;
    await this.#mark({
      stationId,
      protocol,
      ...transactionId === undefined ? {} : { transactionId },
      ...key === undefined ? {} : { key },
    });
  }

  async #mark(of: Pick<Stopping, "stationId" | "protocol" | "transactionId" | "key">): Promise<void> {
    const name = nameOf(of), { alarms, clock, store } = this.parts.context;
    if (this.#stopping.has(name)) return;
    if (this.#stopping.size >= BADGE_GUARD_LIMITS.stopping) {
      const detail = `${BADGE_GUARD_LIMITS.stopping} transactions are to be stopped already`;
      return await alarms.raise({ kind: "badge.unstopped", subject: of.stationId, detail });
    }
    const entry: Stopping = { ...of, attempts: 0, dueAt: clock.now() };
    await store.commit([{ set: [...STOPPING, name], value: entry }]);
    this.#stopping.set(name, entry);
    this.#lookSoon();
  }

  /** The id may have come while it was being stored that this transaction is to be stopped: the ledger has it. */
  async #learnId({ stationId, key, transactionId }: Stopping): Promise<void> {
    if (transactionId !== undefined || key === undefined) return;
    const known = this.parts.open().find((record) => record.stationId === stationId && record.id === key);
    const entry = this.#stopping.get(nameOf({ stationId, key }));
    if (known?.transactionId === undefined || !entry) return;
    await this.#put(nameOf(entry), { ...entry, transactionId: known.transactionId });
  }

  /** 1.6: the CSMS's answer gives the transaction its id. */
  async #named({ stationId, key, transactionId }: LedgerFact): Promise<void> {
    if (key === undefined || transactionId === undefined) return;
    const name = nameOf({ stationId, key }), entry = this.#stopping.get(name), charging = this.#charging.get(name);
    if (charging) this.#charging.set(name, { ...charging, transactionId });
    if (!entry || entry.transactionId !== undefined) return;
    await this.#put(name, { ...entry, transactionId });
    this.#lookSoon();
  }

  async #ended({ stationId, transactionId }: LedgerFact): Promise<void> {
    const isIt = (one: Pick<Stopping, "stationId" | "transactionId">) =>
      one.stationId === stationId && one.transactionId !== undefined && one.transactionId === transactionId;
    for (const [name, entry] of this.#stopping) if (isIt(entry)) await this.#forget(name);
    for (const [name, entry] of this.#charging) {
      if (!isIt(entry)) continue;
      this.#charging.delete(name);
      const left = [...this.#charging.values()].filter(({ hash }) => hash === entry.hash);
      if (left.length <= 1) await this.parts.context.alarms.clear("badge.cloned", subjectOf(entry.hash));
    }
  }

  async #stop(name: string, entry: Stopping, transactionId: string): Promise<void> {
    const { stationId, protocol } = entry, { alarms, audit, clock } = this.parts.context;
    const attempts = entry.attempts + 1;
    await this.#put(name, { ...entry, attempts, dueAt: clock.now() + BADGE_GUARD_LIMITS.retryMs });
    const is16 = protocol === "ocpp1.6";
    const answer = await this.parts.call(
      stationId,
      is16 ? "RemoteStopTransaction" : "RequestStopTransaction",
      { transactionId: is16 ? Number(transactionId) : transactionId },
      BADGE_GUARD_LIMITS.callMs,
    );
    const said = wordsOf(answer), isDone = said === "Accepted";
    await audit.record({
      event: "badge.transaction.stopped",
      class: "security",
      who: "gateway",
      target: stationId,
      outcome: isDone ? "ok" : "failed",
      rule: "badge.blocked",
      detail: { transactionId, answer: said, attempts },
    });
    if (isDone) return; // it is over when the station says so: then it is forgotten
    if (attempts < BADGE_GUARD_LIMITS.attempts) return;
    await this.#forget(name);
    const detail = `Transaction ${transactionId} of a blocked badge: ${said} after ${attempts} tries`;
    await alarms.raise({ kind: "badge.unstopped", subject: stationId, detail });
  }

  /** One badge at two stations at once. */
  async #compare(fact: LedgerFact, badge: string): Promise<void> {
    const { stationId, key, transactionId } = fact, name = nameOf(fact), hash = this.parts.hash(badge);
    const elsewhere = this.#elsewhere(stationId, hash);
    this.#charging.delete(name);
    this.#charging.set(name, {
      ...{ stationId, hash },
      ...key === undefined ? {} : { key },
      ...transactionId === undefined ? {} : { transactionId },
    });
    if (this.#charging.size > BADGE_GUARD_LIMITS.charging) {
      this.#charging.delete(this.#charging.keys().next().value!);
    }
    if (elsewhere === undefined) return;
    const { alarms, audit } = this.parts.context;
    await audit.record({
      event: "badge.clone.suspected",
      class: "security",
      who: fact.stationId,
      target: fact.stationId,
      outcome: "failed",
      detail: { badge, elsewhere },
    });
    const detail = `It charges at ${elsewhere} and began at ${fact.stationId}`;
    await alarms.raise({ kind: "badge.cloned", subject: subjectOf(hash), detail });
  }

  /** Another station where a badge of this hash charges. What ended unseen, as by a reboot, does not count. */
  #elsewhere(stationId: string, hash: string): string | undefined {
    const others = [...this.#charging.values()].filter((one) => one.hash === hash && one.stationId !== stationId);
    return others.find((one) => this.#isOpen(one))?.stationId;
  }

  #lookSoon(): void {
    this.look().catch((error) => this.parts.context.log.warn("badges.stop.failed", { msg: describeError(error) }));
  }

  async #put(name: string, entry: Stopping): Promise<void> {
    await this.parts.context.store.commit([{ set: [...STOPPING, name], value: entry }]);
    this.#stopping.set(name, entry);
  }

  async #forget(name: string): Promise<void> {
    await this.parts.context.store.commit([{ delete: [...STOPPING, name] }]);
    this.#stopping.delete(name);
  }
}

/** Station ids have no blanks. The key of 1.6 stays the name when the id comes, so that both are one. */
const nameOf = ({ stationId, key, transactionId }: Pick<Stopping, "stationId" | "key" | "transactionId">): string =>
  `${stationId} ${key ?? transactionId ?? ""}`;

/** Enough of the hash to tell badges apart in the list of alarms. */
const subjectOf = (hash: string): string => `badge ${hash.slice(0, 8)}`;

function wordsOf(answer: StationCallAnswer): string {
  if ("noAnswer" in answer) return `no answer: ${answer.noAnswer}`;
  if ("error" in answer) return answer.error.code.slice(0, 64);
  const { status } = answer.result as { readonly status?: unknown };
  return typeof status === "string" ? status.slice(0, 64) : "no status";
}
