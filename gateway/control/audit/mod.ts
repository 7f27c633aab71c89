import type { AuditClass, AuditEvent } from "../../core/control_api.ts";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { Random, Timers } from "../../core/timers.ts";
import type { Store } from "../../store/store.ts";
import { KEYS } from "../../store/keys.ts";
import type { Alarms, Audit, Sealer } from "../contract.ts";
import { AUDIT_EVENTS, type AuditEventDeclaration } from "../audit_events.ts";
import { describeError } from "../../core/errors.ts";
import type { ChainHead } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import { NextRun } from "./next_run.ts";
import { createPseudonyms, type Pseudonyms } from "./pseudonyms.ts";
import { PUBLIC_KEY_FILE, publishKey } from "./public_key.ts";
import { ChainReader } from "./reader.ts";
import { readRestoreMarker, removeRestoreMarker } from "./restore_marker.ts";
import { expireSegments, type Marks, type Retention } from "./retention.ts";
import { type Recovery, SegmentFiles } from "./segments.ts";
import { type CheckpointSigner, openSigner } from "./signer.ts";
import { ChainWriter } from "./writer.ts";

/** What the audit chain needs. `dir` is `<dataDir>/audit`, `markerFile` is `<dataDir>/restored.json`. */
export interface AuditOptions {
  readonly dir: string;
  readonly markerFile: string;
  /** The site's id: part of every signed text. */
  readonly site: string;
  readonly retentionDays: Retention;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Alarms come into being after the audit chain that they write to. */
  readonly alarms?: () => Alarms | undefined;
}

/** The audit chain with what only control's own features use. */
export interface AuditChain extends Audit {
  /** Number and hash of the last stored line. */
  readonly head: ChainHead;
  /** True while records cannot be stored. */
  readonly failing: boolean;
  /** The public key that `audit verify` needs; also in the file audit-public.pem of the folder. */
  readonly publicPem: string;
  /** Reads stored lines that follow a sequence number. */
  reader(after: number): ChainReader;
  /** Calls after every commit; the returned function ends that. */
  onStored(listener: () => void): () => void;
  /** Calls with every record that was stored, in their order, as it came, badges included: for lists of control's own. */
  onRecord(listener: (event: AuditEvent, sequence: number) => void): () => void;
  /** Signs a text of another kind with the same key; the text begins with what it is, so that it is no checkpoint. */
  signText(text: string): Promise<{ readonly keyId: string; readonly signature: string }>;
  /** Signs what is not signed yet. */
  checkpoint(): Promise<void>;
  /** The pseudonym of a badge in this month, as it stands in the chain; for records that live beside it. */
  pseudonym(station: string, badge: string, atMs: number): Promise<string>;
  /** Destroys the pseudonym keys of a station (invariant 6) and records it; answers the months. */
  destroyPseudonyms(station: string, month: string | undefined, who: string): Promise<readonly string[]>;
  setRetention(retention: Retention): void;
  /** Looks for expired segments now instead of at the next turn. */
  expire(): Promise<void>;
  /** Stores and signs what is pending, then closes the files. */
  stop(): Promise<void>;
}

/**
 * Opens the chain: recovers the tail, notes gaps, starts checkpoints and retention.
 * @throws StorageError AUDIT_WRITE_FAILED, IntegrityError SEAL_BROKEN when the signing key does not open
 */
export async function createAudit(options: AuditOptions): Promise<AuditChain> {
  const { files, recovery } = await SegmentFiles.open(options.dir);
  const signer = await openSigner(options.store, options.sealer);
  await publishKey(`${options.dir}/${PUBLIC_KEY_FILE}`, signer.publicPem);
  const chain = new OpenAudit(options, files, signer);
  await chain.noteStart(recovery);
  return chain;
}

