import type { SwitchDevice, SwitchNeighbour, SwitchPort, SwitchView } from "../core/switches_api.ts";
import { SWITCH_LIMITS } from "./limits.ts";
import type { Table } from "./session.ts";

/** The columns that are read, by what they are here for. Every one may be missing in a switch. */
const COLUMNS = {
  description: "1.3.6.1.2.1.1.1",
  name: "1.3.6.1.2.1.1.5",
  ifDescription: "1.3.6.1.2.1.2.2.1.2",
  ifStatus: "1.3.6.1.2.1.2.2.1.8",
  ifName: "1.3.6.1.2.1.31.1.1.1.1",
  ifAlias: "1.3.6.1.2.1.31.1.1.1.18",
  /** Ports of the bridge to interfaces (RFC 4188 dot1dBasePortIfIndex). */
  bridgePort: "1.3.6.1.2.1.17.1.4.1.2",
  /** Learned addresses without and with VLANs (RFC 4188 dot1dTpFdb, RFC 4363 dot1qTpFdb). */
  fdbPort: "1.3.6.1.2.1.17.4.3.1.2",
  fdbStatus: "1.3.6.1.2.1.17.4.3.1.3",
  vlanFdbPort: "1.3.6.1.2.1.17.7.1.2.2.1.2",
  vlanFdbStatus: "1.3.6.1.2.1.17.7.1.2.2.1.3",
  /** Filtering databases of VLANs: mostly each its own, of the same number. */
  vlanFdb: "1.3.6.1.2.1.17.7.1.4.2.1.3",
  /** LLDP-MIB (IEEE 802.1AB): own ports, and what was heard on them. */
  lldpPortKind: "1.0.8802.1.1.2.1.3.7.1.2",
  lldpPortId: "1.0.8802.1.1.2.1.3.7.1.3",
  lldpChassisKind: "1.0.8802.1.1.2.1.4.1.1.4",
  lldpChassis: "1.0.8802.1.1.2.1.4.1.1.5",
  lldpRemotePortKind: "1.0.8802.1.1.2.1.4.1.1.6",
  lldpRemotePort: "1.0.8802.1.1.2.1.4.1.1.7",
  lldpName: "1.0.8802.1.1.2.1.4.1.1.9",
  lldpCapabilities: "1.0.8802.1.1.2.1.4.1.1.12",
} as const;
type Column = keyof typeof COLUMNS;
const ORDER = Object.keys(COLUMNS) as Column[];

/** The tables that a reading asks for. */
export const WANTED_TABLES: readonly string[] = ORDER.map((name) => COLUMNS[name]);

/** dot1dTpFdbStatus learned; own addresses of the switch are "self" (4). */
const LEARNED = 3;
const UP = 1;
/** LldpChassisIdSubtype macAddress and LldpPortIdSubtype macAddress. */
const CHASSIS_MAC = 4, PORT_MAC = 3;
/** LldpSystemCapabilitiesMap: bridge is the third bit. */
const BRIDGE = 0x20;

/** Makes a view of the tables, which come in the order of WANTED_TABLES. What does not fit together is left out. */
export function viewOf(tables: readonly Table[], isCut: boolean): SwitchView {
  const table = (name: Column): Table => tables[ORDER.indexOf(name)] ?? new Map();
  const ports = portsOf(table);
  const devices = devicesOf(table);
  const neighbours = neighboursOf(table, ports);
  return {
    name: textOf(table("name"), "0") ?? "",
    description: textOf(table("description"), "0") ?? "",
    ports: ports.slice(0, SWITCH_LIMITS.ports),
    devices: devices.slice(0, SWITCH_LIMITS.devices),
    neighbours: neighbours.slice(0, SWITCH_LIMITS.neighbours),
    isCut: isCut || ports.length > SWITCH_LIMITS.ports || devices.length > SWITCH_LIMITS.devices ||
      neighbours.length > SWITCH_LIMITS.neighbours,
  };
}

type Tables = (name: Column) => Table;

function portsOf(table: Tables): SwitchPort[] {
  const indexes = new Set([...table("ifName").keys(), ...table("ifDescription").keys()]);
  return [...indexes].flatMap((index): SwitchPort[] => {
    const name = textOf(table("ifName"), index) || textOf(table("ifDescription"), index);
    if (!/^\d{1,10}$/.test(index) || !name) return [];
    const alias = textOf(table("ifAlias"), index);
    const status = numberOf(table("ifStatus"), index);
    return [{
      index: Number(index),
      name,
      ...alias ? { alias } : {},
      ...status === undefined ? {} : { isUp: status === UP },
    }];
  });
}

