import { deepEqual, equal, match } from "node:assert/strict";
import { openExchange, type V3Security } from "./security.ts";
import { type Effect, type Exchange, SwitchReading } from "./session.ts";
import { FakeSwitch, textValue } from "./testing/fake_switch.ts";

const USER: V3Security = { user: "reader", hash: "sha256", authPassword: "authpass1", privacyPassword: "privpass1" };
const salts = () => Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9]);

/** Reads the name of a switch to the end; what it says may be changed on the way. */
function readName(exchange: Exchange, answer: (bytes: Uint8Array) => Uint8Array | undefined, patience = 20): Effect {
  const reading = new SwitchReading(exchange, ["1.3.6.1.2.1.1.5"], 5);
  let effects = reading.start(0);
  for (let now = 0; now < patience * 1_000; now += 1_000) {
    for (const effect of effects) if (effect.do !== "send") return effect;
    const replies = effects.flatMap((effect) => effect.do === "send" ? [answer(effect.bytes)] : []);
    effects = replies.flatMap((reply) => reply ? reading.receive(reply, now) : []);
    if (effects.length === 0) effects = reading.tick(now + 1_000);
  }
  throw new Error("the reading came to no end");
}

function named(): FakeSwitch {
  const fake = new FakeSwitch();
  fake.rows = [["1.3.6.1.2.1.1.5.0", textValue("sw-garage")]];
  return fake;
}
const nameIn = (effect: Effect) => {
  if (effect.do !== "done") throw new Error(JSON.stringify(effect));
  const value = effect.tables[0]!.get("0");
  return value?.kind === "octets" ? new TextDecoder().decode(value.octets) : "";
};
const whyOf = (effect: Effect) => effect.do === "failed" ? effect.why : JSON.stringify(effect);

Deno.test("snmp: SNMPv2c with its community, and without", () => {
  const fake = named();
  equal(
    nameIn(readName(openExchange({ community: "read" }, salts), (bytes) => fake.answerV2c(bytes, "read"))),
    "sw-garage",
  );
  const silent = readName(openExchange({ community: "wrong" }, salts), (bytes) => fake.answerV2c(bytes, "read"));
  match(whyOf(silent), /does not answer: .* is the community right/);
});

Deno.test("snmp: an answer under another community is nobody's", () => {
  const fake = named();
  const exchange = openExchange({ community: "read" }, salts);
  const swapped = (bytes: Uint8Array) => {
    const reply = fake.answerV2c(bytes, "read")!;
    const at = new TextDecoder("latin1").decode(reply).indexOf("read");
    reply[at] = 0x52;
    return reply;
  };
  match(whyOf(readName(exchange, swapped)), /does not answer/);
});

for (const hash of ["sha1", "sha256", "sha512"] as const) {
  Deno.test(`snmp: a user of SNMPv3 with ${hash}: who it is, its clock, then the table`, () => {
    const fake = named();
    const user = { ...USER, hash };
    const exchange = openExchange(user, salts);
    equal(exchange.needsDiscovery, true);
    equal(nameIn(readName(exchange, (bytes) => fake.answerV3(bytes, user))), "sw-garage");
    equal(exchange.needsDiscovery, false);
  });
}

Deno.test("snmp: a switch that was restarted is spoken with by its new clock", () => {
  const fake = named();
  const exchange = openExchange(USER, salts);
  readName(exchange, (bytes) => fake.answerV3(bytes, USER));
  Object.assign(fake, { boots: fake.boots + 1, time: 3 });
  equal(nameIn(readName(exchange, (bytes) => fake.answerV3(bytes, USER))), "sw-garage");
});

