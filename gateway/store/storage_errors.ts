import { GatewayError, StorageError } from "../core/errors.ts";

/** The same condition as Deno KV or SQLite words it -> our error with what to do. `doing` completes "Cannot ...". */
export function toStorageError(error: unknown, doing: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  if (/disk is full|No space left|os error 28/i.test(text)) {
    return new StorageError("STORE_FULL", `Cannot ${doing}: the disk is full`, {
      hint: "Free space on the disk of site.dataDir; nothing was acknowledged that is not stored",
      cause: error,
    });
  }
  if (/database is locked|database table is locked/i.test(text)) return lockedError(doing, error);
  if (/not a database|malformed|disk image/i.test(text)) {
    return new StorageError("STORE_CORRUPT", `Cannot ${doing}: the store's file is damaged`, {
      hint: "Keep the file for analysis and restore the last backup into a blank data folder",
      cause: error,
    });
  }
  if (error instanceof Deno.errors.BadResource) {
    return new StorageError("STORE_CLOSED", `Cannot ${doing}: the store is closed`, { cause: error });
  }
  return new StorageError("STORE_FAILED", `Cannot ${doing}`, { cause: error });
}

/** A second owner: Deno KV has one owner at a time (facts: "database is locked" at once for a second). */
export function lockedError(doing: string, cause?: unknown): StorageError {
  return new StorageError("STORE_LOCKED", `Cannot ${doing}: another process owns it`, {
    hint: "Stop the other gateway or restore that uses this folder, or give this one its own site.dataDir",
    ...(cause === undefined ? {} : { cause }),
  });
}
