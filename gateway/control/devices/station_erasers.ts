import { dataFolders } from "../../core/data_folders.ts";
import { atKey, entryEraser, headOfKey, inField, type StationEraser } from "../../store/station_eraser.ts";

/** What was learned of a station's controller, and files that it gave out. */
export const DEVICE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "devices.catalogue",
    holds: "settings that its pages list",
    prefix: "deviceCatalogue",
    isOf: headOfKey(1, "\n"),
  }),
  entryEraser({
    name: "devices.defaults",
    holds: "passwords of the factory that were tried there, by name",
    prefix: "deviceDefault",
    isOf: headOfKey(1, "\n"),
  }),
  entryEraser({
    name: "devices.files",
    holds: "logs and configurations that its controller gave out: sealed files and their keys",
    prefix: "deviceDownload",
    isOf: inField("station"),
    filesOf: ({ value }, place) => [`${dataFolders(place).downloads}/${(value as { readonly file: string }).file}`],
    files: ["device-files"],
  }),
  entryEraser({ name: "devices.lease", holds: "who has its controller", prefix: "deviceLease", isOf: atKey(1) }),
  entryEraser({
    name: "devices.logins",
    holds: "failed logins there, with digests of what was tried",
    prefix: "deviceLogin",
    isOf: headOfKey(1, "\n"),
  }),
  entryEraser({ name: "devices.pins", holds: "certificates of its pages", prefix: "devicePin", isOf: atKey(2) }),
];
