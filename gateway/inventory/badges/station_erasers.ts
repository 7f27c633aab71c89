import { entryEraser, headOfKey, type StationEraser } from "../../store/station_eraser.ts";

/** Transactions of blocked badges that are to be stopped at a station; lists of badges are the site's, by keyed hash. */
export const BADGE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "badges.stopping",
    holds: "transactions of blocked badges that are to be stopped there",
    prefix: "badges",
    below: "stopping",
    isOf: headOfKey(2, " "),
  }),
];
