import assert from "node:assert/strict";
import type { AlarmRaise } from "../../core/control_api.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import { AuditRig } from "../../../tests/support/audit_rig.ts";

Deno.test("audit: records get consecutive numbers after the segment's header", async () => {
  await using rig = await AuditRig.open();
  assert.equal(await rig.say("a"), 2);
  assert.equal(await rig.say("b"), 3);
  assert.equal(rig.lines().length, 3);
  assert.equal(JSON.parse(rig.lines()[0]!).kind, "segment");
  assert.equal(JSON.parse(rig.lines()[2]!).target, "b");
});

Deno.test("audit: records that arrive together share one commit", async () => {
  await using rig = await AuditRig.open();
  let commits = 0;
  rig.audit.onStored(() => commits++);
  const sequences = await Promise.all(Array.from({ length: 200 }, (_, index) => rig.say(`t${index}`)));
  assert.deepEqual(sequences, Array.from({ length: 200 }, (_, index) => index + 2));
  assert.equal(commits, 1);
});

Deno.test("audit: goes on where it ended after a restart", async () => {
  await using rig = await AuditRig.open();
  await rig.say("before");
  await rig.audit.stop();
  await rig.start();
  const head = rig.audit.head;
  assert.equal(await rig.say("after"), head.seq + 1);
});

Deno.test("audit: a half-written line is dropped and noted, and no acknowledged record with it", async () => {
  await using rig = await AuditRig.open();
  const last = await rig.say("acknowledged");
  await rig.audit.stop();
  const whole = rig.lines();
  for (const torn of ['{"at":"2026', whole.at(-1)!.slice(0, -1), "\0\0\0\0"]) {
    Deno.writeTextFileSync(rig.newest(), torn, { append: true });
    await rig.start();
    assert.ok(rig.lines().some((line) => JSON.parse(line).seq === last));
    assert.equal(rig.events("audit.chain.recovered").at(-1)!.detail.tornBytes, torn.length);
    await rig.audit.stop();
  }
  await rig.start();
});

Deno.test("audit: a new segment that was cut before its header is whole gives way to the one before", async () => {
  await using rig = await AuditRig.open();
  await rig.say("one");
  await rig.audit.stop();
  const next = String(rig.lines().length + 1).padStart(16, "0");
  Deno.writeTextFileSync(`${rig.dir}/${next}.jsonl`, '{"at":"20');
  await rig.start();
  assert.equal(rig.events("audit.chain.recovered").length, 1);
  assert.equal(rig.lines().filter((line) => JSON.parse(line).kind === "segment").length, 1);
});

Deno.test("audit: a changed record is noticed at start, chained on and alarmed", async () => {
  const raised: AlarmRaise[] = [];
  const alarms = { raise: async (alarm: AlarmRaise) => void raised.push(alarm), clear: async () => {} };
  await using rig = await AuditRig.open();
  const changed = await rig.say("secret deed");
  await rig.say("other");
  await rig.audit.stop();
  Deno.writeTextFileSync(rig.newest(), Deno.readTextFileSync(rig.newest()).replace("secret deed", "honest deed"));
  await rig.start({ alarms: () => alarms });
  assert.equal(rig.events("audit.chain.broken")[0]!.detail.brokenAt, changed);
  assert.equal(raised[0]!.kind, "audit.chain.damaged");
});

Deno.test("audit: a cut end is noticed against the last signed checkpoint and numbers are not used twice", async () => {
  await using rig = await AuditRig.open();
  await rig.say("kept");
  const lost = await rig.say("cut off");
  await rig.audit.stop();
  const kept = rig.lines().slice(0, 2).map((line) => `${line}\n`).join("");
  Deno.writeTextFileSync(rig.newest(), kept);
  await rig.start();
  const [gap] = rig.events("audit.chain.truncated");
  assert.ok(gap!.seq > lost + AUDIT_LIMITS.gapSkip - 1);
  assert.equal(gap!.detail.foundSequence, 2);
});

Deno.test("audit: after a restore the gap is chained and the marker is gone", async () => {
  await using rig = await AuditRig.open();
  await rig.say("in the backup");
  await rig.audit.stop();
  const marker = {
    backupTakenAt: "2026-01-01T00:00:00Z",
    lastSequence: 900,
    restoredAt: "2026-01-03T00:00:00Z",
    source: "usb",
  };
  Deno.writeTextFileSync(`${rig.dataDir}/restored.json`, JSON.stringify(marker));
  await rig.start();
  const [gap] = rig.events("audit.chain.gap");
  assert.equal(gap!.seq, 900 + AUDIT_LIMITS.gapSkip + 1);
  assert.equal(gap!.detail.source, "usb");
  await assert.rejects(Deno.stat(`${rig.dataDir}/restored.json`), Deno.errors.NotFound);
  assert.equal(await rig.say("after"), gap!.seq + 2); // its checkpoint stands between
});

Deno.test("audit: a marker that is not one stops the start", async () => {
  await using rig = await AuditRig.open();
  await rig.audit.stop();
  Deno.writeTextFileSync(`${rig.dataDir}/restored.json`, '{"lastSequence":"many"}');
  await assert.rejects(rig.start(), { code: "AUDIT_MARKER_INVALID" });
  Deno.removeSync(`${rig.dataDir}/restored.json`);
  await rig.start();
});

