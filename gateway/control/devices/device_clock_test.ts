import { deepEqual, rejects } from "node:assert/strict";
import { DeviceRig } from "./testing/device_rig.ts";

Deno.test("device clock: what a page showed of its clock is a fact of its station, by whoever carries a living session alone", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("a");
  await rig.call("device.clock.seen", { session, offsetSeconds: -86_400 });
  deepEqual(rig.learned, [["CP001", { pageClockOffsetSeconds: -86_400 }]]);
  rig.end(session);
  await rejects(rig.call("device.clock.seen", { session, offsetSeconds: 0 }), /session is over/);
  await rejects(
    rig.call("device.clock.seen", { session: rig.session("b", { worker: "ui_proxy~2" }), offsetSeconds: 0 }),
    /session is over/,
  );
  deepEqual(rig.learned.length, 1);
});
