import { broadcastOf } from "../../policies/ipv4.ts";
import type { PeerGroup, Segmentation } from "../../policies/segmentation_model.ts";
import { interfaces, oneOrSet, portSet, quote, transport, zoneOf } from "./ruleset_match.ts";

/** Rules of the peer groups. */
export interface GroupLines {
  /** Parts of one unit: one machine, whatever the port. */
  readonly units: readonly string[];
  /** Stations under one load management. */
  readonly stations: readonly string[];
  /** Copies of discovery broadcasts, made by the relay table, on their way out. */
  readonly copies: readonly string[];
}

/** Copies of one broadcast a second to one member; discovery beacons come every few seconds. */
const COPIES_PER_SECOND = 20;

/** Writes the rules of all groups. `count` gives each group its counter. */
export function groupLines(
  segmentation: Segmentation,
  count: (kind: "g", index: number, id: string) => string,
): GroupLines {
  const lines = { units: [] as string[], stations: [] as string[], copies: [] as string[] };
  segmentation.groups.forEach((group, index) => {
    const counter = count("g", index, group.id);
    const zones = zonesOf(group, segmentation);
    const members = oneOrSet(group.members.map(({ address }) => address));
    const among = `${interfaces("iifname", zones)} ${
      interfaces("oifname", zones)
    } ip saddr ${members} ip daddr ${members}`;
    const end = `${counter} accept comment ${quote(group.id)}`;
    if (group.kind === "unit") lines.units.push(`${among} ${end}`);
    else lines.stations.push(`${among} ${transport("both", group.ports)} ${end}`);
    if (isRelayed(group, segmentation)) {
      const out = `${interfaces("oifname", zones)} ip saddr ${members} ip daddr ${broadcasts(group, segmentation)}`;
      lines.copies.push(`${out} udp dport ${portSet(group.ports)} ${end}`);
    }
  });
  return lines;
}

/**
 * Isolated stations do not hear each other's broadcasts, which is the point, and what load management finds its peers by
 * (rivals T8): the box hands a member's broadcast to each other member, and to nobody else.
 */
export function relayTable(segmentation: Segmentation): string[] {
  const rules = segmentation.groups.filter((group) => isRelayed(group, segmentation)).flatMap((group) => {
    const into = interfaces("iifname", zonesOf(group, segmentation));
    const sources = group.members.map(({ address }) => address);
    return group.members.map(({ address }) => {
      const others = oneOrSet(sources.filter((source) => source !== address));
      const what = `ip daddr ${broadcasts(group, segmentation)} udp dport ${portSet(group.ports)}`;
      return `${into} ip saddr ${others} ${what} limit rate ${COPIES_PER_SECOND}/second dup to ${address}`;
    });
  });
  if (rules.length === 0) return ["table ip bulkhead {", "}"];
  const head = ["type filter hook prerouting priority raw", "policy accept", ""];
  return [
    "table ip bulkhead {",
    "\tchain discovery {",
    ...[...head, ...rules].map((line) => line === "" ? "" : `\t\t${line}`),
    "\t}",
    "}",
  ];
}

function isRelayed(group: PeerGroup, segmentation: Segmentation): boolean {
  if (!group.hasDiscovery || group.members.length < 2) return false;
  const zones = zonesOf(group, segmentation);
  return zones.length > 1 || zones.some(({ isolation }) => isolation !== "shared");
}

function zonesOf({ members }: PeerGroup, segmentation: Segmentation) {
  return [...new Set(members.map(({ zone }) => zone))].map((id) => zoneOf(segmentation, id));
}

function broadcasts(group: PeerGroup, segmentation: Segmentation): string {
  const networks = zonesOf(group, segmentation).flatMap((zone) => zone.networks);
  return oneOrSet(["255.255.255.255", ...networks.map((network) => broadcastOf(network)!)]);
}
