import { createHash } from "node:crypto";
import { StorageError } from "../../core/errors.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";

/** An image that was read whole and is what its name says. */
export interface CheckedImage {
  readonly file: Deno.FsFile;
  readonly size: number;
  /** Whether it is still the file that was read. Cheap: the disk's own notes are compared. */
  isUnchanged(): Promise<boolean>;
}

/**
 * Opens images of the verified folder for stations. Each download begins with reading the image whole (invariant 13);
 * further parts of the same download compare what the file system notes of the file. Nobody is served from a file that was
 * not read by the same handle or is not the very same file.
 */
export class CheckedImages {
  /** What the file system noted when an image was last read, by its name. */
  readonly #seen = new Map<string, string>();
  readonly #running = new Map<string, Promise<string>>();

  /** @param folder that of the verified images */
  constructor(private readonly folder: string) {}

  /**
   * @param isStart a download begins: read it whole, whatever was seen before
   * @throws StorageError FIRMWARE_CHANGED, FIRMWARE_UNKNOWN
   */
  async open(sha256: string, isStart: boolean): Promise<CheckedImage> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw unknown(sha256);
    const path = `${this.folder}/${sha256}`;
    if (isStart || !this.#seen.has(sha256)) await this.#check(path, sha256);
    const file = await openImage(path, sha256);
    try {
      const stat = await file.stat();
      const mark = markOf(stat);
      // It was put in the place of the one that was read: read this one.
      if (mark !== this.#seen.get(sha256) && mark !== await this.#check(path, sha256)) throw changed(sha256);
      return { file, size: stat.size, isUnchanged: async () => markOf(await file.stat()) === mark };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Those who ask while it is being read wait for that. */
  #check(path: string, sha256: string): Promise<string> {
    const running = this.#running.get(sha256);
    if (running) return running;
    const check = this.#read(path, sha256).finally(() => this.#running.delete(sha256));
    this.#running.set(sha256, check);
    return check;
  }

  async #read(path: string, sha256: string): Promise<string> {
    this.#seen.delete(sha256);
    using file = await openImage(path, sha256);
    const before = markOf(await file.stat());
    const hash = createHash("sha256");
    const part = new Uint8Array(FIRMWARE_LIMITS.chunkBytes);
    for (let read = await file.read(part); read !== null; read = await file.read(part)) {
      hash.update(part.subarray(0, read));
    }
    if (hash.digest("hex") !== sha256 || markOf(await file.stat()) !== before) throw changed(sha256);
    this.#seen.set(sha256, before);
    return before;
  }
}

/** What a file system notes of a file: another file, another length or any write makes another mark. */
function markOf({ dev, ino, size, mtime, ctime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
}

async function openImage(path: string, sha256: string): Promise<Deno.FsFile> {
  return await Deno.open(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) throw unknown(sha256);
    throw new StorageError("FIRMWARE_UNREADABLE", `Image ${sha256.slice(0, 12)} cannot be read from the disk`, {
      cause: error,
      hint: "Look at the data disk; stations get nothing of it meanwhile",
    });
  });
}

function unknown(sha256: string): StorageError {
  return new StorageError("FIRMWARE_UNKNOWN", `No verified image ${JSON.stringify(sha256.slice(0, 64))} is stored`, {
    hint: "`firmware list` names those that are",
  });
}

function changed(sha256: string): StorageError {
  return new StorageError("FIRMWARE_CHANGED", `Image ${sha256.slice(0, 12)} was changed on the disk`, {
    hint: "It is withdrawn; import it anew and look for who can write to the data folder",
  });
}
