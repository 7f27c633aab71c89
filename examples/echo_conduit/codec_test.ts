import assert from "node:assert/strict";
import { encodeLine, LineDecoder } from "./codec.ts";
import { ECHO_LIMITS } from "./limits.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("echo codec: gives lines without their ends and keeps the rest", () => {
  const decoder = new LineDecoder();
  assert.deepEqual(decoder.push(bytes("a\nb\nc")), ["a", "b"]);
  assert.deepEqual(decoder.push(bytes("\n\n")), ["c", ""]);
});

Deno.test("echo codec: it does not matter where TCP cuts", () => {
  const sent = bytes("grüß\nworld\n");
  for (let cut = 0; cut <= sent.length; cut++) {
    const decoder = new LineDecoder();
    const lines = [...decoder.push(sent.subarray(0, cut)), ...decoder.push(sent.subarray(cut))];
    assert.deepEqual(lines, ["grüß", "world"]);
  }
});

Deno.test("echo codec: a line comes back as it was written", () => {
  assert.deepEqual(new LineDecoder().push(encodeLine("hello")), ["hello"]);
});

Deno.test("echo codec: a line at the limit passes, ended or not", () => {
  const line = "x".repeat(ECHO_LIMITS.lineBytes);
  assert.deepEqual(new LineDecoder().push(encodeLine(line)), [line]);
  assert.deepEqual(new LineDecoder().push(bytes(line)), []);
});

Deno.test("echo codec: one byte past the limit is refused, ended or not", () => {
  const line = "x".repeat(ECHO_LIMITS.lineBytes + 1);
  const wanted = { name: "ProtocolError", code: "ECHO_LINE_TOO_LONG" };
  assert.throws(() => new LineDecoder().push(encodeLine(line)), wanted);
  assert.throws(() => new LineDecoder().push(bytes(line)), wanted);
});
