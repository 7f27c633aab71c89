import { deepStrictEqual as equal } from "node:assert/strict";
import { EXTENDED_ERRORS, RCODES, typeName, typeNumber, TYPES } from "./codec.ts";
import { DnsPolicy } from "./policy.ts";
import type { Refusal, Verdict } from "./session.ts";
import { NAMES } from "./testing/dns_rig.ts";
import type { DnsNames } from "./worker_config.ts";

const ASKER = { source: "10.20.0.11", box: "10.20.0.1", maxBytes: 512 };
const STATIONS = [{ address: "10.20.0.11", station: "CP001", vendor: "bender", model: "CC613", unit: "bay-07" }];

function judged(
  name: string,
  type: number = TYPES.A,
  names: Partial<DnsNames> = {},
  source: string = ASKER.source,
): { readonly verdict: Verdict; readonly would: readonly Refusal[] } {
  const would: Refusal[] = [];
  const policy = new DnsPolicy({ ...NAMES, ...names }, STATIONS);
  return { verdict: policy.judge(name, type, { ...ASKER, source }, (refusal) => void would.push(refusal)), would };
}
const inShort = (verdict: Verdict): string =>
  "refuse" in verdict
    ? `${verdict.refuse.rule} ${verdict.refuse.rcode} ${verdict.refuse.extendedError}`
    : "own" in verdict
    ? `own ${verdict.own.map((bytes) => bytes.join(".")).join(" ")}`
    : "look up";

const RULE = { id: "terminal", because: "b", names: ["pay.test"] };
const rule = (effect: "allow" | "deny", more: object = {}) => ({
  rules: [{ ...RULE, effect, ...more }] as DnsNames["rules"],
});
const { refused, nxDomain, noError } = RCODES;
const { prohibited, blocked } = EXTENDED_ERRORS;

/** What is asked, by which rules, and what comes of it. */
const CASES: readonly (readonly [string, Parameters<typeof judged>, string])[] = [
  ["an allowed name", ["csms.test"], "look up"],
  ["a name below an allowed one", ["a.b.vendor.test"], "look up"],
  ["the name that others are allowed below", ["vendor.test"], `dns.default-deny ${refused} ${prohibited}`],
  ["a name that only ends so", ["evilvendor.test"], `dns.default-deny ${refused} ${prohibited}`],
  ["any other name", ["evil.test"], `dns.default-deny ${refused} ${prohibited}`],
  [
    "any other name, where there is no such name",
    ["evil.test", 1, { refusal: "nxdomain" }],
    `dns.default-deny ${nxDomain} ${prohibited}`,
  ],
  ["an allowed name of another type", ["csms.test", TYPES.TXT], `dns.type ${noError} ${blocked}`],
  [
    "the same where refusals say there is no name",
    ["csms.test", TYPES.TXT, { refusal: "nxdomain" }],
    `dns.type ${noError} ${blocked}`,
  ],
  ["an answer of the gateway's own", ["gw.test"], "own 10.20.0.1"],
  ["the same of another type: none, and not looked up", ["gw.test", TYPES.TXT], "own 10.20.0.1"],
  ["a vendor's time server", ["ntp.elinc.de"], "own 10.20.0.1"],
  ["a name that a rule allows to this station", ["pay.test", 1, rule("allow", { stations: ["CP001"] })], "look up"],
  [
    "the same for another station",
    ["pay.test", 1, rule("allow", { stations: ["CP002"] })],
    `dns.default-deny ${refused} ${prohibited}`,
  ],
  [
    "the same from an address of nobody",
    ["pay.test", 1, rule("allow", { stations: ["CP001"] }), "10.20.0.99"],
    `dns.default-deny ${refused} ${prohibited}`,
  ],
  ["a name by vendor", ["pay.test", 1, rule("allow", { vendors: ["Bender"] })], "look up"],
  ["a name by the beginning of a model", ["pay.test", 1, rule("allow", { models: ["CC6"] })], "look up"],
  ["a name by unit", ["pay.test", 1, rule("allow", { units: ["bay-07"] })], "look up"],
  [
    "an allowed name that a rule denies",
    ["csms.test", 1, rule("deny", { names: ["csms.test"] })],
    `terminal ${refused} ${blocked}`,
  ],
  [
    "an own answer that a rule denies",
    ["gw.test", 1, rule("deny", { names: ["gw.test"] })],
    `terminal ${refused} ${blocked}`,
  ],
];
for (const [name, asked, wanted] of CASES) {
  Deno.test(`dns policy: ${name}`, () => {
    const { verdict, would } = judged(...asked);
    equal([inShort(verdict), would], [wanted, []]);
  });
}

Deno.test("dns policy: while it is tried out a refusal is told of and the name is looked up", () => {
  const { verdict, would } = judged("evil.test", TYPES.A, { mode: "observe" });
  equal([inShort(verdict), would.map((one) => one.rule)], ["look up", ["dns.default-deny"]]);
});

const ADDRESSES: readonly (readonly [string, readonly number[][], string | undefined])[] = [
  ["a public address", [[203, 0, 114, 7]], undefined],
  ["an address of a private network", [[10, 0, 0, 1]], "dns.rebinding"],
  ["a private one among public ones", [[203, 0, 114, 7], [192, 168, 1, 1]], "dns.rebinding"],
  ["loopback", [[127, 0, 0, 1]], "dns.rebinding"],
  ["link-local", [[169, 254, 1, 1]], "dns.rebinding"],
  ["no address at all", [], undefined],
];
for (const mode of ["enforce", "observe"] as const) {
  for (const [name, addresses, wanted] of ADDRESSES) {
    Deno.test(`dns policy, ${mode}: an upstream that answers ${name} is ${wanted ? "refused" : "taken"}`, () => {
      const policy = new DnsPolicy({ ...NAMES, mode }, STATIONS);
      equal(policy.judgeAddresses("csms.test", addresses.map((one) => Uint8Array.from(one)))?.rule, wanted);
    });
  }
}

Deno.test("dns policy: a name that may lead inside does", () => {
  const policy = new DnsPolicy({ ...NAMES, privateNames: ["*.inside.test"] }, STATIONS);
  const inside = [Uint8Array.of(10, 0, 0, 1)];
  equal(policy.judgeAddresses("a.inside.test", inside), undefined);
  equal(policy.judgeAddresses("inside.test", inside)?.rule, "dns.rebinding");
});

Deno.test("dns policy: a station is known by its address alone", () => {
  const policy = new DnsPolicy(NAMES, STATIONS);
  equal(["10.20.0.11", "10.20.0.12", "10.20.0.1"].map((source) => policy.stationOf(source)), [
    "CP001",
    undefined,
    undefined,
  ]);
});

for (
  const [name, number] of [["A", 1], ["AAAA", 28], ["HTTPS", 65], ["TYPE4711", 4_711], ["TYPE65535", 65_535]] as const
) {
  Deno.test(`dns types: ${name} is ${number}, there and back`, () =>
    equal([typeNumber(name), typeName(number)], [number, name]));
}
for (const name of ["", "a", "TYPE", "TYPE65536", "TYPE123456", "TYPE-1", "toString"]) {
  Deno.test(`dns types: "${name}" is no type`, () => equal(typeNumber(name), undefined));
}
