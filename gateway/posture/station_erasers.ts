import type { Rollout } from "../../policies/golden_rollout.ts";
import { atKey, entryEraser, headOfKey, inField, type StationEraser } from "../store/station_eraser.ts";
import { withoutStations } from "./golden/rollout_book.ts";

/** What posture found at a station, and what people said of it. */
export const POSTURE_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "posture.findings",
    holds: "settings that were read of it, and how its lines stood",
    prefix: "posture",
    below: "subject",
    isOf: atKey(2),
  }),
  entryEraser({
    name: "posture.fixes",
    holds: "changes of its settings that people asked for",
    prefix: "posture",
    below: "fix",
    isOf: inField("station"),
  }),
  entryEraser({
    name: "posture.rollouts",
    holds: "its place in changes of settings at many stations",
    prefix: "posture",
    below: "rollout",
    isOf: ({ value }, { id }) => (value as Rollout).stations.includes(id),
    without: (value, { id }) => withoutStations(value as Rollout, (station) => station === id),
  }),
  entryEraser({
    name: "posture.words",
    holds: "what people saw there or answered for",
    prefix: "posture",
    isOf: ({ key, ...rest }, station, place) =>
      (key[1] === "confirmed" || key[1] === "waived") && headOfKey(2, " ")({ key, ...rest }, station, place),
  }),
];
