import { dataFolders } from "../../core/data_folders.ts";
import {
  atKey,
  entryEraser,
  type ErasingPlace,
  inField,
  type LeavingStation,
  type StationEraser,
} from "../../store/station_eraser.ts";
import { unsealEntry } from "../../store/sealer.ts";
import type { StoreEntry } from "../../store/store.ts";
import type { UnitRecord } from "./campaigns/record.ts";
import type { StoredRequest } from "./transfers/request_book.ts";
import type { StoredUpload } from "./transfers/upload_book.ts";

/** Firmware of a station: what it was granted, its CSMS's requests, its logs, its part in campaigns. */
export const FIRMWARE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "firmware.grants",
    holds: "permissions to fetch images, with digests of their tokens",
    prefix: "firmwareGrant",
    isOf: inField("stationId"),
  }),
  entryEraser({
    name: "firmware.requests",
    holds: "updates that its CSMS asked for, sealed: addresses may hold a login",
    prefix: "firmwareRequest",
    isOf: async (entry, { id }, place) => (await opened<StoredRequest>(entry, place))?.request.stationId === id,
  }),
  entryEraser({
    name: "firmware.logs",
    holds: "logs that it brought for its CSMS or the gateway: sealed files and their keys",
    prefix: "firmwareUpload",
    isOf: async (entry, { id }, place) => (await opened<StoredUpload>(entry, place))?.stationId === id,
    filesOf: async (entry, place) => {
      const upload = await opened<StoredUpload>(entry, place);
      return upload ? [`${dataFolders(place).uploads}/${upload.file}`] : [];
    },
    files: ["uploads"],
  }),
  entryEraser({
    name: "firmware.log-times",
    holds: "when its security log was asked for, and came",
    prefix: "securityLog",
    isOf: atKey(1),
  }),
  entryEraser({
    name: "firmware.campaigns",
    holds: "its part in campaigns",
    prefix: "firmwareCampaign",
    below: "unit",
    isOf: ({ value }, { id }) => (value as UnitRecord).parts.some(({ station }) => station === id),
    without: (value, station) => withoutPart(value as UnitRecord, station),
  }),
];

function withoutPart(unit: UnitRecord, { id }: LeavingStation): UnitRecord | undefined {
  const parts = unit.parts.filter(({ station }) => station !== id);
  return parts.length === 0 ? undefined : { ...unit, parts };
}

/** A sealed record; one that does not open belongs to nobody who could read it, and stays. */
async function opened<T>(entry: StoreEntry<unknown>, { sealer }: ErasingPlace): Promise<T | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await unsealEntry(sealer as never, entry)));
  } catch {
    return undefined;
  }
}
