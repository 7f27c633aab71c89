import assert from "node:assert/strict";
import type { ModbusRequest } from "./codec.ts";
import { encodeRequest } from "./codec_request.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { type LineEffect, type LineJob, type LineOptions, LineSession } from "./session.ts";
import { seeded } from "../../tests/support/mutate.ts";

const READ: ModbusRequest = { function: 3, address: 0, quantity: 1 };
const WRITE: ModbusRequest = { function: 6, address: 1000, value: 16 };
const ANSWER = Uint8Array.of(3, 2, 0, 7);

const TCP: LineOptions = {
  kind: "tcp",
  responseTimeoutMs: 500,
  retries: 1,
  requestDelayMs: 0,
  silenceMs: 0,
  broadcastDelayMs: 100,
  listenMs: 0,
  connectDelayMs: 0,
  idleMs: 0,
  ttlMs: 0,
  lineMs: () => 0,
};
const SERIAL: LineOptions = { ...TCP, kind: "serial", silenceMs: 4, listenMs: 3_000, lineMs: (bytes) => bytes };

function job(options: Partial<LineJob> = {}): LineJob {
  const request = options.request ?? READ;
  return {
    client: "ems",
    serviceClass: "read",
    cost: 1,
    deadline: 10_000,
    device: 1,
    request,
    pdu: encodeRequest(request),
    mayRetry: request.function === 3,
    ...options,
  };
}

/** What an effect says, in one word or two. */
const words = (effects: readonly LineEffect[]) =>
  effects.map((effect) => {
    if (effect.do === "note") return effect.kind;
    if (effect.do === "answer") return effect.pdu ? `answer ${[...effect.pdu.subarray(0, 2)].join(" ")}` : "no answer";
    return effect.do === "transmit" ? `transmit ${effect.device}` : effect.do;
  });

const transactionOf = (effects: readonly LineEffect[]) =>
  effects.flatMap((effect) => effect.do === "transmit" ? [effect.transaction] : [])[0]!;

/** A TCP line that is open, with its first request on the way. */
function asked(options: Partial<LineOptions> = {}, first: Partial<LineJob> = {}) {
  const line = new LineSession({ ...TCP, ...options });
  assert.deepEqual(words(line.submit(job(first), 0)), ["open"]);
  const effects = line.opened(0);
  return { line, transaction: transactionOf(effects), effects };
}

Deno.test("modbus line: opens with the first request, asks, and hands the device's bytes on", () => {
  const { line, transaction, effects } = asked();
  assert.deepEqual(words(effects), ["transmit 1"]);
  const [answer] = line.received({ transaction, device: 1, pdu: ANSWER }, 20);
  assert.ok(answer?.do === "answer" && answer.pdu === ANSWER);
  assert.deepEqual(line.load, { state: "resting", queued: 0 });
});

Deno.test("modbus line: an exception of the device is handed on with its number", () => {
  const { line, transaction } = asked();
  assert.deepEqual(words(line.received({ transaction, device: 1, pdu: Uint8Array.of(0x83, 2) }, 5)), ["answer 131 2"]);
});

Deno.test("modbus line: one request at a time, the next one as soon as the first is answered", () => {
  const { line, transaction } = asked();
  assert.deepEqual(words(line.submit(job({ device: 2 }), 1)), []);
  const effects = line.received({ transaction, device: 1, pdu: ANSWER }, 20);
  assert.deepEqual(words(effects), ["answer 3 2", "transmit 2"]);
});

Deno.test("modbus line: a device that does not answer is 0B, a read is asked again first, a write never", () => {
  const { line } = asked();
  assert.deepEqual(words(line.tick(499)), []);
  assert.deepEqual(words(line.tick(500)), ["timeout", "retry", "transmit 1"]);
  assert.deepEqual(words(line.tick(1_000)), ["timeout", "answer 131 11"]);
  const write = asked({ retries: 3 }, { request: WRITE, serviceClass: "write" });
  assert.deepEqual(words(write.line.tick(500)), ["timeout", "answer 134 11"]);
});

