import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { Sealer } from "../../control/contract.ts";
import type { BlockedBadges } from "../../core/outage_api.ts";
import { badgeHash } from "../../core/badge_hash.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, type SealedValue, sealFor } from "../../store/sealer.ts";
import type { Mutation, Store, StoreKey } from "../../store/store.ts";
import { Turns } from "../../core/turns.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** A badge that a person put on one of the site's lists. The badge itself is nowhere, only its keyed hash. */
export interface BadgeEntry {
  /** What the person calls it, and why. */
  readonly note: string;
  readonly at: number;
  /** Who put it there; absent in entries of older versions. */
  readonly by?: string;
  /** End of an entry, milliseconds since the epoch: of a badge that is allowed, or blocked, for a time. */
  readonly expiresAt?: number;
  /** Keyed hash of the badge that was given out instead. */
  readonly renewedBy?: string;
  /** Keyed hash of the badge that this one was given out for. */
  readonly renews?: string;
}

/** What the CSMS last said of a badge. */
export interface CachedBadge {
  readonly status: string;
  readonly at: number;
  readonly expiresAt?: number;
  /** idTagInfo or idTokenInfo as it came, sealed: it may name a parent badge. */
  readonly info: SealedValue;
}

/** The lists a person keeps. */
export type BadgeList = "blocked" | "listed";

/** One change of a list: an entry, or none any more. */
export interface BadgeChange {
  readonly list: BadgeList;
  readonly hash: string;
  readonly entry?: BadgeEntry;
}

/** An import that is stored whole, and on its way to the list. */
interface Staged {
  readonly list: BadgeList;
  readonly chunks: number;
}

const STAGED: StoreKey = [...KEYS.badges, "staged"];
const chunkKey = (at: number): StoreKey => [...STAGED, "chunk", at];
const IMPORT: StoreKey = [...STAGED, "import"];

const listKey = (list: BadgeList, hash: string): StoreKey =>
  list === "blocked" ? [...KEYS.badgeBlocked, hash] : [...KEYS.badges, "listed", hash];
const cacheKey = (hash: string): StoreKey => [...KEYS.badges, "cached", hash];

/**
 * What the site knows of badges: blocked ones, listed ones, and the CSMS's last answers. Badges are kept as HMAC-SHA-256
 * under a key derived from the sealed root (invariant 6); a stolen store alone cannot be searched for them.
 */
export class BadgeBook {
  readonly #store: Store;
  readonly #sealer: Sealer;
  readonly #key: Uint8Array;
  readonly #lists = { blocked: new Map<string, BadgeEntry>(), listed: new Map<string, BadgeEntry>() };
  readonly #cached = new Map<string, CachedBadge>();
  readonly #turns = new Turns();

  private constructor(store: Store, sealer: Sealer, key: Uint8Array) {
    this.#store = store;
    this.#sealer = sealer;
    this.#key = key;
  }

  /** Reads what earlier runs stored. */
  static async open(store: Store, sealer: Sealer): Promise<BadgeBook> {
    const root = await sealer.derive("badges");
    const key = new Uint8Array(await crypto.subtle.sign("HMAC", root, new TextEncoder().encode("badge hashes 1")));
    const book = new BadgeBook(store, sealer, key);
    for (const [list, prefix] of [["blocked", KEYS.badgeBlocked], ["listed", [...KEYS.badges, "listed"]]] as const) {
      for await (const { key, value } of store.list<BadgeEntry>(prefix, { limit: Infinity })) {
        book.#lists[list].set(String(key.at(-1)), value);
      }
    }
    const cached = store.list<CachedBadge>([...KEYS.badges, "cached"], { limit: Infinity });
    for await (const { key, value } of cached) book.#cached.set(String(key.at(-1)), value);
    await book.#finishImport();
    return book;
  }

