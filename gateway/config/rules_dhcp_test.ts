import assert, { deepStrictEqual as equal } from "node:assert/strict";
import { dhcpScopes, ipv4Number, rangeNumbers, subnetNumbers } from "./dhcp_scopes.ts";
import { ConfigError } from "../core/errors.ts";
import { loadSite } from "./load.ts";

const HEAD = `version: 1
site: { id: garage }
hal: {}
network:
  zones:
    - { id: ot, role: ot, interface: eth1, address: 10.20.0.1/24 }
    - { id: ot2, role: ot, interface: eth2, address: 10.21.0.1/24 }
    - { id: mgmt, role: management, interface: eth0, address: 10.99.0.2/24 }
stations:
  - { id: CP001, mac: "02:00:00:00:00:11", address: 10.20.0.11 }
`;

async function faults(dhcp: string, head = HEAD): Promise<readonly string[]> {
  const text = `${head}dhcp: ${dhcp}\n`;
  const readers = { readFile: () => Promise.resolve(new TextEncoder().encode(text)) };
  try {
    await loadSite("site.yaml", readers);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const CASES: readonly (readonly [name: string, dhcp: string, ...faults: RegExp[]])[] = [
  ["the example of the design", "{ mode: server, zone: ot, pool: 10.20.0.100-10.20.0.199, unknown: ignore }"],
  ["only reservations", "{ zone: ot }"],
  ["two zones", "{ zone: ot, more: [{ zone: ot2, pool: 10.21.0.100-10.21.0.199 }] }"],
  [
    "one zone twice",
    "{ zone: ot, more: [{ zone: ot }] }",
    /dhcp\.more\[0\]\.zone: zone "ot" has DHCP already \(line 11\)/,
  ],
  ["no such zone", "{ zone: to }", /dhcp\.zone: there is no zone "to".*did you mean "ot"/],
  ["a zone of people", "{ zone: mgmt }", /dhcp\.zone: zone "mgmt" has the role management/],
  [
    "a pool of another network",
    "{ zone: ot, pool: 10.21.0.5-10.21.0.9 }",
    /dhcp\.pool: "10\.21\.0\.5-10\.21\.0\.9" does not lie/,
  ],
  ["a pool with the broadcast address", "{ zone: ot, pool: 10.20.0.9-10.20.0.255 }", /dhcp\.pool: .*does not lie/],
  ["a pool with the network address", "{ zone: ot, pool: 10.20.0.0-10.20.0.9 }", /dhcp\.pool: .*does not lie/],
  ["a pool that runs backwards", "{ zone: ot, pool: 10.20.0.9-10.20.0.5 }", /dhcp\.pool: .*is no range/],
  ["no addresses", "{ zone: ot, pool: 10.20.0.300-10.20.0.400 }", /dhcp\.pool: .*is no range/],
  [
    "quarantine without a pool",
    "{ zone: ot, unknown: quarantine }",
    /dhcp\.unknown: quarantine without quarantinePool/,
  ],
  [
    "pools that overlap",
    "{ zone: ot, pool: 10.20.0.10-10.20.0.20, unknown: quarantine, quarantinePool: 10.20.0.20-10.20.0.30 }",
    /dhcp\.quarantinePool: the two pools overlap \(line 11\)/,
  ],
  ["a relay without a concentrator", "{ zone: ot, mode: relay }", /dhcp\.mode: relay without a concentrator/],
  [
    "an option of the gateway's own",
    "{ zone: ot, options: [{ code: 6, hex: '00' }] }",
    /code: option 6 is the gateway's own/,
  ],
  ["an option without a value", "{ zone: ot, options: [{ code: 43 }] }", /options\[0\]: it has 0 values/],
  ["an option with two values", "{ zone: ot, options: [{ code: 43, hex: '00', text: a }] }", /it has 2 values/],
  ["a reservation of nobody", "{ zone: ot, reservations: [{ address: 10.20.0.20 }] }", /nothing says whose it is/],
  [
    "a reservation outside of the zone",
    '{ zone: ot, reservations: [{ mac: "02:00:00:00:00:20", address: 10.21.0.20 }] }',
    /10\.21\.0\.20 is not in the zone's network/,
  ],
  [
    "a reservation of this box's address",
    '{ zone: ot, reservations: [{ mac: "02:00:00:00:00:20", address: 10.20.0.1 }] }',
    /10\.20\.0\.1 is this box's own/,
  ],
  [
    "a station's address again",
    '{ zone: ot, reservations: [{ mac: "02:00:00:00:00:20", address: 10.20.0.11 }] }',
    /site\.yaml:11:.*address: "10\.20\.0\.11" is already given to station "CP001" \(line 10\)/,
  ],
  [
    "a station's MAC again, in capitals",
    '{ zone: ot, reservations: [{ mac: "02:00:00:00:00:11", address: 10.20.0.20 }] }',
    /mac: "02:00:00:00:00:11" is already given to station "CP001" \(line 10\)/,
  ],
  [
    "one port for two addresses",
    '{ zone: ot, reservations: [{ circuitId: "01aB", address: 10.20.0.20 }, { circuitId: "01ab", address: 10.20.0.21 }] }',
    /circuitId: "01ab" is already given to another reservation \(line 11\)/,
  ],
  ["an IPv6 router", '{ zone: ot, router: "fe80::1" }', /dhcp\.router: .*an IPv4 address, or none/],
  ["no router", "{ zone: ot, router: none }"],
];

for (const [name, dhcp, ...wanted] of CASES) {
  Deno.test(`config dhcp: ${name}${wanted.length === 0 ? " is taken" : " is refused"}`, async () => {
    const found = await faults(dhcp);
    equal(found.length, wanted.length, found.join("\n"));
    wanted.forEach((pattern, at) => assert.match(found[at]!, pattern));
  });
}

Deno.test("config dhcp: without hald it is refused, and a station on this box's address too", async () => {
  assert.match((await faults("{ zone: ot }", HEAD.replace("hal: {}\n", "")))[0]!, /dhcp: the section hal is missing/);
  const [fault] = await faults("{ zone: ot }", HEAD.replace("10.20.0.11 }", "10.20.0.1 }"));
  assert.match(fault!, /stations\[0\]\.address: 10\.20\.0\.1 is this box's own/);
});

for (const [last, isTaken] of [["10.20.255.255", true], ["10.21.0.0", false]] as const) {
  Deno.test(`config dhcp: a pool of 65,536 addresses${isTaken ? "" : " and one more"} is ${isTaken ? "taken" : "refused"}`, async () => {
    const found = await faults(`{ zone: ot, pool: 10.20.0.0-${last} }`, HEAD.replace("10.20.0.1/24", "10.0.0.1/8"));
    equal(found.length, isTaken ? 0 : 1, found.join("\n"));
  });
}

Deno.test("config dhcp: addresses and networks as numbers", () => {
  equal([ipv4Number("10.20.0.1"), ipv4Number("255.255.255.255"), ipv4Number("::1"), ipv4Number("x")], [
    ...[0x0a140001, 0xffffffff, undefined, undefined],
  ]);
  equal(rangeNumbers("10.0.0.1-10.0.0.3"), { from: 0x0a000001, to: 0x0a000003 });
  equal([rangeNumbers(undefined), rangeNumbers("10.0.0.1")], [undefined, undefined]);
  equal(subnetNumbers("10.20.3.1/22"), { self: 0x0a140301, from: 0x0a140000, to: 0x0a1403ff, bits: 22 });
  equal(subnetNumbers("255.255.255.1/24")?.to, 0xffffffff);
  equal([subnetNumbers("fe80::1/64"), subnetNumbers(undefined)], [undefined, undefined]);
  equal(dhcpScopes(undefined), []);
});
