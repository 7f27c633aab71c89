import assert from "node:assert/strict";
import { decideEcho, type EchoRule, judgeLine } from "./policy.ts";
import { EchoSession, type SessionSettings } from "./session.ts";

const RULES: readonly EchoRule[] = [
  { id: "all", effect: "allow", because: "It is an echo", startsWith: "" },
  { id: "no-shouting", effect: "deny", because: "Nobody shouts here", startsWith: "HEY" },
];
const SETTINGS: SessionSettings = { idleMs: 1_000, judge: (line) => judgeLine(line, RULES) };

Deno.test("echo policy: deny wins over an earlier allow, and silence is deny", () => {
  assert.deepEqual(decideEcho("HEY you", RULES), { effect: "deny", rule: "no-shouting", reason: "Nobody shouts here" });
  assert.deepEqual(decideEcho("hey", RULES), { effect: "allow", rule: "all" });
  assert.equal(decideEcho("hey", []).rule, "echo.default");
});

Deno.test("echo session: an allowed line goes back", () => {
  assert.deepEqual(new EchoSession(SETTINGS, 0).receive("hello", 1), [{ do: "send", line: "hello" }]);
});

Deno.test("echo session: a refused line is recorded and answered with its rule", () => {
  assert.deepEqual(new EchoSession(SETTINGS, 0).receive("HEY", 1), [
    { do: "record", rule: "no-shouting" },
    { do: "send", line: "REFUSED no-shouting: Nobody shouts here" },
  ]);
});

Deno.test("echo session: silence ends it at the limit and not before, and only once", () => {
  const session = new EchoSession(SETTINGS, 0);
  session.receive("hello", 500);
  assert.deepEqual(session.tick(1_499), []);
  assert.deepEqual(session.tick(1_500), [{ do: "close", why: "idle" }]);
  assert.deepEqual(session.tick(9_999), []);
});

Deno.test("echo session: nothing is answered after the end", () => {
  const session = new EchoSession(SETTINGS, 0);
  session.end("test");
  assert.deepEqual(session.receive("hello", 1), []);
});
