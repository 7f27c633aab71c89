import { sourceFiles } from "../architecture/tree.ts";

/** Folders whose tests stand beside the code; those of policies/ run apart, without any permission. */
const FOLDERS = ["examples/", "gateway/", "hal/", "tests/support/"];

/** How many isolates share each kind of test. */
export const SHARES = 2;

/**
 * Loads every test file of a kind, or one share of them, into this isolate. `deno test` gives every file an isolate of its
 * own, and loading the product's modules anew for each of 500 files took longer than running their tests.
 */
export async function loadTests(kind: "unit" | "long", share: number): Promise<void> {
  for (const [at, path] of testFiles(kind).entries()) {
    if (at % SHARES === share) await import(`../../${path}`);
  }
}

/** The test files of a kind, in path order. */
export function testFiles(kind: "unit" | "long"): string[] {
  return sourceFiles("_test.ts", "_test.tsx").map(({ path }) => path).filter((path) =>
    FOLDERS.some((folder) => path.startsWith(folder)) && path.includes("_long_test.") === (kind === "long")
  );
}
