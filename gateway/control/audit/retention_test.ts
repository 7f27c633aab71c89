import assert from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { AuditRig } from "../../../tests/support/audit_rig.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import { createVerifier } from "./signer.ts";
import { verifyChain } from "./verify.ts";
import { readSegmentLines } from "./verify_command.ts";

const DAY = 24 * 60 * 60 * 1000;

async function verify(rig: AuditRig) {
  return await verifyChain(readSegmentLines(rig.dir), await createVerifier(rig.audit.publicPem));
}

/** One segment per day, each with one record that is kept 90 days ("access") and one that is kept 30 ("operation"). */
async function fill(rig: AuditRig, days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    await rig.say(`access-${day}`);
    await rig.audit.record({
      event: "alarm.raised",
      class: "operation",
      who: "g",
      target: `operation-${day}`,
      outcome: "ok",
    });
    rig.time.advance(DAY);
  }
  await rig.audit.expire(); // the look that the hours passed began
}

const targets = (rig: AuditRig) => rig.lines().map((line) => JSON.parse(line).target).filter(Boolean);

Deno.test("audit retention: a class expires on its own day, the others stay and the chain verifies", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 3);
  rig.time.jump(29 * DAY); // the first segment ended 31 days ago, the second 30
  await rig.say("now");
  await rig.audit.expire();
  assert.deepEqual(targets(rig), ["access-0", "access-1", "operation-1", "access-2", "operation-2", "now"]);
  const report = await verify(rig);
  assert.deepEqual([report.faults, report.expired], [[], 1]);
});

Deno.test("audit retention: a second look at the same time changes nothing", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 2);
  rig.time.jump(40 * DAY);
  await rig.say("now");
  await rig.audit.expire();
  const lines = rig.lines();
  await rig.audit.expire();
  assert.deepEqual(rig.lines(), lines);
});

Deno.test("audit retention: the oldest segment goes when every class has expired, and its end stays signed", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 2);
  rig.time.jump(400 * DAY);
  await rig.say("now");
  await rig.audit.expire();
  assert.ok(!targets(rig).includes("access-0"));
  const report = await verify(rig);
  assert.deepEqual(report.faults, []);
  assert.ok(report.first > 1);
});

Deno.test("audit retention: one look expires a bounded number of segments, whatever the clock says", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 6);
  rig.time.jump(20 * 365 * DAY);
  await rig.say("now");
  const before = [...Deno.readDirSync(rig.dir)].length;
  await rig.audit.expire();
  assert.equal([...Deno.readDirSync(rig.dir)].length, before - AUDIT_LIMITS.expirySegments);
});

Deno.test("audit retention: a crash between the announcement and the rewriting leaves a chain that verifies", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 2);
  rig.time.jump(40 * DAY);
  await rig.say("now");
  await rig.audit.checkpoint();
  Deno.writeTextFileSync(`${rig.dir}/0000000000000001.jsonl.new`, "half"); // what a crash leaves behind
  await rig.audit.expire();
  await rig.store.commit([{ delete: ["audit", "expired"] }]); // as if the mark had not been stored
  await rig.audit.expire();
  assert.deepEqual((await verify(rig)).faults, []);
});

Deno.test("audit retention: looks come by themselves after an hour, not at once after a start", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 1);
  rig.time.advance(29 * DAY);
  await rig.say("next segment");
  await rig.audit.stop();
  rig.time.jump(31 * DAY);
  await rig.start();
  await rig.say("now");
  assert.ok(targets(rig).includes("operation-0"));
  rig.time.advance(AUDIT_LIMITS.expiryMs);
  await rig.audit.expire(); // a look of its own, after the one that the timer began
  assert.ok(!targets(rig).includes("operation-0"));
});

Deno.test("audit reader: reads on over segments, behind an expiry and up to what is stored", async () => {
  await using rig = await AuditRig.open();
  await fill(rig, 3);
  const reader = rig.audit.reader(0);
  const seen: number[] = [];
  await waitFor("the reader to reach the head", async () => {
    const lines = await reader.next(2);
    assert.ok(lines.length <= 2);
    seen.push(...lines.map(({ seq }) => seq));
    if (seen.length === 4) {
      rig.time.jump(40 * DAY);
      await rig.say("now");
      await rig.audit.expire(); // rewrites the file the reader stands in
    }
    return seen.at(-1) === rig.audit.head.seq;
  });
  // Lines that a checkpoint adds from now on are not the reader's fault.
  assert.deepEqual(seen, rig.lines().slice(0, seen.length).map((line) => JSON.parse(line).seq));
  await rig.say("later");
  assert.equal((await reader.next(10)).at(-1)!.seq, rig.audit.head.seq);
  assert.deepEqual(await reader.next(10), []);
});

Deno.test("audit reader: starts behind a given number and steps over damage", async () => {
  await using rig = await AuditRig.open();
  for (let i = 0; i < 5; i++) await rig.say(`t${i}`);
  const lines = rig.lines();
  lines[3] = "x".repeat(AUDIT_LIMITS.readBytes + 10);
  Deno.writeTextFileSync(rig.newest(), `${lines.join("\n")}\n`);
  await rig.audit.stop();
  await rig.start();
  const seen = await collect(rig, 2);
  assert.deepEqual(seen.slice(0, 3), [3, 5, 6]);
});

async function collect(rig: AuditRig, after: number): Promise<number[]> {
  const reader = rig.audit.reader(after);
  const seen: number[] = [];
  for (let lines = await reader.next(3); lines.length > 0; lines = await reader.next(3)) {
    seen.push(...lines.map(({ seq }) => seq));
  }
  return seen;
}