Deno.test("audit: a clock that jumps back or forward is an event of its own, a running one is not", async () => {
  await using rig = await AuditRig.open();
  await rig.say("a");
  rig.time.advance(3_600_000);
  await rig.say("b");
  assert.equal(rig.events("audit.clock.jumped").length, 0);
  rig.time.jump(-90_000);
  await rig.say("c");
  rig.time.jump(86_400_000);
  await rig.say("d");
  const jumps = rig.events("audit.clock.jumped").map(({ detail }) => [detail.byMs, detail.direction]);
  assert.deepEqual(jumps, [[-90_000, "back"], [86_400_000, "forward"]]);
});

Deno.test("audit: a clock that went back while the box was off is an event", async () => {
  await using rig = await AuditRig.open();
  await rig.say("a");
  await rig.audit.stop();
  rig.time.jump(-3_600_000);
  await rig.start();
  await rig.say("b");
  assert.equal(rig.events("audit.clock.jumped")[0]!.detail.direction, "back");
});

Deno.test("audit: an undeclared event is kept without its facts", async () => {
  await using rig = await AuditRig.open();
  await rig.audit.record({
    event: "new.thing.done",
    class: "access",
    who: "x",
    outcome: "ok",
    detail: { badge: "04AB" },
  });
  assert.deepEqual(rig.events("new.thing.done")[0]!.detail, { undeclared: "badge" });
  assert.ok(!rig.lines().join().includes("04AB"));
});

Deno.test("audit: checkpoints come after a time, after a number of records and at the end", async () => {
  await using rig = await AuditRig.open();
  const checkpoints = () => rig.lines().filter((line) => JSON.parse(line).kind === "checkpoint").length;
  await rig.say("a");
  rig.time.advance(AUDIT_LIMITS.checkpointMs);
  await rig.audit.checkpoint();
  assert.equal(checkpoints(), 1);
  await rig.audit.checkpoint();
  assert.equal(checkpoints(), 1, "nothing unsigned, nothing to sign");
  await Promise.all(Array.from({ length: AUDIT_LIMITS.checkpointRecords }, (_, index) => rig.say(`${index}`)));
  assert.equal(checkpoints(), 2);
  await rig.say("z");
  await rig.audit.stop();
  assert.equal(checkpoints(), 3);
  await rig.start();
});

Deno.test("audit: long fields are cut and marked, a whole record fits its line", async () => {
  await using rig = await AuditRig.open();
  await rig.say("x".repeat(AUDIT_LIMITS.fieldChars));
  await rig.say("x".repeat(AUDIT_LIMITS.fieldChars + 1));
  const detail = Object.fromEntries(
    Array.from({ length: AUDIT_LIMITS.detailKeys + 1 }, (_, i) => [`k${i}`, "\u{1f50c}".repeat(400)]),
  );
  await rig.say("big", detail);
  const [, exact, over, big] = rig.lines().map((line) => JSON.parse(line));
  assert.equal(exact.target.length, AUDIT_LIMITS.fieldChars);
  assert.match(over.target, /\.\.\.\(\+1\)$/);
  assert.equal(big.cut, true);
  assert.equal(big.detail.cutKeys, 1);
  assert.ok(rig.lines().every((line) => new TextEncoder().encode(line).length <= AUDIT_LIMITS.lineBytes));
});

Deno.test("audit: a queue at its limit takes no more and says so", async () => {
  await using rig = await AuditRig.open();
  const event = { event: "control.command.ran", class: "access", who: "mia", outcome: "ok" } as const;
  const all = Array.from({ length: AUDIT_LIMITS.pendingRecords + 1 }, () => rig.audit.record(event));
  const results = await Promise.allSettled(all);
  const refused = results.filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 1);
  assert.equal((refused[0] as PromiseRejectedResult).reason.code, "AUDIT_OVERLOAD");
});

Deno.test("audit: a failed write is told to every caller, alarmed once, and over when the disk is back", async () => {
  const seen: string[] = [];
  const alarms = {
    raise: async ({ kind }: AlarmRaise) => void seen.push(`raise ${kind}`),
    clear: async (kind: string) => void seen.push(`clear ${kind}`),
  };
  await using rig = await AuditRig.open({ alarms: () => alarms });
  await rig.say("good");
  rig.time.advance(AUDIT_LIMITS.segmentMs); // the next record needs a new file
  Deno.renameSync(rig.dir, `${rig.dir}.away`);
  await assert.rejects(rig.say("lost"), { code: "AUDIT_WRITE_FAILED" });
  await assert.rejects(rig.say("lost too"), { code: "AUDIT_WRITE_FAILED" });
  Deno.renameSync(`${rig.dir}.away`, rig.dir);
  await rig.say("back");
  assert.deepEqual(seen, ["raise audit.write.failed", "clear audit.write.failed"]);
  assert.deepEqual(rig.lines().map((line) => JSON.parse(line).target).filter(Boolean), ["good", "back"]);
});
