import type { Flow, Segmentation } from "../../policies/segmentation_model.ts";
import { SEGMENTATION_LIMITS } from "./limits.ts";
import { routingZones } from "./kernel_settings.ts";
import { groupLines, relayTable } from "./ruleset_groups.ts";
import { endMatch, interfaces, oneOrSet, portSet, quote, transport } from "./ruleset_match.ts";

/** A ruleset and what its named counters count. */
export interface Ruleset {
  /** For `nft -f`; one transaction. */
  readonly text: string;
  /** Counter name to the id of the flow, group or redirect. */
  readonly counters: Readonly<Record<string, string>>;
}

/** Counters of what was refused, by the chain that refused it. */
export const REFUSED_COUNTERS = {
  refused_flood: "pings beyond a walking pace",
  refused_forward: "crossing the box without a declared flow",
  refused_input: "to the box without a declared flow",
  refused_ipv6: "IPv6 in a zone without it",
  refused_maintenance: "maintenance ports of stations that are not open",
  refused_multicast: "broadcasts and multicasts that nothing here serves",
  refused_output: "from the box without a declared flow",
  refused_quarantine: "devices that nobody knows yet",
  refused_ra: "router advertisements of zones that have no IPv6 router",
  refused_spoofed: "sources that are no address of their zone",
} as const;

/** Makes the nftables ruleset of a site: pure, the same text for the same site. */
export function makeRuleset(segmentation: Segmentation): Ruleset {
  const counters: Record<string, string> = {};
  const count = (kind: "f" | "g" | "r", index: number, id: string) => {
    counters[`${kind}${index}`] = id;
    return `counter name ${kind}${index}`;
  };
  const flows = flowLines(segmentation, count);
  const groups = groupLines(segmentation, count);
  const redirects = redirectLines(segmentation, count);
  const body = [
    ...setLines(),
    ...Object.keys({ ...counters, ...REFUSED_COUNTERS }).flatMap((name) => [`counter ${name} {`, "}"]),
    ...refusals(),
    ...sourceChains(segmentation),
    ...maintenanceChain(groups.units),
    ...inputChain(segmentation, flows.input),
    ...forwardChain(segmentation, [...groups.units, ...flows.forward, ...groups.stations]),
    ...outputChain(segmentation, [...flows.output, ...groups.copies]),
    ...redirects,
    ...unroutedChain(segmentation),
    ...clampChain(segmentation),
  ];
  const relay = relayTable(segmentation);
  return { text: [...HEADER, ...block("table inet bulkhead", body), "", ...relay, ""].join("\n"), counters };
}

const HEADER = [
  "# Made by Bulkhead from site.yaml: `segmentation plan` shows what would change. Do not edit, it is replaced.",
  "add table inet bulkhead",
  "delete table inet bulkhead",
  "add table ip bulkhead",
  "delete table ip bulkhead",
  "",
];

/** A named block with its lines indented; empty lines stay empty. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => line === "" ? "" : `\t${line}`), "}"];
}

function setLines(): string[] {
  const denied = (path: string) =>
    block(`set denied_${path}`, [
      "type ifname . ipv4_addr . ipv4_addr . inet_proto . inet_service",
      `size ${SEGMENTATION_LIMITS.deniedPerPath}`,
      "flags dynamic,timeout",
      `timeout ${SEGMENTATION_LIMITS.deniedSeconds}s`,
      "counter",
    ]);
  return [
    "# interface . port that the box serves beside what site.yaml declares: /etc/bulkhead/open.d",
    ...block("set admitted_tcp", ["type ifname . inet_service"]),
    ...block("set admitted_udp", ["type ifname . inet_service"]),
    "# source . station . port: open for a while by a person's decision",
    ...block("set opened", [
      "type ipv4_addr . ipv4_addr . inet_service",
      "flags timeout",
      `size ${SEGMENTATION_LIMITS.openings}`,
    ]),
    ...block("set pingers", ["type ipv4_addr", "size 4096", "flags dynamic,timeout", "timeout 1m"]),
    ...["input", "forward", "output"].flatMap(denied),
  ];
}

/** Chains that end a packet: counted, remembered for the pages, dropped. */
function refusals(): string[] {
  const remember = (path: string, key: string) => [
    `meta l4proto { tcp, udp } update @denied_${path} { ${key} . ip saddr . ip daddr . meta l4proto . th dport }`,
    `ip protocol icmp update @denied_${path} { ${key} . ip saddr . ip daddr . meta l4proto . 0 }`,
  ];
  const refuse = (name: keyof typeof REFUSED_COUNTERS, path: string, key: string) =>
    block(`chain ${name.replace("refused", "refuse")}`, [...remember(path, key), `counter name ${name} drop`]);
  return [
    ...refuse("refused_input", "input", "iifname"),
    ...refuse("refused_forward", "forward", "iifname"),
    ...refuse("refused_output", "output", "oifname"),
    ...refuse("refused_spoofed", "input", "iifname"),
    ...refuse("refused_quarantine", "input", "iifname"),
    ...refuse("refused_maintenance", "forward", "iifname"),
    ...block("chain refuse_own_maintenance", [
      ...remember("output", "oifname"),
      "counter name refused_maintenance drop",
    ]),
  ];
}

