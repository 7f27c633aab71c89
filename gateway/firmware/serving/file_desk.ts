import type { WorkerContext } from "../../core/conduit.ts";
import type { GrantClaim, OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { describeError, GatewayError, StorageError } from "../../core/errors.ts";
import { Pacing } from "./byte_bucket.ts";
import { CheckedImages } from "./checked_images.ts";
import { SERVING_LIMITS } from "./limits.ts";
import { SealedSink } from "../../../hal/sealed_sink.ts";
import { plainFileName } from "./codec_target.ts";

/** What the desk works with; the Workers of all protocols have one each. */
export interface FileDeskOptions {
  readonly context: Pick<WorkerContext<unknown>, "clock" | "control" | "log" | "metrics" | "timers">;
  /** Folder of verified images, and that of uploads. */
  readonly verified: string;
  readonly uploads: string;
  /** Bytes per second. */
  readonly rates: { readonly site: number; readonly station: number };
}

type Download = OpenedGrant & { readonly kind: "download" };
type Upload = OpenedGrant & { readonly kind: "upload" };

/** Bytes of one download on their way. */
interface Progress {
  /** All before this byte have been sent. */
  covered: number;
  /** Sent, and not told to control yet. */
  untold: number;
  running: Set<AbortController>;
}

/** An image that a station may fetch now. */
export interface OpenDownload {
  readonly grant: Download;
  readonly size: number;
  /** Aborted when the grant is closed. */
  readonly signal: AbortSignal;
  /** The bytes of a range in pieces, paced; ends early when the budget is used up. @throws StorageError FIRMWARE_CHANGED */
  read(start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/**
 * What the protocols have in common: control is asked before anything is opened, images are checked, bytes are paced and
 * counted, files of stations are sealed and recorded.
 */
export class FileDesk {
  readonly images: CheckedImages;
  readonly #options: FileDeskOptions;
  #pacing: Pacing;
  readonly #progress = new Map<string, Progress>();
  readonly #uploading = new Set<string>();
  #isClosed = false;

  constructor(options: FileDeskOptions) {
    this.#options = options;
    this.images = new CheckedImages(options.verified);
    this.#pacing = new Pacing(options.rates, options.context.clock.monotonic());
  }

  /** New rates, from the next piece on. */
  setRates(rates: FileDeskOptions["rates"]): void {
    this.#pacing = new Pacing(rates, this.#options.context.clock.monotonic());
  }

  /** The grant behind a token, or nothing: whoever asked learns no more. */
  async ask(claim: GrantClaim): Promise<OpenedGrant | undefined> {
    if (this.#isClosed) return undefined;
    const { grant } = await this.#options.context.control.call("firmware.open", claim);
    this.#count(claim, grant ? "ok" : "refused");
    return grant;
  }

  /**
   * Opens an image for a grant.
   * @returns undefined when the grant has as many downloads as it may
   * @throws StorageError FIRMWARE_CHANGED, FIRMWARE_UNKNOWN, FIRMWARE_UNREADABLE; control is told of a change
   */
  async download(grant: Download): Promise<OpenDownload | undefined> {
    const progress = this.#progressOf(grant.id);
    if (progress.running.size >= SERVING_LIMITS.downloadsPerGrant) return undefined;
    const abort = new AbortController();
    progress.running.add(abort);
    try {
      const isStart = progress.covered === 0;
      const { file, size, isUnchanged } = await this.#noting(grant, () => this.images.open(grant.sha256, isStart));
      // What others of this grant have on their way counts; later bytes of this one are counted as they go.
      const budget = { left: grant.leftBytes - progress.untold };
      let isOpen = true;
      const close = () => {
        if (!isOpen) return;
        isOpen = false;
        file.close();
        progress.running.delete(abort);
        this.#tell(grant, progress, size);
      };
      const read = (start: number, end: number) =>
        this.#read({ grant, progress, file, size, isUnchanged, abort, budget, isOpen: () => isOpen }, start, end);
      return { grant, size, signal: abort.signal, read, close };
    } catch (error) {
      progress.running.delete(abort);
      throw error;
    }
  }

  /** Takes a file of a station; undefined when one of this grant is coming in already, or too many are. */
  upload(grant: Upload): SealedSink | undefined {
    if (this.#uploading.has(grant.id) || this.#uploading.size >= SERVING_LIMITS.uploads) return undefined;
    const sink = new SealedSink(grant, this.#options.uploads);
    this.#uploading.add(grant.id);
    return sink;
  }

  /** The file is whole: recorded when this resolves. @throws StorageError UPLOAD_FULL, GatewayError of control */
  async received(grant: Upload, sink: SealedSink, fileName: string): Promise<void> {
    try {
      const { bytes, sha256 } = sink.finish();
      const name = plainFileName(fileName);
      await this.#options.context.control.call("firmware.received", { id: grant.id, fileName: name, bytes, sha256 });
      this.#options.context.metrics.count("bulkhead_firmware_received_bytes_total", {}, bytes);
    } finally {
      this.#uploading.delete(grant.id);
    }
  }

  /** The station left, or brought too much. */
  abandon(grant: Upload, sink: SealedSink): void {
    sink.abandon();
    this.#uploading.delete(grant.id);
  }

  /** Milliseconds to wait until these bytes of a station have had their turn. */
  pace(stationId: string, bytes: number): number {
    return this.#pacing.take(stationId, bytes, this.#options.context.clock.monotonic());
  }

  /** Cuts off what goes by these grants. */
  close(ids: readonly string[]): void {
    for (const id of ids) {
      for (const abort of this.#progress.get(id)?.running ?? []) abort.abort();
      this.#progress.delete(id);
    }
  }

  /** Cuts off everything and gives nothing any more. */
  end(): void {
    this.#isClosed = true;
    this.close([...this.#progress.keys()]);
  }

  async *#read(
    { grant, progress, file, size, isUnchanged, abort, budget, isOpen }: {
      readonly grant: Download;
      readonly progress: Progress;
      readonly file: Deno.FsFile;
      readonly size: number;
      readonly isUnchanged: () => Promise<boolean>;
      readonly abort: AbortController;
      readonly budget: { left: number };
      readonly isOpen: () => boolean;
    },
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    await file.seek(start, Deno.SeekMode.Start);
    let unlooked = 0;
    for (let at = start; at < end && budget.left > 0;) {
      if (unlooked >= SERVING_LIMITS.lookBytes || at === start) {
        unlooked = 0;
        await this.#noting(grant, async () => {
          if (!await isUnchanged()) throw changedMeanwhile(grant.sha256);
        });
      }
      const buffer = new Uint8Array(Math.min(SERVING_LIMITS.chunkBytes, end - at, budget.left));
      const count = await file.read(buffer);
      if (count === null) return; // shorter than it was: the next look tells
      await this.#wait(this.pace(grant.stationId, count), abort.signal);
      if (abort.signal.aborted || !isOpen()) return;
      yield buffer.subarray(0, count);
      at += count;
      budget.left -= count;
      unlooked += count;
      progress.untold += count;
      if (start <= progress.covered) progress.covered = Math.max(progress.covered, at);
      if (progress.untold >= SERVING_LIMITS.reportBytes) this.#tell(grant, progress, size);
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.context.timers.after(ms, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    cancel();
  }

  #tell({ id }: Download, progress: Progress, size: number): void {
    if (progress.untold === 0) return;
    const bytes = progress.untold;
    progress.untold = 0;
    const { control, metrics } = this.#options.context;
    metrics.count("bulkhead_firmware_sent_bytes_total", {}, bytes);
    control.notify("firmware.sent", { id, bytes, isWhole: progress.covered >= size });
  }

  /** Control withdraws what was changed on the disk, whatever becomes of this download. */
  async #noting<T>({ sha256 }: Download, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { control, log } = this.#options.context;
      log.error("firmware.image.unservable", { image: sha256.slice(0, 12), msg: describeError(error) });
      if (error instanceof GatewayError && error.code === "FIRMWARE_CHANGED") {
        control.notify("firmware.changed", { sha256, why: error.message });
      }
      throw error;
    }
  }

  #progressOf(id: string): Progress {
    let progress = this.#progress.get(id);
    if (!progress) {
      for (const [old, { running }] of this.#progress) {
        if (this.#progress.size < SERVING_LIMITS.progresses) break;
        if (running.size === 0) this.#progress.delete(old);
      }
      this.#progress.set(id, progress = { covered: 0, untold: 0, running: new Set() });
    }
    return progress;
  }

  #count({ protocol, purpose }: GrantClaim, result: string): void {
    this.#options.context.metrics.count("bulkhead_firmware_requests_total", { protocol, purpose, result });
  }
}

function changedMeanwhile(sha256: string): StorageError {
  return new StorageError(
    "FIRMWARE_CHANGED",
    `Image ${sha256.slice(0, 12)} was changed on the disk while it was sent`,
    {
      hint: "It is withdrawn; import it anew and look for who can write to the data folder",
    },
  );
}
