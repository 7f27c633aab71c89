import { z } from "zod";
import { INCIDENT_KINDS, INCIDENT_STATES } from "../../../policies/incident_types.ts";
import { STEP_IDS } from "../../../policies/incident_steps.ts";
import { operation } from "./operation.ts";

const Id = z.string().regex(/^I-\d{1,9}$/).describe("An incident, as I-7");
const Work = z.object({ kind: z.string(), by: z.string() });
const Words = z.string().min(2).max(500);
const By = z.object({ by: z.string(), at: z.number() });
const Decided = By.extend({ what: z.enum(["keep", "quarantine"]), reason: z.string() });
const Ended = By.extend({ how: z.enum(["false-alarm", "re-provisioned"]), reason: z.string().optional() });
const Base = z.object({
  id: z.string(),
  subject: z.string().describe('A station, or "gateway"'),
  kind: z.enum(INCIDENT_KINDS),
  severity: z.enum(["warning", "critical"]),
  state: z.enum(INCIDENT_STATES),
  openedAt: z.number().describe("Milliseconds since 1970"),
  lastAt: z.number().describe("Of its last signal"),
  dropped: z.number(),
  isQuarantined: z.boolean(),
  acknowledged: By.optional(),
  decided: Decided.optional(),
  ended: Ended.optional(),
});

/** One incident in the list. */
export const IncidentRow = Base.extend({ signals: z.number(), last: z.string().optional() });
/** One incident in the list. */
export type IncidentRow = z.infer<typeof IncidentRow>;

const AnnouncedRow = z.object({
  id: z.string(),
  station: z.string(),
  by: z.string(),
  reason: z.string(),
  from: z.number(),
  until: z.number(),
});
/** Work that somebody announced. */
export type AnnouncedRow = z.infer<typeof AnnouncedRow>;

const IncidentList = z.object({ incidents: z.array(IncidentRow), works: z.array(AnnouncedRow) });

/** The incidents. */
export const listIncidents = operation({
  id: "listIncidents",
  method: "get",
  path: "/incidents",
  tag: "security",
  summary: "The incidents that stand, or all that are kept, and the work that is announced",
  needs: "command incident list",
  input: z.object({ all: z.boolean().optional().describe("Also those that are closed") }),
  output: IncidentList,
  call: async (person, { all }) =>
    IncidentList.parse((await person.run("incident list", all ? { all: true } : {})).data),
});

const Entry = z.object({
  kind: z.string(),
  at: z.number(),
  lastAt: z.number(),
  source: z.string().describe("The record of the audit chain behind it"),
  detail: z.string(),
  count: z.number(),
  explained: Work.optional(),
});
/** A line of an incident's timeline. */
export type IncidentEntry = z.infer<typeof Entry>;

const Step = z.object({ id: z.enum(STEP_IDS), way: z.enum(["automatic", "person"]) });
/** A step back into service. */
export type IncidentStep = z.infer<typeof Step>;

const StepNote = By.extend({
  state: z.enum(["checking", "done", "failed"]),
  person: z.string().optional(),
  proof: z.string().optional(),
  found: z.string().optional(),
  skipped: z.boolean().optional(),
});

/** One incident with everything. */
export const IncidentView = Base.extend({
  timeline: z.array(Entry),
  steps: z.array(Step),
  done: z.partialRecord(z.enum(STEP_IDS), StepNote),
  meanings: z.record(z.string(), z.string()),
});
/** One incident with everything. */
export type IncidentView = z.infer<typeof IncidentView>;

/** One incident. */
export const readIncident = operation({
  id: "readIncident",
  method: "get",
  path: "/incidents/{incident}",
  tag: "security",
  summary: "One incident: what was seen when and by whom, who did what, and the steps back into service",
  needs: "command incident show",
  input: z.object({ incident: Id }),
  output: IncidentView,
  call: async (person, input) => IncidentView.parse((await person.run("incident show", input)).data),
});

/** Has the gateway look at the station of an incident now. */
export const lookAtIncident = operation({
  id: "lookAtIncident",
  method: "post",
  path: "/incidents/{incident}/look",
  tag: "security",
  summary: "Has the gateway look at the station now: its pages, its passwords, its list of badges; what it finds joins",
  needs: "command incident look",
  input: z.object({ incident: Id }),
  output: IncidentView,
  call: async (person, input) => {
    const show = async () => IncidentView.parse((await person.run("incident show", input)).data);
    await person.run("incident look", { station: (await show()).subject });
    return await show();
  },
});

