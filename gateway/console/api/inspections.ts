import { z } from "zod";
import { ITEM_RESULTS } from "../../../policies/inspection.ts";
import { INSPECTION_TEMPLATES } from "../../../profiles/inspection_templates.ts";
import { operation } from "./operation.ts";

const Id = z.string().regex(/^C-\d{1,9}$/).describe("A filled list, as C-12");
const List = z.string().min(1).max(40).describe("A checklist, as housing");
const Subject = z.string().min(1).max(48).describe('A station; "gateway" is the site');
const Item = z.object({ id: z.string(), en: z.string(), de: z.string() });

/** A checklist. */
export const InspectionList = Item.extend({
  about: z.enum(["site", "station"]),
  everyDays: z.number(),
  lines: z.array(z.string()).describe("Lines of the makers' guides that it answers"),
  wantsPhoto: z.boolean(),
  items: z.array(Item),
});
/** A checklist. */
export type InspectionList = z.infer<typeof InspectionList>;

/** A filled list in a list. */
export const InspectionRow = z.object({
  id: z.string(),
  template: z.string(),
  subject: z.string(),
  person: z.string().describe("Who looked"),
  by: z.string().describe("Who entered it"),
  at: z.number().describe("Milliseconds since 1970"),
  isInOrder: z.boolean(),
  photos: z.number(),
});
/** A filled list in a list. */
export type InspectionRow = z.infer<typeof InspectionRow>;

const Due = z.object({
  template: z.string(),
  subject: z.string(),
  everyDays: z.number(),
  state: z.enum(["due", "fine", "overdue", "soon"]),
  dueAt: z.number(),
  last: InspectionRow.optional(),
});
/** An inspection that has to be made. */
export type DueInspection = z.infer<typeof Due>;

const DueList = z.object({ due: z.array(Due), templates: z.array(InspectionList), stations: z.array(z.string()) });

/** What has to be inspected. */
export const listDueInspections = operation({
  id: "listDueInspections",
  method: "get",
  path: "/inspections/due",
  tag: "security",
  summary: "The inspections that are assigned with when each is due, and the checklists that there are",
  needs: "command inspection due",
  input: z.object({}),
  output: DueList,
  call: async (person) => DueList.parse((await person.run("inspection due", { all: true })).data),
});

/** What was inspected. */
export const listInspections = operation({
  id: "listInspections",
  method: "get",
  path: "/inspections",
  tag: "security",
  summary: "The lists that were filled, the newest first",
  needs: "command inspection list",
  input: z.object({}),
  output: z.array(InspectionRow),
  call: async (person) => z.array(InspectionRow).parse((await person.run("inspection list")).data),
});

const Photo = z.object({
  number: z.number(),
  item: z.string().optional(),
  by: z.string(),
  at: z.number(),
  width: z.number(),
  height: z.number(),
  sha256: z.string(),
});
const View = InspectionRow.omit({ photos: true }).extend({
  said: z.array(z.object({ item: z.string(), result: z.enum(ITEM_RESULTS), note: z.string().optional() })),
  items: z.array(Item),
  photos: z.array(Photo),
});
/** One filled list. */
export type InspectionView = z.infer<typeof View>;

/** One filled list. */
export const readInspection = operation({
  id: "readInspection",
  method: "get",
  path: "/inspections/{inspection}",
  tag: "security",
  summary: "One filled list with its notes and what photos it has",
  needs: "command inspection show",
  input: z.object({ inspection: Id }),
  output: View,
  call: async (person, input) => View.parse((await person.run("inspection show", input)).data),
});

const PhotoBytes = z.object({ type: z.enum(["image/jpeg", "image/png"]), sha256: z.string(), base64: z.string() });

/** One photo. */
export const readInspectionPhoto = operation({
  id: "readInspectionPhoto",
  method: "get",
  path: "/inspections/{inspection}/photos/{number}",
  tag: "security",
  summary: "One photo of a filled list, as base64",
  needs: "command inspection photo",
  input: z.object({ inspection: Id, number: z.string().regex(/^\d{1,2}$/) }),
  output: PhotoBytes,
  call: async (person, input) => PhotoBytes.parse((await person.run("inspection photo", input)).data),
});

/** The field of an item's note. */
export const noteField = (item: string): `note-${string}` => `note-${item}`;
const ITEMS = [...new Set(INSPECTION_TEMPLATES.flatMap(({ items }) => items.map(({ id }) => id)))];
const NOTES: Readonly<Record<string, z.ZodOptional<z.ZodString>>> = Object.fromEntries(
  ITEMS.map((item) => [noteField(item), z.string().max(300).optional()]),
);

/** Fills a list. */
export const fillInspection = operation({
  id: "fillInspection",
  method: "post",
  path: "/inspections/fill/{list}/{subject}",
  tag: "security",
  summary: "Fills a list: each item ok, not-ok with a note, or not-applicable; what is not in order begins an incident",
  needs: "command inspection fill",
  input: z.object({
    list: List,
    subject: Subject,
    results: z.array(z.string().max(80)).optional().describe("ITEM=RESULT of every item of the list"),
    person: z.string().max(80).optional().describe("Who looked, if not you"),
    photo: z.string().optional().describe("PNG or JPEG as base64"),
    ...NOTES,
  }),
  output: View,
  call: async (person, input) => {
    const { list, subject, results = [], person: who, photo } = input,
      said = input as Readonly<Record<string, unknown>>;
    const notes = ITEMS.flatMap((item) => {
      const note = String(said[noteField(item)] ?? "").replaceAll(/[\s;]+/g, " ").trim();
      return note === "" ? [] : [`${item}: ${note}`];
    });
    const given = { list, subject, results: results.join(" "), notes: notes.join("\n"), person: who, file: photo };
    return View.parse((await person.run("inspection fill", given)).data);
  },
});

/** One more photo. */
export const addInspectionPhoto = operation({
  id: "addInspectionPhoto",
  method: "post",
  path: "/inspections/{inspection}/photos",
  tag: "security",
  summary: "Adds a photo to a filled list",
  needs: "command inspection photo",
  input: z.object({ inspection: Id, item: z.string().max(40).optional(), photo: z.string().min(1) }),
  output: View,
  call: async (person, { photo, ...input }) =>
    View.parse((await person.run("inspection photo", { ...input, file: photo })).data),
});

/** Wants a list filled again and again. */
export const assignInspection = operation({
  id: "assignInspection",
  method: "post",
  path: "/inspections/assigned",
  tag: "security",
  summary: "Wants a list filled again and again: for a station, for all of them, or for the site",
  needs: "command inspection assign",
  input: z.object({ list: List, subject: Subject, every: z.string().regex(/^\d{1,4}$/).optional().describe("Days") }),
  output: z.object({ template: z.string(), subjects: z.array(z.string()), everyDays: z.number() }),
  call: async (person, input) => {
    const { data } = await person.run("inspection assign", input);
    return data as { template: string; subjects: string[]; everyDays: number };
  },
});
