import { deepStrictEqual as equal } from "node:assert/strict";
import { DnsConfig } from "./config.ts";
import { DNS_LIMITS } from "./limits.ts";

const takes = (section: object) => DnsConfig.safeParse({ listen: "10.20.1.1:53", ...section }).success;
const many = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));
const RULE = { id: "r", effect: "allow", because: "b", names: ["a.example"] };

/** Key, least and most. */
const BOUNDS: readonly (readonly [string, number, number])[] = [
  ["queriesPerSecond", 1, 10_000],
  ["lookupsPerMinute", 1, 100_000],
  ["staleHours", 0, 168],
];
for (const [key, least, most] of BOUNDS) {
  Deno.test(`dns section: ${key} from ${least} to ${most}, whole numbers`, () => {
    const tried = [least, most, least - 1, most + 1, least + 0.5].map((value) => takes({ [key]: value }));
    equal(tried, [true, true, false, false, false]);
  });
}

/** A list, how many it may hold, and a section with so many. */
const LISTS: readonly (readonly [string, number, (count: number) => object])[] = [
  ["allowed names", DNS_LIMITS.names, (count) => ({ allow: many(count, (at) => `n${at}.example`) })],
  ["private names", DNS_LIMITS.names, (count) => ({ privateNames: many(count, (at) => `n${at}.example`) })],
  ["rules", DNS_LIMITS.rules, (count) => ({ nameRules: many(count, (at) => ({ ...RULE, id: `r${at}` })) })],
  [
    "names of a rule",
    DNS_LIMITS.names,
    (count) => ({ nameRules: [{ ...RULE, names: many(count, (at) => `n${at}.example`) }] }),
  ],
  [
    "stations of a rule",
    DNS_LIMITS.rules,
    (count) => ({ nameRules: [{ ...RULE, stations: many(count, (at) => `CP${at}`) }] }),
  ],
  ["upstreams", 8, (count) => ({ upstream: many(count, (at) => ({ tls: `9.9.9.${at}:853` })) })],
  ["addresses of an answer", 16, (count) => ({ answers: { "a.example": many(count, (at) => `10.0.0.${at}`) } })],
];
for (const [name, limit, make] of LISTS) {
  Deno.test(`dns section: ${limit} ${name}, and one more`, () =>
    equal([takes(make(limit)), takes(make(limit + 1))], [true, false]));
}

const label = (length: number) => "a".repeat(length);
const FORMS: readonly (readonly [string, object, boolean])[] = [
  ["a label of 63", { allow: [`${label(63)}.example`] }, true],
  ["a label of 64", { allow: [`${label(64)}.example`] }, false],
  ["a name of 253", { allow: [`${label(61)}.${label(63)}.${label(63)}.${label(63)}`] }, true],
  ["a name of 254", { allow: [`${label(62)}.${label(63)}.${label(63)}.${label(63)}`] }, false],
  ["a label that begins with a hyphen", { allow: ["-a.example"] }, false],
  ["a label that ends with a hyphen", { allow: ["a-.example"] }, false],
  ["an empty label", { allow: ["a..example"] }, false],
  ["a dot at the end", { allow: ["a.example."] }, false],
  ["a space", { allow: ["a b.example"] }, false],
  ["two stars", { allow: ["*.*.example"] }, false],
  ["no name in a rule", { nameRules: [{ ...RULE, names: [] }] }, false],
  ["a rule without a reason", { nameRules: [{ ...RULE, because: "" }] }, false],
  ["a rule for no station at all", { nameRules: [{ ...RULE, stations: [] }] }, false],
  ["a rule of another effect", { nameRules: [{ ...RULE, effect: "log" }] }, false],
  ["an upstream by its address", { upstream: [{ tls: "[2001:db8::1]:853" }] }, true],
  ["an upstream on port 0", { upstream: [{ tls: "9.9.9.9:0" }] }, false],
  ["an upstream in the clear", { upstream: [{ udp: "9.9.9.9:53" }] }, false],
  ["no types at all", { types: [] }, false],
  [
    "all types that a station may have use for",
    { types: ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"] },
    true,
  ],
  ["a refusal by silence", { refusal: "drop" }, false],
  ["a mode that is none", { mode: "off" }, false],
  ["time names elsewhere", { vendorTimeNames: "10.0.0.1" }, false],
  ["an answer of nothing", { answers: { "a.example": [] } }, false],
  ["an answer of IPv6", { answers: { "a.example": "2001:db8::1" } }, true],
  ["an answer with a star", { answers: { "*.example": "10.0.0.1" } }, false],
];
for (const [name, section, wanted] of FORMS) {
  Deno.test(`dns section: ${name} is ${wanted ? "taken" : "refused"}`, () => equal(takes(section), wanted));
}

Deno.test("dns section: with nothing but its address it answers nothing but refusals, encrypted upstreams or none", () => {
  const { upstream, allow, nameRules, answers, types, refusal, mode } = DnsConfig.parse({ listen: "10.20.1.1:53" });
  equal([upstream, allow, nameRules, answers, types, refusal, mode], [
    [],
    [],
    [],
    {},
    ["A", "AAAA"],
    "refused",
    "enforce",
  ]);
});