/** Takes one in hand. */
export const acknowledgeIncident = operation({
  id: "acknowledgeIncident",
  method: "post",
  path: "/incidents/{incident}/acknowledge",
  tag: "security",
  summary: "Says that you have an incident in hand",
  needs: "command incident acknowledge",
  input: z.object({ incident: Id }),
  output: IncidentView,
  call: async (person, input) => IncidentView.parse((await person.run("incident acknowledge", input)).data),
});

/** Decides what becomes of the station. */
export const decideIncident = operation({
  id: "decideIncident",
  method: "post",
  path: "/incidents/{incident}/decide",
  tag: "security",
  summary: "Decides what becomes of the station: out of use until it is set up again, or it runs on for a reason",
  needs: "command incident decide",
  input: z.object({ incident: Id, what: z.enum(["keep", "quarantine"]), reason: Words }),
  output: IncidentView,
  call: async (person, { incident, what, reason }) =>
    IncidentView.parse((await person.run("incident decide", { incident, [what]: true, reason })).data),
});

/** Does a step. */
export const doIncidentStep = operation({
  id: "doIncidentStep",
  method: "post",
  path: "/incidents/{incident}/steps/{step}",
  tag: "security",
  summary: "Does a step of setting the station up again, or says that a person did it; the gateway then looks itself",
  needs: "command incident step",
  input: z.object({
    incident: Id,
    step: z.enum(STEP_IDS),
    person: z.string().max(80).optional().describe("Who was at the station"),
    proof: z.string().max(500).optional().describe("What was seen or done there"),
    skip: z.enum(["yes"]).optional().describe("You answer for it that it is not done"),
    reason: z.string().max(500).optional().describe("Why it is skipped"),
  }),
  output: IncidentView,
  call: async (person, { skip, ...input }) =>
    IncidentView.parse((await person.run("incident step", { ...input, ...skip ? { skip: true } : {} })).data),
});

/** Closes one. */
export const closeIncident = operation({
  id: "closeIncident",
  method: "post",
  path: "/incidents/{incident}/close",
  tag: "security",
  summary: "Closes an incident whose steps are all done; the quarantine ends with it",
  needs: "command incident close",
  input: z.object({ incident: Id }),
  output: IncidentView,
  call: async (person, input) => IncidentView.parse((await person.run("incident close", input)).data),
});

/** Closes one that was none. */
export const dismissIncident = operation({
  id: "dismissIncident",
  method: "post",
  path: "/incidents/{incident}/false-alarm",
  tag: "security",
  summary: "Closes an incident that was a false alarm, with the reason; the quarantine ends with it",
  needs: "command incident close",
  input: z.object({ incident: Id, reason: Words }),
  output: IncidentView,
  call: async (person, input) =>
    IncidentView.parse((await person.run("incident close", { ...input, "false-alarm": true })).data),
});

const Subject = z.string().min(1).max(48);

/** A person saw something. */
export const reportIncident = operation({
  id: "reportIncident",
  method: "post",
  path: "/incidents",
  tag: "security",
  summary: "Reports what you saw at a station: it stands in its incident, or begins one",
  needs: "command incident report",
  input: z.object({ station: Subject, what: Words }),
  output: z.object({ station: z.string() }),
  call: async (person, input) => {
    await person.run("incident report", input);
    return { station: input.station };
  },
});

/** Announces work. */
export const announceWork = operation({
  id: "announceWork",
  method: "post",
  path: "/works",
  tag: "security",
  summary: "Announces work at a station, so that what is seen there meanwhile is explained and raises nothing",
  needs: "command incident announce",
  input: z.object({ station: Subject, hours: z.coerce.number().min(0.1).max(168), reason: Words }),
  output: AnnouncedRow,
  call: async (person, { hours, ...input }) =>
    AnnouncedRow.parse((await person.run("incident announce", { ...input, hours: String(hours) })).data),
});

/** Ends announced work. */
export const withdrawWork = operation({
  id: "withdrawWork",
  method: "delete",
  path: "/works/{work}",
  tag: "security",
  summary: "Ends announced work early",
  needs: "command incident withdraw",
  input: z.object({ work: z.string().regex(/^W-[0-9a-f]{6}$/) }),
  output: z.object({ work: z.string() }),
  call: async (person, input) => {
    await person.run("incident withdraw", input);
    return input;
  },
});
