import { dirname } from "node:path";
import { lockedError, toStorageError } from "./storage_errors.ts";

/** Makes the folder of a store file, for its owner only. */
export function prepareFolder(file: string): void {
  const folder = dirname(file);
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    // mkdir leaves an existing folder as it was, and a new file of Deno KV is 0644 under a usual umask.
    Deno.chmodSync(folder, 0o700);
  } catch (error) {
    throw toStorageError(error, `prepare the data folder "${folder}"`);
  }
}

/** Files of the store for their owner only; the write-ahead files may not exist yet and get the same by the umask. */
export function protectFiles(file: string): void {
  for (const suffix of ["", "-wal", "-shm"]) {
    try {
      Deno.chmodSync(file + suffix, 0o600);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * Takes the store for this process until the returned function is called or the process ends, by `kill -9` too.
 * Deno KV itself lets a second process in and then fails at random writes.
 * @throws StorageError STORE_LOCKED when another process (or another part of this one) has it
 */
export function lockStore(file: string): () => void {
  const lock = Deno.openSync(`${file}.lock`, { create: true, write: true, mode: 0o600 });
  if (lock.tryLockSync(true)) return once(() => lock.close());
  lock.close();
  throw lockedError(`take the data folder "${dirname(dirname(file))}"`);
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}