Deno.test("modbus line: at most so many retries, and none that could not be answered in time", () => {
  const many = asked({ retries: 100 });
  let sent = 1;
  for (let now = 500; now <= 6_000; now += 500) {
    sent += words(many.line.tick(now)).filter((word) => word === "transmit 1").length;
  }
  assert.equal(sent, 1 + MODBUS_LIMITS.readRetries);
  const late = asked({}, { deadline: 900 });
  assert.deepEqual(words(late.line.tick(500)), ["timeout", "answer 131 11"]);
});

Deno.test("modbus line: the client's deadline ends the wait before the device's time", () => {
  const { line } = asked({}, { deadline: 200 });
  assert.equal(line.dueAt, 200);
  assert.deepEqual(words(line.tick(200)), ["timeout", "answer 131 11"]);
});

Deno.test("modbus line: a late answer never belongs to the next request, although it looks like it", () => {
  const { line, transaction } = asked({ retries: 0 });
  line.submit(job(), 1);
  const next = transactionOf(line.tick(500));
  assert.notEqual(next, transaction);
  assert.deepEqual(words(line.received({ transaction, device: 1, pdu: ANSWER }, 510)), ["late-answer"]);
  assert.deepEqual(words(line.received({ transaction: next, device: 1, pdu: ANSWER }, 520)), ["answer 3 2"]);
});

Deno.test("modbus line: a connection that stays out of step is opened anew", () => {
  const { line, transaction } = asked();
  line.submit(job({ device: 2 }), 1);
  for (let stray = 1; stray < MODBUS_LIMITS.strayAnswers; stray++) {
    assert.deepEqual(words(line.received({ transaction: transaction + 7, device: 1, pdu: ANSWER }, 2)), [
      "late-answer",
    ]);
  }
  const effects = words(line.received({ transaction: transaction + 7, device: 1, pdu: ANSWER }, 2));
  assert.deepEqual(effects, ["late-answer", "close", "answer 131 11", "open"]);
  assert.deepEqual(words(line.opened(3)), ["transmit 2"]);
});

Deno.test("modbus line: what does not fit the request is not handed on, the right answer still is", () => {
  const { line, transaction } = asked();
  const wrong = Uint8Array.of(3, 4, 0, 7, 0, 8);
  assert.deepEqual(words(line.received({ transaction, device: 1, pdu: wrong }, 5)), ["invalid-answer"]);
  assert.deepEqual(words(line.received({ transaction, device: 1, pdu: ANSWER }, 6)), ["answer 3 2"]);
});

Deno.test("modbus line: a line that is lost tells everyone 0A and opens again with the next request", () => {
  const { line } = asked();
  line.submit(job({ device: 2 }), 1);
  assert.deepEqual(words(line.lost()), ["answer 131 10", "answer 131 10"]);
  assert.deepEqual(words(line.submit(job(), 2)), ["open"]);
  assert.deepEqual(words(line.lost()), ["answer 131 10"]);
});

Deno.test("modbus line: a device that closes a rested connection costs a read nothing, and a write is not sent twice", () => {
  const { line } = asked();
  line.submit(job({ device: 2 }), 1);
  assert.deepEqual(words(line.dropped(2)), ["dropped", "retry", "open"]);
  assert.deepEqual(words(line.opened(3)), ["transmit 2"]);
  const write = asked({}, { request: WRITE, serviceClass: "write" });
  assert.deepEqual(words(write.line.dropped(2)), ["dropped", "answer 134 11"]);
  assert.equal(write.line.load.state, "closed");
});

