import { deepEqual, equal } from "node:assert/strict";
import type { SnmpValue } from "./codec_ber.ts";
import { viewOf, WANTED_TABLES } from "./codec_tables.ts";
import { SWITCH_LIMITS } from "./limits.ts";

const number = (value: number): SnmpValue => ({ kind: "number", number: value });
const octets = (...bytes: number[]): SnmpValue => ({ kind: "octets", octets: Uint8Array.from(bytes) });
const text = (value: string): SnmpValue => ({ kind: "octets", octets: new TextEncoder().encode(value) });

/** A view of rows by their whole name. */
function view(rows: Readonly<Record<string, SnmpValue>>, isCut = false) {
  const tables = WANTED_TABLES.map((table) =>
    new Map(
      Object.entries(rows).flatMap(([oid, value]) =>
        oid.startsWith(`${table}.`) ? [[oid.slice(table.length + 1), value] as const] : []
      ),
    )
  );
  return viewOf(tables, isCut);
}
const IF = "1.3.6.1.2.1.2.2.1", IFX = "1.3.6.1.2.1.31.1.1.1", BRIDGE = "1.3.6.1.2.1.17", Q = "1.3.6.1.2.1.17.7.1";
const LLDP = "1.0.8802.1.1.2.1";

Deno.test("switch view: a switch that says nothing has an empty one", () => {
  deepEqual(viewOf([], false), { name: "", description: "", ports: [], devices: [], neighbours: [], isCut: false });
});

Deno.test("switch view: its name and what it is, without what a terminal would act upon", () => {
  const { name, description } = view({
    "1.3.6.1.2.1.1.5.0": text("sw\u001b[31m-1\r\n"),
    "1.3.6.1.2.1.1.1.0": text("x".repeat(500)),
  });
  equal(name, "sw [31m-1");
  equal(description.length, SWITCH_LIMITS.nameChars);
});

Deno.test("switch view: a port has its short name, else its description, what a person wrote, and its link", () => {
  const { ports } = view({
    [`${IF}.2.1`]: text("GigabitEthernet 1"),
    [`${IFX}.1.1`]: text("gi1"),
    [`${IFX}.18.1`]: text("bay 7"),
    [`${IF}.8.1`]: number(1),
    [`${IF}.2.2`]: text("Port 2"),
    [`${IF}.8.2`]: number(2),
    [`${IF}.2.3`]: text(""),
    [`${IF}.2.x`]: text("not a number"),
  });
  deepEqual(ports, [
    { index: 1, name: "gi1", alias: "bay 7", isUp: true },
    { index: 2, name: "Port 2", isUp: false },
  ]);
});

Deno.test("switch view: devices of one table for all VLANs, by the interface behind the bridge's port", () => {
  const { devices } = view({
    [`${BRIDGE}.1.4.1.2.7`]: number(107),
    [`${BRIDGE}.4.3.1.2.2.0.0.0.0.17`]: number(7),
    [`${BRIDGE}.4.3.1.3.2.0.0.0.0.17`]: number(3),
    [`${BRIDGE}.4.3.1.2.2.0.0.0.0.18`]: number(8), // a port that no table names: its own number
  });
  deepEqual(devices, [{ mac: "02:00:00:00:00:11", port: 107 }, { mac: "02:00:00:00:00:12", port: 8 }]);
});

Deno.test("switch view: what is no learned address is left out", () => {
  const mac = (last: number) => `2.0.0.0.0.${last}`;
  const { devices } = view({
    [`${BRIDGE}.4.3.1.2.${mac(1)}`]: number(5),
    [`${BRIDGE}.4.3.1.3.${mac(1)}`]: number(4), // the switch's own
    [`${BRIDGE}.4.3.1.2.${mac(2)}`]: number(0), // forgotten
    [`${BRIDGE}.4.3.1.2.${mac(3)}`]: text("x"),
    [`${BRIDGE}.4.3.1.2.2.0.0.0.0`]: number(5), // five numbers
    [`${BRIDGE}.4.3.1.2.${mac(256)}`]: number(5),
    [`${BRIDGE}.4.3.1.2.${mac(4)}`]: number(5), // no status: learned
  });
  deepEqual(devices, [{ mac: "02:00:00:00:00:04", port: 5 }]);
});