/** One chain per OT zone: a source that is no address of the zone goes nowhere. */
function sourceChains({ zones }: Segmentation): string[] {
  return zones.flatMap((zone, index) =>
    zone.role !== "ot" ? [] : block(`chain source_${index}`, [
      `ip saddr ${oneOrSet(zone.networks)} return`,
      "ip saddr 0.0.0.0 udp dport 67 return",
      "goto refuse_spoofed",
    ])
  );
}

function zoneGuards({ zones }: Segmentation): string[] {
  return zones.flatMap((zone, index) => {
    const into = interfaces("iifname", [zone]);
    const lines: string[] = [];
    if (zone.ipv6 === "off") lines.push(`${into} meta nfproto ipv6 counter name refused_ipv6 drop`);
    if (zone.ipv6 === "ra-guard") lines.push(`${into} icmpv6 type nd-router-advert counter name refused_ra drop`);
    if (zone.role === "ot") lines.push(`${into} meta nfproto ipv4 jump source_${index}`);
    return lines;
  });
}

function maintenanceChain(units: readonly string[]): string[] {
  const opened = "ip saddr . ip daddr . tcp dport @opened accept";
  return [
    ...block("chain maintenance", [...units, opened, "goto refuse_maintenance"]),
    ...block("chain own_maintenance", [opened, "goto refuse_own_maintenance"]),
  ];
}

/** Devices in quarantine reach DHCP and nobody reaches them. */
function quarantine({ zones }: Segmentation, side: "from" | "to"): string[] {
  return zones.flatMap((zone) => {
    if (!zone.quarantine) return [];
    const range = zone.quarantine.join("-");
    const [where, address, port] = side === "from" ? ["iifname", "saddr", 67] : ["oifname", "daddr", 68];
    const match = `${where} ${quote(zone.interface)} ip ${address} ${range}`;
    return [
      `${match} udp dport != ${port} goto refuse_quarantine`,
      `${match} meta l4proto != udp goto refuse_quarantine`,
    ];
  });
}

/** Stands before "established": an opening that ends also ends the session that used it. */
function maintenanceGate({ zones, maintenancePorts }: Segmentation, chain: string): string[] {
  const ot = zones.filter(({ role }) => role === "ot");
  if (ot.length === 0 || maintenancePorts.length === 0) return [];
  return [`${interfaces("oifname", ot)} tcp dport ${portSet(maintenancePorts)} jump ${chain}`];
}

const NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, packet-too-big } accept";

function inputChain(segmentation: Segmentation, flows: readonly string[]): string[] {
  const { zones, redirects } = segmentation;
  const routed = zones.filter(({ ipv6 }) => ipv6 === "on");
  const answering = zones.filter(({ id }) => redirects.some(({ zone }) => zone === id));
  return block("chain input", [
    "type filter hook input priority filter",
    "policy drop",
    "",
    "iif lo accept",
    ...zoneGuards(segmentation),
    ...quarantine(segmentation, "from"),
    "icmp type echo-request update @pingers { ip saddr limit rate over 5/second burst 10 packets } counter name refused_flood drop",
    "icmpv6 type echo-request limit rate over 10/second counter name refused_flood drop",
    "ct state established,related accept",
    "ct state invalid drop",
    "# neighbour discovery and path MTU: without them IPv6 does not work at all (RFC 4890 section 4.4)",
    NEIGHBOURS,
    ...routed.length > 0 ? [`${interfaces("iifname", routed)} icmpv6 type nd-router-advert accept`] : [],
    "icmp type echo-request accept",
    "icmpv6 type echo-request accept",
    ...answering.length > 0 ? [`${interfaces("iifname", answering)} ct status dnat accept`] : [],
    "iifname . tcp dport @admitted_tcp ct state new accept",
    "iifname . udp dport @admitted_udp accept",
    ...flows,
    "fib daddr type { broadcast, multicast } counter name refused_multicast drop",
    "goto refuse_input",
  ]);
}

