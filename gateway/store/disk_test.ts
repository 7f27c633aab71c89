import { equal, throws } from "node:assert/strict";
import { diskState, type FileSystemFacts } from "./disk.ts";

const MIB = 1024 * 1024;
/** A disk of 4 KiB blocks with this many MiB in total and free. */
function disk(totalMib: number, freeMib: number, more: Partial<FileSystemFacts> = {}): FileSystemFacts {
  return { bsize: 4096, blocks: totalMib * 256, bavail: freeMib * 256, files: 1_000, ffree: 900, ...more };
}
const level = (facts: FileSystemFacts) => diskState("/data", () => facts).level;

Deno.test("disk: a large disk warns below 1 GiB and is full below 128 MiB", () => {
  equal(level(disk(32_768, 1_024)), "ok");
  equal(level(disk(32_768, 1_023)), "warn");
  equal(level(disk(32_768, 128)), "warn");
  equal(level(disk(32_768, 127)), "full");
});

Deno.test("disk: a small disk warns below a tenth and is full below a fiftieth", () => {
  equal(level(disk(1_000, 100)), "ok");
  equal(level(disk(1_000, 99)), "warn");
  equal(level(disk(1_000, 20)), "warn");
  equal(level(disk(1_000, 19)), "full");
});

Deno.test("disk: running out of files counts like running out of bytes", () => {
  equal(level(disk(32_768, 9_000, { ffree: 50 })), "ok");
  equal(level(disk(32_768, 9_000, { ffree: 49 })), "warn");
  equal(level(disk(32_768, 9_000, { ffree: 4 })), "full");
  equal(level(disk(32_768, 9_000, { files: 0, ffree: 0 })), "ok");
});

Deno.test("disk: the real disk below a folder is examined, a missing path is named", () => {
  const state = diskState(Deno.cwd());
  equal(state.totalBytes >= state.freeBytes && state.freeBytes >= 0 && state.totalBytes > MIB, true);
  throws(() => diskState("/nonexistent/x"), { code: "STORE_FAILED", message: /"\/nonexistent\/x"/ });
});
