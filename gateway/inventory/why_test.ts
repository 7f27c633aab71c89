import { equal, match } from "node:assert/strict";
import { EndMemory, explainStation, RefusalMemory, type WhyFacts } from "./why.ts";

const CONNECTED: WhyFacts = {
  stationId: "CP042",
  known: true,
  inInbox: false,
  usbOnly: false,
  securityProfile: 2,
  listener: { name: "10.20.0.1:8444", up: true },
  credentialKind: "machine",
  lastRefusal: undefined,
  lastHandshakeFault: undefined,
  session: { since: "2026-01-01T00:00:00Z", source: "10.20.0.42" },
  upstream: [{ step: "name", ok: true, detail: "127.0.0.1" }, { step: "TLS", ok: true, detail: "verified" }],
  csms: "main",
  facts: { clockOffsetSeconds: 2 },
};
const AWAY: Partial<WhyFacts> = { session: undefined };
const refusal = (rule: string) => ({ rule, reason: "said so", at: "2026-01-01T00:00:00Z", source: "10.20.0.42" });

const ended = (why: string) => ({ why, at: "2026-01-01T00:00:00Z", source: "10.20.0.42" });

const CASES: readonly { name: string; facts: Partial<WhyFacts>; sentence: RegExp; fix: RegExp }[] = [
  {
    name: "a proxy that answers as a CSMS might",
    facts: { ...AWAY, lastEnd: ended("ocpp.upstream: the CSMS at c: The proxy p:1 answered 404 to CONNECT c:443") },
    sentence: /answered 404/,
    fix: /network\.uplink\.proxy/,
  },
  {
    name: "a proxy that opens no tunnel",
    facts: { ...AWAY, upstream: [{ step: "proxy", ok: false, detail: "answered 407 to CONNECT csms.example:443" }] },
    sentence: /answered 407/,
    fix: /network\.uplink\.proxy/,
  },
  {
    name: "a station that works",
    facts: {},
    sentence: /is connected and its way to main is open/,
    fix: /Nothing to do/,
  },
  {
    name: "a station that its CSMS does not know",
    facts: { ...AWAY, lastEnd: ended("ocpp.upstream: it answered 404") },
    sentence: /connection: refused at .*: ocpp\.upstream: it answered 404/,
    fix: /Ask the operator of main to create station CP042/,
  },
  {
    name: "a station whose password its CSMS refuses, proven here after a refusal",
    facts: {
      ...AWAY,
      lastRefusal: refusal("admission.credential"),
      lastEnd: { ...ended("ocpp.upstream: it answered 401"), at: "2026-01-01T00:00:01Z" },
    },
    sentence: /connection: refused/,
    fix: /upstreamPasswordFile/,
  },
  {
    name: "a station whose CSMS refuses the password that it set itself",
    facts: {
      ...AWAY,
      lastEnd: ended("ocpp.upstream: it answered 401"),
      upstreamSet: "set by the CSMS: password, set 2026-01-01T00:00:00Z",
    },
    sentence: /connection: refused/,
    fix: /set the password again, or run `station upstream CP042 --reset`/,
  },
  {
    name: "a station whose CSMS is away, which the probe shows",
    facts: {
      ...AWAY,
      lastEnd: ended("ocpp.upstream: ECONNREFUSED"),
      upstream: [{ step: "tcp", ok: false, detail: "ECONNREFUSED" }],
    },
    sentence: /CSMS tcp: ECONNREFUSED/,
    fix: /firewall/,
  },
  {
    name: "an impostor as CSMS",
    facts: { ...AWAY, upstream: [{ step: "tls", ok: false, detail: "self-signed" }] },
    sentence: /CSMS tls: self-signed/,
    fix: /Compare the certificate of main with its `caFile`/,
  },
  {
    name: "a station that went away by itself",
    facts: { ...AWAY, lastEnd: ended("station-lost") },
    sentence: /Nothing on this box .*; its last connection ended at 2026/,
    fix: /network cable/,
  },
  { name: "a silent station", facts: AWAY, sentence: /has not asked to connect/, fix: /power, its network cable/ },
  {
    name: "an unknown id that asked",
    facts: { ...AWAY, known: false, inInbox: true },
    sentence: /inventory: .*adoption inbox/,
    fix: /^station adopt CP042$/,
  },
  {
    name: "an unknown id that never asked",
    facts: { ...AWAY, known: false },
    sentence: /never asked to connect/,
    fix: /Check the id/,
  },
  {
    name: "no listener for its profile",
    facts: { ...AWAY, listener: undefined },
    sentence: /listener: no listener serves security profile 2/,
    fix: /ocpp\.listeners/,
  },
  {
    name: "a TLS version that is too old",
    facts: { ...AWAY, lastHandshakeFault: { reason: "InvalidTLSVersion", at: "now" } },
    sentence: /TLS: handshake failed at now: InvalidTLSVersion/,
    fix: /Update the station's firmware/,
  },
  {
    name: "a station of unknown address, while handshakes fail",
    facts: { ...AWAY, strangers: ["10.0.0.9 at now: InvalidTLSVersion"] },
    sentence: /it has not asked to connect, unless one of the failed TLS handshakes above is its own/,
    fix: /Check its power/,
  },
  {
    name: "a wrong password",
    facts: { ...AWAY, lastRefusal: refusal("admission.credential") },
    sentence: /login: refused .* by admission\.credential/,
    fix: /`station credential CP042`/,
  },
  {
    name: "another station's certificate",
    facts: { ...AWAY, securityProfile: 3, lastRefusal: refusal("admission.cn-mismatch") },
    sentence: /admission\.cn-mismatch/,
    fix: /cert issue --station CP042/,
  },
  {
    name: "no password set",
    facts: { ...AWAY, credentialKind: "none" },
    sentence: /no password is set/,
    fix: /station credential CP042/,
  },
  {
    name: "T7: a clock 56 years behind",
    facts: { facts: { clockOffsetSeconds: -1_767_225_600 } },
    sentence: /its clock is 56 years behind \(1767225600 s\)/,
    fix: /Set the station's time/,
  },
  {
    name: "a clock some days ahead",
    facts: { facts: { clockOffsetSeconds: 300_000 } },
    sentence: /its clock is 3 days ahead \(300000 s\)/,
    fix: /Set the station's time/,
  },
  {
    name: "a connected station whose CSMS is stood in for",
    facts: { standIn: "it is away and the gateway answers for it" },
    sentence: /is connected without its CSMS: it is away and the gateway answers for it/,
    fix: /Ask the operator of main/,
  },
  {
    name: "a connected station whose CSMS answers no probe",
    facts: { upstream: [{ step: "HTTP", ok: false, detail: "no answer" }] },
    sentence: /is connected and its way to main is open/,
    fix: /Nothing to do/,
  },
  {
    name: "a CSMS that does not answer",
    facts: { ...AWAY, upstream: [{ step: "TCP", ok: false, detail: "connection refused" }] },
    sentence: /CSMS TCP: connection refused/,
    fix: /Ask the operator of main/,
  },
];
for (const { name, facts, sentence, fix } of CASES) {
  Deno.test(`why: ${name} ends in one sentence and one fix`, () => {
    const answer = explainStation({ ...CONNECTED, ...facts });
    match(answer.sentence, sentence);
    match(answer.fix, fix);
  });
}

Deno.test("why: a part that is reached over USB only has no OCPP steps", () => {
  const { steps } = explainStation({ ...CONNECTED, ...AWAY, usbOnly: true, securityProfile: undefined });
  equal(steps.at(-1)?.state, "not used");
});

Deno.test("why: remembers the last refusal of at most its limit of stations", () => {
  const memory = new RefusalMemory(2);
  for (const stationId of ["a", "b", "c"]) {
    memory.note({ stationId, source: "s", listener: "l", tls: true, offeredProtocols: [] }, "r", "why", 0);
  }
  equal(memory.of("a"), undefined);
  equal(memory.of("c")?.rule, "r");
});

Deno.test("why: ends of connections are remembered up to the limit, the oldest forgotten first", () => {
  const memory = new EndMemory(2);
  for (const stationId of ["A", "B", "C"]) memory.note({ stationId, source: "10.0.0.1" }, "x".repeat(201), 0);
  equal(memory.of("A"), undefined);
  equal(memory.of("B")?.why.length, 200);
  equal(memory.of("C")?.at, "1970-01-01T00:00:00.000Z");
});
