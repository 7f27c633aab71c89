import assert from "node:assert/strict";
import { DeliveryRig } from "../../../tests/support/delivery_rig.ts";
import { FakeSiem } from "../../../tests/support/fake_siem.ts";
import { FakeWebhook } from "../../../tests/support/fake_webhook.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { createVerifier } from "../audit/signer.ts";
import { readSinkCopy } from "../audit/sink_copy.ts";
import { verifyChain } from "../audit/verify.ts";
import { readSegmentLines } from "../audit/verify_command.ts";
import { DELIVERY_LIMITS } from "./limits.ts";

const withSiem = (siem: FakeSiem) =>
  DeliveryRig.open({ audit: { syslog: [{ id: "siem", tls: `localhost:${siem.port}`, caFile: "ca" }] } }, {
    ca: siem.ca.pem,
  });

const withHook = (hook: FakeWebhook) =>
  DeliveryRig.open({ notify: [{ id: "ops", webhook: hook.url, caFile: "ca" }] }, { ca: hook.ca.pem });

/** Lets time pass until `condition` holds: retries are timers of control. */
async function passUntil(rig: DeliveryRig, what: string, condition: () => boolean): Promise<void> {
  await waitFor(what, () => {
    if (!condition()) rig.time.advance(10_000);
    return condition();
  });
}

Deno.test("audit sink: every line arrives in order, and the copy verifies against the chain", async () => {
  await using siem = await new FakeSiem().up();
  await using rig = await withSiem(siem);
  for (let i = 0; i < 250; i++) void rig.audit.say(`t${i}`);
  await rig.audit.say("last");
  await rig.audit.audit.checkpoint();
  const head = rig.audit.audit.head.seq;
  await waitFor("the head", () => siem.sequences().at(-1) === head);
  assert.deepEqual(siem.sequences(), Array.from({ length: head }, (_, index) => index + 1));
  const verifier = await createVerifier(rig.audit.audit.publicPem);
  const report = await verifyChain(readSegmentLines(rig.audit.dir), verifier, readSinkCopy(siem.messages));
  assert.equal(report.ok, true);
  assert.equal(report.sink!.lines, head);
});

Deno.test("audit sink: records wait while the receiver is down and come in order when it is back", async () => {
  await using siem = await new FakeSiem().up();
  await using rig = await withSiem(siem);
  await rig.audit.say("before");
  await waitFor("the first", () => siem.sequences().at(-1) === 2);
  await siem.down();
  for (let i = 0; i < 300; i++) await rig.audit.say(`while away ${i}`);
  await siem.up();
  const head = () => rig.audit.audit.head.seq;
  await passUntil(rig, "the head", () => siem.sequences().at(-1) === head());
  const distinct = siem.sequences().filter((seq, index, all) => all.indexOf(seq) === index);
  assert.deepEqual(distinct, Array.from({ length: head() }, (_, index) => index + 1), "none lost, none out of order");
});

Deno.test("audit sink: one that is away for long is an alarm and a degraded health, until it is back", async () => {
  await using siem = await new FakeSiem().up();
  await using rig = await withSiem(siem);
  await siem.down();
  await rig.audit.say("waits");
  await passUntil(rig, "the alarm", () => rig.alarms.list().some(({ kind }) => kind === "audit.sink.away"));
  assert.ok(rig.time.monotonic() >= DELIVERY_LIMITS.sinkAwayMs);
  assert.match(rig.delivery.health!().why!, /^siem: /);
  await siem.up();
  await passUntil(rig, "the end of the alarm", () => rig.alarms.list().length === 0);
  assert.equal(rig.delivery.health!().state, "ok");
});

