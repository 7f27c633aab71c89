import { atKey, entryEraser, headOfKey, type StationEraser } from "../../store/station_eraser.ts";

/** Transactions of blocked badges that are to be stopped at a station; lists of badges are the site's, by keyed hash. */
export const BADGE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "badges.stopping",
    holds: "transactions of blocked badges that are to be stopped there",
    prefix: "badges",
    below: "stopping",
    isOf: headOfKey(2, " "),
  }),
  entryEraser({
    name: "badges.charging",
    holds: "which badge, by keyed hash, charges there",
    prefix: "badges",
    below: "charging",
    isOf: headOfKey(2, " "),
  }),
  entryEraser({
    name: "badges.uncleared",
    holds: "that its cache of badges has to be cleared",
    prefix: "badges",
    below: "uncleared",
    isOf: atKey(2),
  }),
  entryEraser({
    name: "badges.settings",
    holds: "what it allows by itself while it is cut off",
    prefix: "badges",
    below: "settings",
    isOf: atKey(2),
  }),
  entryEraser({
    name: "badges.suspected",
    holds: "badges, by keyed hash, that looked copied there",
    prefix: "badges",
    below: "suspected",
    isOf: ({ value }, { id }) => {
      const { stationId, elsewhere } = value as { readonly stationId?: string; readonly elsewhere?: string };
      return stationId === id || elsewhere === id;
    },
  }),
];