/** With VLANs when the switch has such a table, else without. */
function devicesOf(table: Tables): SwitchDevice[] {
  const ifIndex = (port: number) => numberOf(table("bridgePort"), String(port)) ?? port;
  const vlans = new Map<number, number>();
  for (const [index] of table("vlanFdb")) { // index: time mark, VLAN
    const fdb = numberOf(table("vlanFdb"), index);
    const vlan = Number(index.split(".")[1]);
    if (fdb !== undefined && Number.isInteger(vlan)) vlans.set(fdb, vlan);
  }
  const withVlan = rowsOf(table("vlanFdbPort"), table("vlanFdbStatus"), 7).map(([index, port]): SwitchDevice => {
    const fdb = index[0]!;
    return { mac: macOf(index.slice(1)), port: ifIndex(port), vlan: vlans.get(fdb) ?? fdb };
  });
  if (withVlan.length > 0) return withVlan;
  return rowsOf(table("fdbPort"), table("fdbStatus"), 6).map(([index, port]) => ({
    mac: macOf(index),
    port: ifIndex(port),
  }));
}

/** Learned addresses: the numbers of the index, and the port. Port 0 is one that the switch has forgotten. */
function rowsOf(ports: Table, statuses: Table, length: number): (readonly [readonly number[], number])[] {
  return [...ports.keys()].flatMap((index) => {
    const arcs = index.split(".").map(Number);
    const port = numberOf(ports, index);
    const isMac = arcs.length === length && arcs.slice(-6).every((arc) => arc <= 255);
    return isMac && port !== undefined && port > 0 && (numberOf(statuses, index) ?? LEARNED) === LEARNED
      ? [[arcs, port] as const]
      : [];
  });
}

function neighboursOf(table: Tables, ports: readonly SwitchPort[]): SwitchNeighbour[] {
  return [...table("lldpChassis").keys()].flatMap((index): SwitchNeighbour[] => {
    const [, local = ""] = index.split("."); // index: time mark, local port, number
    const chassis = idOf(table("lldpChassis"), index, numberOf(table("lldpChassisKind"), index) === CHASSIS_MAC);
    const portId = idOf(table("lldpRemotePort"), index, numberOf(table("lldpRemotePortKind"), index) === PORT_MAC);
    if (chassis === undefined || portId === undefined) return [];
    const name = textOf(table("lldpName"), index);
    const capabilities = octetsOf(table("lldpCapabilities"), index);
    const isBridge = ((capabilities?.[0] ?? 0) & BRIDGE) !== 0;
    return [{ port: localPort(table, ports, local), chassis, portId, ...name ? { name } : {}, isBridge }];
  });
}

/** A port of LLDP is known by its name; where no interface is called so its number is that of the interface. */
function localPort(table: Tables, ports: readonly SwitchPort[], local: string): number {
  const name = idOf(table("lldpPortId"), local, numberOf(table("lldpPortKind"), local) === PORT_MAC);
  return ports.find((port) => port.name === name)?.index ?? Number(local);
}

const macOf = (arcs: readonly number[]) => arcs.map((arc) => arc.toString(16).padStart(2, "0")).join(":");

function octetsOf(table: Table, index: string): Uint8Array | undefined {
  const value = table.get(index);
  return value?.kind === "octets" ? value.octets : undefined;
}

function numberOf(table: Table, index: string): number | undefined {
  const value = table.get(index);
  return value?.kind === "number" && Number.isSafeInteger(value.number) ? value.number : undefined;
}

function idOf(table: Table, index: string, isMac: boolean): string | undefined {
  const octets = octetsOf(table, index);
  return octets && isMac && octets.length === 6 ? macOf([...octets]) : textOf(table, index);
}

/** Nothing that a terminal or a page could take for more than letters. */
function textOf(table: Table, index: string): string | undefined {
  const octets = octetsOf(table, index);
  if (!octets) return undefined;
  const text = new TextDecoder().decode(octets.subarray(0, SWITCH_LIMITS.nameChars * 4));
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202f\u2066-\u2069]+/g, " ").trim()
    .slice(0, SWITCH_LIMITS.nameChars);
}
