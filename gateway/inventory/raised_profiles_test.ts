import { deepEqual, equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { openStore } from "../store/kv_store.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { RaisedProfiles } from "./raised_profiles.ts";
import { Stations } from "./stations.ts";
import { withInventory } from "./testing/inventory_rig.ts";

const SITE = Site.parse({
  version: 1,
  site: { id: "lab" },
  ocpp: {
    listeners: [{ listen: "127.0.0.1:8444", tls: {} }, { listen: "127.0.0.1:8445", plaintext: "isolated-segment" }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  },
  stations: [{ id: "A", ocpp: { protocols: ["ocpp1.6"], securityProfile: 1, csms: "main" } }, { id: "B" }],
});

Deno.test("raised profiles: stand above the written ones, over a restart, until they are forgotten", async () => {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const raised = await RaisedProfiles.open(store);
    const stations = await Stations.open(store, SITE, raised);
    const profiles = (of: Stations) => of.all().map(({ ocpp }) => ocpp?.securityProfile);
    deepEqual(profiles(stations), [1, undefined]);
    await raised.raise("A", 2, 5);
    await raised.raise("B", 2, 5);
    deepEqual([profiles(stations), stations.get("A")?.ocpp?.securityProfile], [[2, undefined], 2]);
    equal(stations.asWritten("A")?.ocpp?.securityProfile, 1);
    await raised.raise("A", 3, 6);
    const again = await RaisedProfiles.open(store);
    equal(again.of("A"), 3);
    await again.forget("A");
    await again.forget("A");
    deepEqual([again.of("A"), (await RaisedProfiles.open(store)).of("A")], [undefined, undefined]);
  } finally {
    await store.close();
  }
});

Deno.test("raised profiles: a written profile that is higher counts", async () => {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const raised = await RaisedProfiles.open(store);
    await raised.raise("A", 2, 5);
    const [station] = SITE.stations;
    const higher = { ...station!, ocpp: { ...station!.ocpp!, securityProfile: 3 as const } };
    equal(raised.apply(higher), higher);
  } finally {
    await store.close();
  }
});

Deno.test(
  "raised profiles: a permission to lower takes them back; a reload keeps what site.yaml says and is not refused for it",
  withInventory(async ({ feature, command, context }) => {
    const { raised, floor, stations } = feature.parts;
    await floor.prove("CP001", 3, 1);
    await raised.raise("CP001", 3, 1);
    equal(stations.get("CP001")?.ocpp?.securityProfile, 3);
    const next = Site.parse(JSON.parse(JSON.stringify(context.site)));
    await feature.reconfigure!(next);
    equal(stations.get("CP001")?.ocpp?.securityProfile, 3);
    await command("station lower-profile", { station: "CP001", to: "2", reason: "new board" });
    equal(stations.get("CP001")?.ocpp?.securityProfile, 2);
  }),
);