Deno.test("snmp: a clock is taken from nobody who does not know the key", () => {
  const fake = named();
  const exchange = openExchange(USER, salts);
  readName(exchange, (bytes) => fake.answerV3(bytes, USER));
  const liar = new FakeSwitch();
  liar.boots = 4_000;
  const other = { ...USER, authPassword: "otherpass" };
  const lied = readName(exchange, (bytes) => {
    // The liar knows the user and the engine, and signs with its own key.
    const asked = Uint8Array.from(bytes);
    const reply = liar.answerV3(asked, other);
    return new TextDecoder("latin1").decode(reply).includes("reader") ? reply : undefined;
  });
  match(whyOf(lied), /does not answer/);
  equal(nameIn(readName(exchange, (bytes) => fake.answerV3(bytes, USER))), "sw-garage");
});

const WRONG: readonly (readonly [string, Partial<V3Security>, RegExp])[] = [
  ["a user that is not there", { user: "nobody" }, /knows no such user/],
  ["another authentication password", { authPassword: "wrongpass" }, /authentication password or its hash wrong/],
];
for (const [name, change, why] of WRONG) {
  Deno.test(`snmp: ${name} is said in words`, () => {
    const fake = named();
    match(whyOf(readName(openExchange({ ...USER, ...change }, salts), (bytes) => fake.answerV3(bytes, USER))), why);
  });
}

Deno.test("snmp: silence after it said who it is points at the privacy password", () => {
  const fake = named();
  const silent = (bytes: Uint8Array) => {
    const reply = fake.answerV3(bytes, USER);
    return bytes.length < 80 ? reply : undefined; // discovery is answered, no more
  };
  match(whyOf(readName(openExchange(USER, salts), silent)), /is the privacy password right/);
  match(whyOf(readName(openExchange(USER, salts), () => undefined)), /does it speak SNMPv3/);
});

Deno.test("snmp: a changed answer is dropped and asked for again", () => {
  const fake = named();
  let count = 0;
  const flips = (bytes: Uint8Array) => {
    const reply = fake.answerV3(bytes, USER);
    if (bytes.length > 80 && count++ === 0) reply[reply.length - 1]! ^= 1;
    return reply;
  };
  equal(nameIn(readName(openExchange(USER, salts), flips)), "sw-garage");
  equal(count, 2);
});

Deno.test("snmp: a switch that was replaced is asked anew with the next reading", () => {
  const exchange = openExchange(USER, salts);
  readName(exchange, (bytes) => named().answerV3(bytes, USER));
  const fake = named();
  fake.engineId[6] = 0x78;
  const replaced = () => fake.report(1, "1.3.6.1.6.3.15.1.1.4.0");
  match(whyOf(readName(exchange, replaced)), /another device than a moment ago/);
  deepEqual(exchange.needsDiscovery, true);
  equal(nameIn(readName(exchange, (bytes) => fake.answerV3(bytes, USER))), "sw-garage");
});

Deno.test("snmp: late answers to a repeated first question change nothing", () => {
  const fake = named();
  const late: Uint8Array[] = [];
  const exchange = openExchange(USER, salts);
  const reading = new SwitchReading(exchange, ["1.3.6.1.2.1.1.5"], 5);
  const ask = (effects: readonly Effect[]) =>
    effects.flatMap((one) => one.do === "send" ? [fake.answerV3(one.bytes, USER)] : []);
  late.push(...ask(reading.start(0)), ...ask(reading.tick(2_000)), ...ask(reading.tick(4_000)));
  const [answer] = ask(reading.receive(late[0]!, 4_001));
  deepEqual([reading.receive(late[1]!, 4_002), reading.receive(late[2]!, 4_003)], [[], []]);
  // The clock of the fake stands still: its first answer sets ours.
  let effects = reading.receive(answer!, 4_004);
  while (effects[0]?.do === "send") effects = reading.receive(fake.answerV3(effects[0].bytes, USER), 4_005);
  equal(nameIn(effects[0]!), "sw-garage");
});

Deno.test("snmp: reports that mean nothing here are no answers", () => {
  const fake = named();
  const odd = readName(openExchange(USER, salts), () => fake.report(1, "1.3.6.1.6.3.11.2.1.3.0"));
  match(whyOf(odd), /does not answer/);
});