function forwardChain(segmentation: Segmentation, flows: readonly string[]): string[] {
  return block("chain forward", [
    "type filter hook forward priority filter",
    "policy drop",
    "",
    ...zoneGuards(segmentation),
    ...quarantine(segmentation, "from"),
    ...quarantine(segmentation, "to"),
    ...maintenanceGate(segmentation, "maintenance"),
    "ct state established,related accept",
    "ct state invalid drop",
    ...flows,
    "goto refuse_forward",
  ]);
}

function outputChain(segmentation: Segmentation, flows: readonly string[]): string[] {
  const quiet = segmentation.zones.filter(({ ipv6 }) => ipv6 === "off");
  return block("chain output", [
    "type filter hook output priority filter",
    "policy drop",
    "",
    "oif lo accept",
    ...quiet.length > 0 ? [`${interfaces("oifname", quiet)} meta nfproto ipv6 counter name refused_ipv6 drop`] : [],
    ...quarantine(segmentation, "to"),
    ...maintenanceGate(segmentation, "own_maintenance"),
    "ct state established,related accept",
    "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld2-listener-report } accept",
    "icmp type echo-request accept",
    "icmpv6 type echo-request accept",
    ...flows,
    "goto refuse_output",
  ]);
}

type Count = (kind: "f" | "g" | "r", index: number, id: string) => string;

/** The declared flows by the path they take. */
function flowLines(segmentation: Segmentation, count: Count) {
  const lines = { input: [] as string[], forward: [] as string[], output: [] as string[] };
  segmentation.flows.forEach((flow, index) => {
    const path = pathOf(flow);
    const ends = [endMatch(flow.from, "from", segmentation), endMatch(flow.to, "to", segmentation)];
    const what = transport(flow.protocol, flow.ports ?? []);
    const words = [...ends, what, count("f", index, flow.id), "accept", `comment ${quote(flow.id)}`];
    lines[path].push(words.filter((word) => word !== "").join(" "));
  });
  return lines;
}

/** Which chain judges a flow. */
export function pathOf({ from, to }: Flow): "input" | "forward" | "output" {
  if ("box" in to) return "input";
  return "box" in from ? "output" : "forward";
}

/** Hard-coded addresses of stations, answered by the box. The box's own addresses stay what they are. */
function redirectLines(segmentation: Segmentation, count: Count): string[] {
  if (segmentation.redirects.length === 0) return [];
  const lines = segmentation.redirects.map((one, index) => {
    const zone = segmentation.zones.find(({ id }) => id === one.zone)!;
    const dialled = one.addresses.length > 0
      ? `ip daddr ${oneOrSet(one.addresses)}`
      : `ip daddr != ${oneOrSet(zone.box)} fib daddr type != { broadcast, multicast }`;
    const what = one.protocol === "ping" ? "icmp type echo-request" : `${one.protocol} dport ${one.port}`;
    const target = one.to.port === undefined ? one.to.address : `${one.to.address}:${one.to.port}`;
    const where = `${interfaces("iifname", [zone])} ip saddr ${oneOrSet(zone.networks)}`;
    return `${where} ${dialled} ${what} ${count("r", index, one.id)} dnat ip to ${target} comment ${quote(one.id)}`;
  });
  return block("chain hardcoded", ["type nat hook prerouting priority dstnat", "policy accept", "", ...lines]);
}

/**
 * Zones that nothing is routed from: the kernel would throw away what their stations send elsewhere before any chain that
 * forwards, and nobody would see that they tried.
 */
function unroutedChain(segmentation: Segmentation): string[] {
  const routing = routingZones(segmentation);
  const lines = segmentation.zones.flatMap((zone, index) => {
    if (zone.role !== "ot" || routing.has(zone.id)) return [];
    const away = `${interfaces("iifname", [zone])} meta nfproto ipv4 fib daddr type != { local, broadcast, multicast }`;
    return [`${away} jump source_${index}`, `${away} goto refuse_forward`];
  });
  return lines.length === 0 ? [] : block("chain unrouted", [
    "type filter hook prerouting priority filter",
    "policy accept",
    "",
    ...lines,
  ]);
}

/** A segment that the uplink cannot carry is lost where nobody tells. */
function clampChain({ segmentSizes }: Segmentation): string[] {
  return block("chain segments", [
    "type filter hook postrouting priority mangle",
    "policy accept",
    "",
    ...segmentSizes.map((one) =>
      `oifname ${quote(one.interface)} tcp flags syn / syn,rst tcp option maxseg size set ${one.bytes}`
    ),
  ]);
}
