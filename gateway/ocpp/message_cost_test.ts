import { deepStrictEqual as equal } from "node:assert/strict";
import type { CallVerdict } from "./effects.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { messageCost } from "./message_cost.ts";
import { Session } from "./session.ts";

const { plainBytes, messageOverheadBytes: overhead, numberTextBytes, floodBytes, floodBytesPerSecond } = OCPP_LIMITS;
const UTF8 = new TextEncoder();
/** A message with these texts as they stand, filled up to a length at which they count. */
const long = (texts: string) => UTF8.encode(`[${texts},"${" ".repeat(plainBytes)}"]`);
/** What a message costs beyond its bytes, in texts of digits. */
const texts = (bytes: Uint8Array) => (messageCost(bytes) - bytes.length - overhead) / numberTextBytes;

Deno.test("message cost: a message of ordinary length costs its bytes and what every message costs", () => {
  const plain = UTF8.encode('["1","22"]'.padEnd(plainBytes));
  equal([messageCost(plain), messageCost(new Uint8Array())], [plainBytes + overhead, overhead]);
  equal(texts(UTF8.encode('["1","22"]'.padEnd(plainBytes + 1))), 2);
});

Deno.test("message cost: texts of one to ten digits count, however they are written", () => {
  const counted: readonly (readonly [string, number])[] = [
    ['"1"', 1],
    ['"1234567890"', 1],
    ['"12345678901"', 0],
    ['""', 0],
    ['"1.5","-1","1a"," 1","1 "', 0],
    ['"1","2","3"', 3],
    ['{"1":"2"}', 2],
    ['"\\u0031234567"', 1],
    ['"\\u0031\\u0032"', 1],
    ['"\\n","123"', 1],
    ['"\\\\u0031"', 0],
    ['"\\\\"', 0],
  ];
  for (const [written, count] of counted) equal([written, texts(long(written))], [written, count]);
});

Deno.test("message cost: a message that ends in the middle of a text is read to its end and no further", () => {
  const filled = " ".repeat(plainBytes + 1);
  for (const end of ['"', '"1', '"12', '"\\', '"\\u', '"\\u00']) {
    equal([end, texts(UTF8.encode(filled + end))], [end, 0]);
  }
  const inside = UTF8.encode(`${filled}"12"`).subarray(0, filled.length + 3);
  equal(texts(inside), 0, "what lies behind it in memory belongs to others");
});

const PASSED: CallVerdict = { pass: true, rule: "ocpp.forward" };
const session = () =>
  new Session({
    version: "ocpp2.1",
    judge: { call: () => PASSED, result: () => undefined },
    malformedCode: () => undefined,
    callTimeoutMs: 30_000,
  }, 0);

/** An OCPP 2.1 SEND, which nobody answers, that costs exactly so much. */
function costing(cost: number): string {
  const head = '[6,"a","A",{"b":"', tail = '"}]';
  return head + "c".repeat(cost - overhead - head.length - tail.length) + tail;
}

for (const side of ["station", "csms"] as const) {
  Deno.test(`message cost: what the ${side} sends up to the limit passes; one byte more closes the connection unread`, () => {
    const talk = session();
    const say = (text: string, now: number) =>
      talk.receive(side, UTF8.encode(text), text, now).map((effect) => effect.do === "note" ? effect.rule : effect.do);
    const part = 262_144, whole = floodBytes / part;
    for (let n = 0; n < whole; n++) equal([n, say(costing(part), 0)], [n, ["call", "send"]]);
    equal(say("[", 0), ["ocpp.rate", "close"], "what cannot be read either is not even tried");
    const later = part / floodBytesPerSecond * 1_000;
    equal(say(costing(part + 1), later), ["ocpp.rate", "close"]);
    equal(say(costing(part), later), ["call", "send"], "a quarter of a second later there is room for as much");
  });
}
