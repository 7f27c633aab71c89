import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });

Deno.test("names page: refused names with how to allow them, allowed ones, and the servers", async () => {
  const page = await rig().text("/names");
  match(
    page,
    /CP003[\s\S]*telemetry\.vendor\.example[\s\S]*add telemetry\.vendor\.example to dns\.allow[\s\S]*dns\.default-deny/,
  );
  match(page, /10\.20\.0\.77[\s\S]*No station of the inventory/);
  match(page, /csms\.example[\s\S]*Answered here[\s\S]*10\.20\.0\.1/);
  match(page, /fw\.vendor\.example[\s\S]*Looked up[\s\S]*vendor bender/);
  match(page, /9\.9\.9\.9:853[\s\S]*DNS over TLS[\s\S]*Answers/);
  match(page, /dns\.example[\s\S]*DNS over HTTPS[\s\S]*Away/);
});

Deno.test("names page: of one station", async () => {
  const console = rig();
  await console.text("/names?station=CP003");
  deepEqual(console.askedOf("command dns denied")[0].args, { station: "CP003" });
});

Deno.test("names page: the list is cleared with one form, and the page says so", async () => {
  const console = rig();
  const answer = await console.post("/names/forget", {});
  equal(answer.status, 303);
  equal(answer.headers.get("location"), "/names");
  equal(console.askedOf("command dns forget").length, 1);
});

Deno.test("names page: who may only look sees no form; who may not is not shown the way", async () => {
  const reader = rig({}, ["command dns denied", "command dns status"]);
  ok(!(await reader.text("/names")).includes("/names/forget"));
  const other = rig({}, ["command status"]);
  equal((await other.text("/")).includes('href="/names"'), false);
});

Deno.test("names page: a garage without refusals, servers and names is told what to do; observe is said", async () => {
  const status = { upstreams: [], cache: { entries: 0, bytes: 0 }, outcomes: {}, mode: "observe", names: [] };
  const page = await rig({ "command dns denied": [], "command dns status": status }).text("/names");
  match(page, /No name was refused/);
  match(page, /No name is allowed/);
  match(page, /only tried out/);
  match(page, /Only the site&#39;s own answers|Only the site's own answers/);
});

Deno.test("names page: what a station asks for is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const row = {
    ...{ client: evil, isStation: false, source: evil, name: evil, types: [evil], rule: evil, reason: evil, count: 1 },
    ...{ firstAt: 0, lastAt: 0, observed: true, howToAllow: evil },
  };
  equal((await rig({ "command dns denied": [row] }).text("/names")).includes(evil), false);
});
