import { deepEqual, equal } from "node:assert/strict";
import { DEMO_LIMITS } from "./limits.ts";
import { TextLineStream } from "./text_lines.ts";

const linesOf = (...chunks: string[]) => Array.fromAsync(ReadableStream.from(chunks).pipeThrough(new TextLineStream()));

Deno.test("demo lines: chunks are joined and cut at line ends", async () => {
  deepEqual(await linesOf("a", "b\nc\r\nd", "\n", "e"), ["ab", "c", "d", "e"]);
  deepEqual(await linesOf("\n\n"), ["", ""]);
});

Deno.test("demo lines: a line at the limit is whole, one past it is cut", async () => {
  const long = "x".repeat(DEMO_LIMITS.lineChars);
  equal((await linesOf(`${long}\n`))[0], long);
  equal((await linesOf(`${long}y\n`))[0], long);
  equal((await linesOf(`${long}y`))[0], long);
});
