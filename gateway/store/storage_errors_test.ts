import { equal } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import { toStorageError } from "./storage_errors.ts";

/** Texts as Deno KV, SQLite and the file system give them on Deno 2.9.6. */
const TEXTS = [
  [new TypeError("database or disk is full"), "STORE_FULL"],
  [new Error("No space left on device (os error 28): writefile '/data/x'"), "STORE_FULL"],
  [new TypeError("database is locked"), "STORE_LOCKED"],
  [new TypeError("file is not a database"), "STORE_CORRUPT"],
  [new TypeError("database disk image is malformed"), "STORE_CORRUPT"],
  [new Deno.errors.BadResource("Bad resource ID"), "STORE_CLOSED"],
  [new TypeError("something new"), "STORE_FAILED"],
  ["thrown text", "STORE_FAILED"],
] as const;

Deno.test("storage errors: each text of the layers below gets its code, the action and its cause", () => {
  for (const [cause, code] of TEXTS) {
    const error = toStorageError(cause, "write the lease");
    equal(error.code, code);
    equal(error.message.startsWith("Cannot write the lease"), true);
    equal(error.cause, cause);
  }
});

Deno.test("storage errors: an error of ours passes unchanged", () => {
  const error = new StorageError("STORE_CONFLICT", "changed");
  equal(toStorageError(error, "write"), error);
});
