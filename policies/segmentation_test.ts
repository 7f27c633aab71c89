import { strict as assert } from "node:assert";
import process from "node:process";
import { parse } from "yaml";
import { decideFlow, isSeen, type Packet, SEGMENTATION_RULES } from "./segmentation.ts";
import CASES from "./segmentation_cases.yaml" with { type: "text" };
import type { Segmentation } from "./segmentation_model.ts";

const SITE: Segmentation = {
  zones: [
    zone("ot", "ot", "10.20.0.1", "10.20.0.0/24", "private-vlan"),
    zone("ot2", "ot", "10.21.0.1", "10.21.0.0/24", "shared"),
    zone("mgmt", "management", "10.99.0.2", "10.99.0.0/24", "shared"),
    { ...zone("uplink", "uplink", "", "", "shared"), box: [], networks: [] },
  ],
  flows: [
    flow("ocpp", { zone: "ot" }, { box: true, at: "10.20.0.1" }, 8_444),
    flow("console", { zone: "mgmt", hosts: ["10.99.0.0/25"] }, { box: true }, 8_443),
    flow("csms", { box: true }, { zone: "uplink" }, 443),
    flow("ems", { zone: "mgmt", hosts: ["10.99.0.9"] }, { zone: "ot2", hosts: ["10.21.0.40"] }, 502),
    // A site that declares a maintenance port gets none: the schema refuses it, and so does the policy.
    flow("wrong", { zone: "mgmt" }, { zone: "ot" }, 22),
  ],
  groups: [
    { ...group("unit.dc-1", ["10.20.0.13", "10.20.0.14"]), kind: "unit", ports: [[1, 65_535]] },
    group("load-management.dlm", ["10.20.0.11", "10.20.0.12", "10.20.0.13"]),
  ],
  redirects: [
    redirect("dns", "udp", [], 53),
    redirect("csms", "tcp", ["203.0.113.5"], 443),
    redirect("ping", "ping", ["8.8.8.8"]),
  ],
  maintenancePorts: [[20, 24]],
  maintenanceFrom: [],
  segmentSizes: [],
};

function zone(
  id: string,
  role: "ot" | "uplink" | "management",
  box: string,
  network: string,
  isolation: "shared" | "private-vlan",
): Segmentation["zones"][number] {
  return { id, role, interface: id, box: [box], networks: [network], ipv6: "off", isolation };
}

function flow(
  id: string,
  from: Segmentation["flows"][number]["from"],
  to: Segmentation["flows"][number]["to"],
  port: number,
): Segmentation["flows"][number] {
  return { id, because: id, from, to, protocol: "tcp", ports: [[port, port]] };
}

function group(id: string, addresses: readonly string[]): Segmentation["groups"][number] {
  const members = addresses.map((address) => ({ zone: "ot", address }));
  return { id, because: id, kind: "load-management", members, ports: [[1_024, 65_535]], hasDiscovery: true };
}

function redirect(
  id: string,
  protocol: "tcp" | "udp" | "ping",
  addresses: readonly string[],
  port?: number,
): Segmentation["redirects"][number] {
  const to = { address: "10.20.0.1" };
  return { id, because: id, zone: "ot", protocol, addresses, ...port === undefined ? {} : { port }, to };
}

/** "ot 10.20.0.11 > box 10.20.0.1 tcp 8444" */
function packet(text: string): Packet {
  const [fromZone = "", from = "", , toZone = "", to = "", protocol = "", port = "0"] = text.split(" ");
  const end = (zone: string, address: string) => zone === "box" ? { address } : { zone, address };
  return {
    from: end(fromZone, from),
    to: end(toZone, to),
    protocol: protocol as Packet["protocol"],
    port: Number(port),
  };
}

/** One line of segmentation_cases.yaml. */
interface Case {
  readonly case: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly rule: string;
}

// yaml asks for two debug variables of its own; this test runs without any permission, so there is nothing to ask.
Object.defineProperty(process, "env", { value: {} });

const { default: deny, maintenance, spoofed } = SEGMENTATION_RULES;
for (const { case: what, from, to, by, rule } of (parse(CASES) as { readonly cases: readonly Case[] }).cases) {
  Deno.test(`segmentation: ${what}: ${from} > ${to} ${by}`, () => {
    const decision = decideFlow(packet(`${from} > ${to} ${by}`), SITE);
    assert.equal(decision.rule, rule);
    assert.equal(decision.effect, [deny, maintenance, spoofed].some((one) => one === rule) ? "deny" : "allow");
  });
}

Deno.test("segmentation: an opening lets exactly its source reach exactly its port", () => {
  const opening = { source: "10.99.0.9", station: "10.20.0.11", port: 22 };
  const rules = [
    "mgmt 10.99.0.9 > ot 10.20.0.11 tcp 22",
    "mgmt 10.99.0.8 > ot 10.20.0.11 tcp 22",
    "mgmt 10.99.0.9 > ot 10.20.0.12 tcp 22",
    "mgmt 10.99.0.9 > ot 10.20.0.11 tcp 23",
  ].map((text) => decideFlow(packet(text), SITE, [opening]).rule);
  const shut = SEGMENTATION_RULES.maintenance;
  assert.deepEqual(rules, [SEGMENTATION_RULES.opening, shut, shut, shut]);
});

Deno.test("segmentation: DHCP's first message comes from no address, and nothing else may", () => {
  const dhcp = { ...flow("dhcp", { zone: "ot" }, { box: true }, 67), protocol: "udp" as const };
  const site = { ...SITE, flows: [...SITE.flows, dhcp] };
  assert.equal(decideFlow(packet("ot 0.0.0.0 > box 255.255.255.255 udp 67"), site).rule, "dhcp");
  assert.equal(decideFlow(packet("ot 0.0.0.0 > box 10.20.0.1 udp 68"), site).rule, SEGMENTATION_RULES.spoofed);
  assert.equal(decideFlow(packet("ot 0.0.0.0 > box 10.20.0.1 tcp 8444"), site).rule, SEGMENTATION_RULES.spoofed);
});

Deno.test("segmentation: a refusal says what was tried and what to do", () => {
  const refusal = decideFlow(packet("mgmt 10.99.0.10 > ot2 10.21.0.40 tcp 502"), SITE);
  assert.ok(refusal.effect === "deny");
  assert.match(refusal.reason, /from mgmt \(10\.99\.0\.10\) to ot2 \(10\.21\.0\.40\) tcp\/502/);
  assert.match(refusal.hint!, /segmentation\.flows/);
  const shut = decideFlow(packet("mgmt 10.99.0.9 > ot 10.20.0.11 tcp 22"), SITE);
  assert.ok(shut.effect === "deny" && /segmentation open STATION --port 22/.test(shut.hint!));
});

Deno.test("segmentation: neighbours on a segment that nothing divides are not seen, and it says so", () => {
  const seen = (text: string) => isSeen(packet(text), SITE);
  assert.deepEqual(
    [
      "ot2 10.21.0.40 > ot2 10.21.0.41 tcp 80",
      "ot 10.20.0.11 > ot 10.20.0.12 tcp 80",
      "ot2 10.21.0.40 > ot 10.20.0.11 tcp 80",
      "box 10.21.0.1 > box 10.21.0.1 tcp 80",
    ].map(seen),
    [false, true, true, true],
  );
});

Deno.test("segmentation: a zone that the model does not hold gets nothing", () => {
  assert.equal(decideFlow(packet("other 10.1.1.1 > box 10.20.0.1 tcp 8444"), SITE).rule, SEGMENTATION_RULES.default);
});
