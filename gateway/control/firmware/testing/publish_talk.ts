import type { PublishStatus } from "../../../../policies/firmware_publish.ts";
import type { Json } from "../../../core/control_api.ts";
import { type TransferRig, UPDATE } from "./transfer_rig.ts";

// What tests of published images say to a rig, and look for in it.

export const MD5 = "cd".repeat(16);
export const URL_OF_CSMS = "https://user:secret@files.bender.example/ebee_firmware_2.0.deb?key=1";

export const ask = (rig: TransferRig, action: string, payload: Json, csms = "main") => {
  rig.nextMoment();
  return rig.handlers()["firmware.publish"]!({ csms, version: "ocpp2.0.1", action, payload });
};
export const publish = (rig: TransferRig, more: Record<string, Json> = {}, csms = "main") =>
  ask(rig, "PublishFirmware", { requestId: 7, location: URL_OF_CSMS, checksum: MD5, ...more }, csms);
export const unpublish = (rig: TransferRig, checksum = MD5, csms = "main") =>
  ask(rig, "UnpublishFirmware", { checksum }, csms);
export const trigger = (rig: TransferRig) =>
  ask(rig, "TriggerMessage", { requestedMessage: "PublishFirmwareStatusNotification" });
export const begin = async (rig: TransferRig, csms = "main") => await rig.handlers()["firmware.published"]!({ csms });

export const newest = (rig: TransferRig) => rig.feature.publications()[0]!.publication;
/** Looks until the newest publication is in that state, and its CSMS was told everything. */
export const until = (rig: TransferRig, wanted: string) =>
  rig.looking(`a publication that is ${wanted}`, () => {
    const { state, outcome, telling } = newest(rig);
    return (state === wanted || outcome === wanted) && telling.length === 0;
  });
export const heard = (rig: TransferRig) => rig.own.map(({ payload }) => (payload as { status: string }).status);
export const locations = (rig: TransferRig) =>
  rig.own.flatMap(({ payload }) => (payload as { location?: string[] }).location ?? []);

export const UP: readonly PublishStatus[] = ["Downloading", "Downloaded", "ChecksumVerified", "Published"];

/** Has the image published. @returns the URLs */
export async function published(rig: TransferRig): Promise<readonly string[]> {
  await publish(rig);
  await begin(rig);
  await until(rig, "published");
  return locations(rig);
}

export const fetched = async (rig: TransferRig, url: string, changes: Record<string, string> = {}) => {
  const [, , , , token, fileName] = url.split("/");
  return await rig.open({ token: token!, fileName: fileName!, source: "10.0.0.1", ...changes });
};
export const updateTo = (location: string) => ({
  requestId: 42,
  firmware: { ...(UPDATE.payload as { firmware: Record<string, Json> }).firmware, location },
});
