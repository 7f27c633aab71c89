import { KEYS } from "../store/keys.ts";
import { atKey, entryEraser, inField, type StationEraser } from "../store/station_eraser.ts";
import type { Inspection } from "./inspections/inspection_book.ts";

/** Incidents of a station with their timelines, announced work, what looks saw, and what people inspected there. */
export const INCIDENT_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "incidents.records",
    holds: "incidents of it, with what happened and who did what",
    prefix: "incidents",
    below: "record",
    isOf: inField("subject"),
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
  entryEraser({
    name: "incidents.looks",
    holds: "what the gateway's own looks at it saw",
    prefix: "incidents",
    below: "look",
    isOf: atKey(2),
  }),
  entryEraser({
    name: "inspections.assigned",
    holds: "checklists that were to be filled for it",
    prefix: "inspections",
    below: "assigned",
    isOf: inField("subject"),
  }),
  // before the lists: only they say whose a photo is
  entryEraser({
    name: "inspections.photos",
    holds: "photos of filled checklists",
    prefix: "inspections",
    below: "photo",
    isOf: async ({ key }, { id }, { store }) => {
      let isOwn = false;
      for await (const { value } of store.list<Inspection>([...KEYS.inspections, "record"], { limit: Infinity })) {
        if (!value.photos?.some(({ sha256 }) => sha256 === key[2])) continue;
        if (value.subject !== id) return false; // another station's list shows the same picture
        isOwn = true;
      }
      return isOwn;
    },
  }),
  entryEraser({
    name: "inspections.records",
    holds: "filled checklists with their notes",
    prefix: "inspections",
    below: "record",
    isOf: inField("subject"),
  }),
];
