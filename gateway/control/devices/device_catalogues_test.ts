import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { LearnedSetting } from "../../core/device_link_api.ts";
import { DEVICE_LINK_LIMITS } from "./limits.ts";
import { DeviceRig } from "./testing/device_rig.ts";

const setting = (key: string): LearnedSetting => ({
  key,
  access: "RW",
  type: "uint",
  range: "0..9",
  scope: "Both",
  reboot: false,
});

Deno.test("device catalogue: asked for once for each firmware, kept over a restart, shown with the class of each key", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("a");
  rig.firmware = "5.33.5";
  equal(await rig.call("device.catalogue.missing", { session }), true);
  await rig.call("device.catalogue", {
    session,
    settings: [setting("RCMBDelta"), setting("SSHAccessUsb"), setting("Brand_new")],
  });
  equal(await rig.call("device.catalogue.missing", { session }), false);
  const { text, data } = await rig.command("station settings", { station: "CP001" });
  match(text, /SSHAccessUsb +dev/);
  match(text, /Brand_new +manufacturer +unknown/);
  equal((data as { firmware: string }).firmware, "5.33.5");
  const again = await DeviceRig.open({ store: rig.store, folder: rig.folder });
  again.firmware = "5.33.11";
  equal(
    await again.call("device.catalogue.missing", { session: again.session("a") }),
    true,
    "another firmware is asked anew",
  );
  await again.call("device.catalogue", { session: "a", settings: [] });
  equal(
    await again.call("device.catalogue.missing", { session: "a" }),
    false,
    "a device that lists nothing is not asked again",
  );
  match((await again.command("station settings", { station: "CP001" })).text, /lists no settings/);
});

Deno.test("device catalogue: as many settings as a store's values hold, in their order; more is left out", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("a");
  const many = Array.from({ length: DEVICE_LINK_LIMITS.catalogueSettings + 1 }, (_, at) => setting(`Key${at}_custom`));
  await rig.call("device.catalogue", { session, settings: many });
  const { data } = await rig.command("station settings", { station: "CP001" });
  const { settings } = data as { settings: { key: string }[] };
  deepEqual(settings.map(({ key }) => key), many.slice(0, -1).map(({ key }) => key));
});

Deno.test("device catalogue: nothing known, no pages, no station", async () => {
  await using rig = await DeviceRig.open();
  match((await rig.command("station settings", { station: "CP001" })).text, /has told nothing yet/);
  await rejects(rig.command("station settings", { station: "CP003" }), { code: "UI_NO_PAGES" });
  await rejects(rig.command("station settings", { station: "none" }), { code: "STATION_UNKNOWN" });
});
