import { CLASS_IN, type DnsResponse, RCODES } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import { UpstreamHealth } from "./upstream_health.ts";

/** What looking up wants done. */
export type LookupEffect =
  | {
    readonly do: "ask";
    readonly lookup: string;
    readonly upstream: number;
    readonly name: string;
    readonly type: number;
  }
  | { readonly do: "upstream"; readonly upstream: number; readonly state: "away" | "back"; readonly why: string };

/** How a look-up ended: with an answer to believe, or with none. */
export type LookupEnd = { readonly response: DnsResponse } | { readonly failure: string };

interface Lookup {
  readonly name: string;
  readonly type: number;
  readonly startedAt: number;
  /** Upstreams that were asked, in this order. */
  readonly asked: number[];
  /** Those of them that still owe an answer. */
  readonly open: Set<number>;
  askedAt: number;
  why: string;
}

/**
 * Questions on their way to the upstreams, as a state machine without sockets or clocks. One upstream is asked; when it
 * fails the next, and when it is slow the next as well: the first answer to believe wins. `now` is monotonic milliseconds.
 */
export class Lookups {
  readonly #lookups = new Map<string, Lookup>();
  readonly #health: UpstreamHealth;

  constructor(upstreams: number) {
    this.#health = new UpstreamHealth(upstreams);
  }

  get size(): number {
    return this.#lookups.size;
  }

  has(key: string): boolean {
    return this.#lookups.has(key);
  }

  /** Whether no upstream is expected to answer. */
  isHopeless(now: number): boolean {
    return this.#health.isAllResting(now);
  }

  isAway(upstream: number): boolean {
    return this.#health.isAway(upstream);
  }

  /** Begins one. The caller has looked that it is none yet and that there is room. */
  start(key: string, name: string, type: number, now: number): LookupEffect[] {
    const lookup = { name, type, startedAt: now, asked: [], open: new Set<number>(), askedAt: now, why: "" };
    this.#lookups.set(key, lookup);
    return this.#askNext(key, lookup, now);
  }

  /** An upstream answered. The end is there when this was the answer, or the last hope. */
  answered(key: string, upstream: number, response: DnsResponse, now: number): [LookupEffect[], LookupEnd?] {
    const lookup = this.#lookups.get(key);
    if (!lookup?.open.delete(upstream)) return [[]];
    if (response.name !== lookup.name || response.type !== lookup.type || response.class !== CLASS_IN) {
      return this.#unusable(key, lookup, upstream, "it answered another question", now);
    }
    if (response.isTruncated) return this.#unusable(key, lookup, upstream, "its answer is cut off", now);
    const effects = this.#succeeded(upstream);
    if (response.rcode === RCODES.noError || response.rcode === RCODES.nxDomain) {
      this.#lookups.delete(key);
      return [effects, { response }];
    }
    // Such an answer is about the name, not about the upstream: it counts as alive, and the next one may know better.
    lookup.why = `it answered with code ${response.rcode}`;
    return this.#goOn(key, lookup, effects, now);
  }

  /** An upstream did not answer, or something that is no answer. */
  failed(key: string, upstream: number, why: string, now: number): [LookupEffect[], LookupEnd?] {
    const lookup = this.#lookups.get(key);
    if (!lookup?.open.delete(upstream)) return [[]];
    return this.#unusable(key, lookup, upstream, why, now);
  }

  /** Time has passed: asks further upstreams, and ends what took too long. */
  tick(now: number): { readonly effects: LookupEffect[]; readonly ended: [key: string, end: LookupEnd][] } {
    const effects: LookupEffect[] = [];
    const ended: [string, LookupEnd][] = [];
    for (const [key, lookup] of this.#lookups) {
      if (now - lookup.startedAt >= DNS_LIMITS.queryMs) {
        for (const upstream of lookup.open) effects.push(...this.#failure(upstream, "it did not answer in time", now));
        this.#lookups.delete(key);
        ended.push([key, { failure: lookup.why || "no upstream answered in time" }]);
      } else if (now - lookup.askedAt >= DNS_LIMITS.attemptMs) {
        // Those that are slow are not given up, but others come first from now on.
        for (const upstream of lookup.open) effects.push(...this.#failure(upstream, "it is slow to answer", now));
        effects.push(...this.#askNext(key, lookup, now));
      }
    }
    return { effects, ended };
  }

  #askNext(key: string, lookup: Lookup, now: number): LookupEffect[] {
    lookup.askedAt = now;
    const upstream = this.#health.next(lookup.asked, now);
    if (upstream === undefined) return [];
    lookup.asked.push(upstream);
    lookup.open.add(upstream);
    return [{ do: "ask", lookup: key, upstream, name: lookup.name, type: lookup.type }];
  }

  #unusable(key: string, lookup: Lookup, upstream: number, why: string, now: number): [LookupEffect[], LookupEnd?] {
    lookup.why = why;
    return this.#goOn(key, lookup, this.#failure(upstream, why, now), now);
  }

  #goOn(key: string, lookup: Lookup, effects: LookupEffect[], now: number): [LookupEffect[], LookupEnd?] {
    const next = this.#askNext(key, lookup, now);
    if (next.length > 0 || lookup.open.size > 0) return [[...effects, ...next]];
    this.#lookups.delete(key);
    return [effects, { failure: lookup.why }];
  }

  #succeeded(upstream: number): LookupEffect[] {
    return this.#health.succeeded(upstream) ? [{ do: "upstream", upstream, state: "back", why: "it answers" }] : [];
  }

  #failure(upstream: number, why: string, now: number): LookupEffect[] {
    return this.#health.failed(upstream, now) ? [{ do: "upstream", upstream, state: "away", why }] : [];
  }
}
