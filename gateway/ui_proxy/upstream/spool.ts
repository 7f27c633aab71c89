import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { makePrivateFolder } from "../../../hal/durable_file.ts";
import { describeError, IntegrityError, ProtocolError, StorageError } from "../../core/errors.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** An upload that lies on this box whole, before its first byte goes on. */
export interface Spooled {
  readonly bytes: number;
  /** The same bytes again. What changed on the disk meanwhile breaks off before the last piece (invariant 13). */
  read(): Readable;
  /** Frees the place. */
  close(): void;
}

/** Where uploads wait for their verdict. */
export interface Spool {
  /**
   * Takes a whole upload; `observe` sees each piece.
   * @throws ProtocolError UI_UPLOAD_MALFORMED from `observe`, UI_UPLOAD_TOO_LONG, StorageError UI_SPOOL_FULL,
   * UI_SPOOL_FAILED, or what broke the source off
   */
  take(source: AsyncIterable<Uint8Array>, observe: (piece: Uint8Array) => void): Promise<Spooled>;
}

/**
 * A spool in a folder of its own; `mostBytes` is asked for each upload. A file is unlinked as soon as it is open: nothing is left behind by a crash, and nobody
 * else reaches it. Two uploads at once, since controllers take minutes for one.
 */
export async function createSpool(folder: string, mostBytes: () => number): Promise<Spool> {
  await makePrivateFolder(folder);
  for await (const { name } of Deno.readDir(folder)) await Deno.remove(`${folder}/${name}`);
  let open = 0;
  return {
    take: async (source, observe) => {
      if (open >= UI_PROXY_LIMITS.uploads) {
        throw new StorageError("UI_SPOOL_FULL", `${open} firmware uploads are under way already`, {
          hint: "Wait until one of them has ended",
        });
      }
      open++;
      let file: Deno.FsFile | undefined;
      try {
        file = await openUnlinked(folder);
        return spooled(file, await fill(file, limited(source, mostBytes()), observe), () => open--);
      } catch (error) {
        open--;
        file?.close();
        throw error;
      }
    },
  };
}

async function openUnlinked(folder: string): Promise<Deno.FsFile> {
  const path = `${folder}/${crypto.randomUUID()}`;
  try {
    const file = await Deno.open(path, { createNew: true, read: true, write: true, mode: 0o600 });
    await Deno.remove(path);
    return file;
  } catch (error) {
    throw failed(error);
  }
}

async function fill(
  file: Deno.FsFile,
  source: AsyncIterable<Uint8Array>,
  observe: (piece: Uint8Array) => void,
): Promise<{ readonly bytes: number; readonly digest: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    observe(piece);
    hash.update(piece);
    try {
      for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
    } catch (error) {
      throw failed(error);
    }
  }
  return { bytes, digest: hash.digest("hex") };
}

async function* limited(source: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > most) {
      throw new ProtocolError("UI_UPLOAD_TOO_LONG", `The upload has more than ${most} bytes`, {
        hint: "Compare with console.devicePages.uploadMegabytes in site.yaml",
      });
    }
    yield piece;
  }
}

function spooled(file: Deno.FsFile, { bytes, digest }: { bytes: number; digest: string }, free: () => void): Spooled {
  let isClosed = false;
  return {
    bytes,
    read: () => Readable.from(pieces(file, bytes, digest)),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      file.close();
      free();
    },
  };
}

/** The last piece goes out only when all of them are what was hashed. */
async function* pieces(file: Deno.FsFile, bytes: number, digest: string): AsyncGenerator<Uint8Array> {
  await file.seek(0, Deno.SeekMode.Start);
  const hash = createHash("sha256");
  for (let left = bytes; left > 0;) {
    const piece = new Uint8Array(Math.min(left, PIECE));
    const read = await file.read(piece);
    if (read === null) break;
    left -= read;
    hash.update(piece.subarray(0, read));
    if (left === 0 && hash.digest("hex") === digest) return yield piece.subarray(0, read);
    if (left > 0) yield piece.subarray(0, read);
  }
  throw new IntegrityError("UI_SPOOL_CHANGED", "An upload changed on the disk between its verdict and its way on");
}

const PIECE = 64 * 1_024;

function failed(error: unknown): StorageError {
  return new StorageError("UI_SPOOL_FAILED", `An upload cannot be kept for its verdict: ${describeError(error)}`, {
    cause: error,
    hint: "Look at the data disk with `status`",
  });
}