Deno.test("modbus line: a device that closes again and again is 0B after the last retry", () => {
  const { line } = asked();
  assert.deepEqual(words(line.dropped(2)), ["dropped", "retry", "open"]);
  assert.deepEqual(words(line.opened(3)), ["transmit 1"]);
  assert.deepEqual(words(line.dropped(4)), ["dropped", "answer 131 11"]);
  assert.deepEqual(words(line.submit(job(), 5)), ["open"]);
  assert.deepEqual(words(line.dropped(6)), ["answer 131 10"]);
});

Deno.test("modbus line: a line can be opened before anybody asks", () => {
  const line = new LineSession(SERIAL);
  assert.deepEqual(words(line.connect()), ["open"]);
  assert.deepEqual(words(line.connect()), []);
  assert.deepEqual(words(line.opened(0)), []);
  assert.deepEqual(words(line.dropped(1)), []);
  assert.equal(line.load.state, "closed");
});

Deno.test("modbus line: too many waiting requests of a client are 06, the others' still wait", () => {
  const { line } = asked();
  for (let i = 0; i < MODBUS_LIMITS.queuedPerClient; i++) assert.deepEqual(words(line.submit(job(), 1)), []);
  assert.deepEqual(words(line.submit(job(), 1)), ["busy", "answer 131 6"]);
  assert.deepEqual(words(line.submit(job({ client: "scada" }), 1)), []);
});

Deno.test("modbus line: a request whose turn does not come in time is 0B", () => {
  const { line } = asked({ responseTimeoutMs: 5_000 });
  line.submit(job({ deadline: 300 }), 1);
  assert.deepEqual(words(line.tick(299)), []);
  assert.deepEqual(words(line.tick(300)), ["expired", "answer 131 11"]);
});

Deno.test("modbus line: requests of a client that is gone are not sent any more", () => {
  const { line, transaction } = asked();
  line.submit(job({ client: "scada" }), 1);
  line.withdraw(({ client }) => client === "scada");
  line.received({ transaction, device: 1, pdu: ANSWER }, 5);
  assert.deepEqual(words(line.tick(6)), []);
});

Deno.test("modbus line: delays of the device are kept: after opening, and between requests", () => {
  const line = new LineSession({ ...TCP, connectDelayMs: 100, requestDelayMs: 50 });
  line.submit(job(), 0);
  line.submit(job({ device: 2 }), 0);
  assert.deepEqual(words(line.opened(10)), []);
  assert.equal(line.dueAt, 110);
  const transaction = transactionOf(line.tick(110));
  line.received({ transaction, device: 1, pdu: ANSWER }, 120);
  assert.deepEqual(words(line.tick(169)), []);
  assert.deepEqual(words(line.tick(170)), ["transmit 2"]);
});

Deno.test("modbus line: a connection is closed when it rests too long or is too old, never with a request on the way", () => {
  const resting = asked({ idleMs: 1_000 });
  resting.line.received({ transaction: resting.transaction, device: 1, pdu: ANSWER }, 5);
  assert.deepEqual(words(resting.line.tick(6)), []);
  assert.deepEqual(words(resting.line.tick(1_006)), ["close"]);
  const old = asked({ ttlMs: 100, responseTimeoutMs: 400 });
  assert.deepEqual(words(old.line.tick(200)), []);
  old.line.received({ transaction: old.transaction, device: 1, pdu: ANSWER }, 210);
  assert.deepEqual(words(old.line.tick(210)), ["close"]);
  assert.deepEqual(words(old.line.submit(job(), 220)), ["open"]);
});

Deno.test("modbus serial line: listens first, and sends after the line was quiet", () => {
  const line = new LineSession(SERIAL);
  line.submit(job(), 0);
  assert.deepEqual(words(line.opened(0)), []);
  assert.deepEqual(words(line.tick(2_999)), []);
  assert.deepEqual(words(line.tick(3_000)), ["transmit 1"]);
});

