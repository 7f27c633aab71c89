import { createHash } from "node:crypto";
import { makePrivateFolder } from "../../hal/durable_file.ts";
import { GatewayError, StorageError } from "../core/errors.ts";
import type { Random } from "../core/timers.ts";
import { Digester, type ImageDigest, type PartObserver } from "./image_digest.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";

/** Where an image stands: nothing but "verified" is ever served. */
export type ImageState = "quarantine" | "verified";

/** What the store needs. */
export interface ImageStoreOptions {
  /** A folder of its own. */
  readonly folder: string;
  /** Bytes of all images together. */
  readonly quotaBytes: number;
  readonly random: Random;
}

/**
 * Images by their SHA-256, outside the KV, since they are large. A file is whole or absent after a power cut; its name is
 * its content, so that a changed one is noticed by reading it (invariant 13). What is known about an image is not here
 * but in control.
 */
export class ImageStore {
  #used = 0;
  /** Bytes that are being received. */
  #incoming = 0;

  #quotaBytes: number;

  private constructor(private readonly options: ImageStoreOptions) {
    this.#quotaBytes = options.quotaBytes;
  }

  /** Makes the folders, throws away what a crash left half written, counts what is there. */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const store = new ImageStore(options);
    for (const part of ["incoming", "quarantine", "verified"]) await makePrivateFolder(`${options.folder}/${part}`);
    for await (const { name } of Deno.readDir(`${options.folder}/incoming`)) {
      await Deno.remove(`${options.folder}/incoming/${name}`, { recursive: true });
    }
    for (const state of ["quarantine", "verified"] as const) {
      for (const sha256 of await store.list(state)) store.#used += (await Deno.stat(store.#path(state, sha256))).size;
    }
    return store;
  }

  /** Changes the room for all images; what is there already stays. */
  setQuota(quotaBytes: number): void {
    this.#quotaBytes = quotaBytes;
  }

  /** Bytes of all images. */
  get usedBytes(): number {
    return this.#used;
  }

  /** Names of the images of a state, sorted. */
  async list(state: ImageState): Promise<string[]> {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(`${this.options.folder}/${state}`)) {
      if (isFile && isSha256(name)) names.push(name);
    }
    return names.sort();
  }

  /**
   * Takes an image into quarantine in one pass; `observers` see each part. An image that is there already is not kept
   * twice.
   * @throws StorageError FIRMWARE_TOO_LARGE, FIRMWARE_QUOTA, FIRMWARE_WRITE_FAILED; nothing of it stays
   */
  async receive(
    parts: AsyncIterable<Uint8Array>,
    limits: { readonly maxBytes: number; readonly md5?: boolean; readonly sha512?: boolean },
    observers: readonly PartObserver[] = [],
  ): Promise<ImageDigest> {
    const name = [...this.options.random.bytes(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const incoming = `${this.options.folder}/incoming/${name}`;
    const digester = new Digester(limits);
    try {
      await this.#write(incoming, parts, limits.maxBytes, [digester, ...observers]);
      const digest = digester.digest();
      if (await this.state(digest.sha256)) return digest;
      await Deno.rename(incoming, this.#path("quarantine", digest.sha256));
      await this.#syncFolder("quarantine");
      this.#used += digest.bytes;
      return digest;
    } catch (error) {
      throw error instanceof GatewayError ? error : writeFailed(error); // who gives the bytes has errors of its own
    } finally {
      await Deno.remove(incoming).catch(ignoreAbsent);
    }
  }

  /** Where an image is; undefined when nowhere. */
  async state(sha256: string): Promise<ImageState | undefined> {
    for (const state of ["verified", "quarantine"] as const) {
      if (await exists(this.#path(state, sha256))) return state;
    }
    return undefined;
  }

  /**
   * Makes an image of the quarantine servable, after reading it once more: what was verified is what is on the disk.
   * @throws StorageError FIRMWARE_CHANGED, FIRMWARE_UNKNOWN
   */
  async promote(sha256: string): Promise<void> {
    await this.check("quarantine", sha256);
    const path = this.#path("quarantine", sha256);
    await Deno.chmod(path, 0o400);
    await Deno.rename(path, this.#path("verified", sha256));
    await this.#syncFolder("verified");
    await this.#syncFolder("quarantine");
  }

  /** Puts an image back into quarantine: its trust is gone or in doubt. */
  async withdraw(sha256: string): Promise<void> {
    await Deno.rename(this.#path("verified", sha256), this.#path("quarantine", sha256)).catch(ignoreAbsent);
    await this.#syncFolder("quarantine");
    await this.#syncFolder("verified");
  }

  /** Removes an image. */
  async remove(state: ImageState, sha256: string): Promise<void> {
    const path = this.#path(state, sha256);
    const { size } = await Deno.stat(path).catch(() => ({ size: 0 }));
    await Deno.remove(path).catch(ignoreAbsent);
    await this.#syncFolder(state);
    this.#used -= size;
  }

  /**
   * Reads an image whole and compares it with its name.
   * @throws StorageError FIRMWARE_CHANGED, FIRMWARE_UNKNOWN
   */
  async check(state: ImageState, sha256: string): Promise<void> {
    (await this.openChecked(state, sha256)).close();
  }

  /**
   * Opens an image after reading it whole by the same handle, so that what is served is the file that was read.
   * @throws StorageError FIRMWARE_CHANGED, FIRMWARE_UNKNOWN
   */
  async openChecked(state: ImageState, sha256: string): Promise<Deno.FsFile> {
    const file = await Deno.open(this.#path(state, sha256)).catch((error) => {
      if (error instanceof Deno.errors.NotFound) throw unknown(sha256);
      throw writeFailed(error);
    });
    const hash = createHash("sha256");
    const part = new Uint8Array(FIRMWARE_LIMITS.chunkBytes);
    for (let read = await file.read(part); read !== null; read = await file.read(part)) {
      hash.update(part.subarray(0, read));
    }
    if (hash.digest("hex") === sha256) {
      await file.seek(0, Deno.SeekMode.Start);
      return file;
    }
    file.close();
    throw new StorageError("FIRMWARE_CHANGED", `Image ${sha256.slice(0, 12)} was changed on the disk`, {
      hint: "It is withdrawn; import it anew and look for who can write to the data folder",
    });
  }

  async #write(path: string, parts: AsyncIterable<Uint8Array>, most: number, observers: readonly PartObserver[]) {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    let bytes = 0;
    try {
      for await (const part of parts) {
        bytes += part.length;
        this.#incoming += part.length;
        this.#requireRoom(bytes, most);
        for (const observer of observers) observer.update(part);
        for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
      }
      await file.sync();
    } finally {
      this.#incoming -= bytes;
    }
  }

  #requireRoom(bytes: number, most: number): void {
    if (bytes > most) {
      throw new StorageError("FIRMWARE_TOO_LARGE", `The image has more than ${most} bytes, the most of its vendor`);
    }
    if (this.#used + this.#incoming > this.#quotaBytes) {
      throw new StorageError(
        "FIRMWARE_QUOTA",
        `The images together would take more than ${this.#quotaBytes} bytes`,
        {
          hint: "Remove images that no station needs: `firmware list`",
        },
      );
    }
  }

  #path(state: ImageState, sha256: string): string {
    if (!isSha256(sha256)) throw unknown(sha256);
    return `${this.options.folder}/${state}/${sha256}`;
  }

  async #syncFolder(state: ImageState): Promise<void> {
    using folder = await Deno.open(`${this.options.folder}/${state}`);
    await folder.sync();
  }
}

function isSha256(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function unknown(sha256: string): StorageError {
  return new StorageError("FIRMWARE_UNKNOWN", `No image ${JSON.stringify(sha256.slice(0, 64))} is stored`, {
    hint: "`firmware list` names those that are",
  });
}

function writeFailed(cause: unknown): StorageError {
  return new StorageError("FIRMWARE_WRITE_FAILED", `The image could not be stored: ${(cause as Error).message}`, {
    cause,
  });
}
