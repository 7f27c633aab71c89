import type { Metrics } from "../core/metrics.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import type { LineNote } from "./session.ts";

/** What became of a request; label values of a metric. */
export const OUTCOMES = [
  "answered",
  "busy",
  "cached",
  "exception",
  "malformed",
  "no-answer",
  "no-path",
  "refused",
] as const;
/** One of them. */
export type Outcome = typeof OUTCOMES[number];

/** Numbers of one line since the start of its Worker. */
export interface LineNumbers {
  readonly outcomes: Record<Outcome, number>;
  readonly notes: Partial<Record<LineNote, number>>;
  /** Milliseconds from a request's arrival to its answer, the wait in the queue included: the newest, in no order. */
  readonly latencies: number[];
}

/** Requests of one client on one line, and how many of each kind metrics were told of. */
interface Told {
  readonly line: string;
  readonly client: string;
  readonly counted: Record<Outcome, number>;
  readonly told: Record<Outcome, number>;
}

/** What is counted of one line. */
interface OfLine extends LineNumbers {
  /** Where the next latency goes. */
  measured: number;
  readonly clients: Map<string, Told>;
}

/** How many requests each client had made when. */
interface RateMark {
  readonly at: number;
  readonly made: ReadonlyMap<string, number>;
}

const NO_LINE = "(none)";
const OTHERS = "(others)";

/**
 * Counts requests by line and by client. Metrics are told once a second: counting each request there would cost more
 * than judging it.
 */
export class Traffic {
  readonly #metrics: Metrics;
  readonly #lines = new Map<string, OfLine>();
  readonly #clients = new Map<string, Record<Outcome, number>>();
  readonly #pending = new Map<string, { readonly tell: (amount: number) => void; amount: number }>();

  /** Where rates count from: one to two minutes ago. */
  #marks: readonly [RateMark, RateMark];

  /** `now`: monotonic milliseconds. */
  constructor(metrics: Metrics, now: number) {
    this.#metrics = metrics;
    const mark = { at: now, made: new Map<string, number>() };
    this.#marks = [mark, mark];
  }

  /** A request got its answer. `line` is undefined for a unit that does not exist. */
  answered(line: string | undefined, client: string, outcome: Outcome, ms: number): void {
    const name = line ?? NO_LINE, numbers = this.#line(name);
    numbers.outcomes[outcome]++;
    if (outcome === "answered" || outcome === "exception") {
      numbers.latencies[numbers.measured++ % MODBUS_LIMITS.latenciesKept] = ms;
      this.#metrics.observe("bulkhead_modbus_request_seconds", ms / 1_000, { line: name });
    }
    const known = this.#clients.has(client) || this.#clients.size < MODBUS_LIMITS.clientsCounted ? client : OTHERS;
    const ofClient = this.#clients.get(known) ?? noOutcomes();
    ofClient[outcome]++;
    this.#clients.set(known, ofClient);
    let told = numbers.clients.get(known);
    if (!told) {
      numbers.clients.set(known, told = { line: name, client: known, counted: noOutcomes(), told: noOutcomes() });
    }
    told.counted[outcome]++;
  }

  /** Something happened on a line. */
  noted(line: string, kind: LineNote): void {
    const { notes } = this.#line(line);
    notes[kind] = (notes[kind] ?? 0) + 1;
    this.#add(`note\n${line}\n${kind}`, (amount) => {
      this.#metrics.count("bulkhead_modbus_line_notes_total", { line, kind }, amount);
    });
  }

  line(id: string): LineNumbers {
    return this.#line(id);
  }

  /** Requests by client and outcome. */
  clients(): Readonly<Record<string, Readonly<Record<Outcome, number>>>> {
    return Object.fromEntries(this.#clients);
  }

  /** Requests per minute of each client, whatever became of them, over the last minute or two; who asked nothing has 0. */
  rates(now: number): Readonly<Record<string, number>> {
    const [{ at, made: before }] = this.#marks;
    const minutes = Math.max(now - at, 1_000) / 60_000;
    return Object.fromEntries([...this.#made()].map(([client, made]) => {
      return [client, Math.round((made - (before.get(client) ?? 0)) / minutes * 10) / 10];
    }));
  }

  /** Called now and then: forgets what is longer ago than rates look back. */
  age(now: number): void {
    if (now - this.#marks[1].at >= MODBUS_LIMITS.utilisationMs) {
      this.#marks = [this.#marks[1], { at: now, made: this.#made() }];
    }
  }

  #made(): Map<string, number> {
    return new Map([...this.#clients].map(([client, outcomes]) => {
      return [client, Object.values(outcomes).reduce((sum, count) => sum + count, 0)];
    }));
  }

  /** Forgets lines that are not configured any more. */
  keepLines(ids: ReadonlySet<string>): void {
    for (const [id, { clients }] of this.#lines) {
      if (id === NO_LINE || ids.has(id)) continue;
      for (const each of clients.values()) this.#tell(each);
      this.#lines.delete(id);
    }
  }

  /** Tells metrics what was counted since the last time. */
  flush(): void {
    for (const { tell, amount } of this.#pending.values()) tell(amount);
    this.#pending.clear();
    for (const { clients } of this.#lines.values()) for (const each of clients.values()) this.#tell(each);
  }

  #tell({ line, client, counted, told }: Told): void {
    for (const outcome of OUTCOMES) {
      const amount = counted[outcome] - told[outcome];
      if (amount === 0) continue;
      told[outcome] = counted[outcome];
      this.#metrics.count("bulkhead_modbus_requests_total", { line, client, outcome }, amount);
    }
  }

  #line(id: string): OfLine {
    const known = this.#lines.get(id);
    if (known) return known;
    const fresh: OfLine = { outcomes: noOutcomes(), notes: {}, latencies: [], measured: 0, clients: new Map() };
    this.#lines.set(id, fresh);
    return fresh;
  }

  #add(key: string, tell: (amount: number) => void): void {
    const known = this.#pending.get(key);
    if (known) known.amount++;
    else this.#pending.set(key, { tell, amount: 1 });
  }
}

function noOutcomes(): Record<Outcome, number> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}

/** The value below which this part of all values lies; 0 without any. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
