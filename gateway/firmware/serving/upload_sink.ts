import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { StorageError } from "../../core/errors.ts";
import type { OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { SealingWriter } from "./sealed_file.ts";

/** What became of a received file. */
export interface ReceivedFile {
  readonly bytes: number;
  /** Of what the station sent. */
  readonly sha256: string;
}

/** Takes a station's file to the disk, sealed: no plain byte of it ever stands there. One at a time and grant. */
export class UploadSink {
  readonly #grant: OpenedGrant & { readonly kind: "upload" };
  readonly #folder: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #hash = createHash("sha256");
  readonly #writer: SealingWriter;
  #bytes = 0;
  #isOver = false;

  /**
   * @param folder the uploads folder
   * @throws StorageError UPLOAD_FULL when the disk takes nothing
   */
  constructor(grant: OpenedGrant & { readonly kind: "upload" }, folder: string) {
    if (!/^[0-9a-f]{1,64}$/.test(grant.file)) throw new Error(`"${grant.file}" is no name of an upload`);
    this.#grant = grant;
    this.#folder = folder;
    this.#temporary = `${folder}/${grant.file}.part`;
    this.#file = orFull(() =>
      Deno.openSync(this.#temporary, { write: true, create: true, truncate: true, mode: 0o600 })
    );
    this.#writer = new SealingWriter(Buffer.from(grant.key, "base64"), (bytes) => {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    });
  }

  /** @throws StorageError UPLOAD_TOO_LARGE, UPLOAD_FULL; nothing of the file stays */
  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#grant.maxBytes) {
      this.abandon();
      throw new StorageError(
        "UPLOAD_TOO_LARGE",
        `The file of station "${this.#grant.stationId}" has more than ${this.#grant.maxBytes} bytes`,
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
      Deno.renameSync(this.#temporary, `${this.#folder}/${this.#grant.file}`);
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
