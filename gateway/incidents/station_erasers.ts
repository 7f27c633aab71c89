import { atKey, entryEraser, inField, type StationEraser } from "../store/station_eraser.ts";

/** Incidents of a station with their timelines, and work that was announced there. */
export const INCIDENT_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "incidents.records",
    holds: "incidents of it, with what happened and who did what",
    prefix: "incidents",
    below: "record",
    isOf: inField("station"),
  }),
  entryEraser({
    name: "incidents.works",
    holds: "work that was announced there",
    prefix: "incidents",
    below: "announced",
    isOf: inField("station"),
  }),
  entryEraser({
    name: "incidents.signals",
    holds: "signals of it that came to no incident",
    prefix: "incidents",
    below: "recent",
    isOf: atKey(2),
  }),
];
