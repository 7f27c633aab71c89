import { INSPECTION_TEMPLATES } from "../../profiles/inspection_templates.ts";
import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";
import { planPicture } from "./plan_picture.ts";

const DAY = 86_400_000;
const row = (id: string, template: string, subject: string, days: number, more: object = {}) => ({
  ...{ id, template, subject, person: "B. Meier", by: "eva", at: RIG_NOW - days * DAY, isInOrder: true, photos: 1 },
  ...more,
});
const due = (template: string, subject: string, state: string, days: number, last?: object) => ({
  ...{ template, subject, state, everyDays: 90, dueAt: RIG_NOW + days * DAY, by: "eva", at: RIG_NOW - 400 * DAY },
  ...last ? { last } : {},
});
const housing = INSPECTION_TEMPLATES.find(({ id }) => id === "housing")!;
const VIEW = {
  ...row("C-12", "housing", "CP005", 2, { isInOrder: false }),
  said: housing.items.map(({ id }) =>
    id === "seal"
      ? { item: id, result: "not-ok", note: "4711 is broken" }
      : { item: id, result: id === "place" ? "not-applicable" : "ok" }
  ),
  items: housing.items,
  photos: [{
    number: 1,
    item: "seal",
    by: "eva",
    at: RIG_NOW - 2 * DAY,
    width: 1_200,
    height: 720,
    sha256: "ab".repeat(32),
  }],
};

/** What the inspection pages ask, as a garage in use answers it. */
export const INSPECTION_ANSWERS: Answers = {
  "command inspection due": {
    due: [
      due("payment-terminal", "CP001", "overdue", -12, row("C-3", "payment-terminal", "CP001", 42)),
      due("housing", "CP002", "due", -1),
      due("personnel", "gateway", "soon", 5, row("C-2", "personnel", "gateway", 360)),
      due("housing", "CP005", "fine", 88, row("C-12", "housing", "CP005", 2, { isInOrder: false })),
    ],
    templates: INSPECTION_TEMPLATES,
    stations: ["CP001", "CP002", "CP005"],
  },
  "command inspection list": [
    row("C-12", "housing", "CP005", 2, { isInOrder: false }),
    row("C-3", "payment-terminal", "CP001", 42, { photos: 2 }),
    row("C-2", "personnel", "gateway", 360, { photos: 0, person: "eva" }),
  ],
  "command inspection show": VIEW,
  "command inspection fill": VIEW,
  "command inspection photo": ({ args }: { readonly args: { readonly file?: string } }) =>
    args.file === undefined ? { type: "image/png", sha256: "ab".repeat(32), base64: planPicture().toBase64() } : VIEW,
  "command inspection assign": { template: "housing", subjects: ["CP001"], everyDays: 90 },
};
