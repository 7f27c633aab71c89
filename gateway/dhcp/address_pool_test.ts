import { deepStrictEqual as equal } from "node:assert/strict";
import { AddressPool } from "./address_pool.ts";
import { type Lease, LeaseTable } from "./lease.ts";

const NOW = 1_000_000;
const lease = (address: number, more: Partial<Lease> = {}): Lease => ({
  ...{ zone: "ot", address, mac: `02:00:00:00:00:0${address}`, state: "bound", kind: "pool" },
  ...{ since: 0, renewedAt: 0, expiresAt: NOW + 1, ...more },
});
const never = () => false;

function drain(pool: AddressPool, now: number, mono: number, isTaken: (address: number) => boolean = never): number[] {
  const found: number[] = [];
  const taken = (address: number) => isTaken(address) || found.includes(address);
  for (let next = pool.next(now, mono, taken); next !== undefined; next = pool.next(now, mono, taken)) found.push(next);
  return found;
}

Deno.test("dhcp pool: fresh addresses first, in order, without reserved and held ones", () => {
  const pool = new AddressPool({ from: 1, to: 6 }, new LeaseTable([lease(3)]), (address) => address === 1);
  equal(drain(pool, NOW, 0, (address) => address === 5), [2, 4, 6]);
});

Deno.test("dhcp pool: then those that are free for longest; declined ones only after their time", () => {
  const leases = new LeaseTable([
    lease(1, { expiresAt: 300 }),
    lease(2, { expiresAt: 100 }),
    lease(3, { state: "released" }),
    lease(4, { state: "declined" }),
    lease(5, { state: "declined", expiresAt: 200 }),
    lease(6),
  ]);
  equal(drain(new AddressPool({ from: 1, to: 6 }, leases, never), NOW, 0), [2, 5, 1, 3]);
});

Deno.test("dhcp pool: an address that an offer held comes back once it is let go, after the next look", () => {
  const pool = new AddressPool({ from: 1, to: 2 }, new LeaseTable(), never);
  equal(drain(pool, NOW, 0, (address) => address === 1), [2]);
  equal(drain(pool, NOW, 999), [], "looked over once a second");
  equal(drain(pool, NOW, 1_000), [1, 2]);
});

Deno.test("dhcp pool: what was found free is looked at again before it is given", () => {
  const leases = new LeaseTable([lease(1, { expiresAt: 1 }), lease(2, { expiresAt: 2 })]);
  const pool = new AddressPool({ from: 1, to: 2 }, leases, never);
  equal(pool.next(NOW, 0, never), 1);
  leases.put(lease(2));
  equal(pool.next(NOW, 0, never), undefined);
});

Deno.test("dhcp leases: the newest lease of a device counts, and a removed one is gone", () => {
  const table = new LeaseTable([lease(1, { mac: "a", renewedAt: 5 }), lease(2, { mac: "a", renewedAt: 4 })]);
  equal([table.of("a")?.address, table.size], [1, 2]);
  table.put(lease(1, { mac: "b", renewedAt: 6 }));
  equal([table.of("a")?.address, table.of("b")?.address], [undefined, 1]);
  table.remove(1);
  table.remove(9);
  equal([table.of("b"), table.get(1), table.size], [undefined, undefined, 1]);
});

Deno.test("dhcp leases: a declined address is nobody's", () => {
  const table = new LeaseTable([lease(1, { mac: "a", state: "declined" })]);
  equal([table.of("a"), table.isFreeFor("a", 1, NOW), table.isFreeFor("a", 1, NOW + 1)], [undefined, false, true]);
});
