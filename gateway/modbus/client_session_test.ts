import { deepEqual, equal } from "node:assert/strict";
import { type ClientEffect, ClientSession } from "./client_session.ts";
import { encodeMbap, MbapDecoder } from "./codec_mbap.ts";
import { MODBUS_LIMITS } from "./limits.ts";

const READ = Uint8Array.of(3, 0, 0, 0, 1);
const frame = (transaction: number, pdu = READ, unit = 11) => encodeMbap({ transaction, unit, pdu });

function session(idleMs = 60_000) {
  let next = 0;
  return new ClientSession({ idleMs, nextSequence: () => ++next }, 0);
}

/** Effects in words. */
const words = (effects: readonly ClientEffect[]) =>
  effects.map((effect) => {
    if (effect.do === "ask") return `ask ${effect.sequence} of ${effect.unit}`;
    if (effect.do === "close") return effect.rule;
    const [{ transaction, unit, pdu }] = new MbapDecoder().push(effect.bytes) as [
      { transaction: number; unit: number; pdu: Uint8Array },
    ];
    return `send ${transaction} of ${unit}: ${pdu.join(" ")}`;
  });

Deno.test("modbus client: each request is answered with the client's own transaction id, in any order, once", () => {
  const client = session();
  deepEqual(words(client.receive(new Uint8Array([...frame(700), ...frame(700), ...frame(9, READ, 12)]), 0)), [
    "ask 1 of 11",
    "ask 2 of 11",
    "ask 3 of 12",
  ]);
  deepEqual(words(client.answer(3, Uint8Array.of(3, 2, 0, 7))), ["send 9 of 12: 3 2 0 7"]);
  deepEqual(words(client.answer(1, Uint8Array.of(0x83, 2))), ["send 700 of 11: 131 2"]);
  deepEqual(client.answer(1, READ), [], "a second answer is nobody's");
  deepEqual(client.answer(99, READ), []);
  deepEqual(client.pending, [2]);
});

Deno.test("modbus client: frames come however TCP cuts them", () => {
  const client = session(), bytes = frame(5);
  for (const byte of bytes.subarray(0, -1)) deepEqual(client.receive(Uint8Array.of(byte), 0), []);
  deepEqual(words(client.receive(bytes.subarray(-1), 0)), ["ask 1 of 11"]);
});

Deno.test("modbus client: bytes that are no frames end it", () => {
  for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01"]) {
    deepEqual(words(session().receive(new TextEncoder().encode(bytes), 0)), ["modbus.frame.malformed"]);
  }
});

Deno.test("modbus client: as many requests as allowed wait, one more is busy and costs the others nothing", () => {
  const client = session();
  for (let i = 0; i < MODBUS_LIMITS.pendingPerConnection; i++) equal(client.receive(frame(i), 0)[0]!.do, "ask");
  deepEqual(words(client.receive(frame(1_000), 0)), ["send 1000 of 11: 131 6"]);
  equal(client.pending.length, MODBUS_LIMITS.pendingPerConnection);
  client.answer(1, READ);
  equal(client.receive(frame(1_001), 0)[0]!.do, "ask");
});

Deno.test("modbus client: a broadcast is answered by nobody", () => {
  const client = session();
  client.receive(frame(1, READ, 0), 0);
  deepEqual(client.answer(1, new Uint8Array(0)), []);
  deepEqual(client.pending, []);
});

Deno.test("modbus client: what nobody will answer is 0A", () => {
  const client = session();
  client.receive(frame(7), 0);
  deepEqual(words(client.fail(1)), ["send 7 of 11: 131 10"]);
  deepEqual(client.fail(1), []);
});

Deno.test("modbus client: who stops within a frame is closed, as late as allowed", () => {
  const client = session();
  client.receive(frame(1).subarray(0, 3), 100);
  client.receive(frame(1).subarray(3, 4), 5_000);
  deepEqual(client.tick(100 + MODBUS_LIMITS.frameMs - 1), []);
  deepEqual(words(client.tick(100 + MODBUS_LIMITS.frameMs)), ["modbus.frame.slow"]);
});

Deno.test("modbus client: who asks nothing for long is closed, who waits for an answer is not", () => {
  const client = session(10_000);
  client.receive(frame(1), 0);
  deepEqual(client.tick(60_000), []);
  client.answer(1, READ);
  deepEqual(words(client.tick(60_000)), ["modbus.client.idle"]);
  const other = session(10_000);
  deepEqual(other.tick(9_999), []);
  deepEqual(words(other.tick(10_000)), ["modbus.client.idle"]);
});
