import type { Flow, FlowEnd, PeerGroup, PortRange, Redirect, Segmentation } from "../../policies/segmentation_model.ts";
import { pathOf, type Ruleset } from "./ruleset.ts";

/** One flow as people read it: a line of `segmentation show`, of the page, and of the difference in a plan. */
export interface FlowRow {
  readonly id: string;
  /** Name of its counter in the kernel. */
  readonly counter: string;
  /** Where the firewall judges it. */
  readonly path: "input" | "forward" | "output" | "redirect";
  readonly from: string;
  readonly to: string;
  /** Zone ids, or "box": the cell of the matrix. */
  readonly fromZone: string;
  readonly toZone: string;
  /** "tcp/8444", "udp/67", "ping". */
  readonly what: string;
  readonly because: string;
}

/** Every flow, group and redirect of a segmentation, in the order of its rules. */
export function flowRows(segmentation: Segmentation, { counters }: Pick<Ruleset, "counters">): readonly FlowRow[] {
  const counterOf = new Map(Object.entries(counters).map(([name, id]) => [id, name]));
  const named = (id: string) => ({ id, counter: counterOf.get(id) ?? "" });
  return [
    ...segmentation.flows.map((flow) => ({ ...named(flow.id), ...flowRow(flow) })),
    ...segmentation.groups.map((group) => ({ ...named(group.id), ...groupRow(group) })),
    ...segmentation.redirects.map((redirect) => ({ ...named(redirect.id), ...redirectRow(redirect) })),
  ];
}

function flowRow(flow: Flow): Omit<FlowRow, "id" | "counter"> {
  return {
    path: pathOf(flow),
    from: endText(flow.from),
    to: endText(flow.to),
    fromZone: zoneName(flow.from),
    toZone: zoneName(flow.to),
    what: flow.protocol === "ping" ? "ping" : `${flow.protocol}/${portsText(flow.ports ?? [])}`,
    because: flow.because,
  };
}

function groupRow({ members, ports, because, kind }: PeerGroup): Omit<FlowRow, "id" | "counter"> {
  const addresses = members.map(({ address }) => address).join(", ");
  const what = kind === "unit" ? "everything" : `tcp+udp/${portsText(ports)}`;
  const [fromZone = "", toZone = fromZone] = [...new Set(members.map(({ zone }) => zone))];
  return { path: "forward", from: addresses, to: "each other", fromZone, toZone, what, because };
}

function redirectRow({ addresses, protocol, port, to, zone, because }: Redirect): Omit<FlowRow, "id" | "counter"> {
  const dialled = addresses.length === 0 ? "any address" : addresses.join(", ");
  const what = protocol === "ping" ? "ping" : `${protocol}/${port}`;
  const target = to.port === undefined ? to.address : `${to.address}:${to.port}`;
  return {
    path: "redirect",
    from: zone,
    to: `${dialled} -> box ${target}`,
    fromZone: zone,
    toZone: "box",
    what,
    because,
  };
}

/** "box 10.20.0.1", "mgmt 10.99.0.9", "uplink": an end as people read it. */
export function endText(end: FlowEnd): string {
  if ("box" in end) return end.at === undefined ? "box" : `box ${end.at}`;
  return end.hosts === undefined ? end.zone : `${end.zone} ${end.hosts.join(", ")}`;
}

const zoneName = (end: FlowEnd) => "box" in end ? "box" : end.zone;

function portsText(ports: readonly PortRange[]): string {
  return ports.map(([first, last]) => first === last ? String(first) : `${first}-${last}`).join(",");
}

/** What a new ruleset adds and takes away, as people read it. A flow that only counts elsewhere did not change. */
export function diffRows(
  before: readonly FlowRow[],
  after: readonly FlowRow[],
): { readonly added: readonly FlowRow[]; readonly removed: readonly FlowRow[] } {
  const key = ({ id, from, to, what }: FlowRow) => [id, from, to, what].join("\n");
  const [old, next] = [new Set(before.map(key)), new Set(after.map(key))];
  return {
    added: after.filter((row) => !old.has(key(row))),
    removed: before.filter((row) => !next.has(key(row))),
  };
}
