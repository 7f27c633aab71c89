import type { AuditEvent } from "../../core/control_api.ts";
import type { Clock } from "../../core/clock.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { Random } from "../../core/timers.ts";
import { StorageError } from "../../core/errors.ts";
import { type ChainHead, type ChainLine, chainLine, checkpointText, type LineFields, recordFields } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import type { SegmentFiles } from "./segments.ts";
import type { CheckpointSigner } from "./signer.ts";

/** What the writer needs. */
export interface WriterOptions {
  readonly site: string;
  readonly files: SegmentFiles;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Told after every commit, with its checkpoint if it had one. */
  readonly onStored: (checkpoint: ChainHead | undefined) => void;
  readonly onFault: (error: unknown) => void;
}

/** One thing to chain. */
type Entry =
  | { readonly kind: "record"; readonly event: AuditEvent }
  | { readonly kind: "gap"; readonly event: AuditEvent; readonly after: number }
  | { readonly kind: "expiry"; readonly fields: LineFields }
  | { readonly kind: "checkpoint" };

interface Pending {
  readonly entry: Entry;
  resolve(line: { readonly sequence: number }): void;
  reject(error: unknown): void;
}

/** Puts entries on the chain: whatever arrives while one commit runs shares the next one (group commit). */
export class ChainWriter {
  readonly #options: WriterOptions;
  #queue: Pending[] = [];
  #running: Promise<void> | undefined;
  #unsigned = 0;
  #wall: number;
  #monotonic: number;

  constructor(options: WriterOptions) {
    this.#options = options;
    const { files, clock } = options;
    const last = files.last ? Date.parse(String(files.last.fields.at)) : NaN;
    this.#monotonic = clock.monotonic();
    // At start only a step back can be told from time spent switched off.
    this.#wall = Number.isFinite(last) ? Math.max(last, clock.now()) : clock.now();
    this.#unsigned = files.last && files.last.kind !== "checkpoint" ? 1 : 0;
  }

  /** True when there are lines that no checkpoint covers yet. */
  get unsigned(): boolean {
    return this.#unsigned > 0;
  }

  /** Resolves after the fsync. @throws StorageError AUDIT_OVERLOAD or AUDIT_WRITE_FAILED */
  add(entry: Entry): Promise<{ readonly sequence: number }> {
    if (this.#queue.length >= AUDIT_LIMITS.pendingRecords) {
      this.#options.metrics.count("bulkhead_audit_refused_total");
      return Promise.reject(
        new StorageError("AUDIT_OVERLOAD", `Cannot take an audit record: ${this.#queue.length} wait for the disk`),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly sequence: number }>();
    this.#queue.push({ entry, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when everything that was added is stored or refused. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // whatever is added in the same turn shares the commit
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, AUDIT_LIMITS.batchRecords);
      try {
        await this.#commit(batch);
      } catch (error) {
        this.#options.metrics.count("bulkhead_audit_refused_total", {}, batch.length);
        for (const { reject } of batch) reject(error);
        this.#options.onFault(error);
      }
    }
    this.#running = undefined;
  }

  async #commit(batch: readonly Pending[]): Promise<void> {
    const { files, clock, metrics } = this.#options;
    const started = clock.monotonic();
    const now = clock.now();
    if (files.size > 0 && this.#isSegmentFull(now)) files.rotate();
    const draft = new Draft(files.head, new Date(now).toISOString(), this.#options);
    if (files.size === 0) draft.header();
    const jump = this.#clockJump(now, started);
    if (jump) draft.record(jump);
    const sequences: number[] = [];
    for (const { entry } of batch) sequences.push((await draft.add(entry)).seq);
    if (this.#unsigned + draft.lines.length >= AUDIT_LIMITS.checkpointRecords) await draft.checkpoint();
    await files.append(draft.lines);
    this.#wall = now;
    this.#monotonic = started;
    this.#unsigned = draft.signed ? draft.afterCheckpoint : this.#unsigned + draft.lines.length;
    for (const line of draft.lines) metrics.count("bulkhead_audit_lines_total", { class: line.class });
    metrics.observe("bulkhead_audit_commit_seconds", (clock.monotonic() - started) / 1000);
    batch.forEach(({ resolve }, index) => resolve({ sequence: sequences[index]! }));
    this.#options.onStored(draft.signed);
  }

  #isSegmentFull(now: number): boolean {
    const { files } = this.#options;
    const startedAt = files.segments.at(-1)!.startedAt;
    return files.size >= AUDIT_LIMITS.segmentBytes || now - startedAt >= AUDIT_LIMITS.segmentMs;
  }

  #clockJump(now: number, monotonic: number): AuditEvent | undefined {
    const expected = this.#wall + (monotonic - this.#monotonic);
    const byMs = Math.round(now - expected);
    const drift = (monotonic - this.#monotonic) / 1000; // what a free-running clock may be off, and NTP then corrects
    const isJump = Math.abs(byMs) > AUDIT_LIMITS.clockJumpMs + drift || now < this.#wall - AUDIT_LIMITS.clockBackMs;
    if (!isJump) return undefined;
    return {
      event: "audit.clock.jumped",
      class: "security",
      who: "gateway",
      outcome: "ok",
      detail: { byMs, direction: byMs < 0 ? "back" : "forward", expected: new Date(expected).toISOString() },
    };
  }
}

/** The lines of one commit while they are made; nothing of it counts before the fsync. */
class Draft {
  readonly lines: ChainLine[] = [];
  signed: ChainHead | undefined;
  afterCheckpoint = 0;
  #head: ChainHead;
  readonly #at: string;
  readonly #options: WriterOptions;

  constructor(head: ChainHead, at: string, options: WriterOptions) {
    this.#head = head;
    this.#at = at;
    this.#options = options;
  }

  add(entry: Entry): ChainLine | Promise<ChainLine> {
    switch (entry.kind) {
      case "record":
        return this.record(entry.event);
      case "checkpoint":
        return this.checkpoint();
      case "expiry":
        return this.#push(chainLine(this.#head, "expiry", "chain", { ...entry.fields, at: this.#at }));
      case "gap": {
        const seq = Math.max(this.#head.seq, entry.after) + AUDIT_LIMITS.gapSkip + 1;
        const fields = { ...recordFields(entry.event, this.#at, this.#salt()), after: this.#head.seq };
        return this.#push(chainLine(this.#head, "gap", "chain", fields, seq));
      }
    }
  }

  /** First line of a segment: who wrote it, and the last hash of the segment before. */
  header(): ChainLine {
    const { site, signer } = this.#options;
    const fields = { at: this.#at, site, version: 1, prev: this.#head.hash, key: signer.keyId };
    return this.#push(chainLine(this.#head, "segment", "chain", fields));
  }

  record(event: AuditEvent): ChainLine {
    return this.#push(chainLine(this.#head, "record", event.class, recordFields(event, this.#at, this.#salt())));
  }

  async checkpoint(): Promise<ChainLine> {
    const { site, signer } = this.#options;
    const { seq, hash } = this.#head;
    const signature = await signer.sign(checkpointText(site, this.#head, this.#at));
    const fields = { at: this.#at, site, covers: seq, chain: hash, key: signer.keyId, signature };
    const line = this.#push(chainLine(this.#head, "checkpoint", "chain", fields));
    this.signed = { seq, hash };
    this.afterCheckpoint = 0;
    return line;
  }

  #push(line: ChainLine): ChainLine {
    this.lines.push(line);
    this.afterCheckpoint++;
    this.#head = line;
    return line;
  }

  #salt(): string {
    return this.#options.random.bytes(12).toBase64({ alphabet: "base64url" });
  }
}
