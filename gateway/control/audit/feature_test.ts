import assert from "node:assert/strict";
import { AuditRig } from "../../../tests/support/audit_rig.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { CommandArgs, CommandResult } from "../contract.ts";
import { chainLine, GENESIS } from "./chain.ts";
import { createAuditFeature, describeLine } from "./feature.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import { exportAll, followTail } from "./pages.ts";
import { runAuditVerify } from "./verify_command.ts";

type Data = { lines: string[]; last: number; next?: number };

function commandsOf(rig: AuditRig) {
  const feature = createAuditFeature({ site: undefined as never }, rig.audit);
  const run = (name: string) => (args: CommandArgs): Promise<CommandResult> => feature.commands![name]!(args, "mia");
  return { feature, tail: run("audit tail"), export: run("audit export") };
}

const dataOf = (result: CommandResult) => result.data as unknown as Data;

Deno.test("audit tail: shows the last lines, and behind a number what came since", async () => {
  await using rig = await AuditRig.open();
  for (let i = 0; i < 30; i++) await rig.say(`t${i}`);
  const { tail } = commandsOf(rig);
  const answer = await tail({});
  assert.equal(dataOf(answer).lines.length, 20);
  assert.match(answer.text, /#31 ok control\.command\.ran mia on t29$/);
  assert.equal(dataOf(await tail({ after: "31" })).last, 31);
  await rig.say("new");
  assert.match((await tail({ after: "31" })).text, /on new$/);
  assert.equal(dataOf(await tail({ lines: "0" })).lines.length, 0);
});

Deno.test("audit tail: more lines than the limit or another word is refused", async () => {
  await using rig = await AuditRig.open();
  const { tail } = commandsOf(rig);
  await tail({ lines: String(AUDIT_LIMITS.tailRecords) });
  for (const lines of [String(AUDIT_LIMITS.tailRecords + 1), "many", "-1", true]) {
    await assert.rejects(tail({ lines }), { code: "CLI_USAGE" });
  }
});

Deno.test("audit export: selects by time, class and station", async () => {
  await using rig = await AuditRig.open();
  await rig.say("CP001");
  rig.time.advance(3_600_000);
  await rig.say("CP002", { station: "CP001" });
  await rig.audit.record({ event: "alarm.raised", class: "operation", who: "CP001", outcome: "ok" });
  const { export: run } = commandsOf(rig);
  const count = async (args: CommandArgs) => dataOf(await run(args)).lines.length;
  assert.equal(await count({ station: "CP001" }), 3);
  assert.equal(await count({ station: "CP0" }), 0, "never a prefix");
  assert.equal(await count({ class: "operation" }), 1);
  assert.equal(await count({ from: "2026-01-01T00:30:00Z", station: "CP001" }), 2);
  assert.equal(await count({ to: "2026-01-01T00:30:00Z", class: "access" }), 1);
  for (const args of [{ from: "yesterday" }, { class: "secret" }]) {
    await assert.rejects(run(args), { code: "CLI_USAGE" });
  }
});

Deno.test("audit export: a large one comes in pages that join to the whole", async () => {
  await using rig = await AuditRig.open();
  const detail = { text: "x".repeat(500) };
  await Promise.all(Array.from({ length: 2_500 }, (_, i) => rig.say(`t${i}`, detail)));
  const { export: run } = commandsOf(rig);
  assert.ok(dataOf(await run({})).next !== undefined);
  let text = "";
  const count = await exportAll(run, {}, async (more) => void (text += more));
  assert.equal(count, rig.lines().length);
  assert.deepEqual(text.trimEnd().split("\n"), rig.lines());
});

Deno.test("audit tail --follow: writes what comes until it is ended", async () => {
  await using rig = await AuditRig.open();
  await rig.say("first");
  const time = new ManualTime();
  const end = new AbortController();
  let text = "";
  const following = followTail(commandsOf(rig).tail, {}, async (more) => void (text += more), time, end.signal);
  await waitFor("the first", () => text.includes("on first"));
  await rig.say("second");
  await waitFor("the timer", () => time.armed === 1);
  time.advance(1_000);
  await waitFor("the second", () => text.includes("on second"));
  await waitFor("the timer", () => time.armed === 1);
  end.abort();
  await following;
  assert.equal(time.armed, 0);
  assert.equal(text.match(/on first/g)!.length, 1);
});

Deno.test("audit record: a Worker's record is chained by the feature", async () => {
  await using rig = await AuditRig.open();
  const { feature } = commandsOf(rig);
  const event = { event: "alarm.raised", class: "operation", who: "ocpp-0", outcome: "ok" } as const;
  assert.deepEqual(await feature.handlers!["audit.record"]!(event), { sequence: 2 });
  assert.equal(feature.health!().state, "ok");
});

Deno.test("audit tail: a peer's words cannot steer the terminal", () => {
  const line = chainLine(GENESIS, "record", "access", { event: "x", who: "a\x1b[2Jb\n", target: "t\x9b" });
  assert.equal(describeLine(line), "#1 x a?[2Jb? on t?");
});

Deno.test("audit verify: works from the folder alone and names what is wrong in plain words", async () => {
  await using rig = await AuditRig.open();
  await rig.say("deed");
  await rig.audit.checkpoint();
  const good = await runAuditVerify({}, rig.dir);
  assert.equal(good.ok, true);
  assert.match(good.text, /is intact\n {2}3 lines, records 1 to 3, signed up to 2/);
  const copy = `${rig.dataDir}/siem.log`;
  Deno.writeTextFileSync(copy, rig.lines().join("\n"));
  const text = Deno.readTextFileSync(rig.newest());
  Deno.writeTextFileSync(rig.newest(), text.split("\n").slice(0, 1).join("\n") + "\n");
  const bad = await runAuditVerify({ against: copy }, rig.dir);
  assert.equal(bad.ok, false);
  assert.match(bad.text, /NOT intact: first bad record 2/);
  Deno.writeTextFileSync(rig.newest(), text);
});

Deno.test("audit verify: a missing key or copy is named; without the key nothing counts as verified", async () => {
  await using rig = await AuditRig.open();
  await assert.rejects(runAuditVerify({ key: "/no/key.pem" }, rig.dir), {
    code: "AUDIT_KEY_INVALID",
    message: /no\/key\.pem": nothing was verified/,
    hint: /--key FILE/,
  });
  await assert.rejects(runAuditVerify({ against: "/no/copy" }, rig.dir), { code: "CLI_USAGE" });
  const wrong = `${rig.dataDir}/wrong.pem`;
  Deno.writeTextFileSync(wrong, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
  await assert.rejects(runAuditVerify({ key: wrong }, rig.dir), { code: "AUDIT_KEY_INVALID" });
});