Deno.test("modbus serial line: with another client nothing is sent, requests are 0A until it is silent", () => {
  const line = new LineSession(SERIAL);
  line.submit(job(), 0);
  line.opened(0);
  const foreign = { device: 9, pdu: encodeRequest(READ) };
  assert.deepEqual(words(line.received(foreign, 1_000)), ["foreign-client", "answer 131 10"]);
  assert.deepEqual(words(line.submit(job(), 1_500)), ["answer 131 10"]);
  line.received(foreign, 3_900);
  assert.deepEqual(words(line.tick(6_899)), []);
  assert.deepEqual(words(line.tick(6_900)), ["foreign-client-gone"]);
  assert.deepEqual(words(line.submit(job(), 6_901)), ["transmit 1"]);
});

Deno.test("modbus serial line: a client of another speed is noise, and a client all the same; one crackle is none", () => {
  const line = new LineSession(SERIAL);
  line.opened(0);
  for (let noise = 1; noise < MODBUS_LIMITS.foreignFrames; noise++) {
    assert.deepEqual(words(line.noise(3, noise)), ["noise"]);
  }
  assert.deepEqual(words(line.submit(job(), 10)), []);
  assert.deepEqual(words(line.noise(3, 20)), ["noise", "foreign-client", "answer 131 10"]);
  assert.deepEqual(words(line.noise(3, 2_000)), ["noise"]);
  assert.deepEqual(words(line.tick(4_999)), []);
  assert.deepEqual(words(line.tick(5_000)), ["foreign-client-gone"]);
});

Deno.test("modbus serial line: a client that comes later is found after a few of its frames", () => {
  const line = new LineSession({ ...SERIAL, listenMs: 100 });
  line.opened(0);
  line.tick(100);
  const foreign = { device: 9, pdu: encodeRequest(READ) };
  for (let frame = 1; frame < MODBUS_LIMITS.foreignFrames; frame++) {
    assert.deepEqual(words(line.received(foreign, 100 + frame)), ["foreign-frame"]);
  }
  assert.deepEqual(words(line.received(foreign, 110)), ["foreign-client"]);
});

/** A serial line that listened already, with its first request on the way since 0. */
function askedSerial(first: Partial<LineJob> = {}, options: Partial<LineOptions> = {}) {
  const line = new LineSession({ ...SERIAL, listenMs: 0, ...options });
  line.submit(job(first), 0);
  return { line, effects: line.opened(0) };
}

Deno.test("modbus serial line: 3.5 characters of silence lie between an answer and the next request", () => {
  const { line } = askedSerial();
  line.submit(job({ device: 2 }), 1);
  line.received({ device: 1, pdu: ANSWER }, 40);
  assert.deepEqual(words(line.tick(43)), []);
  assert.deepEqual(words(line.tick(44)), ["transmit 2"]);
});

Deno.test("modbus serial line: after a time-out it is quiet for one answer's time, and a late answer is nobody's", () => {
  const { line } = askedSerial({ mayRetry: false });
  line.submit(job({ device: 2 }), 1);
  const dueAt = 8 + 500; // eight bytes on the line, then the device's time
  assert.equal(line.dueAt, dueAt);
  assert.deepEqual(words(line.tick(dueAt)), ["timeout", "answer 131 11"]);
  assert.deepEqual(words(line.received({ device: 1, pdu: ANSWER }, dueAt + 20)), ["late-answer"]);
  assert.deepEqual(words(line.tick(dueAt + 499)), []);
  assert.deepEqual(words(line.tick(dueAt + 500)), ["transmit 2"]);
});

Deno.test("modbus serial line: an answer of another device, or with another function code, is waited past", () => {
  const { line } = askedSerial();
  assert.deepEqual(words(line.received({ device: 2, pdu: ANSWER }, 20)), ["late-answer"]);
  assert.deepEqual(words(line.received({ device: 1, pdu: Uint8Array.of(4, 2, 0, 7) }, 30)), ["invalid-answer"]);
  assert.deepEqual(words(line.noise(3, 35)), ["noise"]);
  assert.deepEqual(words(line.received({ device: 1, pdu: ANSWER }, 40)), ["answer 3 2"]);
});

