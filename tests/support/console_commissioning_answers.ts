import { COMMISSIONING_STEPS } from "../../profiles/commissioning_steps.ts";
import { type Answers, RIG_NOW } from "./console_rig.ts";
import { planPicture } from "./plan_picture.ts";

const BY = { by: "ida", at: RIG_NOW - 600_000 };
const SHA = "4f".repeat(32);

/** What was entered for some steps; the others are open. */
const ENTERED: Readonly<Record<string, { outcome: string; why: string; entry: object }>> = {
  "identity.label": {
    outcome: "done",
    why: "serial number SN-4711",
    entry: { kind: "label", serial: "SN-4711", ...BY },
  },
  "identity.photo-label": { outcome: "done", why: "photo 4f4f4f4f4f4f", entry: { kind: "photo", sha256: SHA, ...BY } },
  "electrical.insulation": { outcome: "done", why: "250 MΩ", entry: { kind: "measure", value: 250, ...BY } },
  "electrical.rcd-time": {
    ...{ outcome: "failed", why: "412 ms, wanted at most 300 ms", entry: { kind: "measure", value: 412, ...BY } },
  },
  "electrical.inspection": { outcome: "done", why: "it is so", entry: { kind: "confirm", isSo: true, ...BY } },
  "ocpp.connected": {
    ...{ outcome: "done", why: "from 10.20.0.17 since 2026-11-21T10:23:00.000Z" },
    entry: { kind: "auto", outcome: "met", why: "", by: "gateway", at: RIG_NOW - 120_000 },
  },
  "network.mac": {
    ...{ outcome: "excepted", why: "olga answers for it: no hald on this box (nobody can see who has its address)" },
    entry: { kind: "auto", outcome: "unknown", why: "", by: "gateway", at: RIG_NOW - 120_000 },
  },
  "device.password": {
    ...{ outcome: "failed", why: 'a password of the factory works: installer at "CP007"' },
    entry: { kind: "auto", outcome: "failed", why: "", by: "gateway", at: RIG_NOW - 120_000 },
  },
};

const STEPS = COMMISSIONING_STEPS.map((step) => {
  const own = step.per === "station" ? { key: `${step.id} CP007`, station: "CP007" } : { key: step.id };
  return { ...own, ...step, ...ENTERED[step.id] ?? { outcome: "open", why: "nobody has entered it yet", entry: null } };
});

const ROW = {
  ...{ id: 7, bay: "bay-07", stations: ["CP007", "CP007-S"], state: "in-progress" },
  ...{ startedAt: RIG_NOW - 3_600_000, startedBy: "ida", done: 6, of: STEPS.length },
  open: STEPS.filter(({ outcome }) => outcome === "open" || outcome === "failed").map(({ key }) => key),
  faults: [{
    ...{ rule: "EV-01", why: 'a password of the factory works: installer at "CP007"' },
    hint: "`station adoption finish CP007`",
  }],
};

const SIGNED = {
  by: "ida",
  name: "Ida Kern",
  at: RIG_NOW - 86_400_000,
  drawing: "M10 60 L60 20 L110 70 L160 30 L290 50",
};

/** What the pages of commissioning ask: one bay in work that is held up, one that is signed, one that is closed. */
export const COMMISSIONING_ANSWERS: Answers = {
  "command commissioning list": [
    ROW,
    { ...ROW, id: 6, bay: "CP008", stations: ["CP008"], state: "signed", done: ROW.of, open: [], faults: [] },
    {
      ...ROW,
      ...{ id: 5, bay: "CP009", stations: ["CP009"], state: "closed", done: ROW.of, open: [], faults: [] },
      closedAt: RIG_NOW - 3_600_000,
    },
  ],
  "command commissioning show": { ...ROW, installer: SIGNED, steps: STEPS },
  "command commissioning start": { ...ROW, steps: STEPS },
  "command commissioning enter": { ...ROW, steps: STEPS },
  "command commissioning check": { ...ROW, steps: STEPS },
  "command commissioning except": { ...ROW, steps: STEPS },
  "command commissioning sign": { ...ROW, state: "signed", steps: STEPS },
  "command commissioning counter-sign": { ...ROW, state: "counter-signed", steps: STEPS },
  "command commissioning reopen": { ...ROW, state: "ready", steps: STEPS },
  "command commissioning close": { ...ROW, state: "closed", steps: STEPS },
  "command commissioning drop": { id: 7, bay: "bay-07" },
  "command commissioning pdf": {
    name: "commissioning-7-bay-07.pdf",
    type: "application/pdf",
    base64: btoa("%PDF-1.7"),
  },
  "command commissioning photo": { type: "image/png", sha256: SHA, base64: planPicture(160, 120).toBase64() },
};
