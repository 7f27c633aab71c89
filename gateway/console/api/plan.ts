import { z } from "zod";
import { operation } from "./operation.ts";

const FLOOR_ID = z.string().max(32).describe("Id of a floor: small letters, digits and dashes");
const Percent = z.number().min(0).max(100);
const Picture = z.object({
  type: z.enum(["image/jpeg", "image/png"]),
  width: z.number().int().describe("Pixels"),
  height: z.number().int().describe("Pixels"),
  bytes: z.number().int(),
  sha256: z.string(),
});

/** One floor of the garage with its plan. */
export const FloorRow = z.object({
  id: z.string(),
  name: z.string(),
  picture: Picture,
  by: z.string().describe("Who changed it last"),
  at: z.number().describe("Made, milliseconds since 1970"),
});
/** One floor of the garage with its plan. */
export type FloorRow = z.infer<typeof FloorRow>;

/** Where one station stands. */
export const PlaceRow = z.object({
  station: z.string(),
  floor: z.string(),
  x: Percent.describe("Percent of the picture's width, from the left"),
  y: Percent.describe("Percent of the picture's height, from above"),
});
/** Where one station stands. */
export type PlaceRow = z.infer<typeof PlaceRow>;

const Plan = z.object({
  floors: z.array(FloorRow),
  places: z.array(PlaceRow),
  unplaced: z.array(z.string()).describe("Stations that stand on no plan"),
});
/** All floor plans. */
export type Plan = z.infer<typeof Plan>;

/** All floor plans and who stands where. */
export const readPlan = operation({
  id: "readFloorPlans",
  method: "get",
  path: "/plan",
  tag: "stations",
  summary: "The floor plans and which station stands where",
  needs: "command plan show",
  input: z.object({}),
  output: Plan,
  call: async (person) => Plan.parse((await person.run("plan show")).data),
});

const PictureBytes = Picture.extend({ base64: z.string() });

/** The picture of one floor. */
export const readPlanPicture = operation({
  id: "readFloorPlanPicture",
  method: "get",
  path: "/plan/floors/{floor}/picture",
  tag: "stations",
  summary: "The picture of one floor, as base64",
  needs: "command plan picture",
  input: z.object({ floor: FLOOR_ID }),
  output: PictureBytes,
  call: async (person, { floor }) => PictureBytes.parse((await person.run("plan picture", { floor })).data),
});

/** Makes a floor or changes it. */
export const setFloor = operation({
  id: "setFloorPlan",
  method: "put",
  path: "/plan/floors/{floor}",
  tag: "stations",
  summary: "Makes a floor plan from a PNG or JPEG, or changes its name or picture",
  needs: "command plan set",
  input: z.object({
    floor: FLOOR_ID,
    name: z.string().min(1).max(48).optional().describe("As people call it; absent: the id, or as before"),
    picture: z.string().optional().describe("PNG or JPEG as base64; absent: as before"),
  }),
  output: FloorRow,
  call: async (person, { picture, ...input }) =>
    FloorRow.parse((await person.run("plan set", { ...input, file: picture })).data),
});

/** Removes a floor. */
export const removeFloor = operation({
  id: "removeFloorPlan",
  method: "delete",
  path: "/plan/floors/{floor}",
  tag: "stations",
  summary: "Removes a floor plan with its picture and the places on it",
  needs: "command plan remove",
  input: z.object({ floor: FLOOR_ID }),
  output: z.object({ floor: z.string() }),
  call: async (person, input) => {
    await person.run("plan remove", input);
    return input;
  },
});

/** Says where a station stands. */
export const placeStation = operation({
  id: "placeStation",
  method: "put",
  path: "/plan/places/{station}",
  tag: "stations",
  summary: "Says where on a floor plan a station stands",
  needs: "command plan place",
  input: z.object({
    station: z.string().min(1).max(48),
    floor: FLOOR_ID,
    x: Percent.describe("Percent of the picture's width, from the left"),
    y: Percent.describe("Percent of the picture's height, from above"),
  }),
  output: PlaceRow,
  call: async (person, { x, y, ...input }) =>
    PlaceRow.parse((await person.run("plan place", { ...input, x: String(x), y: String(y) })).data),
});

/** Takes a station off its plan. */
export const unplaceStation = operation({
  id: "unplaceStation",
  method: "delete",
  path: "/plan/places/{station}",
  tag: "stations",
  summary: "Takes a station off its floor plan",
  needs: "command plan unplace",
  input: z.object({ station: z.string().min(1).max(48) }),
  output: z.object({ station: z.string() }),
  call: async (person, input) => {
    await person.run("plan unplace", input);
    return input;
  },
});
