import { deepEqual, equal, match } from "node:assert/strict";
import type { Binding, Pdu } from "./codec.ts";
import type { SnmpValue } from "./codec_ber.ts";
import { SWITCH_LIMITS } from "./limits.ts";
import { type Effect, type Exchange, type Opened, SwitchReading } from "./session.ts";
import { ProtocolError } from "../core/errors.ts";

const TABLES = ["1.3.1", "1.3.2"];
const number = (value: number): SnmpValue => ({ kind: "number", number: value });
const row = (oid: string, value: SnmpValue = number(1)): Binding => ({ oid, value });
const END: Binding = { oid: "1.3.2.9", value: { kind: "end" } };

/** A reading whose messages stay objects: what was sealed, and what is opened next. */
function rig(needsDiscovery = false) {
  const asked: Pdu[] = [];
  let next: Opened | Error = { kind: "foreign" };
  const exchange = {
    needsDiscovery,
    silence: "is it there?",
    seal: (pdu: Pdu) => (asked.push(pdu), new Uint8Array([asked.length])),
    open: () => {
      if (next instanceof Error) throw next;
      return next;
    },
  };
  const reading = new SwitchReading(exchange as Exchange, TABLES, 0x7fffffff);
  const give = (opened: Opened | Error, now = 0) => {
    next = opened;
    return reading.receive(new Uint8Array(), now);
  };
  const answer = (bindings: Binding[], change: Partial<Pdu> = {}, now = 0) =>
    give({
      kind: "answer",
      pdu: { kind: "response", requestId: asked.at(-1)!.requestId, first: 0, second: 0, bindings, ...change },
    }, now);
  return { asked, exchange, reading, give, answer };
}
const kinds = (effects: readonly Effect[]) => effects.map((effect) => effect.do);
const whyOf = (effects: readonly Effect[]) => effects[0]?.do === "failed" ? effects[0].why : "";

Deno.test("switch reading: two tables in steps, then it is done and silent", () => {
  const { asked, reading, answer } = rig();
  deepEqual(kinds(reading.start(0)), ["send"]);
  deepEqual(asked[0]!.bindings[0]!.oid, "1.3.1");
  deepEqual(kinds(answer([row("1.3.1.1", number(5)), row("1.3.1.2")])), ["send"]);
  deepEqual(asked[1]!.bindings[0]!.oid, "1.3.1.2");
  deepEqual(kinds(answer([row("1.3.2.7")])), ["send"]); // the next table begins: the first is over
  deepEqual(asked[2]!.bindings[0]!.oid, "1.3.2");
  const [done] = answer([row("1.3.2.7", number(9)), END]);
  equal(done?.do, "done");
  if (done?.do !== "done") return;
  deepEqual(done.tables.map((table) => [...table]), [[["1", number(5)], ["2", number(1)]], [["7", number(9)]]]);
  equal(done.isCut, false);
  deepEqual([...answer([END]), ...reading.tick(1e9)], []);
});

Deno.test("switch reading: numbers of questions differ, and stay below 2^30", () => {
  const { asked, reading, answer } = rig();
  reading.start(0);
  answer([row("1.3.1.1")]);
  deepEqual(asked.map(({ requestId }) => requestId), [0, 1]);
});

Deno.test("switch reading: what nobody asked for changes nothing", () => {
  const { asked, reading, give, answer } = rig();
  reading.start(0);
  const nothings = [
    answer([row("1.3.1.1")], { requestId: 4711 }),
    answer([row("1.3.1.1")], { kind: "report" }),
    answer([row("1.3.1.1")], { kind: "get" }),
    give({ kind: "foreign" }),
    give(new ProtocolError("SNMP_MALFORMED", "broken")),
  ];
  deepEqual(nothings.flat(), []);
  equal(asked.length, 1);
  deepEqual(kinds(answer([row("1.3.1.1")])), ["send"]);
});

Deno.test("switch reading: silence is asked again, then it has failed", () => {
  const { reading } = rig();
  reading.start(0);
  const { answerMs, tries } = SWITCH_LIMITS;
  deepEqual(reading.tick(answerMs - 1), []);
  for (let at = 1; at < tries; at++) deepEqual(kinds(reading.tick(at * answerMs)), ["send"]);
  match(whyOf(reading.tick(tries * answerMs)), /does not answer: is it there\?/);
  deepEqual(reading.tick(1e9), []);
});

Deno.test("switch reading: an answer to the last try counts, and the next question has all its tries", () => {
  const { reading, answer } = rig();
  reading.start(0);
  reading.tick(2_000);
  reading.tick(4_000);
  deepEqual(kinds(answer([row("1.3.1.1")], {}, 5_000)), ["send"]);
  deepEqual(kinds(reading.tick(7_000)), ["send"]);
  deepEqual(kinds(reading.tick(9_000)), ["send"]);
});

