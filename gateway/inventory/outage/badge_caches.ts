import type { ControlContext } from "../../control/contract.ts";
import type { Json, StationCallAnswer } from "../../core/control_api.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import { KEYS } from "../../store/keys.ts";
import { BADGE_CACHE_LIMITS } from "./limits.ts";

/** A station whose cache may still have badges as they were before the block list changed. */
export interface UnclearedCache {
  /** When it had to be cleared, wall milliseconds. */
  readonly since: number;
  /** Numbers the changes of the block list: a later one begins anew. */
  readonly change: number;
  readonly attempts: number;
  /** What it said last; absent: it was not connected yet. */
  readonly said?: string;
}

/** What the caches work with. */
export interface BadgeCacheParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "store">;
  /** Stations of the site that speak OCPP. */
  stations(): readonly string[];
  /** The session of a station that is connected. */
  session(stationId: string): string | undefined;
  call(stationId: string, action: string, payload: Json, timeoutMs: number): Promise<StationCallAnswer>;
  /** Whether a station keeps a cache, by its own setting. */
  hasCache(stationId: string): Promise<Evidence>;
}

const UNCLEARED = [...KEYS.badges, "uncleared"];

/**
 * Has every station forget what its own cache says of badges, when the block list has changed: also one that was away, when
 * it is back, and after a restart. One that refuses is asked whether it keeps a cache at all; if it does, a person is told.
 */
export class BadgeCaches {
  readonly #all = new Map<string, UnclearedCache>();
  /** When a station is asked again, and in which session it was asked last. */
  readonly #next = new Map<string, { readonly at: number; readonly session: string }>();
  #look: Promise<void> | undefined;
  #isWoken = false;
  #change = 0;

  private constructor(private readonly parts: BadgeCacheParts) {}

  /** Reads what an earlier run did not bring to its end. */
  static async open(parts: BadgeCacheParts): Promise<BadgeCaches> {
    const caches = new BadgeCaches(parts);
    const stored = parts.context.store.list<UnclearedCache>(UNCLEARED, { limit: Infinity });
    for await (const { key, value } of stored) {
      caches.#all.set(String(key.at(-1)), value);
      caches.#change = Math.max(caches.#change, value.change);
    }
    return caches;
  }

  /** Stations whose cache is not known to be cleared. */
  uncleared(): readonly (UnclearedCache & { readonly station: string })[] {
    return [...this.#all].map(([station, one]) => ({ station, ...one }));
  }

  /** Every station has to forget; stored when this resolves. Nobody is waited for. */
  async clear(): Promise<void> {
    const since = this.parts.context.clock.now(), change = ++this.#change, stations = this.parts.stations();
    const valueOf = (id: string): UnclearedCache => {
      const { said } = this.#all.get(id) ?? {};
      return { since, change, attempts: 0, ...said === undefined ? {} : { said } };
    };
    for (let at = 0; at < stations.length; at += BADGE_CACHE_LIMITS.perCommit) {
      const some = stations.slice(at, at + BADGE_CACHE_LIMITS.perCommit);
      const marked = some.map((id) => [id, valueOf(id)] as const);
      await this.parts.context.store.commit(marked.map(([id, value]) => ({ set: [...UNCLEARED, id], value })));
      for (const [id, value] of marked) {
        this.#all.set(id, value);
        this.#next.delete(id);
      }
    }
  }

  /** Asks the stations whose turn it is, at the same time. A look that runs is followed by another one. */
  async look(): Promise<void> {
    if (this.#look) this.#isWoken = true;
    this.#look ??= this.#lookAll().finally(() => this.#look = undefined);
    await this.#look;
  }

  async #lookAll(): Promise<void> {
    do {
      this.#isWoken = false;
      const known = new Set(this.parts.stations()), now = this.parts.context.clock.now();
      await Promise.all([...this.#all].map(async ([id, uncleared]) => {
        if (!known.has(id)) return await this.#forget(id, uncleared);
        const session = this.parts.session(id), next = this.#next.get(id);
        if (session === undefined || next?.session === session && now < next.at) return;
        await this.#ask(id, uncleared, session);
      }));
    } while (this.#isWoken);
  }

  async #ask(id: string, uncleared: UnclearedCache, session: string): Promise<void> {
    const { clock } = this.parts.context;
    this.#next.set(id, { session, at: clock.now() + BADGE_CACHE_LIMITS.againMs });
    const answer = await this.parts.call(id, "ClearCache", {}, BADGE_CACHE_LIMITS.callMs);
    const said = wordsOf(answer);
    if (said === "Accepted") return await this.#cleared(id, uncleared, said);
    if ("noAnswer" in answer) return await this.#keep(id, { ...uncleared, said });
    const cache = await this.parts.hasCache(id);
    const isNone = cache.is === "absent" || cache.is === "value" && cache.value.trim().toLowerCase() === "false";
    if (isNone) return await this.#cleared(id, uncleared, `${said}; it keeps no cache`);
    if (this.#isOf(id, uncleared)) this.#next.set(id, { session, at: clock.now() + BADGE_CACHE_LIMITS.refusedMs });
    await this.#keep(id, { ...uncleared, said });
    await this.#refused(id, said, cache.is === "value");
  }

  async #refused(id: string, said: string, isOn: boolean): Promise<void> {
    await this.#record(id, "failed", said);
    const why = isOn ? "it has a cache and keeps it" : "nobody knows whether it has a cache";
    const detail = `It answered ${said} to ClearCache: ${why}`;
    await this.parts.context.alarms.raise({ kind: "badge.cache-kept", subject: id, detail });
  }

  async #cleared(id: string, uncleared: UnclearedCache, said: string): Promise<void> {
    await this.#record(id, "ok", said);
    if (uncleared.said !== undefined) await this.parts.context.alarms.clear("badge.cache-kept", id);
    await this.#forget(id, uncleared);
  }

  async #record(id: string, outcome: "failed" | "ok", answer: string): Promise<void> {
    await this.parts.context.audit.record({
      ...{ event: "badge.cache.cleared", class: "security", who: "gateway", target: id, outcome },
      detail: { answer },
    });
  }

  async #keep(id: string, entry: UnclearedCache): Promise<void> {
    if (!this.#isOf(id, entry)) return; // the list has changed meanwhile: that counts
    const value = { ...entry, attempts: entry.attempts + 1 };
    this.#all.set(id, value);
    await this.parts.context.store.commit([{ set: [...UNCLEARED, id], value }]);
  }

  #isOf(id: string, { change }: UnclearedCache): boolean {
    return this.#all.get(id)?.change === change;
  }

  /** Only what was asked for: a change that came meanwhile asks again. */
  async #forget(id: string, uncleared: UnclearedCache): Promise<void> {
    if (!this.#isOf(id, uncleared)) return;
    this.#all.delete(id);
    this.#next.delete(id);
    await this.parts.context.store.commit([{ delete: [...UNCLEARED, id] }]);
  }
}

function wordsOf(answer: StationCallAnswer): string {
  if ("noAnswer" in answer) return `no answer: ${answer.noAnswer}`;
  if ("error" in answer) return answer.error.code.slice(0, 64);
  const { status } = answer.result as { readonly status?: unknown };
  return typeof status === "string" ? status.slice(0, 64) : "no status";
}