Deno.test("audit sink: the alarm of a receiver that a reload takes out ends, that of one still named stands", async () => {
  await using siem = await new FakeSiem().up();
  await using rig = await withSiem(siem);
  for (const target of ["first", "second"]) {
    const seq = await rig.audit.say(target);
    await waitFor("the record", () => siem.sequences().at(-1) === seq);
  }
  rig.isCourierDown = true;
  const raise = (kind: string, subject: string) => rig.alarms.raise({ kind, subject });
  await raise("audit.sink.away", "siem");
  await raise("audit.sink.away", "gone");
  await raise("notify.target.away", "siem");
  await raise("telemetry.push.failed", "otlp");
  await raise("worker.restarting", "gone");
  await rig.restart();
  const left = rig.alarms.list().map(({ kind, subject }) => `${kind} ${subject}`);
  assert.deepEqual(left.toSorted(), ["audit.sink.away siem", "worker.restarting gone"]);
});

Deno.test("audit sink: a receiver with the wrong certificate gets nothing", async () => {
  await using siem = await new FakeSiem({ names: ["other.example"] }).up();
  await using rig = await withSiem(siem);
  await rig.audit.say("secret");
  await passUntil(rig, "the alarm", () => rig.alarms.list().some(({ kind }) => kind === "audit.sink.away"));
  assert.deepEqual(siem.messages, []);
});

Deno.test("audit sink: a courier that was down is used at once when it joins", async () => {
  await using siem = await new FakeSiem().up();
  await using rig = await withSiem(siem);
  await waitFor("the start", () => siem.messages.length === 0);
  rig.isCourierDown = true;
  await rig.audit.say("waits");
  await waitFor("the failure", () => rig.delivery.health!().state === "degraded");
  rig.isCourierDown = false;
  await rig.delivery.workerJoined!("courier");
  await waitFor("the record", () => siem.sequences().at(-1) === 2);
});

Deno.test("audit sink: after a restart the last records come again, none is left out", async () => {
  await using siem = await new FakeSiem().up();
  await using rig = await withSiem(siem);
  for (let i = 0; i < 150; i++) await rig.audit.say(`t${i}`);
  await waitFor("all", () => siem.sequences().at(-1) === 151);
  const before = siem.messages.length;
  await rig.restart();
  await rig.audit.say("after");
  await waitFor("the new record", () => siem.sequences().at(-1) === 152);
  const again = siem.sequences().slice(before);
  assert.deepEqual(again, Array.from({ length: DELIVERY_LIMITS.syslogRewind + 1 }, (_, index) => index + 52));
});

Deno.test("notify: an alarm reaches the webhook with meaning and action, and its end does", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await withHook(hook);
  await rig.alarms.raise({ kind: "worker.restarting", subject: "ocpp-0", detail: "threw" });
  await waitFor("the notice", () => hook.posts.length === 1);
  await rig.alarms.clear("worker.restarting", "ocpp-0");
  await waitFor("the end", () => hook.posts.length === 2);
  const [raised, cleared] = hook.posts.map(({ body }) => JSON.parse(body));
  assert.deepEqual([raised.notice, raised.severity, raised.detail], ["raised", "warning", "threw"]);
  assert.ok(raised.meaning && raised.action && raised.id !== cleared.id);
  assert.deepEqual([cleared.notice, cleared.state], ["cleared", "cleared"]);
});

Deno.test("notify: a notice waits for a receiver that refuses, and is given up after the limit without holding up others", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await withHook(hook);
  hook.status = 400;
  await rig.alarms.raise({ kind: "worker.restarting", subject: "a" });
  await passUntil(rig, "the end of patience", () => hook.posts.length >= DELIVERY_LIMITS.outboxRefusals);
  hook.status = 200;
  await rig.alarms.raise({ kind: "worker.restarting", subject: "b" });
  await passUntil(rig, "the other notice", () => hook.posts.some(({ body }) => JSON.parse(body).subject === "b"));
  assert.equal(rig.audit.events("notify.notice.abandoned").length, 1);
  assert.equal(
    hook.posts.filter(({ body }) => JSON.parse(body).subject === "a").length,
    DELIVERY_LIMITS.outboxRefusals,
  );
});

