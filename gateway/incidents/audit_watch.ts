import type { AuditEvent } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { SeenRecord } from "../../policies/incident_signals.ts";
import type { PlacedRecord } from "./incidents.ts";
import { INCIDENT_LIMITS } from "./limits.ts";

/** The audit chain as far as it is followed here. */
export interface FollowedChain {
  readonly head: { readonly seq: number };
  /** Calls with every record when it is stored, with its sequence number, in their order. */
  onRecord(listener: (event: AuditEvent, sequence: number) => void): () => void;
  /** Reads stored lines that follow a sequence number. */
  reader(after: number): { next(max: number): Promise<readonly FollowedLine[]> };
}

/** One stored line. */
export interface FollowedLine {
  readonly seq: number;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is done with the records. */
export interface WatchParts {
  readonly chain: FollowedChain;
  readonly log: Pick<Logger, "warn">;
  readonly now: () => number;
  /** Sequence number of the last record that was taken. */
  readonly cursor: () => number;
  /** Resolves when what came of it is stored; rejects while the store is away: it is then taken again. */
  readonly take: (record: PlacedRecord) => Promise<void>;
}

/**
 * Follows the audit chain record by record without a gap: first what was stored while nobody followed, as after kill -9,
 * then what comes. A record that cannot be taken is taken again later, before those behind it.
 */
export class AuditWatch {
  readonly #parts: WatchParts;
  #waiting: PlacedRecord[] = [];
  /** Up to here the chain itself is read: what was stored before anybody listened, or found no room. */
  #behindUntil: number;
  #running: Promise<void> = Promise.resolve();
  /** Ends in the same turn as the last record was taken: what comes after begins a run of its own. */
  #isRunning = false;
  readonly #end: () => void;
  #isEnded = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#end = parts.chain.onRecord((event, sequence) => this.#heard(event, sequence));
    this.#behindUntil = parts.chain.head.seq;
  }

  /** Takes what waits; resolves when nothing does, or when the store does not take it. */
  async catchUp(): Promise<void> {
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#running = this.#run();
    }
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#end();
    this.#isEnded = true;
    await this.#running;
  }

  #heard(event: AuditEvent, sequence: number): void {
    this.#waiting.push({ record: event, sequence, at: this.#parts.now() });
    if (this.#waiting.length > INCIDENT_LIMITS.waiting) {
      // the chain has them all: they are read from there
      this.#behindUntil = Math.max(this.#behindUntil, this.#waiting.at(-1)!.sequence);
      this.#waiting = [];
    }
    void this.catchUp();
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        if (this.#behindUntil > this.#parts.cursor()) await this.#read(this.#behindUntil);
        const next = this.#waiting[0];
        if (!next || this.#isEnded) return;
        await this.#parts.take(next);
        if (this.#waiting[0] === next) this.#waiting.shift(); // else they found no room meanwhile, and are read anew
      }
    } catch (error) {
      this.#parts.log.warn("incidents.signal.waits", { msg: describeError(error) });
    } finally {
      this.#isRunning = false;
    }
  }

  async #read(until: number): Promise<void> {
    const { chain, take, cursor } = this.#parts, reader = chain.reader(cursor());
    for (;;) {
      const lines = await reader.next(INCIDENT_LIMITS.replayLines);
      if (lines.length === 0 || this.#isEnded) break;
      for (const line of lines) {
        if (line.seq > until) break;
        const record = recordOf(line);
        if (record) await take({ record, sequence: line.seq, at: timeOf(line) ?? this.#parts.now() });
      }
      if (lines.at(-1)!.seq >= until) break;
    }
    if (this.#behindUntil === until) this.#behindUntil = 0;
  }
}

/** Checkpoints and the like say nothing of a station. */
function recordOf({ kind, fields }: FollowedLine): SeenRecord | undefined {
  if (kind !== "record" || typeof fields["event"] !== "string") return undefined;
  const { who, target, rule, outcome, detail } = fields;
  return {
    event: fields["event"],
    who: String(who ?? ""),
    outcome: String(outcome ?? ""),
    ...typeof target === "string" ? { target } : {},
    ...typeof rule === "string" ? { rule } : {},
    ...typeof detail === "object" && detail !== null ? { detail: detail as Readonly<Record<string, unknown>> } : {},
  };
}

function timeOf({ fields }: FollowedLine): number | undefined {
  const at = Date.parse(String(fields["at"]));
  return Number.isNaN(at) ? undefined : at;
}
