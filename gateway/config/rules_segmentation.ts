import { isInRanges, networkOf, parseIpv4Range } from "../../policies/ipv4.ts";
import { VENDOR_PORTS } from "../../profiles/vendor_ports.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault, Path } from "./fault.ts";
import { type NamedEnd, parseEnd } from "./flow_end.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";
import { suggest } from "./suggest.ts";

type Segmentation = NonNullable<Site["segmentation"]>;

const MAINTENANCE = new Set(
  VENDOR_PORTS.flatMap(({ ports }) => ports).filter(({ use, udp }) => use === "maintenance" && !udp).map(({ port }) =>
    port
  ),
);

/** A check that looks at a segmentation that is there. */
function rule(
  name: string,
  check: (segmentation: Segmentation, site: Site) => Fault[],
  reads: SiteRule["reads"] = ["segmentation", "network", "stations"],
): SiteRule {
  return { name, reads, check: (site) => site.segmentation ? check(site.segmentation, site) : [] };
}

const wantZone = (site: Site, path: Path, id: string, role?: "ot" | "people"): Fault[] => {
  const fits = site.network.zones.filter((zone) => role === undefined || (zone.role === "ot") === (role === "ot"));
  if (fits.some((zone) => zone.id === id)) return [];
  const zone = site.network.zones.find((one) => one.id === id);
  const wrong = zone ? `the zone "${id}" has the role ${zone.role}` : `there is no zone "${id}"`;
  const names = fits.map((one) => one.id);
  const wanted = names.length > 0 ? `one of ${names.join(", ")}` : "a zone under network.zones";
  return [{ path, wrong, wanted, suggestion: zone ? undefined : suggest(id, names) }];
};

const helper = rule("segmentation needs hald", (_, site) =>
  site.hal ? [] : [{
    path: ["segmentation"],
    at: "key",
    wrong: "nobody can load its rules",
    wanted: "hal: { socket: /run/bulkhead/hal.sock }, and `firewall` in hald.json",
  }], ["segmentation", "hal"]);

const interfaces = rule(
  "the firewall tells zones apart by their interface",
  (_, { network: { zones } }) =>
    // A site that is tried on loopback has all its zones there; nothing comes in from outside.
    findDuplicates(zones, (zone) => zone.interface === "lo" ? undefined : zone.interface).map(({ index, first }) => ({
      path: ["network", "zones", index, "interface"],
      wrong: `the interface is that of zones[${first}]`,
      wanted: "an interface of its own, as a VLAN: eth1.20",
    })),
);

const otAddresses = rule(
  "an OT zone is IPv4",
  (_, { network: { zones } }) =>
    zones.flatMap(({ role, address }, at) =>
      role !== "ot" || address === undefined || networkOf(address) !== undefined ? [] : [{
        path: ["network", "zones", at, "address"],
        wrong: `${address} is IPv6, which has no place in a segmented OT zone`,
        wanted: "an IPv4 address, as 10.20.0.1/24",
      }]
    ),
);

const overlaps = rule("networks of two zones do not overlap", ({ zones: kept }, { network: { zones } }) => {
  const placed = zones.flatMap(({ id, role, address }, at): { id: string; path: Path; text: string }[] => [
    ...address === undefined || role === "uplink"
      ? []
      : [{ id, path: ["network", "zones", at, "address"], text: address }],
    ...kept.flatMap((one, index) =>
      one.zone !== id ? [] : one.addresses.map((text, place) => ({
        ...{ id, text },
        path: ["segmentation", "zones", index, "addresses", place],
      }))
    ),
  ]);
  return placed.flatMap((one, at) => {
    const other = placed.slice(0, at).find((earlier) => earlier.id !== one.id && overlap(earlier.text, one.text));
    if (!other) return [];
    const wrong = `${one.text} overlaps ${other.text} of the zone "${other.id}"`;
    return [{ path: one.path, wrong, wanted: "a network of its own" }];
  });
});

