import { deepStrictEqual as equal } from "node:assert/strict";
import type { CallVerdict } from "./effects.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { mayRead, readingAllowance, type ReadingAllowances, StationAllowances } from "./reading_allowance.ts";
import { Session } from "./session.ts";

const { floodBytes, floodBytesPerSecond, messageBytes, messageOverheadBytes: overhead } = OCPP_LIMITS;
const sized = (bytes: number) => new Uint8Array(bytes);

Deno.test("reading allowance: a message counts its bytes and what every message counts", () => {
  const allowance = readingAllowance(0);
  equal(mayRead(allowance, sized(floodBytes - overhead + 1), 0), false);
  equal([mayRead(allowance, sized(floodBytes - overhead), 0), mayRead(allowance, sized(0), 0)], [true, false]);
});

Deno.test("reading allowance: fills by its rate", () => {
  const allowance = readingAllowance(0);
  mayRead(allowance, sized(floodBytes - overhead), 0);
  equal(mayRead(allowance, sized(floodBytesPerSecond - overhead), 999), false);
  equal(mayRead(allowance, sized(floodBytesPerSecond - overhead), 1_000), true);
});

Deno.test("reading allowance: who comes back has what was left, the CSMS and other stations have their own", () => {
  const stations = new StationAllowances();
  equal(mayRead(stations.of("CP1", 0).station, sized(floodBytes - overhead), 0), true);
  const again = stations.of("CP1", 1_000);
  equal(mayRead(again.station, sized(floodBytesPerSecond - overhead + 1), 1_000), false);
  equal(mayRead(again.station, sized(floodBytesPerSecond - overhead), 1_000), true);
  equal(mayRead(again.csms, sized(floodBytes - overhead), 1_000), true);
  equal(mayRead(stations.of("CP2", 1_000).station, sized(floodBytes - overhead), 1_000), true);
});

const PASSED: CallVerdict = { pass: true, rule: "ocpp.forward" };

/** A session's answers to messages of one side, as what it does and the rules it names. */
function talk(allowances?: ReadingAllowances) {
  const session = new Session({
    version: "ocpp2.1",
    judge: { call: () => PASSED, result: () => undefined },
    malformedCode: () => undefined,
    callTimeoutMs: 30_000,
    ...allowances && { allowances },
  }, 0);
  return (side: "station" | "csms", text: string, now: number) =>
    session.receive(side, new TextEncoder().encode(text), text, now)
      .map((effect) => effect.do === "note" ? effect.rule : effect.do);
}

/** An OCPP 2.1 SEND, which nobody answers, that counts so much. */
function counting(bytes: number): string {
  const head = '[6,"a","A",{"b":"', tail = '"}]';
  return head + "c".repeat(bytes - overhead - head.length - tail.length) + tail;
}

for (const side of ["station", "csms"] as const) {
  Deno.test(`reading allowance: what the ${side} sends up to the limit passes; one byte more ends the connection, unread`, () => {
    const say = talk();
    for (let n = 0; n < floodBytes / messageBytes; n++) {
      equal([n, say(side, counting(messageBytes), 0)], [n, ["call", "send"]]);
    }
    equal(say(side, "[", 0), ["ocpp.rate", "close"], "what is no JSON is not found out");
    const later = messageBytes / floodBytesPerSecond * 1_000;
    equal(say(side, counting(messageBytes + 1), later), ["ocpp.rate", "close"]);
    equal(say(side, counting(messageBytes), later), ["call", "send"]);
  });
}

Deno.test("reading allowance: a session goes on with what an earlier connection has left", () => {
  const stations = new StationAllowances();
  const first = talk(stations.of("CP1", 0));
  for (let n = 0; n < floodBytes / messageBytes; n++) first("station", counting(messageBytes), 0);
  const second = talk(stations.of("CP1", 0));
  equal(second("station", "[2,", 0), ["ocpp.rate", "close"]);
  equal(second("csms", '[6,"a","A",{}]', 0), ["call", "send"]);
});
