import { deepStrictEqual as equal } from "node:assert/strict";
import { decideDhcp, type DhcpFacts, type DhcpRules } from "./dhcp.ts";

const MAC = "02:00:00:00:00:11";
const FACTS: DhcpFacts = {
  principal: { mac: MAC, isKnown: true },
  context: { sourceMac: MAC, hops: 0, relay: "none", hasBareRelayInfo: false },
};
const RULES: DhcpRules = { unknown: "ignore", trustsSwitches: false };

interface Case {
  readonly name: string;
  readonly mac?: string;
  readonly isKnown?: boolean;
  readonly context?: Partial<DhcpFacts["context"]>;
  readonly rules?: Partial<DhcpRules>;
  readonly gives: readonly [treatment: string, rule: string];
}

const STRANGER = { sourceMac: "02:00:00:00:00:99" };
const CASES: readonly Case[] = [
  { name: "a known device", gives: ["serve", "dhcp.known"] },
  { name: "a known device, whatever unknown ones get", rules: { unknown: "nak" }, gives: ["serve", "dhcp.known"] },
  { name: "an unknown device", isKnown: false, gives: ["ignore", "dhcp.unknown"] },
  { name: "an unknown device, refused", isKnown: false, rules: { unknown: "nak" }, gives: ["nak", "dhcp.unknown"] },
  {
    name: "an unknown device in quarantine",
    isKnown: false,
    rules: { unknown: "quarantine" },
    gives: ["quarantine", "dhcp.quarantined"],
  },
  { name: "in the name of another MAC", context: STRANGER, gives: ["ignore", "dhcp.mac-mismatch"] },
  {
    name: "in the name of another MAC, in quarantine all the same",
    isKnown: false,
    context: STRANGER,
    rules: { unknown: "quarantine" },
    gives: ["ignore", "dhcp.mac-mismatch"],
  },
  {
    name: "in the name of another MAC, never refused aloud: the word would go to the wrong one",
    isKnown: false,
    context: STRANGER,
    rules: { unknown: "nak" },
    gives: ["ignore", "dhcp.mac-mismatch"],
  },
  {
    name: "through a listed relay",
    context: { ...STRANGER, relay: "listed", hops: 1 },
    gives: ["serve", "dhcp.known"],
  },
  {
    name: "through a relay that nobody listed",
    context: { ...STRANGER, relay: "unlisted" },
    gives: ["ignore", "dhcp.relay-unlisted"],
  },
  { name: "after 15 relays", context: { relay: "listed", hops: 15 }, gives: ["serve", "dhcp.known"] },
  { name: "after 16 relays", context: { relay: "listed", hops: 16 }, gives: ["ignore", "dhcp.hops"] },
  { name: "with option 82 of its own", context: { hasBareRelayInfo: true }, gives: ["ignore", "dhcp.relay-info"] },
  {
    name: "with option 82 of a trusted switch",
    context: { hasBareRelayInfo: true },
    rules: { trustsSwitches: true },
    gives: ["serve", "dhcp.known"],
  },
  { name: "a multicast MAC", mac: "01:00:5e:00:00:01", gives: ["ignore", "dhcp.mac-invalid"] },
  { name: "the broadcast MAC", mac: "ff:ff:ff:ff:ff:ff", gives: ["ignore", "dhcp.mac-invalid"] },
  { name: "no MAC", mac: "00:00:00:00:00:00", gives: ["ignore", "dhcp.mac-invalid"] },
];

for (const { name, mac = MAC, isKnown = true, context, rules, gives } of CASES) {
  Deno.test(`dhcp policy: ${name}`, () => {
    const facts = { principal: { mac, isKnown }, context: { ...FACTS.context, ...context } };
    const { decision, treatment } = decideDhcp(facts, { ...RULES, ...rules });
    equal([treatment, decision.rule], gives);
    equal(decision.effect, treatment === "serve" || treatment === "quarantine" ? "allow" : "deny");
  });
}

Deno.test("dhcp policy: a refusal says whom it is about and what to do", () => {
  const { decision } = decideDhcp({ ...FACTS, principal: { mac: MAC, isKnown: false } }, RULES);
  equal(decision, {
    effect: "deny",
    rule: "dhcp.unknown",
    reason: `Device ${MAC} is neither a station nor reserved`,
    hint: `Adopt it with \`dhcp adopt ${MAC}\`, or give its MAC to a station in site.yaml`,
  });
});

Deno.test("dhcp policy: a forged message is judged before anything is said of the device", () => {
  const forged = { ...FACTS.context, ...STRANGER };
  for (const unknown of ["ignore", "nak", "quarantine"] as const) {
    for (const isKnown of [true, false]) {
      const { treatment } = decideDhcp({ principal: { mac: MAC, isKnown }, context: forged }, { ...RULES, unknown });
      equal(treatment, "ignore", `${unknown} ${isKnown}`);
    }
  }
});
