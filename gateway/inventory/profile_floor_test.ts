import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { Site } from "../config/schema.ts";
import { openStore } from "../store/kv_store.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { ProfileFloor } from "./profile_floor.ts";
import { inventoryRig } from "./testing/inventory_rig.ts";

const openMemory = () => {
  const time = new ManualTime();
  return openStore({ path: ":memory:", clock: time, timers: time });
};

Deno.test("profile floor: only rises by proof, and is there again after a restart", async () => {
  const store = await openMemory();
  const floor = await ProfileFloor.open(store);
  equal(floor.of("CP001", 0), 0);
  equal(await floor.prove("CP001", 0, 0), false);
  equal(await floor.prove("CP001", 2, 0), true);
  equal(await floor.prove("CP001", 2, 0), false);
  equal(await floor.prove("CP001", 3, 0), true);
  equal((await ProfileFloor.open(store)).of("CP001", 0), 3);
  equal((await ProfileFloor.open(store)).of("CP002", 0), 0);
  await store.close();
});

Deno.test("profile floor: more stations than one page of the store are read", async () => {
  const store = await openMemory();
  const sets = Array.from({ length: 1_001 }, (_, n) => ({ set: ["stationProfile", `CP${n}`, 2], value: { at: 0 } }));
  await store.commit(sets.slice(0, 400));
  await store.commit(sets.slice(400, 800));
  await store.commit(sets.slice(800));
  const floor = await ProfileFloor.open(store);
  equal(sets.every(({ set }) => floor.highest(String(set[1])) === 2), true);
  await store.close();
});

Deno.test("profile floor: a permission holds a day, survives a restart and is used up by the first lower connection", async () => {
  const store = await openMemory();
  const floor = await ProfileFloor.open(store);
  await floor.prove("CP001", 3, 0);
  await floor.permit("CP001", 1, 0);
  equal(floor.of("CP001", INVENTORY_LIMITS.loweringMs - 1), 1);
  equal(floor.of("CP001", INVENTORY_LIMITS.loweringMs), 3);
  equal((await ProfileFloor.open(store)).of("CP001", 0), 1);
  equal(await floor.prove("CP001", 3, 0), false, "a connection at the old height leaves the permission");
  equal(floor.of("CP001", 0), 1);
  equal(await floor.prove("CP001", 2, 0), false);
  for (const known of [floor, await ProfileFloor.open(store)]) equal(known.of("CP001", 0), 2);
  await store.close();
});

const lower = (profile: 1 | 2, site: Site): Site => ({
  ...site,
  stations: site.stations.map((entry) =>
    entry.id === "CP001" ? { ...entry, ocpp: { ...entry.ocpp!, securityProfile: profile } } : entry
  ),
});

Deno.test("O-02: what a station proved is audited once, and a reload below it is refused", async () => {
  const { admit, audited, feature, context, store } = await inventoryRig();
  ok((await admit()).admit);
  ok((await admit()).admit);
  equal(audited.filter(({ event }) => event === "station.profile.proven").length, 1);
  await rejects(feature.reconfigure!(lower(1, context.site)), /admission\.profile-lowered: station "CP001" has proven/);
  await feature.reconfigure!(context.site);
  equal(feature.parts.stations.get("CP001")?.ocpp?.securityProfile, 2);
  await store.close();
});

Deno.test("O-02: a site that starts below a proven profile refuses the station by its rule, and can still be given back", async () => {
  const { admit, answers, feature, context, store } = await inventoryRig();
  Object.assign(answers, { "handshake.last": () => ({}), "upstream.probe": () => [] });
  await feature.parts.floor.prove("CP001", 3, 0);
  deepEqual(await admit(), { admit: false, rule: "admission.profile-lowered", status: 403 });
  const { text } = await feature.commands!["why"]!({ station: "CP001" }, "eva");
  match(text, /station lower-profile CP001/);
  await feature.reconfigure!(context.site);
  await store.close();
});

Deno.test("O-02: an admin lowers with a reason, which is audited; then reload and connection pass", async () => {
  const { admit, audited, command, feature, context, store } = await inventoryRig();
  await admit();
  const args = { station: "CP001", to: "1", reason: "new board" };
  await rejects(command("station lower-profile", { ...args, reason: " " }), /a reason of 1 to 200/);
  await rejects(command("station lower-profile", { ...args, reason: "x".repeat(201) }), /a reason of 1 to 200/);
  await rejects(command("station lower-profile", { ...args, to: "2" }), /from profile 2 to "2"/);
  await rejects(command("station lower-profile", { ...args, to: "" }), /from profile 2 to ""/);
  await rejects(command("station lower-profile", { ...args, station: "CP9" }), /No station "CP9"/);
  match((await command("station lower-profile", args)).text, /profile 1 within 24 hours/);
  const record = audited.find(({ event }) => event === "station.profile.lowered");
  deepEqual([record?.who, record?.target, record?.detail], ["eva", "CP001", { from: 2, to: 1, reason: "new board" }]);
  await feature.reconfigure!(lower(1, context.site));
  ok((await admit({ tls: false })).admit);
  equal(feature.parts.floor.of("CP001", 0), 1);
  await store.close();
});
