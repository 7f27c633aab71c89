import { AnswerCache } from "./cache.ts";
import { chainOf, type DnsQuery, type DnsRecord, type DnsResponse, TYPES, writeAnswer } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import {
  freshSeconds,
  ownAnswer,
  send,
  sendFailure,
  sendRefusal,
  sendStale,
  soaOf,
  unsupported,
} from "./session_answers.ts";
import { type LookupEffect, type LookupEnd, Lookups } from "./session_lookup.ts";

/** Who asked, and what it takes. */
export interface Asker {
  /** IP address it asked from. */
  readonly source: string;
  /** The address of this box that it asked. */
  readonly box: string;
  /** Bytes of the longest answer that it takes. */
  readonly maxBytes: number;
}

/** A refusal in DNS's own words. */
export interface Refusal {
  readonly rule: string;
  readonly reason: string;
  readonly rcode: number;
  /** RFC 8914, for clients with EDNS. */
  readonly extendedError: number;
}

/** What the policy says of a question: refuse it, answer it with these addresses (4 or 16 bytes each), or look it up. */
export type Verdict = { readonly refuse: Refusal } | { readonly own: readonly Uint8Array[] } | {
  readonly lookUp: true;
};

/** What the resolver wants done; service.ts does it. `To` names where an answer goes. */
export type Effect<To> =
  | LookupEffect
  | { readonly do: "answer"; readonly to: To; readonly bytes: Uint8Array<ArrayBuffer>; readonly outcome: Outcome }
  | {
    readonly do: "refused";
    readonly source: string;
    readonly name: string;
    readonly type: number;
    readonly by: Refusal;
  };

/** How a question ended, for metrics. */
export type Outcome = "cached" | "failed" | "looked-up" | "own" | "refused" | "stale" | "unsupported";

/** What a resolver is told when it is made. */
export interface ResolverSettings {
  judge(name: string, type: number, asker: Asker): Verdict;
  /** Judges the addresses that an upstream gave for a name. */
  judgeAddresses(name: string, addresses: readonly Uint8Array[]): Refusal | undefined;
  /** Takes one of this client's look-ups; false when it has none left. */
  mayLookUp(source: string, now: number): boolean;
  readonly upstreams: number;
  /** Seconds that an answer may be given beyond its time while no upstream answers. */
  readonly staleSeconds: number;
}

interface Waiter<To> {
  readonly query: DnsQuery;
  readonly asker: Asker;
  readonly to: To;
  readonly since: number;
}

/** Part of an answer's life after which a question for it fetches a new one beforehand. */
const PREFETCH_AFTER = 0.9;

/**
 * The resolver of one trust zone, without sockets and clocks: policy first, then what it keeps, then the upstreams. `now`
 * is monotonic milliseconds.
 */
export class Resolver<To> {
  #settings: ResolverSettings;
  readonly cache = new AnswerCache();
  readonly lookups: Lookups;
  readonly #waiting = new Map<string, Waiter<To>[]>();

  constructor(settings: ResolverSettings) {
    this.#settings = settings;
    this.lookups = new Lookups(settings.upstreams);
  }

