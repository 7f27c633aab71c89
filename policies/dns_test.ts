import { decideDns, fits, howToAllow } from "./dns.ts";
import { DNS_RULES, type DnsFacts, type DnsRule, type DnsRuleBook } from "./dns_rule.ts";

function equal(actual: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

const BOOK: DnsRuleBook = {
  allow: ["csms.example", "*.vendor.example"],
  rules: [],
  types: ["A", "AAAA"],
  answers: new Map([["gw.garage.example", ["10.20.0.1"]]]),
  timeNames: ["ntp.elinc.de", "*.pool.ntp.org"],
};

function facts(name: string, principal: Partial<DnsFacts["principal"]> = {}, type = "A"): DnsFacts {
  return { principal: { source: "10.20.0.11", ...principal }, name, type };
}

function ruleOf(name: string, book: Partial<DnsRuleBook> = {}, principal = {}, type = "A"): string {
  const decision = decideDns(facts(name, principal, type), { ...BOOK, ...book });
  return `${decision.effect} ${decision.rule}`;
}

const rule = (more: Partial<DnsRule>): DnsRule => ({
  id: "firmware",
  effect: "allow",
  because: "Firmware of this vendor",
  names: ["fw.vendor2.example"],
  ...more,
});

Deno.test("policy dns: what nobody allowed is denied, with what to write", () => {
  const decision = decideDns(facts("evil.example", { station: "CP001" }), BOOK);
  equal(decision.effect === "deny" && [decision.rule, decision.hint], [
    DNS_RULES.default,
    "To allow it, add evil.example to dns.allow, or for this station alone add a rule with names: [evil.example], " +
    'stations: ["CP001"]',
  ]);
  equal(howToAllow("a.b", {}), "To allow it, add a.b to dns.allow");
});

Deno.test("policy dns: the allow-list, by name and below a name", () => {
  equal(ruleOf("csms.example"), "allow dns.allow");
  equal(ruleOf("a.csms.example"), "deny dns.default-deny");
  equal(ruleOf("fw.vendor.example"), "allow dns.allow");
  equal(ruleOf("a.b.vendor.example"), "allow dns.allow");
  equal(ruleOf("vendor.example"), "deny dns.default-deny");
});

Deno.test("policy dns: invariant 11: no pattern fits another name by a prefix, a dot or an encoding", () => {
  for (
    const name of [
      "xcsms.example",
      "csms.example.evil.test",
      "csms\\046example",
      "csms.example\\000",
      "evilvendor.example",
      "fw\\046vendor.example",
      "",
      ".",
    ]
  ) equal(ruleOf(name), "deny dns.default-deny");
  equal(fits("*.example", ".example"), false);
  equal(fits("*.example", "a.example"), true);
  equal(fits("example", "example"), true);
  // what the name's first label holds is escaped, so it stays below the same suffix and nothing else
  equal(fits("*.vendor.example", "a\\046b.vendor.example"), true);
});

Deno.test("policy dns: the gateway's own answers and time names need no list", () => {
  equal(decideDns(facts("gw.garage.example"), BOOK), {
    effect: "allow",
    rule: DNS_RULES.ownAnswer,
    own: ["10.20.0.1"],
  });
  equal(decideDns(facts("ntp.elinc.de"), BOOK), { effect: "allow", rule: DNS_RULES.timeName, own: "this-box" });
  equal(ruleOf("0.europe.pool.ntp.org"), "allow dns.time");
  equal(ruleOf("ntp.elinc.de", { timeNames: [] }), "deny dns.default-deny");
  // a type that is not looked up is still answered: with none
  equal(ruleOf("gw.garage.example", {}, {}, "TXT"), "allow dns.answers");
});

Deno.test("policy dns: a deny wins over the list, other rules and own answers", () => {
  const deny = rule({ id: "never", effect: "deny", because: "Not here", names: ["*.garage.example", "csms.example"] });
  equal(ruleOf("csms.example", { rules: [deny] }), "deny never");
  equal(ruleOf("gw.garage.example", { rules: [deny] }), "deny never");
  equal(ruleOf("csms.example", { rules: [rule({ names: ["csms.example"] }), deny] }), "deny never");
  equal(ruleOf("fw.vendor.example", { rules: [deny] }), "allow dns.allow");
});

const CONDITIONS: readonly [what: string, more: Partial<DnsRule>, principal: object, fits: boolean][] = [
  ["station", { stations: ["CP001"] }, { station: "CP001" }, true],
  ["another station", { stations: ["CP001"] }, { station: "CP0011" }, false],
  ["another case of a station", { stations: ["CP001"] }, { station: "cp001" }, false],
  ["no station", { stations: ["CP001"] }, {}, false],
  ["vendor", { vendors: ["bender"] }, { vendor: "Bender" }, true],
  ["another vendor", { vendors: ["bender"] }, { vendor: "benders" }, false],
  ["no vendor", { vendors: ["bender"] }, {}, false],
  ["model", { models: ["CC6"] }, { model: "cc613" }, true],
  ["another model", { models: ["CC6"] }, { model: "xcc613" }, false],
  ["no model", { models: ["CC6"] }, {}, false],
  ["unit", { units: ["bay-07"] }, { unit: "bay-07" }, true],
  ["another unit", { units: ["bay-07"] }, { unit: "bay-0" }, false],
  ["type", { types: ["A"] }, {}, true],
  ["another type", { types: ["AAAA"] }, {}, false],
  ["all of them", { stations: ["CP001"], vendors: ["bender"] }, { station: "CP001", vendor: "bender" }, true],
  ["one of them", { stations: ["CP001"], vendors: ["bender"] }, { station: "CP001", vendor: "abb" }, false],
];

for (const [what, more, principal, isFitting] of CONDITIONS) {
  Deno.test(`policy dns: a rule for ${what} ${isFitting ? "applies" : "does not apply"}`, () => {
    const wanted = isFitting ? "allow firmware" : "deny dns.default-deny";
    equal(ruleOf("fw.vendor2.example", { rules: [rule(more)] }, principal), wanted);
  });
}

Deno.test("policy dns: types that are not looked up are none, of allowed names only", () => {
  equal(ruleOf("csms.example", {}, {}, "TXT"), "deny dns.type");
  equal(ruleOf("csms.example", { types: ["A", "TXT"] }, {}, "TXT"), "allow dns.allow");
  equal(ruleOf("evil.example", {}, {}, "TXT"), "deny dns.default-deny");
  equal(ruleOf("csms.example", {}, {}, "TYPE65"), "deny dns.type");
  equal(ruleOf("csms.example", {}, {}, "ANY"), "deny dns.type");
});

Deno.test("policy dns: the first rule that allows is named", () => {
  const rules = [rule({ id: "one", vendors: ["abb"] }), rule({ id: "two" }), rule({ id: "three" })];
  equal(ruleOf("fw.vendor2.example", { rules }), "allow two");
});
