import { atKey, entryEraser, headOfKey, inField, type StationEraser } from "../store/station_eraser.ts";

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
    name: "posture.words",
    holds: "what people saw there or answered for",
    prefix: "posture",
    isOf: ({ key, ...rest }, station, place) =>
      (key[1] === "confirmed" || key[1] === "waived") && headOfKey(2, " ")({ key, ...rest }, station, place),
  }),
];
