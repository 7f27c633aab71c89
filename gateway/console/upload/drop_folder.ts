import { Buffer } from "node:buffer";
import { describeError, GatewayError, StorageError } from "../../core/errors.ts";
import type { Random } from "../../core/timers.ts";
import { CONSOLE_LIMITS } from "../limits.ts";

/** Where files that people bring wait for their verdict, and how large they may be. */
export interface DropRules {
  readonly folder: string;
  /** Bytes of one image: the most that any vendor's profile takes. */
  readonly imageBytes: number;
  /** Bytes of one bundle, and of all that waits together. */
  readonly quotaBytes: number;
}

/** A file that lies whole in the drop folder. */
export interface DroppedFile {
  /** Its name there: 32 hex digits that nobody can guess. */
  readonly upload: string;
  readonly fileName: string;
  readonly sizeBytes: number;
}

/** The drop folder of firmware as the console sees it: it writes there, and control has it judged. */
export class DropFolder {
  #running = 0;

  constructor(private readonly rules: DropRules, private readonly random: Random) {}

  /** Bytes of the largest file by this name. */
  mostBytes(fileName: string): number {
    return isBundle(fileName) ? this.rules.quotaBytes : this.rules.imageBytes;
  }

  /**
   * Room for one more file.
   * @throws StorageError FIRMWARE_FULL when as many wait as may, FIRMWARE_UPLOAD_FAILED when the folder is not there
   */
  async reserve(): Promise<DropPlace> {
    let usedBytes = 0, files = this.#running;
    try {
      for await (const { name } of Deno.readDir(this.rules.folder)) {
        const { size } = await Deno.stat(`${this.rules.folder}/${name}`).catch(() => ({ size: 0 })); // just taken away
        usedBytes += size;
        if (!name.endsWith(PART)) files++;
      }
    } catch (cause) {
      throw failed(cause);
    }
    if (files >= CONSOLE_LIMITS.uploadedFiles) {
      throw new StorageError("FIRMWARE_FULL", `${files} uploaded files wait for a word: no further one is taken`, {
        hint: "Take or throw away what was uploaded; what nobody decides about goes by itself after a day",
      });
    }
    this.#running++;
    return new DropPlace(this, this.rules, usedBytes, Buffer.from(this.random.bytes(16)).toString("hex"), () => {
      this.#running--;
    });
  }
}

const PART = ".part";
const isBundle = (fileName: string): boolean => fileName.toLowerCase().endsWith(".fwb");

/**
 * Room for one file. Writing is synchronous on purpose: a socket cannot be slowed down on this runtime, a busy loop slows
 * it, so that no memory fills up when the disk is slower than the network.
 */
export class DropPlace {
  #file: Deno.FsFile | undefined;
  #fileName = "";
  #bytes = 0;
  #isOver = false;

  constructor(
    private readonly drop: DropFolder,
    private readonly rules: DropRules,
    private readonly usedBytes: number,
    private readonly upload: string,
    private readonly free: () => void,
  ) {}

  /** Whether a file has begun. */
  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  /** @throws StorageError FIRMWARE_UPLOAD_FAILED */
  begin(fileName: string): void {
    this.#fileName = fileName.split(/[/\\]/).at(-1)!.slice(0, CONSOLE_LIMITS.fileNameChars);
    this.#file = orFailed(() => Deno.openSync(this.#path(PART), { write: true, createNew: true, mode: 0o600 }));
  }

  /** @throws GatewayError FIRMWARE_TOO_LARGE, FIRMWARE_QUOTA, StorageError FIRMWARE_UPLOAD_FAILED; nothing of it stays */
  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#requireRoom();
    this.#orAbandon(() => {
      for (let at = 0; at < bytes.length;) at += this.#file!.writeSync(bytes.subarray(at));
    });
  }

  /** The file is whole. @throws StorageError FIRMWARE_UPLOAD_FAILED */
  finish(): DroppedFile {
    this.#orAbandon(() => Deno.renameSync(this.#path(PART), this.#path("")));
    this.#end();
    return { upload: this.upload, fileName: this.#fileName, sizeBytes: this.#bytes };
  }

  /** Nothing of it stays. After the end, or a second time, it does nothing. */
  abandon(): void {
    if (this.#isOver) return;
    const hadFile = this.#file !== undefined;
    this.#end();
    if (hadFile) Deno.removeSync(this.#path(PART));
  }

  #requireRoom(): void {
    const most = this.drop.mostBytes(this.#fileName);
    const isTooLarge = this.#bytes > most;
    if (!isTooLarge && this.usedBytes + this.#bytes <= this.rules.quotaBytes) return;
    this.abandon();
    if (isTooLarge) {
      throw new GatewayError("FIRMWARE_TOO_LARGE", `"${this.#fileName}" has more than ${most} bytes`, {
        hint: "`maxMegabytes` of the vendor's profile says how large an image may be, `quotaMegabytes` a bundle",
      });
    }
    throw new GatewayError("FIRMWARE_QUOTA", `Uploaded files would take more than ${this.rules.quotaBytes} bytes`, {
      hint: "Take or throw away what was uploaded before, or raise firmware.quotaMegabytes",
    });
  }

  #orAbandon(work: () => void): void {
    try {
      orFailed(work);
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#file?.close();
    this.free();
  }

  #path(end: string): string {
    return `${this.rules.folder}/${this.upload}${end}`;
  }
}

function orFailed<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw failed(cause);
  }
}

function failed(cause: unknown): StorageError {
  return new StorageError(
    "FIRMWARE_UPLOAD_FAILED",
    `An upload cannot be kept for its verdict: ${describeError(cause)}`,
    {
      cause,
      hint: "Look at the data disk with `status`; nothing of the file stays",
    },
  );
}