Deno.test("modbus serial line: what comes before the request is over is no answer to it, although it looks like one", () => {
  const { line } = askedSerial();
  assert.deepEqual(words(line.received({ device: 1, pdu: ANSWER }, 7)), ["early-answer"]);
  assert.deepEqual(words(line.received({ device: 1, pdu: ANSWER }, 8)), ["answer 3 2"]);
});

Deno.test("modbus serial line: a port that keeps no speed may answer at once, and what does not fit is still no answer", () => {
  const { line } = askedSerial({}, { ignoresSpeed: true });
  assert.deepEqual(words(line.received({ device: 1, pdu: Uint8Array.of(4, 2, 0, 7) }, 0)), ["invalid-answer"]);
  assert.deepEqual(words(line.received({ device: 2, pdu: ANSWER }, 0)), ["late-answer"]);
  assert.deepEqual(words(line.received({ device: 1, pdu: ANSWER }, 0)), ["answer 3 2"]);
});

Deno.test("modbus serial line: a broadcast is answered by nobody and keeps the line for its turnaround delay", () => {
  const { line, effects } = askedSerial({ device: 0, request: WRITE });
  assert.deepEqual(words(effects), ["transmit 0", "no answer"]);
  line.submit(job({ device: 2 }), 1);
  assert.deepEqual(words(line.tick(107)), []);
  assert.deepEqual(words(line.tick(108)), ["transmit 2"]);
});

Deno.test("modbus line: a drain tells everyone and closes", () => {
  const { line } = asked();
  line.submit(job(), 1);
  assert.deepEqual(words(line.drain()), ["answer 131 10", "answer 131 10", "close"]);
  assert.deepEqual(words(new LineSession(TCP).drain()), []);
});

for (const options of [TCP, { ...SERIAL, listenMs: 20, responseTimeoutMs: 50 }]) {
  Deno.test(`modbus line: whatever the device does, each request is answered once and in time (${options.kind}, seeded)`, () => {
    const random = seeded(4), line = new LineSession(options);
    const open = new Map<number, number>();
    let sent: { transaction: number; device: number } | undefined, nextJob = 0, lateBy = 0;
    const perform = (effects: readonly LineEffect[], now: number) => {
      for (const effect of effects) {
        if (effect.do === "open") perform(line.opened(now), now);
        if (effect.do === "transmit") sent = effect;
        if (effect.do !== "answer") continue;
        const name = effect.job.cost;
        const deadline = open.get(name);
        assert.ok(deadline !== undefined, `job ${name} was answered twice`);
        lateBy = Math.max(lateBy, now - deadline);
        open.delete(name);
      }
    };
    for (let now = 0; now < 60_000; now += 10) {
      if (random(3) === 0) {
        const deadline = now + 100 + random(2_000), request = random(4) === 0 ? WRITE : READ;
        open.set(++nextJob, deadline);
        const client = `c${random(4)}`, device = 1 + random(3);
        perform(line.submit(job({ cost: nextJob, deadline, client, device, request }), now), now);
      }
      const luck = random(12);
      if (sent && luck < 5) {
        const pdu = luck === 4 ? Uint8Array.of(0x83, 2) : luck === 3 ? Uint8Array.of(9, 9, 9) : ANSWER;
        const transaction = luck === 2 ? sent.transaction + 1 : sent.transaction;
        const device = luck === 1 ? sent.device + 1 : sent.device;
        perform(line.received(options.kind === "tcp" ? { transaction, device, pdu } : { device, pdu }, now), now);
      }
      if (luck === 11 && random(40) === 0) perform(random(2) === 0 ? line.lost() : line.dropped(now), now);
      perform(line.tick(now), now);
    }
    perform(line.drain(), 60_000);
    assert.equal(open.size, 0);
    assert.ok(nextJob > 1_000 && lateBy <= 10, `${nextJob} jobs, the latest ${lateBy} ms after its deadline`);
  });
}
