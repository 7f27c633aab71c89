import assert, { deepStrictEqual as equal } from "node:assert/strict";
import type { DhcpFact } from "../../core/dhcp_api.ts";
import { GatewayError, StorageError } from "../../core/errors.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { DHCP_BOOK_LIMITS } from "./limits.ts";
import { createDhcpRig, DHCP_SITE, type DhcpRig, leaseOf } from "./testing/dhcp_rig.ts";

const STRANGER = "02:00:00:00:00:99";
const unknown = (mac = STRANGER, more: Partial<Extract<DhcpFact, { kind: "refused" }>> = {}): DhcpFact => ({
  ...{ kind: "refused", rule: "dhcp.unknown", reason: "nobody knows it", mac, zone: "ot", ...more },
});
const names = (rig: DhcpRig) => rig.pki.audited.map(({ event }) => event);

Deno.test("dhcp feature: the Worker is told who is known: stations here, reservations, and nobody of another zone", async () => {
  const site = DHCP_SITE.replace(
    "stations:",
    'stations:\n  - { id: CP003, mac: "02:00:00:00:00:13", address: 10.99.0.13 }',
  );
  await using rig = await createDhcpRig(site);
  equal(await rig.worker()["dhcp.open"]!({}), {
    devices: {
      ot: [
        { name: "CP001", isStation: true, mac: "02:00:00:00:00:11", address: 0x0a14000b, vendor: "bender" },
        { name: "CP002", isStation: true, mac: "02:00:00:00:00:12" },
        { name: "meter-1", isStation: false, address: 0x0a140014, circuitId: "0a0b", hostname: "meter-1" },
      ],
    },
  });
});

Deno.test("dhcp feature: leases are on the disk after a commit, and read back in pages", async () => {
  await using rig = await createDhcpRig();
  const worker = rig.worker();
  await worker["dhcp.open"]!({});
  const many = Array.from({ length: DHCP_BOOK_LIMITS.pageLeases + 1 }, (_, at) => leaseOf(at, { mac: STRANGER }));
  for (let at = 0; at < many.length; at += 200) await worker["dhcp.commit"]!({ leases: many.slice(at, at + 200) });
  const first = await worker["dhcp.leases"]!({});
  equal([first.leases.length, first.more], [DHCP_BOOK_LIMITS.pageLeases, true]);
  const after = { zone: "ot", address: first.leases.at(-1)!.address };
  equal(await worker["dhcp.leases"]!({ after }), { leases: [many.at(-1)], more: false });
});

Deno.test("dhcp feature: a commit at the limit is taken, one past it is refused", async () => {
  await using rig = await createDhcpRig();
  const leases = Array.from({ length: DHCP_BOOK_LIMITS.commitLeases + 1 }, (_, at) => leaseOf(at));
  await rig.worker()["dhcp.commit"]!({ leases: leases.slice(1) });
  await assert.rejects(async () => await rig.worker()["dhcp.commit"]!({ leases }), /201 leases/);
});

Deno.test("dhcp feature: an older Worker stores nothing once a newer one serves", async () => {
  await using rig = await createDhcpRig();
  await rig.worker("dhcp")["dhcp.open"]!({});
  await rig.worker("dhcp~2")["dhcp.open"]!({});
  await assert.rejects(async () => await rig.worker("dhcp")["dhcp.commit"]!({ leases: [leaseOf(1)] }), (error) => {
    return error instanceof GatewayError && error.code === "DHCP_SUPERSEDED";
  });
  await rig.worker("dhcp~2")["dhcp.commit"]!({ leases: [leaseOf(1)] });
});

Deno.test("dhcp feature: after a restart of control the Worker that serves goes on", async () => {
  await using rig = await createDhcpRig();
  await rig.worker("dhcp~2")["dhcp.commit"]!({ leases: [leaseOf(1)] });
  await rig.feature.workerJoined!("dhcp");
  equal(rig.told.map(({ method }) => method), ["dhcp.devices"]);
});

Deno.test("dhcp feature: what the disk does not take is an error for the Worker", async () => {
  await using rig = await createDhcpRig();
  await rig.pki.store.close();
  await assert.rejects(async () => await rig.worker()["dhcp.commit"]!({ leases: [leaseOf(1)] }), StorageError);
});

