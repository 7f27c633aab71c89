import { entryEraser, headOfKey, type StationEraser } from "../../store/station_eraser.ts";

/** What waits for the CSMSs of a station: its messages name badges, sealed. Keys are "stationId csms". */
export const OUTAGE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "outage.queue",
    holds: "messages that wait for its CSMS or were refused by it, sealed, and what was agreed with it",
    prefix: "outage",
    isOf: headOfKey(2, " "),
  }),
];