class OpenAudit implements AuditChain {
  readonly #options: AuditOptions;
  readonly #files: SegmentFiles;
  readonly #signer: CheckpointSigner;
  readonly #writer: ChainWriter;
  readonly #pseudonyms: Pseudonyms;
  readonly #listeners = new Set<() => void>();
  readonly #stopTimers: (() => void)[];
  readonly #recordListeners = new Set<(event: AuditEvent, sequence: number) => void>();
  #retention: Retention;
  readonly #expiry = new NextRun(() => this.#expireNow());
  readonly #signing = new NextRun(() => this.#checkpointNow());
  #failing = false;

  constructor(options: AuditOptions, files: SegmentFiles, signer: CheckpointSigner) {
    const { store, sealer, random, timers } = options;
    this.#options = options;
    this.#files = files;
    this.#signer = signer;
    this.#retention = options.retentionDays;
    this.#pseudonyms = createPseudonyms(store, sealer, random);
    this.#writer = new ChainWriter({
      ...options,
      files,
      signer,
      onStored: (checkpoint) => this.#stored(checkpoint),
      onFault: (error) => this.#failed(error),
    });
    this.#stopTimers = [
      timers.every(AUDIT_LIMITS.checkpointMs, () => this.#inBackground("checkpoint", this.checkpoint())),
      timers.every(AUDIT_LIMITS.expiryMs, () => this.#inBackground("expiry", this.expire())),
    ];
  }

  get head(): ChainHead {
    return { seq: this.#files.head.seq, hash: this.#files.head.hash };
  }

  get failing(): boolean {
    return this.#failing;
  }

  get publicPem(): string {
    return this.#signer.publicPem;
  }

  async record(event: AuditEvent): Promise<{ readonly sequence: number }> {
    const known = this.#declare(event);
    const stored = await this.#writer.add({
      kind: "record",
      event: await this.#pseudonyms.replace(known, this.#options.clock.now()),
    });
    for (const listener of this.#recordListeners) listener(known, stored.sequence);
    return stored;
  }

  onRecord(listener: (event: AuditEvent, sequence: number) => void): () => void {
    this.#recordListeners.add(listener);
    return () => void this.#recordListeners.delete(listener);
  }

  reader(after: number): ChainReader {
    return new ChainReader(this.#files, after);
  }

  async signText(text: string): Promise<{ readonly keyId: string; readonly signature: string }> {
    const isNamed = /^bulkhead-[a-z-]+-v\d+\n/.test(text) && !text.startsWith("bulkhead-audit-");
    if (!isNamed) throw new TypeError("a signed text begins with what it is, and is none of the audit chain's");
    return { keyId: this.#signer.keyId, signature: await this.#signer.sign(text) };
  }

  onStored(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  checkpoint(): Promise<void> {
    return this.#signing.run();
  }

  async pseudonym(station: string, badge: string, atMs: number): Promise<string> {
    const event = {
      event: "ledger",
      class: "charging",
      who: station,
      outcome: "ok",
      detail: { station, badge },
    } as const;
    return String((await this.#pseudonyms.replace(event, atMs)).detail?.badge);
  }

  async destroyPseudonyms(station: string, month: string | undefined, who: string): Promise<readonly string[]> {
    const months = await this.#pseudonyms.destroy(station, month);
    const detail = { months: months.join(" ") };
    await this.record({
      event: "audit.pseudonyms.destroyed",
      class: "security",
      who,
      target: station,
      outcome: "ok",
      detail,
    });
    return months;
  }

  setRetention(retention: Retention): void {
    this.#retention = retention;
  }

  expire(): Promise<void> {
    return this.#expiry.run();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stopTimers) stop();
    await Promise.all([this.#expiry.idle(), this.#signing.idle()]); // their faults are told where they were started
    await this.checkpoint().finally(() => this.#files.close());
  }

  /** Notes in the chain what happened while nobody wrote to it: a torn tail, a break, a cut end, a restore. */
  async noteStart(recovery: Recovery): Promise<void> {
    const { store, markerFile } = this.#options;
    const found = this.#files.head.seq;
    const signed = (await store.get<ChainHead>(HEAD))?.value;
    const marker = await readRestoreMarker(markerFile);
    if (marker) {
      await this.#gap("audit.chain.gap", marker.lastSequence, { ...marker, foundSequence: found });
      await removeRestoreMarker(markerFile);
    } else if (signed && signed.seq > found) {
      await this.#gap("audit.chain.truncated", signed.seq, { signedSequence: signed.seq, foundSequence: found });
      await this.#raise("audit.chain.damaged", `The chain ends at ${found}, but ${signed.seq} was signed`);
    }
    if (recovery.tornBytes > 0) await this.#note("audit.chain.recovered", { tornBytes: recovery.tornBytes });
    if (recovery.brokenAt !== undefined) {
      await this.#note("audit.chain.broken", { brokenAt: recovery.brokenAt });
      await this.#raise("audit.chain.damaged", `Record ${recovery.brokenAt} does not follow the record before it`);
    }
  }

  async #gap(event: string, after: number, detail: NonNullable<AuditEvent["detail"]>): Promise<void> {
    const record: AuditEvent = { event, class: "security", who: "gateway", outcome: "ok", detail };
    await this.#writer.add({ kind: "gap", event: record, after });
    await this.checkpoint();
  }

  async #note(event: string, detail: NonNullable<AuditEvent["detail"]>): Promise<void> {
    await this.record({ event, class: "security", who: "gateway", outcome: "ok", detail });
  }

  /** An undeclared event keeps its name and loses its facts: nobody said which of them are badges. */
  #declare(event: AuditEvent): AuditEvent {
    const declared: AuditEventDeclaration | undefined = AUDIT_EVENTS[event.event as keyof typeof AUDIT_EVENTS];
    if (declared) return { ...event, class: declared.class };
    this.#options.log.error("audit.event.undeclared", { name: event.event });
    const { detail, ...rest } = event;
    return { ...rest, detail: { undeclared: Object.keys(detail ?? {}).join(" ") } };
  }

  async #checkpointNow(): Promise<void> {
    await this.#writer.idle();
    if (this.#writer.unsigned) await this.#writer.add({ kind: "checkpoint" });
  }

  async #expireNow(): Promise<void> {
    const { clock, store } = this.#options;
    await expireSegments(this.#retention, {
      files: this.#files,
      clock,
      announce: async (fields) => {
        await this.#writer.add({ kind: "expiry", fields });
        await this.checkpoint();
      },
      marks: {
        get: async () => (await store.get<Marks>(EXPIRED))?.value ?? {},
        set: (marks) => store.commit([{ set: EXPIRED, value: marks }]),
      },
    });
  }

  #stored(checkpoint: ChainHead | undefined): void {
    if (this.#failing) {
      this.#failing = false;
      this.#inBackground("alarm", this.#options.alarms?.()?.clear("audit.write.failed", "audit"));
    }
    if (checkpoint) this.#inBackground("head", this.#options.store.commit([{ set: HEAD, value: checkpoint }]));
    for (const listener of this.#listeners) listener();
  }

  #failed(error: unknown): void {
    this.#options.log.error("audit.write.failed", { why: describeError(error) });
    if (this.#failing) return;
    this.#failing = true;
    this.#inBackground("alarm", this.#raise("audit.write.failed", describeError(error)));
  }

  async #raise(kind: string, detail: string): Promise<void> {
    await this.#options.alarms?.()?.raise({ kind, subject: "audit", detail });
  }

  #inBackground(what: string, work: Promise<void> | undefined): void {
    work?.catch((error) => this.#options.log.error("audit.background.failed", { what, why: describeError(error) }));
  }
}

const HEAD = [...KEYS.audit, "head"];
const EXPIRED = [...KEYS.audit, "expired"];

/** Days per class from the `audit` section of site.yaml. */
export function retentionOf(
  audit: { readonly retentionDays: number; readonly retention: Partial<Record<AuditClass, number | undefined>> },
): Retention {
  const { retentionDays, retention } = audit;
  const days = (name: AuditClass) => retention[name] ?? retentionDays;
  return {
    security: days("security"),
    access: days("access"),
    operation: days("operation"),
    charging: days("charging"),
  };
}
