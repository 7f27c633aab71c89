import { makeSafe } from "../../gateway/inventory/plan/picture.ts";
import { planPicture } from "./plan_picture.ts";
import { type Answers, RIG_NOW } from "./console_rig.ts";

const { bytes, type, width, height } = makeSafe(planPicture());
const PICTURE = { type, width, height, bytes: bytes.length, sha256: "ab12cd34".repeat(8) };
const FLOORS = ["Level 0", "Level -1"].map((name, number) => ({
  id: `level-${number}`,
  name,
  picture: PICTURE,
  by: "anna",
  at: RIG_NOW - 86_400_000 + number,
}));
/** CP002 to CP006 above the driveway, CP007 to CP011 below it, one on the other floor; three stand nowhere. */
const PLACES = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((number, at) => ({
  station: `CP${String(number).padStart(3, "0")}`,
  floor: "level-0",
  x: 15 + 17.5 * (at % 5),
  y: at < 5 ? 20 : 80,
}));

/** What control says of the floor plans of the garage in console_answers.ts. */
export const PLAN_ANSWERS: Answers = {
  "command plan show": {
    floors: FLOORS,
    places: [...PLACES, { station: "CP012", floor: "level-1", x: 30, y: 45 }],
    unplaced: ["CP001", "CP013", "CP014"],
  },
  "command plan picture": { ...PICTURE, base64: bytes.toBase64() },
  "command plan set": FLOORS[0],
  "command plan remove": { floor: "level-0" },
  "command plan place": PLACES[0],
  "command plan unplace": { station: "CP002" },
};
