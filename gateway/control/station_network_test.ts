import { deepStrictEqual as equal, match } from "node:assert/strict";
import type { Lease } from "../core/dhcp_api.ts";
import { GatewayError, HardwareError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import { Site } from "../config/schema.ts";
import type { ControlContext } from "./contract.ts";
import { type NetworkSources, stationNetwork } from "./station_network.ts";

const NOW = 1_000_000;
const SITE = {
  version: 1,
  site: { id: "g" },
  network: { zones: [{ id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" }] },
  hal: { socket: "/run/hal.sock" },
  dhcp: { zone: "ot" },
  dns: { listen: "10.20.0.1:53", answers: { "a.example": "10.20.0.1" } },
  stations: [
    { id: "CP001", mac: "02:00:00:00:00:AA", address: "10.20.0.11" },
    { id: "CP002" },
    { id: "CP003", address: "10.20.0.13" },
    { id: "CP004", access: "usb-only", unit: "u", part: "secondary", reachedThrough: "CP001" },
  ],
};
const LEASE: Lease = {
  ...{ zone: "ot", address: 0x0a140064, mac: "02:00:00:00:00:12", state: "bound", kind: "pool" },
  ...{ since: 0, renewedAt: 1, expiresAt: NOW + 1 },
};

interface Parts {
  readonly lease?: Lease;
  readonly hald?: "away" | "fails" | "none";
  readonly dns?: "gone";
  readonly site?: object;
  readonly sights?: readonly { kind: string; subject: string; detail: string }[];
}

function rig({ lease = LEASE, hald, dns, site = {}, sights = [] }: Parts = {}) {
  const asked: string[] = [];
  const parsed = Site.parse({ ...SITE, ...site });
  const neighbour = ({ address }: { address: string }) => {
    if (hald === "fails") return Promise.reject(new HardwareError("HAL_UNREACHABLE", "gone"));
    return Promise.resolve({ mac: `02:00:00:00:99:${address.split(".").at(-1)}` });
  };
  const dnsWorker = (_: string, { source }: { source: string }) => {
    asked.push(source);
    if (dns === "gone") return Promise.reject(new GatewayError("RPC_PEER_GONE", "gone"));
    return Promise.resolve({ asked: { name: "a.example", type: "A", outcome: "own", at: NOW } });
  };
  const network = stationNetwork({
    context: {
      site: parsed,
      clock: { now: () => NOW },
      log: nullLogger,
      workers: { get: () => ({ call: dnsWorker }) },
    } as unknown as ControlContext,
    hald: (hald === "none" ? undefined : {
      state: { connected: hald !== "away" },
      call: (_: string, args: { address: string }) => neighbour(args),
    }) as unknown as NetworkSources["hald"],
    stations: { all: () => parsed.stations } as unknown as NetworkSources["stations"],
    dhcp: { leases: () => Promise.resolve(new Map([["CP002", lease]])), sights: () => sights as never },
  });
  const steps = (id: string, times = { isConnected: false }) =>
    network.steps(
      { switches: { portOf: ({ mac }) => ({ state: "ok", detail: `port of ${mac}` }) }, dns: { refused: () => [] } },
      parsed.stations.find((station) => station.id === id)!,
      times,
    );
  return { network, asked, steps };
}
const addresses = async (parts: Parts) => (await rig(parts).network.addressed()).map(({ address }) => address);

Deno.test("station network: DNS knows a station by its lease where site.yaml gives it no address", async () => {
  equal(await addresses({}), ["10.20.0.11", "10.20.0.100", "10.20.0.13", undefined]);
  for (const more of [{ expiresAt: NOW }, { state: "released" as const }]) {
    equal((await addresses({ lease: { ...LEASE, ...more } }))[1], undefined);
  }
});

Deno.test("station network: the MAC is the configured one, else that of the lease, else whoever answers", async () => {
  const placed = await rig().network.placed();
  equal(placed, [
    { id: "CP001", mac: "02:00:00:00:00:aa", address: "10.20.0.11" },
    { id: "CP002", mac: "02:00:00:00:00:12", address: "10.20.0.100" },
    { id: "CP003", mac: "02:00:00:00:99:13", address: "10.20.0.13" },
  ]);
});

for (const hald of ["away", "fails", "none"] as const) {
  Deno.test(`station network: with hald ${hald} a MAC that nobody wrote down is not known, and nothing fails`, async () => {
    equal((await rig({ hald }).network.placed())[2], { id: "CP003", address: "10.20.0.13" });
  });
}

const STEPS: readonly (readonly [string, Parts, string, string, RegExp])[] = [
  ["a lease", {}, "CP002", "address", /^ok 10\.20\.0\.100 until/],
  ["its port", {}, "CP001", "switch port", /^ok port of 02:00:00:00:00:aa/],
  ["what it asked for", {}, "CP001", "names", /^ok it asked for a\.example at .*: own/],
  ["a DNS Worker that is gone", { dns: "gone" }, "CP001", "names", /^unknown it has asked for none/],
  ["a site without DNS", { site: { dns: undefined } }, "CP001", "names", /^not used/],
  ["a site without DHCP", { site: { dhcp: undefined } }, "CP001", "address", /^not used/],
  [
    "a conflict about its address",
    { sights: [{ kind: "conflict", subject: "ot 10.20.0.11", detail: "02:66 has the address" }] },
    "CP001",
    "address",
    /^bad another device uses its address: 02:66/,
  ],
  [
    "a conflict about an address that only ends the same",
    { sights: [{ kind: "conflict", subject: "ot 110.20.0.11", detail: "02:66 has the address" }] },
    "CP001",
    "address",
    /^unknown it has asked for none/,
  ],
  [
    "a foreign server at its address",
    { sights: [{ kind: "foreign-server", subject: "ot 10.20.0.11", detail: "x" }] },
    "CP001",
    "address",
    /^unknown/,
  ],
];
for (const [name, parts, id, step, wanted] of STEPS) {
  Deno.test(`station network: why tells of ${name}`, async () => {
    const found = (await rig(parts).steps(id)).find((one) => one.step === step)!;
    match(`${found.state} ${found.detail}`, wanted);
  });
}

Deno.test("station network: DNS is asked for the address that the station has now", async () => {
  const { steps, asked } = rig();
  await steps("CP002");
  await steps("CP001");
  equal(asked, ["10.20.0.100", "10.20.0.11"]);
});