Deno.test("dhcp feature: an unknown device comes into the inbox, is adopted with one command, and the Worker knows", async () => {
  await using rig = await createDhcpRig();
  await rig.worker()["dhcp.open"]!({});
  await rig.facts(unknown(STRANGER, { hostname: "wallnut", vendorClass: "udhcp", fingerprint: "1,3 udhcp" }));
  const [seen] = (await rig.command("dhcp inbox")).data as { readonly mac: string; readonly hostname: string }[];
  equal([seen!.mac, seen!.hostname], [STRANGER, "wallnut"]);
  const adopted = await rig.command("dhcp adopt", { mac: "02-00-00-00-00-99", address: "10.20.0.50" });
  equal(adopted.data, { mac: STRANGER, zone: "ot", name: "wallnut", address: 0x0a140032 });
  const told = rig.told.at(-1) as { readonly method: string; readonly args: { readonly devices: { ot: unknown[] } } };
  equal([told.method, told.args.devices.ot.at(-1)], ["dhcp.devices", {
    ...{ name: "wallnut", isStation: false, mac: STRANGER, address: 0x0a140032 },
  }]);
  equal((await rig.command("dhcp inbox")).text, "No unknown device has asked for an address.");
  equal(names(rig), ["dhcp.message.refused", "dhcp.device.adopted"]);
  await rig.command("dhcp remove", { mac: STRANGER });
  equal((rig.told.at(-1)!.args as { devices: { ot: unknown[] } }).devices.ot.length, 3);
  await assert.rejects(rig.command("dhcp remove", { mac: STRANGER }), /was not adopted/);
});

for (
  const [name, args, why] of [
    ["no MAC", { mac: "zz" }, /is no MAC address/],
    ["a zone without DHCP", { mac: STRANGER, zone: "mgmt" }, /zone "mgmt" has no DHCP server/],
    ["a station's MAC", { mac: "02:00:00:00:00:11" }, /known already as "CP001"/],
    ["a station's address", { mac: STRANGER, address: "10.20.0.11" }, /10\.20\.0\.11 is given to "CP001"/],
    ["a reserved address", { mac: STRANGER, address: "10.20.0.20" }, /is given to "meter-1"/],
    ["this box's address", { mac: STRANGER, address: "10.20.0.1" }, /cannot be given/],
    ["an address of another network", { mac: STRANGER, address: "10.21.0.9" }, /cannot be given/],
    ["an address of the quarantine", { mac: STRANGER, address: "10.20.0.240" }, /cannot be given/],
  ] as const
) {
  Deno.test(`dhcp feature: adopting with ${name} is refused and changes nothing`, async () => {
    await using rig = await createDhcpRig();
    await assert.rejects(rig.command("dhcp adopt", args), (error) => {
      return error instanceof GatewayError && error.code === "DHCP_DEVICE_INVALID" && why.test(error.message) &&
        error.hint !== undefined;
    });
    equal([names(rig), rig.told], [[], []]);
  });
}

Deno.test("dhcp feature: two devices cannot be adopted with one address", async () => {
  await using rig = await createDhcpRig();
  await rig.command("dhcp adopt", { mac: STRANGER, address: "10.20.0.50" });
  await assert.rejects(rig.command("dhcp adopt", { mac: "02:00:00:00:00:98", address: "10.20.0.50" }), /is given to/);
  await rig.command("dhcp adopt", { mac: STRANGER, address: "10.20.0.51" }); // The same one again moves.
});

Deno.test("dhcp feature: the inbox at its limit holds all, one past it the longest unseen makes room; both survive", async () => {
  await using rig = await createDhcpRig();
  const mac = (at: number) =>
    `02:01:00:00:${(at >> 8).toString(16).padStart(2, "0")}:${(at & 255).toString(16).padStart(2, "0")}`;
  const count = async () => ((await rig.command("dhcp inbox")).data as unknown[]).length;
  for (let at = 0; at < DHCP_BOOK_LIMITS.inboxDevices; at++) await rig.facts(unknown(mac(at)));
  equal(await count(), DHCP_BOOK_LIMITS.inboxDevices);
  await rig.facts(unknown(mac(9_999)));
  equal(await count(), DHCP_BOOK_LIMITS.inboxDevices);
  const shown = (await rig.command("dhcp inbox")).data as { readonly mac: string }[];
  equal([shown[0]!.mac, shown.some((one) => one.mac === mac(0))], [mac(9_999), false]);
  await waitFor("the inbox on the disk", async () => {
    rig.pki.time.advance(DHCP_BOOK_LIMITS.inboxWriteMs);
    let stored = 0;
    for await (const _ of rig.pki.store.list(["dhcpInbox"], { limit: 1_000 })) stored++;
    return stored === DHCP_BOOK_LIMITS.inboxDevices;
  });
});

