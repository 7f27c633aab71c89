import { entryEraser, inField, type StationEraser } from "../store/station_eraser.ts";

/** Records of certificates that the site CA made for a station; their serial numbers stay in the revocation list. */
export const PKI_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "pki.certificates",
    holds: "records of its certificates; revoked serial numbers stay in the list",
    prefix: "certificate",
    isOf: inField("stationId"),
  }),
];
