import { type BadgeUse, type CloneKind, happenedAt, isCarried, suspectClone } from "../../../policies/badge_clone.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { LedgerFact } from "../../core/ledger_api.ts";
import { KEYS } from "../../store/keys.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";
import { isSameTransaction, nameOf, type TransactionName } from "./transaction_name.ts";

/** A badge at a station, by its keyed hash. */
export interface SeenUse extends BadgeUse, TransactionName {
  readonly hash: string;
  /** Said once already. */
  readonly isSuspected?: true;
}

/** Why a badge looks copied, and where it was seen. */
export interface Suspicion {
  readonly kind: CloneKind;
  readonly at: number;
  readonly stationId: string;
  /** A station, or in words. */
  readonly elsewhere: string;
  readonly times: number;
  /** Its alarm stands. */
  readonly isRaised: boolean;
}

/** What the uses work with. */
export interface BadgeUseParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "store">;
  hash(badge: string): string;
  /** The unit of a station, else itself. */
  placeOf(stationId: string): string;
  /** What the ledger has open now: what ended unseen, as by a reboot, does not count. */
  open(): (name: TransactionName) => boolean;
}

const CHARGING = [...KEYS.badges, "charging"];
const SUSPECTED = [...KEYS.badges, "suspected"];
const CSMS_WORD = "another place, as its CSMS says";

/**
 * Where badges charge, by keyed hash, and what of it cannot be if there is one of each: a copy, or one badge for two cars.
 * Those that charge are stored, so that a restart forgets none; the last ones that ended are in memory alone.
 */
export class BadgeUses {
  readonly #uses = new Map<string, SeenUse>();
  readonly #suspected = new Map<string, Suspicion>();

  private constructor(private readonly parts: BadgeUseParts) {}

  static async open(parts: BadgeUseParts): Promise<BadgeUses> {
    const uses = new BadgeUses(parts), { store } = parts.context;
    for await (const { key, value } of store.list<SeenUse>(CHARGING, { limit: Infinity })) {
      uses.#uses.set(String(key.at(-1)), value);
    }
    for await (const { key, value } of store.list<Suspicion>(SUSPECTED, { limit: Infinity })) {
      uses.#suspected.set(String(key.at(-1)), value);
    }
    return uses;
  }

