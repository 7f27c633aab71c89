import { atKey, entryEraser, inField, type StationEraser } from "../store/station_eraser.ts";

/** Where a station hangs, and the maintenance ports that are open to it. Rules in force are hald's: the next apply renews them. */
export const SEGMENTATION_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "segmentation.port",
    holds: "the switch port that it hangs on",
    prefix: "segmentation",
    below: "port",
    isOf: atKey(2),
  }),
  entryEraser({
    name: "segmentation.opening",
    holds: "maintenance ports that are open to it",
    prefix: "segmentation",
    below: "opening",
    isOf: inField("stationId"),
  }),
];
