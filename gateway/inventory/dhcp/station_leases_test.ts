import { deepStrictEqual as equal } from "node:assert/strict";
import type { KnownDevice, Lease } from "../../core/dhcp_api.ts";
import type { LeaseBook } from "./lease_book.ts";
import { isInForce, stationLeases } from "./station_leases.ts";

const SITE = { dhcp: { zone: "ot", more: [{ zone: "ot2" }] } } as unknown as Parameters<typeof stationLeases>[0];
const lease = (last: number, more: Partial<Lease> = {}): Lease => ({
  ...{ zone: "ot", address: 0x0a140000 + last, mac: `02:00:00:00:00:${last}`, state: "bound", kind: "reservation" },
  ...{ since: 0, renewedAt: 100, expiresAt: 1_000, ...more },
});
const KNOWN: Readonly<Record<string, readonly KnownDevice[]>> = {
  ot: [
    { name: "CP011", isStation: true, mac: "02:00:00:00:00:11", address: 0x0a14000b },
    { name: "CP012", isStation: true, circuitId: "0a", address: 0x0a14000c },
    { name: "meter", isStation: false, mac: "02:00:00:00:00:40" },
  ],
  ot2: [{ name: "CP011", isStation: true, mac: "02:00:00:00:00:11" }],
};
const found = async (leases: readonly Lease[]) => {
  const book = { ofZone: (zone: string) => Promise.resolve(leases.filter((one) => one.zone === zone)) };
  const all = await stationLeases(SITE, book as unknown as LeaseBook, KNOWN);
  return Object.fromEntries([...all].map(([id, { zone, address }]) => [id, `${zone} ${address & 0xff}`]));
};

const CASES: readonly (readonly [string, readonly Lease[], Record<string, string>])[] = [
  ["nothing", [], {}],
  ["by its MAC", [lease(11)], { CP011: "ot 11" }],
  ["by its MAC with an address of the pool", [lease(11, { address: 0x0a140064, kind: "pool" })], { CP011: "ot 100" }],
  ["by the address of a reservation, whatever MAC", [lease(12, { mac: "02:00:00:00:00:99" })], { CP012: "ot 12" }],
  ["not by an address of the pool", [lease(12, { mac: "02:00:00:00:00:99", kind: "pool" })], {}],
  ["not for a device that is no station", [lease(40)], {}],
  ["not for a stranger", [lease(77)], {}],
  ["not for an address that somebody else uses", [lease(11, { state: "declined" })], {}],
  ["also when it was given back", [lease(11, { state: "released" })], { CP011: "ot 11" }],
  ["the newest of two zones", [lease(11), lease(11, { zone: "ot2", renewedAt: 200 })], { CP011: "ot2 11" }],
  ["the newest of two zones, the other way round", [lease(11, { renewedAt: 300 }), lease(11, { zone: "ot2" })], {
    CP011: "ot 11",
  }],
];
for (const [name, leases, wanted] of CASES) {
  Deno.test(`station leases: found ${name}`, async () => equal(await found(leases), wanted));
}

for (
  const [name, more, wanted] of [
    ["one before its end", { expiresAt: 501 }, true],
    ["one at its end", { expiresAt: 500 }, false],
    ["one that was given back", { expiresAt: 501, state: "released" }, false],
    ["one that was declined", { expiresAt: 501, state: "declined" }, false],
  ] as const
) {
  Deno.test(`station leases: ${name} is ${wanted ? "" : "not "}in force`, () =>
    equal(isInForce(lease(11, more), 500), wanted));
}
