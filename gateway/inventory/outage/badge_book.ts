import { Buffer } from "node:buffer";
import type { Sealer } from "../../control/contract.ts";
import type { BlockedBadges } from "../../core/outage_api.ts";
import { badgeHash } from "../../core/badge_hash.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, type SealedValue, sealFor } from "../../store/sealer.ts";
import type { Store, StoreKey } from "../../store/store.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** A badge that a person put on one of the site's lists. The badge itself is nowhere, only its keyed hash. */
export interface BadgeEntry {
  /** What the person calls it, and why. */
  readonly note: string;
  readonly at: number;
  /** End of an entry, milliseconds since the epoch: of a badge that is allowed, or blocked, for a time. */
  readonly expiresAt?: number;
  /** Keyed hash of the badge that was given out instead. */
  readonly renewedBy?: string;
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
    return book;
  }

  hash(badge: string): string {
    return badgeHash(badge, this.#key);
  }

  /** The badges that are blocked at a moment, for the Workers. */
  blockedAt(now: number): BlockedBadges {
    const hashes = [...this.#lists.blocked].flatMap(([hash, entry]) => isOver(entry, now) ? [] : [hash]);
    return { key: Buffer.from(this.#key).toString("base64"), hashes };
  }

  /** Whether a badge is blocked at a moment: one that was blocked for a time may be over. */
  isBlocked(badge: string, now: number): boolean {
    const entry = this.#lists.blocked.get(this.hash(badge));
    return entry !== undefined && !isOver(entry, now);
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

  /** Puts a badge on a list; stored when this resolves. Blocking also forgets what the CSMS once said of it. */
  async add(list: BadgeList, badge: string, entry: BadgeEntry): Promise<void> {
    const hash = this.hash(badge);
    const forget = list === "blocked" ? [{ delete: cacheKey(hash) }] : [];
    await this.#store.commit([{ set: listKey(list, hash), value: entry }, ...forget]);
    this.#lists[list].set(hash, entry);
    if (list === "blocked") this.#cached.delete(hash);
  }

  /** Takes a badge off a list. @returns whether it was on it */
  async remove(list: BadgeList, badge: string): Promise<boolean> {
    const hash = this.hash(badge);
    await this.#store.commit([{ delete: listKey(list, hash) }]);
    return this.#lists[list].delete(hash);
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

const isOver = ({ expiresAt }: BadgeEntry, now: number): boolean => expiresAt !== undefined && expiresAt <= now;

function oldestOf(cached: ReadonlyMap<string, CachedBadge>, count: number): readonly string[] {
  if (count <= 0) return [];
  return [...cached].toSorted(([, a], [, b]) => a.at - b.at).slice(0, count).map(([hash]) => hash);
}