Deno.test("dhcp feature: a refusal is recorded once with its rule, repeats are counted, others are told apart", async () => {
  await using rig = await createDhcpRig();
  await rig.facts(unknown(), unknown(), unknown(), unknown(STRANGER, { rule: "dhcp.mac-mismatch" }));
  equal(rig.pki.audited.map(({ event, rule, who }) => [event, rule, who]), [
    ["dhcp.message.refused", "dhcp.unknown", STRANGER],
    ["dhcp.message.refused", "dhcp.mac-mismatch", STRANGER],
  ]);
  rig.pki.time.advance(DHCP_BOOK_LIMITS.refusalMs);
  await rig.facts(unknown());
  equal(rig.pki.audited.at(-1)!.detail, { zone: "ot", reason: "nobody knows it", more: 2 });
});

Deno.test("dhcp feature: a flood of invented MACs writes so many records in a second, and the rest is counted", async () => {
  await using rig = await createDhcpRig();
  const many = Array.from(
    { length: DHCP_BOOK_LIMITS.recordsPerSecond + 30 },
    (_, at) => unknown(`02:02:00:00:00:${at}`),
  );
  await rig.facts(...many);
  equal(rig.pki.audited.length, DHCP_BOOK_LIMITS.recordsPerSecond);
  rig.pki.time.advance(1_000);
  await rig.facts(unknown("02:03:00:00:00:01"));
  equal(rig.pki.audited.at(-1)!.detail!["unrecorded"], 30);
});

Deno.test("dhcp feature: a foreign server and a conflict are alarms that end when nothing more is seen", async () => {
  await using rig = await createDhcpRig();
  await rig.facts(
    { kind: "foreign-server", zone: "ot", address: 0x0a140042, mac: STRANGER },
    {
      kind: "conflict",
      zone: "ot",
      address: 0x0a14000b,
      mac: "02:00:00:00:00:11",
      claimedBy: STRANGER,
      device: "CP001",
    },
  );
  equal(rig.pki.alarms, [
    { kind: "dhcp.server.foreign", subject: "ot 10.20.0.66", detail: `it answers from ${STRANGER}` },
    {
      ...{ kind: "dhcp.address.conflict", subject: "ot 10.20.0.11" },
      detail: `${STRANGER} has the address that CP001 is to get`,
    },
  ]);
  equal(names(rig), ["dhcp.server.seen", "dhcp.conflict.seen"]);
  const status = (await rig.command("dhcp status")).text;
  assert.match(status, /foreign-server ot 10\.20\.0\.66: it answers from 02:00/);
  rig.pki.time.advance(DHCP_BOOK_LIMITS.quietMs + DHCP_BOOK_LIMITS.inboxWriteMs);
  await waitFor("the alarms to end", () => rig.pki.alarms.filter(({ cleared }) => cleared).length === 2);
});

Deno.test("dhcp feature: alarms that end by themselves at the limit do, one past it the oldest is left to a person", async () => {
  for (const extra of [0, 1]) {
    await using rig = await createDhcpRig();
    const facts = Array.from({ length: DHCP_BOOK_LIMITS.fading + extra }, (_, at): DhcpFact => ({
      ...{ kind: "flood", zone: `z${at}`, mac: STRANGER, dropped: 1 },
    }));
    await rig.facts(...facts);
    rig.pki.time.advance(DHCP_BOOK_LIMITS.quietMs + DHCP_BOOK_LIMITS.inboxWriteMs);
    const over = () => rig.pki.alarms.filter(({ cleared }) => cleared).map(({ subject }) => subject);
    await waitFor("the alarms to end", () => over().length >= DHCP_BOOK_LIMITS.fading);
    equal([over().length, over().includes("z0")], [DHCP_BOOK_LIMITS.fading, extra === 0]);
  }
});