  /** A query came in. */
  receive(query: DnsQuery, asker: Asker, to: To, now: number): Effect<To>[] {
    const plain = unsupported(query);
    if (plain) return [{ do: "answer", to, bytes: send(plain, query, asker), outcome: "unsupported" }];
    const { name, type } = query;
    const verdict = this.#settings.judge(name, type, asker);
    if ("refuse" in verdict) return this.#refuse({ query, asker, to, since: now }, verdict.refuse);
    if ("own" in verdict) {
      return [{ do: "answer", to, bytes: send(ownAnswer(query, verdict.own), query, asker), outcome: "own" }];
    }
    const key = keyOf(name, type);
    const kept = this.cache.get(key, now);
    if (kept && now < kept.freshUntil) {
      const isOld = now - kept.storedAt > (kept.freshUntil - kept.storedAt) * PREFETCH_AFTER;
      const bytes = send(kept.template, query, asker, Math.floor((now - kept.storedAt) / 1_000));
      const answer: Effect<To> = { do: "answer", to, bytes, outcome: "cached" };
      return isOld ? [answer, ...this.#refresh(key, query, asker, now)] : [answer];
    }
    if (kept && this.lookups.isHopeless(now)) {
      const bytes = sendStale(kept.template, query, asker);
      return [{ do: "answer", to, bytes, outcome: "stale" }, ...this.#refresh(key, query, asker, now)];
    }
    return this.#wait(key, { query, asker, to, since: now }, now);
  }

  /** An upstream answered a question. */
  answered(lookup: string, upstream: number, response: DnsResponse, now: number): Effect<To>[] {
    const [effects, end] = this.lookups.answered(lookup, upstream, response, now);
    return end ? [...effects, ...this.#end(lookup, end, now)] : effects;
  }

  /** An upstream did not answer a question, or not in a form that can be read. */
  failed(lookup: string, upstream: number, why: string, now: number): Effect<To>[] {
    const [effects, end] = this.lookups.failed(lookup, upstream, why, now);
    return end ? [...effects, ...this.#end(lookup, end, now)] : effects;
  }

  /** Time has passed. */
  tick(now: number): Effect<To>[] {
    const { effects, ended } = this.lookups.tick(now);
    const all: Effect<To>[] = effects;
    for (const [key, end] of ended) all.push(...this.#end(key, end, now));
    for (const [key, waiters] of this.#waiting) all.push(...this.#comfort(key, waiters, now));
    return all;
  }

  /** New rules about addresses hold for what is kept too, so it is forgotten. Names are judged with every question. */
  reconfigure(settings: ResolverSettings): void {
    this.#settings = settings;
    this.cache.clear();
  }

  #refuse({ query, asker, to }: Waiter<To>, by: Refusal): Effect<To>[] {
    return [
      { do: "answer", to, bytes: sendRefusal(by, query, asker), outcome: "refused" },
      { do: "refused", source: asker.source, name: query.name, type: query.type, by },
    ];
  }

  /** Asks for a new answer while an old one is given out. */
  #refresh(key: string, { name, type }: DnsQuery, { source }: Asker, now: number): Effect<To>[] {
    if (this.lookups.has(key) || !this.#hasRoom(source, now)) return [];
    return this.lookups.start(key, name, type, now);
  }

  #wait(key: string, waiter: Waiter<To>, now: number): Effect<To>[] {
    const { query, asker, to } = waiter;
    const waiters = this.#waiting.get(key) ?? [];
    const isRunning = this.lookups.has(key);
    if (waiters.length >= DNS_LIMITS.waiters || !isRunning && !this.#hasRoom(asker.source, now)) {
      return [{ do: "answer", to, bytes: sendFailure(query, asker, "too many questions"), outcome: "failed" }];
    }
    this.#waiting.set(key, [...waiters, waiter]);
    return isRunning ? [] : this.lookups.start(key, query.name, query.type, now);
  }

  #hasRoom(source: string, now: number): boolean {
    return this.lookups.size < DNS_LIMITS.pending && this.#settings.mayLookUp(source, now);
  }

  #end(key: string, end: LookupEnd, now: number): Effect<To>[] {
    const waiters = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    if ("response" in end) return this.#deliver(key, end.response, waiters, now);
    const kept = this.cache.get(key, now);
    return waiters.map(({ query, asker, to }) =>
      kept
        ? { do: "answer", to, bytes: sendStale(kept.template, query, asker), outcome: "stale" }
        : { do: "answer", to, bytes: sendFailure(query, asker, end.failure), outcome: "failed" }
    );
  }

  #deliver(key: string, response: DnsResponse, waiters: readonly Waiter<To>[], now: number): Effect<To>[] {
    const chain = chainOf(response);
    const refusal = this.#settings.judgeAddresses(response.name, chain.filter(isAddress).map(({ data }) => data));
    if (refusal) return waiters.flatMap((waiter) => this.#refuse(waiter, refusal));
    const template = writeAnswer(response, {
      rcode: response.rcode,
      answers: chain.map((record) => ({ ...record, ttl: Math.min(record.ttl, DNS_LIMITS.ttlMaxSeconds) })),
      ...chain.length === 0 ? { authority: soaOf(response) } : {},
    });
    const freshUntil = now + freshSeconds(response, chain) * 1_000;
    this.cache.set(key, {
      template,
      storedAt: now,
      freshUntil,
      staleUntil: freshUntil + this.#settings.staleSeconds * 1_000,
    });
    return waiters.map(({ query, asker, to }) => (
      { do: "answer", to, bytes: send(template, query, asker), outcome: "looked-up" }
    ));
  }

  /** Who has waited long enough gets the old answer; the new one is kept when it comes (RFC 8767 section 5). */
  #comfort(key: string, waiters: readonly Waiter<To>[], now: number): Effect<To>[] {
    const [tired, patient] = [true, false].map((wanted) =>
      waiters.filter(({ since }) => (now - since >= DNS_LIMITS.staleAfterMs) === wanted)
    );
    const kept = tired!.length > 0 ? this.cache.get(key, now) : undefined;
    if (!kept) return [];
    this.#waiting.set(key, patient!);
    return tired!.map(({ query, asker, to }) => (
      { do: "answer", to, bytes: sendStale(kept.template, query, asker), outcome: "stale" }
    ));
  }
}

function keyOf(name: string, type: number): string {
  return `${type} ${name}`;
}

function isAddress({ type }: DnsRecord): boolean {
  return type === TYPES.A || type === TYPES.AAAA;
}
