import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../core/errors.ts";

/** Milliseconds that a writer or reader of Deno KV's own threads is waited for. */
const BUSY_MS = 10_000;
/** Bytes of one filling row; SQLite puts it on pages that nobody uses. */
const FILL_BYTES = 1_000_000;

/**
 * Takes what was deleted or written over out of a Deno KV file, while it stays open: SQLite leaves it in free pages, in the
 * unused parts of pages and in its write-ahead log, where a search of the disk finds it. All rows are written anew, all free
 * pages are filled and zeroed, the log is written over from its beginning and then cut off. One transaction: after a power
 * cut the file is as before or as after. The caller holds up its own writes; the calling isolate stands still meanwhile.
 *
 * Not VACUUM: it attaches a file, which Deno refuses under a Worker's path permissions ("max 0", measured on 2.9.6).
 * @throws StorageError STORE_LOCKED, STORE_FULL and as SQLite says; nothing is lost then
 */
export function scrubDatabase(file: string, busyMs: number = BUSY_MS): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA busy_timeout=${busyMs}; PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL`);
    // Deleted content is zeroed by this connection; Deno KV's own ones do not, and it lasts for a connection only.
    database.exec("PRAGMA secure_delete=ON");
    const logBytes = sizeOf(`${file}-wal`);
    database.exec("PRAGMA wal_checkpoint(RESTART)");
    inTransaction(database, () => {
      fill(database, logBytes);
      rewrite(database);
    });
    const { busy } = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { readonly busy: number };
    if (busy !== 0) throw new StorageError("STORE_LOCKED", "Cannot cut off the store's log: somebody reads from it");
  } finally {
    database.close();
  }
}

function inTransaction(database: DatabaseSync, run: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    run();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** Puts zeros on every page that nobody uses, and as much again as the log holds, so that the log is written over. */
function fill(database: DatabaseSync, logBytes: number): void {
  database.exec("CREATE TABLE bulkhead_fill (id INTEGER PRIMARY KEY, zeros BLOB)");
  const insert = database.prepare("INSERT INTO bulkhead_fill (zeros) VALUES (zeroblob(?))");
  const { page_size: page } = database.prepare("PRAGMA page_size").get() as { readonly page_size: number };
  for (let left = logBytes; left > 0; left -= FILL_BYTES) insert.run(Math.min(left, FILL_BYTES));
  for (let free = freePages(database); free > 0; free = freePages(database)) {
    insert.run(Math.max(1, Math.min(FILL_BYTES, (free - 2) * (page - 8)))); // 8: what a page keeps for itself
  }
  database.exec("DROP TABLE bulkhead_fill");
}

/** Writes all rows into fresh pages and back: what a row was before, or its neighbours, is in none of them. */
function rewrite(database: DatabaseSync): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  for (const { name } of tables) {
    const table = `"${name.replaceAll('"', '""')}"`;
    database.exec(`CREATE TABLE bulkhead_copy AS SELECT * FROM ${table}`);
    database.exec(`DELETE FROM ${table}`);
    database.exec(`INSERT INTO ${table} SELECT * FROM bulkhead_copy`);
    database.exec("DROP TABLE bulkhead_copy");
  }
}

function freePages(database: DatabaseSync): number {
  return (database.prepare("PRAGMA freelist_count").get() as { readonly freelist_count: number }).freelist_count;
}

function sizeOf(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