  /** Badges that look copied, by hash. */
  suspicions(): readonly (Suspicion & { readonly hash: string })[] {
    return [...this.#suspected].map(([hash, one]) => ({ hash, ...one }));
  }

  /** Hashes of all badges that were seen lately. */
  hashes(): readonly string[] {
    return [...new Set([...this.#suspected.keys(), ...[...this.#uses.values()].map(({ hash }) => hash)])];
  }

  /** What charges with one of these badges. */
  running(hashes: ReadonlySet<string>): readonly SeenUse[] {
    return [...this.#uses.values()].filter((use) => use.to === undefined && hashes.has(use.hash));
  }

  /** The badge that began a transaction; one that is shown later, as to end it, is not its badge. */
  hashOf(name: TransactionName): string | undefined {
    return this.#uses.get(nameOf(name))?.hash;
  }

  /** A badge began a transaction. */
  async began(fact: LedgerFact, badge: string): Promise<void> {
    const { stationId, protocol, key, transactionId } = fact, name = nameOf(fact);
    const { at, isLate } = happenedAt(fact.at, Date.parse(fact.time ?? ""));
    const use: SeenUse = {
      ...{ stationId, protocol, place: this.parts.placeOf(stationId), hash: this.parts.hash(badge) },
      ...{ from: at, isLate, seenAt: fact.at },
      ...key === undefined ? {} : { key },
      ...transactionId === undefined ? {} : { transactionId },
    };
    this.#uses.delete(name);
    this.#uses.set(name, use);
    const gone = this.#makeRoom();
    await this.parts.context.store.commit([
      { set: [...CHARGING, name], value: use },
      ...gone.map((one) => ({ delete: [...CHARGING, one] })),
    ]);
    if (isCarried(fact.badgeType)) await this.#judge(name, badge);
  }

  /** 1.6: the CSMS's answer gives the transaction its id. Its word about the badge counts too. */
  async named(fact: LedgerFact): Promise<void> {
    const { key, transactionId, stationId, detail } = fact;
    const name = nameOf(key === undefined ? fact : { stationId, key }), use = this.#uses.get(name);
    if (!use) return;
    if (transactionId !== undefined && use.transactionId === undefined) {
      await this.#put(name, { ...use, transactionId });
    }
    if (detail === "ConcurrentTx" && use.isSuspected !== true) {
      await this.#suspect(use, { kind: "csms-says-so", elsewhere: CSMS_WORD });
    }
  }

  /** A transaction ended, maybe long ago. */
  async ended(fact: LedgerFact): Promise<void> {
    for (const [name, use] of this.#uses) {
      if (use.to !== undefined || !isSameTransaction(use, fact)) continue;
      const { at } = happenedAt(fact.at, Date.parse(fact.time ?? ""));
      this.#uses.set(name, { ...use, to: Math.max(at, use.from) });
      await this.parts.context.store.commit([{ delete: [...CHARGING, name] }]);
      await this.#judge(name);
      await this.#settle(use.hash);
    }
  }

  /** Judges what was told late and has no end, and lets alarms go whose cause is past. */
  async look(): Promise<void> {
    const { clock, store } = this.parts.context, now = clock.now(), isOpen = this.parts.open();
    for (const [name, use] of this.#uses) {
      if (use.to === undefined && !isOpen(use)) {
        this.#uses.delete(name);
        await store.commit([{ delete: [...CHARGING, name] }]);
        await this.#settle(use.hash);
      } else if (use.to !== undefined && now - use.to > BADGE_GUARD_LIMITS.endedMs) this.#uses.delete(name);
      else if (use.isLate && use.to === undefined) await this.#judge(name);
    }
    for (const [hash, { at, isRaised, kind }] of this.#suspected) {
      const isPast = now - at >= BADGE_GUARD_LIMITS.suspicionMs;
      if (isRaised && isPast && kind !== "two-places") await this.#clear(hash);
    }
  }

  /** A badge that was renewed is shown again: the old one, or a copy of it. */
  async shownAfterRenewal(stationId: string, badge: string): Promise<void> {
    const hash = this.parts.hash(badge), known = this.#suspected.get(hash);
    if (known?.isRaised === true && known.kind === "renewed") return;
    const use = { stationId, hash };
    await this.#suspect(use, { kind: "renewed", elsewhere: "-" }, badge);
  }

  async #judge(name: string, badge?: string): Promise<void> {
    const use = this.#uses.get(name), now = this.parts.context.clock.now();
    if (!use || use.isSuspected === true) return;
    const same = [...this.#uses].flatMap(([other, one]) => other !== name && one.hash === use.hash ? [one] : []);
    if (same.length === 0) return;
    const isOpen = this.parts.open();
    const others = same.filter((one) => one.to !== undefined || isOpen(one));
    const found = suspectClone(use, others, now);
    if (!found) return;
    const suspected: SeenUse = { ...use, isSuspected: true };
    if (use.to === undefined) await this.#put(name, suspected);
    else this.#uses.set(name, suspected);
    await this.#suspect(use, found, badge);
  }

  async #suspect(
    { stationId, hash }: Pick<SeenUse, "hash" | "stationId">,
    { kind, elsewhere }: Pick<Suspicion, "elsewhere" | "kind">,
    badge?: string,
  ): Promise<void> {
    const { alarms, audit, clock, store } = this.parts.context, known = this.#suspected.get(hash);
    const places = new Set(this.running(new Set([hash])).map(({ place }) => place)).size;
    const isShared = places > BADGE_GUARD_LIMITS.sharedPlaces;
    const value: Suspicion = {
      kind,
      at: clock.now(),
      stationId,
      elsewhere,
      times: (known?.times ?? 0) + 1,
      isRaised: true,
    };
    const oldest = known || this.#suspected.size < BADGE_GUARD_LIMITS.suspicions
      ? undefined
      : this.#suspected.keys().next().value;
    await store.commit([
      { set: [...SUSPECTED, hash], value },
      ...oldest === undefined ? [] : [{ delete: [...SUSPECTED, oldest] }],
    ]);
    if (oldest !== undefined) this.#suspected.delete(oldest);
    this.#suspected.delete(hash);
    this.#suspected.set(hash, value);
    if (!isShared) {
      await audit.record({
        ...{ event: "badge.clone.suspected", class: "security", who: stationId, target: stationId, outcome: "failed" },
        detail: { ...badge === undefined ? { hash: hash.slice(0, 8) } : { badge }, kind, elsewhere },
      });
    }
    const detail = isShared
      ? `It charges at ${places} places at once: one id for many, as of a station that lets everybody charge`
      : SENTENCES[kind](stationId, elsewhere);
    await alarms.raise({ kind: "badge.cloned", subject: subjectOf(hash), detail });
  }

  /** Two places are one again: the alarm goes, the suspicion stays on the list. */
  async #settle(hash: string): Promise<void> {
    const known = this.#suspected.get(hash);
    if (known?.isRaised !== true || known.kind !== "two-places") return;
    const places = new Set(this.running(new Set([hash])).map(({ place }) => place));
    if (places.size <= 1) await this.#clear(hash);
  }

  async #clear(hash: string): Promise<void> {
    const known = this.#suspected.get(hash);
    if (!known) return;
    const value = { ...known, isRaised: false };
    this.#suspected.set(hash, value);
    await this.parts.context.store.commit([{ set: [...SUSPECTED, hash], value }]);
    await this.parts.context.alarms.clear("badge.cloned", subjectOf(hash));
  }

  async #put(name: string, use: SeenUse): Promise<void> {
    this.#uses.set(name, use);
    await this.parts.context.store.commit([{ set: [...CHARGING, name], value: use }]);
  }

  /** Those that ended go first, then the oldest. */
  #makeRoom(): readonly string[] {
    if (this.#uses.size <= BADGE_GUARD_LIMITS.charging) return [];
    const ended = [...this.#uses].find(([, { to }]) => to !== undefined);
    const gone = ended?.[0] ?? this.#uses.keys().next().value!;
    this.#uses.delete(gone);
    return [gone];
  }
}

const SENTENCES: Readonly<Record<CloneKind, (here: string, elsewhere: string) => string>> = {
  "csms-says-so": (here, elsewhere) => `It began at ${here} and charges at ${elsewhere}`,
  "impossible-order": (here, elsewhere) =>
    `It charged at ${here} while it charged at ${elsewhere}, as was told afterwards`,
  "renewed": (here) => `It was renewed, and the old one was shown at ${here}`,
  "two-places": (here, elsewhere) => `It charges at ${elsewhere} and began at ${here}`,
};

/** Enough of the hash to tell badges apart in the list of alarms. */
const subjectOf = (hash: string): string => `badge ${hash.slice(0, 8)}`;