Deno.test("switch view: with VLANs, by filtering database or by the table that names it", () => {
  const { devices } = view({
    [`${Q}.2.2.1.2.20.2.0.0.0.0.17`]: number(3),
    [`${Q}.2.2.1.2.9.2.0.0.0.0.18`]: number(4),
    [`${Q}.4.2.1.3.0.30`]: number(9), // VLAN 30 uses database 9
    [`${BRIDGE}.4.3.1.2.2.0.0.0.0.19`]: number(5), // the older table says less
  });
  deepEqual(devices, [
    { mac: "02:00:00:00:00:11", port: 3, vlan: 20 },
    { mac: "02:00:00:00:00:12", port: 4, vlan: 30 },
  ]);
});

Deno.test("switch view: neighbours by LLDP, at the interface of that name or of that number", () => {
  const { neighbours } = view({
    [`${IFX}.1.11`]: text("gi11"),
    [`${LLDP}.3.7.1.2.1`]: number(5),
    [`${LLDP}.3.7.1.3.1`]: text("gi11"),
    [`${LLDP}.4.1.1.4.0.1.1`]: number(4),
    [`${LLDP}.4.1.1.5.0.1.1`]: octets(2, 0, 0, 0, 1, 1),
    [`${LLDP}.4.1.1.6.0.1.1`]: number(5),
    [`${LLDP}.4.1.1.7.0.1.1`]: text("uplink"),
    [`${LLDP}.4.1.1.9.0.1.1`]: text("sw-core"),
    [`${LLDP}.4.1.1.12.0.1.1`]: octets(0x28),
    [`${LLDP}.4.1.1.4.0.2.1`]: number(7),
    [`${LLDP}.4.1.1.5.0.2.1`]: text("terminal"),
    [`${LLDP}.4.1.1.6.0.2.1`]: number(3),
    [`${LLDP}.4.1.1.7.0.2.1`]: octets(2, 0, 0, 0, 0, 0x11),
    [`${LLDP}.4.1.1.5.0.3.1`]: text("has no port"),
  });
  deepEqual(neighbours, [
    { port: 11, chassis: "02:00:00:00:01:01", portId: "uplink", name: "sw-core", isBridge: true },
    { port: 2, chassis: "terminal", portId: "02:00:00:00:00:11", isBridge: false },
  ]);
});

Deno.test("switch view: ports, devices and neighbours at their limits and one past them", () => {
  const { ports, devices, neighbours } = SWITCH_LIMITS;
  const rows = (count: number, make: (at: number) => [string, SnmpValue][]) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => make(at)).flat());
  const port = (at: number): [string, SnmpValue][] => [[`${IFX}.1.${at + 1}`, text("p")]];
  const device = (
    at: number,
  ): [string, SnmpValue][] => [[`${BRIDGE}.4.3.1.2.2.0.0.0.${at >> 8}.${at & 255}`, number(1)]];
  const neighbour = (at: number): [string, SnmpValue][] => [
    [`${LLDP}.4.1.1.5.0.${at}.1`, text("c")],
    [`${LLDP}.4.1.1.7.0.${at}.1`, text("p")],
  ];
  for (
    const [limit, make, key] of [[ports, port, "ports"], [devices, device, "devices"], [
      neighbours,
      neighbour,
      "neighbours",
    ]] as const
  ) {
    const [at, past] = [view(rows(limit, make)), view(rows(limit + 1, make))];
    deepEqual([at[key].length, at.isCut, past[key].length, past.isCut], [limit, false, limit, true], key);
  }
});

Deno.test("switch view: what was cut on the way stays said", () => equal(view({}, true).isCut, true));