Deno.test("dhcp feature: sights at the limit are shown, one past it the oldest goes", async () => {
  await using rig = await createDhcpRig();
  const facts = Array.from({ length: DHCP_BOOK_LIMITS.remembered + 1 }, (_, at): DhcpFact => ({
    ...{ kind: "foreign-server", zone: "ot", address: at, mac: STRANGER },
  }));
  const shown = async () => ((await rig.command("dhcp status")).data as { readonly sights: unknown[] }).sights.length;
  await rig.facts(...facts.slice(0, -1));
  equal(await shown(), DHCP_BOOK_LIMITS.remembered);
  await rig.facts(facts.at(-1)!);
  equal(await shown(), DHCP_BOOK_LIMITS.remembered);
});

Deno.test("dhcp feature: a station that became another device is an alarm about the station", async () => {
  await using rig = await createDhcpRig();
  await rig.facts({ kind: "changed", zone: "ot", device: "CP001", what: "mac", before: "a", after: "b" });
  equal(rig.pki.alarms, [{ kind: "dhcp.device.changed", subject: "CP001", detail: "mac: a became b" }]);
  equal(rig.pki.audited[0]!.detail, { zone: "ot", what: "mac", before: "a", after: "b" });
});

Deno.test("dhcp feature: grants, floods, empty pools, links and tunnels each have their record or alarm", async () => {
  await using rig = await createDhcpRig();
  const lease = leaseOf(0x11, { kind: "reservation" });
  await rig.facts(
    { kind: "granted", lease, isNew: true, device: "CP001" },
    { kind: "granted", lease, isNew: false },
    { kind: "released", lease },
    { kind: "flood", zone: "ot", mac: STRANGER, dropped: 7 },
    { kind: "exhausted", zone: "ot", pool: "pool" },
    { kind: "link", zone: "ot", isUp: false, why: "hald is away" },
    { kind: "link", zone: "ot", isUp: true },
    { kind: "tunnel", zone: "ot", isUp: false, why: "refused" },
    { kind: "tunnel", zone: "ot", isUp: true },
  );
  equal(names(rig), ["dhcp.lease.granted", "dhcp.lease.released", "dhcp.tunnel.closed", "dhcp.tunnel.opened"]);
  equal(rig.pki.alarms.map(({ kind, cleared }) => cleared ? `-${kind}` : kind), [
    ...["dhcp.flood", "dhcp.pool.exhausted", "dhcp.zone.unserved", "-dhcp.zone.unserved"],
    ...["dhcp.tunnel.down", "-dhcp.tunnel.down"],
  ]);
});

Deno.test("dhcp feature: leases are listed with their device; freed ones are gone, also from the Worker", async () => {
  await using rig = await createDhcpRig();
  await rig.worker()["dhcp.commit"]!({
    leases: [leaseOf(0x11, { address: 0x0a14000b, kind: "reservation" }), leaseOf(101, { expiresAt: 1 })],
  });
  const rows = async (args = {}) =>
    ((await rig.command("dhcp leases", args)).data as { readonly address: string; readonly device: string | null }[])
      .map(({ address, device }) => [address, device]);
  equal(await rows(), [["10.20.0.11", "CP001"]]);
  equal(await rows({ all: true }), [["10.20.0.11", "CP001"], ["10.20.0.101", null]]);
  await rig.command("dhcp free", { address: "10.20.0.11" });
  equal(rig.told, [{ method: "dhcp.forget", args: { zone: "ot", addresses: [0x0a14000b] } }]);
  equal(await rows(), []);
  await assert.rejects(rig.command("dhcp free", { address: "10.20.0.11" }), /No lease has the address/);
  await assert.rejects(rig.command("dhcp leases", { zone: "x" }), /Zone "x" has no DHCP/);
});

Deno.test("dhcp feature: new hardware of a station is known to the Worker within seconds", async () => {
  await using rig = await createDhcpRig();
  await rig.worker()["dhcp.open"]!({});
  await rig.stations.replace(rig.stations.get("CP001")!, { mac: "02:00:00:00:00:77" });
  rig.pki.time.advance(DHCP_BOOK_LIMITS.devicesMs);
  await waitFor("the Worker to be told", () => rig.told.length === 1);
  rig.pki.time.advance(DHCP_BOOK_LIMITS.devicesMs);
  const { devices } = rig.told[0]!.args as { readonly devices: { readonly ot: readonly { readonly mac: string }[] } };
  equal([devices.ot[0]!.mac, rig.told.length], ["02:00:00:00:00:77", 1]);
});
