import assert from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { systemTimers } from "../gateway/core/timers.ts";
import { ManualTime } from "../tests/support/manual_time.ts";
import { HAL_LIMITS } from "./limits.ts";
import { createToolRunner } from "./tool.ts";

const run = createToolRunner(systemTimers);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fails = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof HardwareError && error.code === code && text.test(error.message);

Deno.test("hal tool: returns what the program wrote", async () => {
  assert.equal(textOf(await run({ program: "echo", args: ["a", "b"] })), "a b\n");
});

Deno.test("hal tool: input goes in by standard input, also when it is large", async () => {
  const input = new Uint8Array(HAL_LIMITS.toolOutputBytes).fill(65);
  assert.deepEqual(await run({ program: "cat", args: [], stdin: input }), input);
});

Deno.test("hal tool: a program that reads no input is no fault", async () => {
  assert.equal((await run({ program: "true", args: [], stdin: new Uint8Array(1_000_000) })).length, 0);
});

Deno.test("hal tool: the environment is what was asked and nothing of ours", async () => {
  const lines = textOf(await run({ program: "env", args: [], env: { PIN: "1" } })).trim().split("\n").sort();
  assert.deepEqual(lines, ["LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PIN=1"]);
});

Deno.test("hal tool: arguments are never read by a shell", async () => {
  assert.equal(textOf(await run({ program: "echo", args: ["$(id)", ";", "`id`"] })), "$(id) ; `id`\n");
});

Deno.test("hal tool: a failing program is named with its last lines", async () => {
  await assert.rejects(run({ program: "ls", args: ["/nowhere"] }), fails("HAL_TOOL_FAILED", /"ls" failed: .*nowhere/));
  await assert.rejects(run({ program: "false", args: [] }), fails("HAL_TOOL_FAILED", /exit code 1/));
});

Deno.test("hal tool: a program that is not installed is named", async () => {
  await assert.rejects(run({ program: "bulkhead-no-such", args: [] }), fails("HAL_TOOL_MISSING", /bulkhead-no-such/));
});

Deno.test("hal tool: a program that hangs is ended", async () => {
  await assert.rejects(
    run({ program: "cat", args: ["/dev/zero"], timeoutMs: 60_000 }),
    fails("HAL_TOOL_FAILED", /more than/),
  );
  await assert.rejects(
    run({ program: "sleep", args: ["60"], timeoutMs: 20 }),
    fails("HAL_TOOL_FAILED", /longer than 20 ms/),
  );
});

Deno.test("hal tool: a program may run up to the limit and is ended one past it", async () => {
  const time = new ManualTime();
  let isEnded = false;
  const work = createToolRunner(time)({ program: "sleep", args: ["600"] }).finally(() => isEnded = true);
  work.catch(() => undefined);
  time.advance(HAL_LIMITS.toolMs - 1);
  assert.equal(textOf(await run({ program: "echo", args: ["still"] })), "still\n");
  assert.equal(isEnded, false);
  time.advance(1);
  await assert.rejects(work, fails("HAL_TOOL_FAILED", /longer than 10000 ms/));
  assert.equal(time.armed, 0);
});

for (const [extra, isRefused] of [[0, false], [1, true]] as const) {
  Deno.test(`hal tool: output ${extra} past the limit is ${isRefused ? "refused" : "taken"}`, async () => {
    const work = run({ program: "head", args: ["-c", String(HAL_LIMITS.toolOutputBytes + extra), "/dev/zero"] });
    if (isRefused) await assert.rejects(work, fails("HAL_TOOL_FAILED", /more than/));
    else assert.equal((await work).length, HAL_LIMITS.toolOutputBytes);
  });
}