  /** Tells keys apart: hashes of a list are good only under theirs. */
  get keyFingerprint(): string {
    return createHmac("sha256", this.#key).update("fingerprint 1").digest("hex").slice(0, 16);
  }

  hash(badge: string): string {
    return badgeHash(badge, this.#key);
  }

  /** The badges that are blocked at a moment, for the Workers. */
  blockedAt(now: number): BlockedBadges {
    const hashes = [...this.#lists.blocked].flatMap(([hash, entry]) => isOver(entry, now) ? [] : [hash]);
    return { key: Buffer.from(this.#key).toString("base64"), hashes };
  }

  /** Whether a hash is that of a badge that is blocked at a moment. */
  isBlockedHash(hash: string, now: number): boolean {
    const entry = this.#lists.blocked.get(hash);
    return entry !== undefined && !isOver(entry, now);
  }

  /** The badge that was given out for a blocked one; undefined: none was. */
  renewedBy(hash: string): string | undefined {
    return this.#lists.blocked.get(hash)?.renewedBy;
  }

  /** Whether a badge is blocked at a moment: one that was blocked for a time may be over. */
  isBlocked(badge: string, now: number): boolean {
    return this.isBlockedHash(this.hash(badge), now);
  }

  entry(list: BadgeList, badge: string): BadgeEntry | undefined {
    return this.#lists[list].get(this.hash(badge));
  }

  entries(list: BadgeList): readonly (BadgeEntry & { readonly hash: string })[] {
    return [...this.#lists[list]].map(([hash, entry]) => ({ hash, ...entry }));
  }

  isFull(list: BadgeList): boolean {
    return this.#lists[list].size >= BADGE_LIMITS.entries;
  }

  /** The one entry of a list whose hash begins so; undefined: none, or more than one. */
  byHash(list: BadgeList, prefix: string): (BadgeEntry & { readonly hash: string }) | undefined {
    const found = this.entries(list).filter(({ hash }) => hash.startsWith(prefix));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Lets work that reads a list and then changes it run one after the other: two persons do not overwrite each other. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(["lists"], work);
  }

  /** Puts a badge on a list; stored when this resolves. */
  async add(list: BadgeList, badge: string, entry: BadgeEntry): Promise<void> {
    await this.change([{ list, hash: this.hash(badge), entry }]);
  }

  /** Changes lists, all or nothing; stored when this resolves. Blocking also forgets what the CSMS once said of a badge. */
  async change(changes: readonly BadgeChange[]): Promise<void> {
    await this.#store.commit(changes.flatMap(mutationsOf));
    for (const change of changes) this.#apply(change);
  }

  /**
   * Puts many badges on a list, all or none, also when the power goes: they are stored beside it first, and a start that
   * finds them whole goes on with them.
   */
  async bring(list: BadgeList, entries: readonly (readonly [hash: string, entry: BadgeEntry])[]): Promise<void> {
    const size = BADGE_LIMITS.chunk, chunks = Math.ceil(entries.length / size);
    for (let at = 0; at < chunks; at++) {
      await this.#store.commit([{ set: chunkKey(at), value: entries.slice(at * size, (at + 1) * size) }]);
    }
    const staged: Staged = { list, chunks };
    await this.#store.commit([{ set: IMPORT, value: staged }]);
    await this.#takeStaged(staged);
  }

  /** Whether there is something for `dropOver` to take. */
  hasOver(now: number): boolean {
    const { blocked, listed } = this.#lists, { overShownMs } = BADGE_LIMITS;
    return blocked.values().some((entry) => isOver(entry, now)) ||
      listed.values().some((entry) => isOver(entry, now - overShownMs));
  }

  /** Takes entries off the lists that are over: blocks at once, others after a while. @returns the blocks that ended */
  dropOver(now: number): Promise<readonly (BadgeEntry & { readonly hash: string })[]> {
    return this.alone(async () => {
      const ended = this.entries("blocked").filter((entry) => isOver(entry, now));
      const old = this.entries("listed").filter((entry) => isOver(entry, now - BADGE_LIMITS.overShownMs));
      const changes = [
        ...ended.map(({ hash }): BadgeChange => ({ list: "blocked", hash })),
        ...old.map(({ hash }): BadgeChange => ({ list: "listed", hash })),
      ];
      for (let at = 0; at < changes.length; at += BADGE_LIMITS.chunk) {
        await this.change(changes.slice(at, at + BADGE_LIMITS.chunk));
      }
      return ended;
    });
  }

  #apply({ list, hash, entry }: BadgeChange): void {
    if (!entry) this.#lists[list].delete(hash);
    else this.#lists[list].set(hash, entry);
    if (entry && list === "blocked") this.#cached.delete(hash);
  }

  /** Each chunk is written again until it is gone: doing it twice is fine. */
  async #takeStaged({ list, chunks }: Staged): Promise<void> {
    for (let at = 0; at < chunks; at++) {
      const chunk = (await this.#store.get<[string, BadgeEntry][]>(chunkKey(at)))?.value ?? [];
      const changes = chunk.map(([hash, entry]): BadgeChange => ({ list, hash, entry }));
      await this.#store.commit([...changes.flatMap(mutationsOf), { delete: chunkKey(at) }]);
      for (const change of changes) this.#apply(change);
    }
    await this.#store.commit([{ delete: IMPORT }]);
  }

  /** Goes on with an import that was stored whole; what was not is forgotten. */
  async #finishImport(): Promise<void> {
    const staged = (await this.#store.get<Staged>(IMPORT))?.value;
    if (staged) return await this.#takeStaged(staged);
    for await (const { key } of this.#store.list(STAGED, { limit: Infinity })) {
      await this.#store.commit([{ delete: key }]);
    }
  }

  /** The CSMS's last answer about a badge, with its text. */
  async cached(badge: string): Promise<Omit<CachedBadge, "info"> & { readonly info: string } | undefined> {
    const hash = this.hash(badge);
    const found = this.#cached.get(hash);
    if (!found) return undefined;
    const info = Buffer.from(await this.#sealer.unseal(found.info.sealed, contextOf(cacheKey(hash)))).toString();
    return { ...found, info };
  }

  /** Remembers the CSMS's answer; an equal one is written again only once a day. Full, the oldest is forgotten. */
  async learn(badge: string, answer: Omit<CachedBadge, "info"> & { readonly info: string }): Promise<void> {
    const hash = this.hash(badge);
    if (this.isBlocked(badge, answer.at)) return;
    const known = await this.cached(badge);
    if (known?.info === answer.info && answer.at - known.at < BADGE_LIMITS.rewriteMs) return;
    const info = await sealFor(this.#sealer, cacheKey(hash), Buffer.from(answer.info));
    const value = { ...answer, info };
    await this.#store.commit([{ set: cacheKey(hash), value }]);
    this.#cached.set(hash, value);
    const over = oldestOf(this.#cached, this.#cached.size - BADGE_LIMITS.cached);
    if (over.length === 0) return;
    for (const oldest of over) this.#cached.delete(oldest);
    await this.#store.commit(over.map((oldest) => ({ delete: cacheKey(oldest) })));
  }
}

/** An entry that is blocked takes what the CSMS once said with it. */
function mutationsOf({ list, hash, entry }: BadgeChange): readonly Mutation[] {
  if (!entry) return [{ delete: listKey(list, hash) }];
  const forget = list === "blocked" ? [{ delete: cacheKey(hash) }] : [];
  return [{ set: listKey(list, hash), value: entry }, ...forget];
}

const isOver = ({ expiresAt }: BadgeEntry, now: number): boolean => expiresAt !== undefined && expiresAt <= now;

function oldestOf(cached: ReadonlyMap<string, CachedBadge>, count: number): readonly string[] {
  if (count <= 0) return [];
  return [...cached].toSorted(([, a], [, b]) => a.at - b.at).slice(0, count).map(([hash]) => hash);
}
