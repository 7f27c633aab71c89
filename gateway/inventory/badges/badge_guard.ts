import type { ControlContext } from "../../control/contract.ts";
import type { Json, StationCallAnswer } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { LedgerRecord } from "../ledger/ledger_record.ts";
import type { NamedBadge } from "../outage/badge_args.ts";
import { BadgeUses } from "./badge_uses.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";
import { isSameTransaction, nameOf, type TransactionName } from "./transaction_name.ts";

/** A transaction that a blocked badge began and that has to end. */
interface Stopping extends TransactionName {
  readonly attempts: number;
  /** Wall milliseconds of the next try. */
  readonly dueAt: number;
}

/** What the guard works with. */
export interface BadgeGuardParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log" | "store">;
  /** The keyed hash of a badge. */
  hash(badge: string): string;
  isBlocked(hash: string): boolean;
  /** The badge that was given out for this one; undefined: none was. */
  renewedBy(hash: string): string | undefined;
  /** The unit of a station, else itself. */
  placeOf(stationId: string): string;
  /** Transactions that run, as the ledger knows them. */
  open(): readonly LedgerRecord[];
  pseudonym(stationId: string, badge: string, atMs: number): Promise<string>;
  call(stationId: string, action: string, payload: Json, timeoutMs: number): Promise<StationCallAnswer>;
}

const STOPPING = [...KEYS.badges, "stopping"];

/**
 * Ends what a blocked badge began (EV-24). The begin itself always passes (invariant 15); then the station is asked to
 * stop, again and again until it has or a person must act. What is to be stopped is stored before anything is asked. Feeds
 * BadgeUses, which notices copies.
 */
export class BadgeGuard {
  readonly #stopping = new Map<string, Stopping>();
  /** Looks follow one another: two at the same time would ask twice. */
  #looks = Promise.resolve();

  private constructor(private readonly parts: BadgeGuardParts, readonly uses: BadgeUses) {}

  /** Reads what an earlier run did not bring to its end. */
  static async open(parts: BadgeGuardParts): Promise<BadgeGuard> {
    const guard = new BadgeGuard(parts, await BadgeUses.open({ ...parts, open: () => openIn(parts.open()) }));
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

  /** Badges were blocked: what they began is to end. @returns the stations where they charge */
  async blocked(badges: readonly NamedBadge[]): Promise<readonly string[]> {
    const found = new Set<string>();
    const mark = async ({ stationId, protocol, key, transactionId }: TransactionName) => {
      found.add(stationId);
      const id = transactionId === undefined ? {} : { transactionId };
      await this.#mark({ stationId, protocol, ...key === undefined ? {} : { key }, ...id });
    };
    const running = this.uses.running(new Set(badges.map(({ hash }) => hash)));
    const isOpen = openIn(this.parts.open());
    for (const use of running) if (isOpen(use)) await mark(use);
    // What began before badges were remembered by hash is known to the ledger alone, by pseudonym.
    if (badges.length > BADGE_GUARD_LIMITS.byPseudonym) return [...found];
    for (const record of this.parts.open()) {
      const { badge, ends, stationId, protocol, transactionId, id } = record;
      if (badge === undefined || ends > 0) continue;
      const name = { stationId, protocol, ...transactionId === undefined ? { key: id } : { transactionId } };
      if (running.some((use) => isSameTransaction(use, { ...name, key: id }))) continue;
      for (const one of badges) if (one.badge !== undefined && await this.#isOf(record, one.badge)) await mark(name);
    }
    return [...found];
  }

  /** A blocked badge was shown at a station; one that was renewed may be a copy. */
  async shown(stationId: string, badge: string): Promise<void> {
    if (this.parts.renewedBy(this.parts.hash(badge)) === undefined) return;
    await this.uses.shownAfterRenewal(stationId, badge);
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
    const isOpen = openIn(this.parts.open());
    await Promise.all([...this.#stopping].map(async ([name, entry]) => {
      const { transactionId, attempts, dueAt } = entry;
      const isTried = attempts > 0 || transactionId === undefined; // the ledger may have had no room for it
      if (isTried && !isOpen(entry)) await this.#forget(name);
      else if (transactionId !== undefined && dueAt <= now) await this.#stop(name, entry, transactionId);
    }));
  }

  /** Station and month have a key of their own, and a person may write the badge in another case. */
  async #isOf({ stationId, badge, seenAt }: LedgerRecord, wanted: string): Promise<boolean> {
    for (const spelling of new Set([wanted, wanted.toUpperCase(), wanted.toLowerCase()])) {
      if (await this.parts.pseudonym(stationId, spelling, seenAt) === badge) return true;
    }
    return false;
  }

  async #began(fact: LedgerFact, badge: string): Promise<void> {
    const hash = this.parts.hash(badge), first = this.uses.hashOf(fact);
    if (first !== undefined && first !== hash) return; // it ends what another badge began, or may end anything
    if (first === undefined || fact.kind === "begin") await this.uses.began(fact, badge);
    if (!this.parts.isBlocked(hash)) return;
    await this.shown(fact.stationId, badge);
    const { stationId, protocol, transactionId, key } = fact;
    await this.#mark({
      stationId,
      protocol,
      ...transactionId === undefined ? {} : { transactionId },
      ...key === undefined ? {} : { key },
    });
  }

  async #mark(of: TransactionName): Promise<void> {
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
  async #named(fact: LedgerFact): Promise<void> {
    await this.uses.named(fact);
    const { stationId, key, transactionId } = fact;
    if (key === undefined || transactionId === undefined) return;
    const name = nameOf({ stationId, key }), entry = this.#stopping.get(name);
    if (!entry || entry.transactionId !== undefined) return;
    await this.#put(name, { ...entry, transactionId });
    this.#lookSoon();
  }

  async #ended(fact: LedgerFact): Promise<void> {
    for (const [name, entry] of this.#stopping) if (isSameTransaction(entry, fact)) await this.#forget(name);
    await this.uses.ended(fact);
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

/** What the ledger has as running, by id and by the key before it. */
function openIn(open: readonly LedgerRecord[]): (name: TransactionName) => boolean {
  const ids = new Set<string>(), keys = new Set<string>();
  for (const { stationId, ends, isSuperseded, id, transactionId } of open) {
    if (ends > 0 || isSuperseded === true) continue;
    keys.add(`${stationId} ${id}`);
    if (transactionId !== undefined) ids.add(`${stationId} ${transactionId}`);
  }
  return ({ stationId, transactionId, key }) =>
    transactionId === undefined ? keys.has(`${stationId} ${key}`) : ids.has(`${stationId} ${transactionId}`);
}

function wordsOf(answer: StationCallAnswer): string {
  if ("noAnswer" in answer) return `no answer: ${answer.noAnswer}`;
  if ("error" in answer) return answer.error.code.slice(0, 64);
  const { status } = answer.result as { readonly status?: unknown };
  return typeof status === "string" ? status.slice(0, 64) : "no status";
}
