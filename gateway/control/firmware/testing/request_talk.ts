import type { TransferRig } from "./transfer_rig.ts";

/** What tests of updates that CSMSs ask for say to a rig, and look for in it. */

/** The CSMS has its answer: the work for the station begins. */
export async function begin(rig: TransferRig, stationId = "CP001"): Promise<void> {
  await rig.handlers()["firmware.requested"]!({ stationId });
}

/** The station says how far it is. */
export function say(rig: TransferRig, status: string, requestId = 42): Promise<void> {
  return rig.feed.told({ stationId: "CP001", status, requestId, at: rig.rig.time.now() });
}

/** Statuses and security events that the CSMS was told in the station's name, in order. */
export function heard(rig: TransferRig): readonly unknown[] {
  return rig.told.map(({ payload }) => payload["status"] ?? payload["type"]);
}

/** Looks until the newest request is in that state or has that outcome. */
export async function until(rig: TransferRig, wanted: string): Promise<void> {
  await rig.looking(`state ${wanted}`, () => rig.newest()?.state === wanted || rig.newest()?.outcome === wanted);
}

/** Looks until it is on record that the CSMS was told everything. */
export async function untilTold(rig: TransferRig): Promise<void> {
  await rig.looking("all to be told", () => rig.newest()?.telling.length === 0);
}