function overlap(one: string, other: string): boolean {
  const [a, b] = [parseIpv4Range(one), parseIpv4Range(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

const keptZones = rule("kept zones exist, once", ({ zones }, site) => [
  ...zones.flatMap(({ zone }, at) => wantZone(site, ["segmentation", "zones", at, "zone"], zone, "ot")),
  ...findDuplicates(zones, ({ zone }) => zone).map(({ index, first }) => ({
    path: ["segmentation", "zones", index, "zone"],
    wrong: `the zone is kept by zones[${first}]`,
    wanted: "one entry per zone",
  })),
  ...zones.flatMap(({ probeInterface }, at) =>
    site.network.zones.some((zone) => zone.interface === probeInterface)
      ? [{
        path: ["segmentation", "zones", at, "probeInterface"],
        wrong: `${probeInterface} is the interface of a zone`,
        wanted: "a spare one",
      }]
      : []
  ),
]);

const maintenanceZones = rule(
  "people come from a zone without stations",
  ({ maintenanceFrom }, site) =>
    maintenanceFrom.flatMap((zone, at) => wantZone(site, ["segmentation", "maintenanceFrom", at], zone, "people")),
);

const ids = rule(
  "ids of segmentation are unique",
  (segmentation) =>
    (["flows", "loadManagement", "redirect"] as const).flatMap((key) =>
      findDuplicates<{ readonly id: string }>(segmentation[key], ({ id }) => id.toLowerCase()).map((
        { index, first },
      ) => ({
        path: ["segmentation", key, index, "id"],
        wrong: `the id is taken by ${key}[${first}]`,
        wanted: "an id of its own",
      }))
    ),
);

const flowEnds = rule("flows lead from somewhere to somewhere", ({ flows }, site) =>
  flows.flatMap((flow, at) => {
    const path = ["segmentation", "flows", at];
    const [from, to] = [parseEnd(flow.from), parseEnd(flow.to)];
    if (!from || !to) return []; // the schema has said so
    const kinds = flow.tcp ?? flow.udp ?? (flow.ping ? [0] : undefined);
    return [
      ...endFaults(site, [...path, "from"], from),
      ...endFaults(site, [...path, "to"], to),
      ...flow.from === flow.to && (from.kind === "box" || from.kind === "station")
        ? [{ path: [...path, "to"], wrong: "is where it comes from", wanted: "another end" }]
        : [],
      ...kinds ? [] : [{ path, wrong: "names no protocol", wanted: "tcp, udp or ping: true" }],
      ...maintenanceFaults(site, path, flow, to),
    ];
  }));

function endFaults(site: Site, path: Path, end: NamedEnd): Fault[] {
  if (end.kind === "box") return [];
  if (end.kind === "zone") return wantZone(site, path, end.name);
  if (end.kind === "hosts") {
    const unknown = wantZone(site, path, end.zone);
    const zone = site.network.zones.find(({ id }) => id === end.zone);
    const kept = site.segmentation?.zones.find((one) => one.zone === end.zone)?.addresses ?? [];
    const networks = [zone?.address, ...kept].filter((text) => text !== undefined);
    const isForeign = zone?.role === "ot" && !isInRanges(end.hosts.split("/")[0]!, networks);
    return isForeign
      ? [{ path, wrong: `${end.hosts} is in no network of "${end.zone}"`, wanted: "an address of that zone" }]
      : unknown;
  }
  const key = end.kind === "station" ? "id" : end.kind;
  const known = [...new Set(site.stations.map((station) => station[key]).filter((name) => name !== undefined))];
  if (!known.includes(end.name)) {
    const wrong = `there is no ${end.kind} "${end.name}" among the stations`;
    return [{ path, wrong, wanted: `a ${end.kind} of the inventory`, suggestion: suggest(end.name, known) }];
  }
  const placed = site.stations.some((station) => station[key] === end.name && station.address !== undefined);
  return placed ? [] : [{
    path,
    wrong: `nobody of ${end.kind} "${end.name}" has an address`,
    wanted: "stations with an `address` (a reservation)",
  }];
}

/** What opens a shell of a station has an end and a person's name (EV-21); a flow has neither. */
function maintenanceFaults(site: Site, path: Path, { tcp }: Segmentation["flows"][number], to: NamedEnd): Fault[] {
  const zoneId = to.kind === "zone" ? to.name : to.kind === "hosts" ? to.zone : undefined;
  const isToStations = ["station", "unit", "vendor"].includes(to.kind) ||
    site.network.zones.some(({ id, role }) => id === zoneId && role === "ot");
  if (!isToStations) return [];
  return (tcp ?? []).flatMap((port, at) => {
    const [first = 0, last = first] = String(port).split("-").map(Number);
    const hit = [...MAINTENANCE].find((one) => one >= first && one <= last);
    return hit === undefined ? [] : [{
      path: [...path, "tcp", at],
      wrong: `${port} holds port ${hit}, a maintenance port of stations`,
      wanted: "`segmentation open` when somebody needs it, and maintenanceFrom",
    }];
  });
}

const redirects = rule(
  "redirects lead to this box",
  ({ redirect, zones: kept }, site) =>
    redirect.flatMap(({ zone, tcp, udp, to }, at): Fault[] => {
      const path = ["segmentation", "redirect", at];
      const missing = wantZone(site, [...path, "zone"], zone, "ot");
      if (missing.length > 0) return missing;
      if ((tcp === undefined) === (udp === undefined)) {
        const wrong = tcp === undefined ? "has neither tcp nor udp" : "has both tcp and udp";
        return [{ path, wrong, wanted: "one of them; a second entry for the other" }];
      }
      const own = [
        site.network.zones.find(({ id }) => id === zone)?.address,
        ...kept.find((one) => one.zone === zone)?.addresses ?? [],
      ];
      const host = to.split(":")[0];
      if (own.some((address) => address?.split("/")[0] === host)) return [];
      const wanted = own.map((address) => address?.split("/")[0]).join(" or ");
      return [{ path: [...path, "to"], wrong: `${host} is no address of this box in "${zone}"`, wanted }];
    }),
);

const peers = rule(
  "stations under load management exist and have addresses",
  ({ loadManagement }, site) =>
    loadManagement.flatMap(({ stations }, at) =>
      stations.flatMap((id, place) =>
        endFaults(site, ["segmentation", "loadManagement", at, "stations", place], { kind: "station", name: id })
      )
    ),
);

/** Checks of the segmentation section. */
export const SEGMENTATION_SITE_RULES: readonly SiteRule[] = [
  helper,
  interfaces,
  otAddresses,
  overlaps,
  keptZones,
  maintenanceZones,
  ids,
  flowEnds,
  redirects,
  peers,
];
