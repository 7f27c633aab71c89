import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createInventoryFeature } from "./feature.ts";
import { withInventory } from "./testing/inventory_rig.ts";

Deno.test(
  "quarantine by a person: recorded, stored, the connection closed, and it comes back as one in quarantine",
  withInventory(async (rig) => {
    const { quarantines } = rig.feature.parts;
    const first = await rig.connect();
    ok(first.admit && first.quarantine === undefined);
    rig.audited.length = 0;
    await quarantines.begin("CP001", "eva", "a factory password opens it");
    deepEqual(rig.audited.map(({ event, who, target, detail }) => [event, who, target, detail]), [
      ["station.quarantine.begun", "eva", "CP001", { reason: "a factory password opens it" }],
    ]);
    const closed = rig.calls.filter(({ method }) => method === "sessions.close");
    deepEqual(closed.map(({ args }) => (args as { sessions: string[] }).sessions), [[first.session]]);
    const again = await rig.connect();
    ok(again.admit && again.quarantine === true);
    match((await rig.command("stations")).text, /CP001 +connected, quarantine/);
  }),
);

Deno.test(
  "quarantine by a person: its boots are no word of a factory password, and nothing is renewed",
  withInventory(async (rig) => {
    await rig.feature.parts.quarantines.begin("CP001", "eva", "why");
    rig.audited.length = 0;
    await rig.feature.handlers!["stations.quarantined"]!({ stationId: "CP001" });
    deepEqual(rig.audited, []);
  }),
);

Deno.test(
  "quarantine by a person: it holds over a restart of control, for this station alone, until it is ended",
  withInventory(async (rig) => {
    await rig.feature.parts.quarantines.begin("CP001", "eva", "why");
    const restarted = await createInventoryFeature(rig.context, rig.pki);
    equal(restarted.parts.quarantines.of("CP001")?.by, "eva");
    equal(restarted.parts.quarantines.of("CP004"), undefined);
    await restarted.parts.quarantines.end("CP001", "otto", "it is whole again");
    equal(restarted.parts.quarantines.of("CP001"), undefined);
    equal((await createInventoryFeature(rig.context, rig.pki)).parts.quarantines.of("CP001"), undefined);
    equal(rig.audited.at(-1)?.event, "station.quarantine.ended");
  }),
);

Deno.test(
  "quarantine by a person: ended it comes back as any other; ending what is none says nothing",
  withInventory(async (rig) => {
    const { quarantines } = rig.feature.parts;
    await quarantines.begin("CP001", "eva", "why");
    await rig.connect();
    await quarantines.end("CP001", "eva", "whole");
    const back = await rig.connect();
    ok(back.admit && back.quarantine === undefined);
    const before = rig.audited.length;
    await quarantines.end("CP001", "eva", "whole");
    equal(rig.audited.length, before);
  }),
);

Deno.test(
  "quarantine by a person: a Worker that is away has no connection to close",
  withInventory(async (rig) => {
    await rig.connect();
    delete rig.answers["sessions.close"];
    await rig.feature.parts.quarantines.begin("CP001", "eva", "why");
    ok(rig.feature.parts.quarantines.of("CP001"));
  }),
);
