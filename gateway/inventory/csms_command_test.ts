import { deepEqual, match } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { basic, inventoryRig, PASSWORD } from "./testing/inventory_rig.ts";

Deno.test("csms list: shows what each CSMS is for, its stations, and how its copies stand", async () => {
  const rig = await inventoryRig();
  const { site } = rig.context;
  const ems = { id: "ems", url: "wss://ems.example:444/x", mode: "read-only" };
  const next = Site.parse({
    version: 1,
    site: site.site,
    ocpp: { ...site.ocpp, csms: [...site.ocpp!.csms, ems] },
    stations: site.stations,
  });
  Object.assign(rig.context, { site: next });
  rig.states["ocpp-1"] = { state: "ready", restarts: 0 };
  const mirror = (stationId: string, state: string, queued: number) => ({
    stationId,
    csms: "ems",
    mode: "read-only",
    state,
    queued,
  });
  rig.answers["ocpp-0 mirrors.live"] = () => [mirror("CP001", "open", 1), mirror("CP004", "away", 5)];
  await rig.connect({ basic: basic("CP001", PASSWORD) });
  const { text, data } = await rig.command("csms list");
  match(text, /main +primary +csms\.example +1 +0 +0 +0/);
  match(text, /ems +read-only +ems\.example:444 +0 +1 +1 +6/);
  const { csms } = data as { csms: { id: string; waiting: number }[] };
  deepEqual(csms.map(({ id, waiting }) => [id, waiting]), [["main", 0], ["ems", 6]]);
  await rig.store.close();
});
