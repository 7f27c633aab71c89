import { deepStrictEqual as equal, match } from "node:assert/strict";
import type { Lease } from "../core/dhcp_api.ts";
import { type NetworkFacts, networkSteps } from "./why_network.ts";

const NOW = Date.UTC(2026, 0, 1, 12), MINUTE = 60_000;
const LEASE: Lease = {
  ...{ zone: "ot", address: 0x0a14000b, mac: "02:00:00:00:00:11", state: "bound", kind: "reservation" },
  ...{ since: NOW - 1e9, renewedAt: NOW - MINUTE, expiresAt: NOW + MINUTE },
};
const REFUSED = {
  name: "ntp.vendor",
  rule: "dns.default-deny",
  lastAt: NOW - MINUTE,
  howToAllow: "add ntp.vendor to dns.allow",
};
const ASKED = { name: "csms.example", type: "A", outcome: "cached", at: NOW - MINUTE };
const FACTS: NetworkFacts = {
  ...{ stationId: "CP001", now: NOW, isConnected: false, hasDhcp: true, hasDns: true },
  port: { state: "ok", detail: "port gi7 of sw-a" },
};

const CASES: readonly (readonly [string, string, Partial<NetworkFacts>, string, RegExp, RegExp?])[] = [
  ["its port", "switch port", {}, "ok", /gi7/],
  [
    "a port without link",
    "switch port",
    { port: { state: "bad", detail: "no link", fix: "Check the cable." } },
    "bad",
    /no link/,
    /cable/,
  ],
  ["no DHCP", "address", { hasDhcp: false }, "not used", /gives out no addresses/],
  ["no lease", "address", {}, "unknown", /asked for none/],
  ["a lease", "address", { lease: LEASE }, "ok", /10\.20\.0\.11 until 2026-01-01T12:01/],
  ["a lease of the pool", "address", { lease: { ...LEASE, kind: "pool" } }, "ok", /10\.20\.0\.11/],
  ["a lease that ended now", "address", { lease: { ...LEASE, expiresAt: NOW } }, "unknown", /ended at/],
  ["a lease a millisecond before its end", "address", { lease: { ...LEASE, expiresAt: NOW + 1 } }, "ok", /until/],
  [
    "an address given back",
    "address",
    { lease: { ...LEASE, state: "released" } },
    "unknown",
    /gave 10\.20\.0\.11 back/,
  ],
  [
    "quarantine",
    "address",
    { lease: { ...LEASE, kind: "quarantine" } },
    "bad",
    /quarantine pool/,
    /dhcp adopt 02:00:00:00:00:11 --name CP001/,
  ],
  ["a conflict", "address", { lease: LEASE, conflict: "02:99 has it" }, "bad", /02:99 has it/, /take the address away/],
  ["no DNS", "names", { hasDns: false }, "not used", /answers no names/],
  ["no question", "names", {}, "unknown", /asked for none/],
  ["a question", "names", { asked: ASKED }, "ok", /csms\.example at .*: cached/],
  [
    "a name refused lately, and no attempt since",
    "names",
    { refused: REFUSED },
    "bad",
    /ntp\.vendor .* dns\.default-deny refuses/,
    /add ntp\.vendor to dns\.allow/,
  ],
  ["a name refused, and an attempt since", "names", { refused: REFUSED, triedAt: NOW }, "ok", /was refused by/],
  ["a name refused after the last attempt", "names", { refused: REFUSED, triedAt: NOW - 2 * MINUTE }, "bad", /refuses/],
  [
    "a name refused a quarter of an hour ago",
    "names",
    { refused: { ...REFUSED, lastAt: NOW - 15 * MINUTE } },
    "ok",
    /was refused/,
  ],
  [
    "a name refused a little later than that",
    "names",
    { refused: { ...REFUSED, lastAt: NOW - 15 * MINUTE + 1 } },
    "bad",
    /refuses/,
  ],
  [
    "both a question and an old refusal",
    "names",
    { asked: ASKED, refused: { ...REFUSED, lastAt: 0 } },
    "ok",
    /cached; ntp\.vendor was/,
  ],
];
for (const [name, step, facts, state, detail, fix] of CASES) {
  Deno.test(`why: network: ${name} is ${state}`, () => {
    const found = networkSteps({ ...FACTS, ...facts }).find((one) => one.step === step)!;
    equal(found.state, state);
    match(found.detail, detail);
    if (fix) match(found.fix!, fix);
  });
}

Deno.test("why: network: the order is that of the way", () => {
  equal(networkSteps(FACTS).map(({ step }) => step), ["switch port", "address", "names"]);
});

Deno.test("why: network: who is connected has a network that works, whatever looks odd", () => {
  const odd = { port: { state: "bad", detail: "VLAN", fix: "x" }, conflict: "y", refused: REFUSED } as const;
  equal(networkSteps({ ...FACTS, ...odd, isConnected: true }).map(({ state }) => state), [
    "unknown",
    "unknown",
    "unknown",
  ]);
});