Deno.test("notify: more notices than the limit push out the oldest, which is audited", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await withHook(hook);
  rig.isCourierDown = true;
  const { outbox } = rig.alarms;
  const add = (count: number) =>
    rig.audit.store.commit(
      Array.from(
        { length: count },
        () => outbox.add(outbox.newId(), "ops", { kind: "webhook", sink: "ops", body: "{}" }),
      ),
    );
  await add(DELIVERY_LIMITS.outboxEntries);
  await rig.delivery.workerJoined!("courier");
  await waitFor("a try", () => rig.delivery.health!().state === "degraded");
  assert.equal(rig.audit.events("notify.notice.abandoned").length, 0);
  await add(1);
  await rig.delivery.workerJoined!("courier");
  await waitFor("the audit", () => rig.audit.events("notify.notice.abandoned").length === 1);
  // The record is written before the notice is taken out.
  await waitFor("the limit", async () => (await outbox.oldest("ops", 2_000)).length === DELIVERY_LIMITS.outboxEntries);
});

Deno.test("notify: a notice older than the limit is given up and audited", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await withHook(hook);
  rig.isCourierDown = true;
  await rig.alarms.raise({ kind: "worker.restarting", subject: "a" });
  await waitFor("a try", () => rig.delivery.health!().state === "degraded");
  rig.time.jump(DELIVERY_LIMITS.outboxAgeMs + 1);
  await rig.delivery.workerJoined!("courier");
  await waitFor("the audit", () => rig.audit.events("notify.notice.abandoned").length === 1);
  assert.equal(hook.posts.length, 0);
});

Deno.test("alarms test: reports every receiver, and fails when one does", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await DeliveryRig.open({
    notify: [{ id: "ops", webhook: hook.url, caFile: "ca" }, {
      id: "night",
      webhook: "https://127.0.0.1:1/",
      caFile: "ca",
    }],
  }, { ca: hook.ca.pem });
  const result = await rig.commands.commands!["alarms test"]!({}, "mia");
  assert.equal(result.ok, false);
  assert.match(result.text, /^ok {5}webhook ops\nFAILED webhook night: Cannot connect to 127\.0\.0\.1:1/);
  assert.equal(JSON.parse(hook.posts[0]!.body).notice, "test");
  assert.equal(rig.audit.events("notify.test.sent")[0]!.detail.failed, 1);
});

Deno.test("alarms list and ack: show what stands, who has it in hand and what to do", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await withHook(hook);
  const run = (name: string, args = {}) => rig.commands.commands![name]!(args, "mia");
  assert.equal((await run("alarms list")).text, "No alarms");
  await rig.commands.handlersFor!("ocpp-0")["alarm.raise"]!({ kind: "worker.restarting", subject: "ocpp-0" });
  await run("alarms ack", { kind: "worker.restarting", subject: "ocpp-0" });
  assert.match((await run("alarms list")).text, /^WARNING worker\.restarting ocpp-0 \(active, in hand of mia\)/);
  await rig.commands.handlersFor!("ocpp-0")["alarm.clear"]!({ kind: "worker.restarting", subject: "ocpp-0" });
  assert.equal((await run("alarms list")).text, "No alarms");
  assert.match((await run("alarms list", { all: true })).text, /\(cleared/);
  await assert.rejects(run("alarms ack", { kind: "x" }), { code: "CLI_USAGE" });
});

Deno.test("telemetry: metrics of control are pushed by OTLP and served as text", async () => {
  await using hook = await FakeWebhook.up();
  await using rig = await DeliveryRig.open({
    telemetry: { otlp: { url: hook.url.replace("/hook?x=1", "/v1/metrics"), caFile: "ca", intervalSeconds: 10 } },
  }, { ca: hook.ca.pem });
  rig.metrics.count("bulkhead_alarms_raised_total", { kind: "x" }, 3);
  rig.time.advance(10_000);
  await waitFor("the push", () => hook.posts.length === 1);
  const { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] } = JSON.parse(hook.posts[0]!.body);
  const counter = metrics.find(({ name }: { name: string }) => name === "bulkhead_alarms_raised_total");
  assert.equal(counter.sum.dataPoints[0].asDouble, 3);
  const { text } = await rig.delivery.handlers!["metrics.text"]!({});
  assert.match(text, /^bulkhead_alarms_raised_total\{kind="x"\} 3$/m);
});
