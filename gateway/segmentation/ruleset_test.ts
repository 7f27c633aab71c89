import { deepEqual, doesNotThrow, equal, match, ok, throws } from "node:assert/strict";
import type { Segmentation } from "../../policies/segmentation_model.ts";
import { checkRulesetText } from "../../hal/firewall_text.ts";
import { makeRuleset, pathOf, REFUSED_COUNTERS } from "./ruleset.ts";
import { GARAGE } from "./testing/garage.ts";

const GOLDEN = new URL("./testing/garage.nft", import.meta.url);

/** A segmentation with nothing in it but what is given. */
const only = (part: Partial<Segmentation>): Segmentation => ({
  zones: GARAGE.zones,
  flows: [],
  groups: [],
  redirects: [],
  maintenancePorts: [],
  maintenanceFrom: [],
  segmentSizes: [],
  ...part,
});

Deno.test("ruleset: the garage's rules are those of testing/garage.nft, rule for rule", async () => {
  const { text } = makeRuleset(GARAGE);
  if (Deno.env.get("UPDATE_GOLDEN")) await Deno.writeTextFile(GOLDEN, text); // read the difference before you commit it
  equal(text, await Deno.readTextFile(GOLDEN));
});

Deno.test("ruleset: hald takes it, also with nothing declared at all", () => {
  doesNotThrow(() => checkRulesetText(makeRuleset(GARAGE).text));
  doesNotThrow(() => checkRulesetText(makeRuleset(only({ zones: [] })).text));
});

Deno.test("ruleset: every flow, group and redirect has a counter of its own, and every counter exists", () => {
  const { text, counters } = makeRuleset(GARAGE);
  const ids = [...GARAGE.flows, ...GARAGE.groups, ...GARAGE.redirects].map(({ id }) => id);
  deepEqual(Object.values(counters).sort(), ids.sort());
  const used = new Set([...text.matchAll(/counter name (\w+)/g)].map(([, name]) => name));
  for (const name of used) ok(text.includes(`\tcounter ${name} {`), String(name));
  for (const name of Object.keys(counters)) ok(used.has(name), name);
  for (const name of Object.keys(REFUSED_COUNTERS)) ok(text.includes(`\tcounter ${name} {`), name);
});

Deno.test("ruleset: with nothing declared nothing passes but answers, pings and what open.d names", () => {
  const { text } = makeRuleset(only({}));
  const accepts = text.split("\n").map((line) => line.trim()).filter((line) => / accept( comment|$)/.test(` ${line}`));
  for (const line of accepts) {
    match(
      line,
      /^(policy|iif lo|oif lo|ct state established|icmp|ip saddr \. ip daddr \. tcp dport @opened|iifname .*(icmpv6|@admitted))/,
    );
  }
});

Deno.test("ruleset: a flow that names no address of an OT zone takes IPv4 only", () => {
  const flow = { ...GARAGE.flows[0]!, to: { box: true as const } };
  match(makeRuleset(only({ flows: [flow] })).text, /iifname "eth1" meta nfproto ipv4 tcp dport 8444/);
});

Deno.test("ruleset: an opening stands before what is established, so that its end ends the session", () => {
  const { text } = makeRuleset(GARAGE);
  for (const chain of ["forward", "output"]) {
    const body = text.split(`\tchain ${chain} {`)[1]!;
    const gate = body.search(/jump (own_)?maintenance/);
    ok(gate >= 0 && gate < body.indexOf("ct state established"), chain);
  }
});

Deno.test("ruleset: IPv6 is off, guarded, or left to the services, by zone", () => {
  const { text } = makeRuleset(GARAGE);
  match(text, /iifname "eth1" meta nfproto ipv6 counter name refused_ipv6 drop/);
  match(text, /oifname "eth1" meta nfproto ipv6 counter name refused_ipv6 drop/);
  match(text, /iifname "eth2" icmpv6 type nd-router-advert counter name refused_ra drop/);
  match(text, /iifname \{ "eth0", "eth0.99" \} icmpv6 type nd-router-advert accept/);
});

Deno.test("ruleset: discovery is handed on where the switch divides, and left alone where it does not", () => {
  match(makeRuleset(GARAGE).text, /dup to 10\.20\.0\.11\n/);
  const zones = GARAGE.zones.map((zone) => ({ ...zone, isolation: "shared" as const }));
  ok(!makeRuleset({ ...GARAGE, zones }).text.includes("dup to"));
  const groups = GARAGE.groups.map((group) => ({ ...group, hasDiscovery: false }));
  ok(!makeRuleset({ ...GARAGE, groups }).text.includes("dup to"));
});

Deno.test("ruleset: nobody gets a copy of their own broadcast", () => {
  for (const [, sources, target] of makeRuleset(GARAGE).text.matchAll(/ip saddr (\{.*?\}) .* dup to (\S+)/g)) {
    ok(!sources!.includes(target!), `${sources} -> ${target}`);
  }
});

Deno.test("ruleset: a text that nft would read as more than a text is never written", () => {
  for (const id of ['a"', "a\nb", "a\\"]) {
    throws(() => makeRuleset(only({ flows: [{ ...GARAGE.flows[0]!, id }] })), TypeError);
  }
});

Deno.test("ruleset: a flow of a zone that does not exist is a fault, not a rule without a zone", () => {
  throws(() => makeRuleset(only({ flows: [{ ...GARAGE.flows[0]!, from: { zone: "nowhere" } }] })), /no zone "nowhere"/);
});

Deno.test("ruleset: the path of a flow is told by its ends", () => {
  deepEqual(GARAGE.flows.map(pathOf), ["input", "input", "output", "forward"]);
});

Deno.test("ruleset: what a zone's stations send elsewhere is refused and remembered, although nothing is routed from it", () => {
  const [zone] = GARAGE.zones.filter(({ role }) => role === "ot");
  const lone = { ...zone!, isolation: "shared" as const, interface: "eth9" };
  const { text } = makeRuleset(only({ zones: [lone], maintenanceFrom: [] }));
  const chain = /chain unrouted \{([\s\S]*?)\n\t\}/.exec(text)?.[1] ?? "";
  equal(chain.includes("hook prerouting priority filter"), true);
  equal(
    chain.includes('iifname "eth9" meta nfproto ipv4 fib daddr type != { local, broadcast, multicast } jump source_0'),
    true,
  );
  equal(chain.trimEnd().endsWith("goto refuse_forward"), true);
  // A zone that is routed has the chain that forwards for it.
  equal(makeRuleset(only({ zones: [lone], maintenanceFrom: ["mgmt"] })).text.includes("chain unrouted"), false);
});
