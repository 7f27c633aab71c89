import { SIGNAL_RULES } from "../../policies/incident_signals.ts";
import type { SignalKind } from "../../policies/incident_types.ts";
import { stepsFor } from "../../policies/incident_steps.ts";
import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";

const MINUTE = 60_000, DAY = 86_400_000;
const entry = (kind: SignalKind, at: number, detail: string, more: object = {}) => ({
  ...{ kind, at, lastAt: at, source: `audit ${4_700 + Math.round((at - RIG_NOW) / MINUTE) + 400}`, detail, count: 1 },
  ...more,
});

/** A reset card at CP005, an hour ago: in quarantine, half of the way back is walked. */
const RESET = {
  ...{ id: "I-7", subject: "CP005", kind: "reset", severity: "critical", state: "decided", isQuarantined: true },
  ...{ openedAt: RIG_NOW - 61 * MINUTE, lastAt: RIG_NOW - 40 * MINUTE, dropped: 0 },
  acknowledged: { by: "otto", at: RIG_NOW - 55 * MINUTE },
  decided: {
    ...{ what: "quarantine", by: "eva", at: RIG_NOW - 50 * MINUTE, reason: "A factory password opens its pages" },
  },
};
const TIMELINE = [
  entry("restarted", RIG_NOW - 63 * MINUTE, "StartupOfTheDevice"),
  entry("https-off", RIG_NOW - 61 * MINUTE, "HTTPS was on; now port 80 answers without TLS"),
  entry("list-lost", RIG_NOW - 61 * MINUTE, "version 7 of its local list became 0"),
  entry("login-refused", RIG_NOW - 58 * MINUTE, "as operator, for anna", {
    ...{
      count: 2,
      lastAt: RIG_NOW - 57 * MINUTE,
      explained: { kind: "session", by: "anna.lindqvist: pages EOtd31i0NOvV" },
    },
  }),
  entry("default-password", RIG_NOW - 40 * MINUTE, "its pages open to the password of the factory as operator"),
  entry("certificate-changed", RIG_NOW - 40 * MINUTE, "SHA-256 3f9a0c44d1", {
    explained: { kind: "re-provision", by: "I-7" },
  }),
];
const STEPS = stepsFor({
  ...{ kind: "reset", isTouched: true, pages: "https", isPinned: true, secrets: "driver", canRestoreSettings: false },
  ...{ ocpp: "renewable", hasPosture: true },
});
const note = (state: string, minutes: number, more: object) => ({
  state,
  by: "eva",
  at: RIG_NOW - minutes * MINUTE,
  ...more,
});
const meanings = (kinds: readonly SignalKind[]) =>
  Object.fromEntries(kinds.map((kind) => [kind, SIGNAL_RULES[kind].meaning]));

/** An opened lid at CP002 that nobody has looked at yet. */
const OPENED = {
  ...{ id: "I-9", subject: "CP002", kind: "opened", severity: "critical", state: "open", isQuarantined: false },
  ...{ openedAt: RIG_NOW - 4 * MINUTE, lastAt: RIG_NOW - 4 * MINUTE, dropped: 0 },
};
const FALSE_ALARM = {
  ...{ id: "I-4", subject: "CP012", kind: "software", severity: "warning", state: "closed", isQuarantined: false },
  ...{ openedAt: RIG_NOW - 9 * DAY, lastAt: RIG_NOW - 9 * DAY, dropped: 0, signals: 1, last: "firmware-changed" },
  ended: { how: "false-alarm", by: "otto", at: RIG_NOW - 9 * DAY, reason: "The maker updated it, see ticket 4711" },
};
const work = {
  ...{ id: "W-1a2b3c", station: "CP001", by: "eva", reason: "Meier changes the meter" },
  ...{ from: RIG_NOW - 30 * MINUTE, until: RIG_NOW + 90 * MINUTE },
};
const SHOWN = {
  ...RESET,
  timeline: TIMELINE,
  steps: STEPS,
  done: {
    look: note("done", 45, {
      person: "B. Meier",
      proof: "Seal 4711 whole, no traces at the lock; a card lay on the floor",
    }),
    https: note("done", 43, { person: "B. Meier", proof: "switched on", found: "its pages answer over TLS" }),
    certificate: note("done", 42, {
      person: "B. Meier",
      proof: "compared at the device",
      found: "the approved certificate",
    }),
    password: note("checking", 40, { found: "operator: rotating" }),
    badges: note("failed", 39, { found: "it did not answer: away; it has to be connected" }),
  },
  meanings: meanings(TIMELINE.map(({ kind }) => kind)),
  next: "step password",
};

/** What the incident pages ask, as a garage in use answers it. */
export const INCIDENT_ANSWERS: Answers = {
  "command incident list": {
    incidents: [
      { ...OPENED, signals: 1, last: "tamper-told" },
      { ...RESET, signals: 6, last: "certificate-changed" },
      FALSE_ALARM,
    ],
    works: [work],
  },
  "command incident show": ({ args }: { readonly args: { readonly incident: string } }) =>
    args.incident === "I-9"
      ? {
        ...OPENED,
        timeline: [entry("tamper-told", RIG_NOW - 4 * MINUTE, "TamperDetectionActivated: lid")],
        ...{ steps: [], done: {}, meanings: meanings(["tamper-told"]), next: "acknowledge" },
      }
      : SHOWN,
  "command incident acknowledge": SHOWN,
  "command incident announce": work,
  "command incident close": { ...SHOWN, state: "closed" },
  "command incident decide": SHOWN,
  "command incident look": { incidents: [], works: [] },
  "command incident report": { station: "CP001", what: "a noise" },
  "command incident step": SHOWN,
  "command incident withdraw": { work: work.id },
};
