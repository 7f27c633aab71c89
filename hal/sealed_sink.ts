import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { StorageError } from "../gateway/core/errors.ts";
import { SealingWriter } from "../gateway/core/sealed_file.ts";

/** A file that may be received. */
export interface SinkOrder {
  /** Name in the folder, lower-case hex. */
  readonly file: string;
  /** Seals this file alone, base64. */
  readonly key: string;
  readonly stationId: string;
  readonly maxBytes: number;
}

/** What became of a received file. */
export interface ReceivedFile {
  readonly bytes: number;
  /** Of what the station sent. */
  readonly sha256: string;
}

/** Takes a station's file to the disk, sealed: no plain byte of it ever stands there. One at a time and order. */
export class SealedSink {
  readonly #order: SinkOrder;
  readonly #folder: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #hash = createHash("sha256");
  readonly #writer: SealingWriter;
  #bytes = 0;
  #isOver = false;

  /**
   * @param folder where sealed files stand
   * @throws StorageError UPLOAD_FULL when the disk takes nothing
   */
  constructor(order: SinkOrder, folder: string) {
    if (!/^[0-9a-f]{1,64}$/.test(order.file)) throw new Error(`"${order.file}" is no name of a sealed file`);
    this.#order = order;
    this.#folder = folder;
    this.#temporary = `${folder}/${order.file}.part`;
    this.#file = orFull(() =>
      Deno.openSync(this.#temporary, { write: true, create: true, truncate: true, mode: 0o600 })
    );
    this.#writer = new SealingWriter(Buffer.from(order.key, "base64"), (bytes) => {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    });
  }

  /** @throws StorageError UPLOAD_TOO_LARGE, UPLOAD_FULL; nothing of the file stays */
  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#order.maxBytes) {
      this.abandon();
      throw new StorageError(
        "UPLOAD_TOO_LARGE",
        `The file of station "${this.#order.stationId}" has more than ${this.#order.maxBytes} bytes`,
        { hint: "`firmware.uploads.maxMegabytes` in site.yaml says how large one may be" },
      );
    }
    this.#hash.update(bytes);
    this.#orAbandon(() => this.#writer.update(bytes));
  }

  /** The file is whole: it stands under its name after a power cut too. @throws StorageError UPLOAD_FULL */
  finish(): ReceivedFile {
    this.#orAbandon(() => {
      this.#writer.finish();
      this.#file.syncSync();
    });
    this.#isOver = true;
    this.#file.close();
    orFull(() => {
      Deno.renameSync(this.#temporary, `${this.#folder}/${this.#order.file}`);
      using folder = Deno.openSync(this.#folder);
      folder.syncSync();
    });
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  /** The station left before its end: nothing stays. A second time, or after the end, it does nothing. */
  abandon(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#file.close();
    Deno.removeSync(this.#temporary);
  }

  #orAbandon(work: () => void): void {
    try {
      orFull(work);
    } catch (error) {
      this.abandon();
      throw error;
    }
  }
}

function orFull<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new StorageError("UPLOAD_FULL", `A station's file cannot be stored: ${(cause as Error).message}`, {
      cause,
      hint: "Free space on the data disk; the station may send the file again",
    });
  }
}