Deno.test("switch reading: it ends after its time, whatever comes in", () => {
  const { reading, answer } = rig();
  reading.start(0);
  let index = 0;
  for (let now = 0; now < SWITCH_LIMITS.readingMs; now += 1_000) {
    deepEqual(kinds(answer([row(`1.3.1.${++index}`)], {}, now)), ["send"]);
    deepEqual(reading.tick(now), []);
  }
  match(whyOf(reading.tick(SWITCH_LIMITS.readingMs)), /longer than 60 s/);
});

Deno.test("switch reading: as many questions as it may ask, and one more", () => {
  const { asked, reading, answer } = rig();
  reading.start(0);
  let last: readonly Effect[] = [];
  for (let index = 1; index <= SWITCH_LIMITS.questions; index++) last = answer([row(`1.3.1.${index}`)]);
  equal(asked.length, SWITCH_LIMITS.questions);
  match(whyOf(last), /too small for 4096 questions/);
});

Deno.test("switch reading: rows at the limit and one past it; the rest of the table is left out", () => {
  for (const more of [0, 1]) {
    const { reading, answer } = rig();
    reading.start(0);
    const rows = Array.from({ length: SWITCH_LIMITS.rows + more }, (_, at) => row(`1.3.1.${at + 1}`));
    answer(rows);
    if (more === 0) answer([row("1.3.2.1")]);
    const [done] = answer([END]);
    if (done?.do !== "done") throw new Error(JSON.stringify(done));
    deepEqual([done.tables[0]!.size, done.isCut], [SWITCH_LIMITS.rows, more === 1]);
  }
});

for (
  const [name, rows, why] of [
    ["the same row again", ["1.3.1.1", "1.3.1.1"], /circles at 1\.3\.1\.1/],
    ["a row before the last", ["1.3.1.10", "1.3.1.9"], /circles/],
  ] as const
) {
  Deno.test(`switch reading: a switch that gives ${name}`, () => {
    const { reading, answer } = rig();
    reading.start(0);
    match(whyOf(answer(rows.map((oid) => row(oid)))), why);
  });
}

Deno.test("switch reading: rows are ordered by number, not by letter, and longer names follow shorter ones", () => {
  const { reading, answer } = rig();
  reading.start(0);
  deepEqual(kinds(answer(["1.3.1.9", "1.3.1.10", "1.3.1.10.1", "1.3.1.11"].map((oid) => row(oid)))), ["send"]);
});

Deno.test("switch reading: a table whose name only begins the same is another one", () => {
  const { asked, reading, answer } = rig();
  reading.start(0);
  answer([row("1.3.10.1")]);
  equal(asked.at(-1)!.bindings[0]!.oid, "1.3.2");
});

Deno.test("switch reading: an answer that is too big is asked for in smaller parts", () => {
  const { asked, reading, answer } = rig();
  reading.start(0);
  for (let at = 0; at < 4; at++) deepEqual(kinds(answer([], { first: 1 })), ["send"]);
  deepEqual(asked.map(({ second }) => second), [24, 12, 6, 3, 1]);
  match(whyOf(answer([], { first: 1 })), /error 1/);
});

Deno.test("switch reading: another error ends it, with its number", () => {
  const { reading, answer } = rig();
  reading.start(0);
  match(whyOf(answer([], { first: 16 })), /error 16/);
});

Deno.test("switch reading: a refusal ends it with its reason", () => {
  const { reading, give } = rig();
  reading.start(0);
  match(whyOf(give({ kind: "refused", why: "it knows no such user" })), /knows no such user/);
});

Deno.test("switch reading: discovery first, then the question; a clock that never fits ends it", () => {
  const { asked, exchange, reading, give } = rig(true);
  reading.start(0);
  deepEqual([asked[0]!.kind, asked[0]!.bindings], ["get", []]);
  exchange.needsDiscovery = false;
  deepEqual(kinds(give({ kind: "again" })), ["send"]);
  deepEqual(asked[1]!.kind, "bulk");
  for (let at = 1; at < SWITCH_LIMITS.tries; at++) deepEqual(kinds(give({ kind: "again" })), ["send"]);
  match(whyOf(give({ kind: "again" })), /clock runs in jumps/);
});

Deno.test("switch reading: an empty answer and absent values are no rows", () => {
  const { reading, answer } = rig();
  reading.start(0);
  answer([]);
  const [done] = answer([row("1.3.2.1", { kind: "absent" }), END]);
  if (done?.do !== "done") throw new Error(JSON.stringify(done));
  deepEqual(done.tables.map(({ size }) => size), [0, 0]);
});
