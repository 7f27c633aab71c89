import { z } from "zod";
import { DECOMMISSION_STEPS } from "../../../policies/decommission.ts";
import { operation } from "./operation.ts";

const StationId = z.string().min(1).max(48);
const Words = z.string().min(1).max(300);
const StepName = z.enum(DECOMMISSION_STEPS);
const End = z.object({
  state: z.enum(["done", "skipped"]),
  at: z.number().describe("Milliseconds since 1970"),
  by: z.string(),
  note: z.string(),
});

const Base = z.object({
  number: z.string().describe("As dec-7"),
  station: z.string(),
  reason: z.string(),
  by: z.string(),
  startedAt: z.number(),
  next: StepName.nullable(),
  why: z.string().optional().describe("What the step that is next waits for"),
});

/** One that is under way, in the list. */
export type DecommissionRow = z.infer<typeof Base>;

const Over = z.object({ number: z.string(), station: z.string(), at: z.number() });
/** One that is over, with its certificate. */
export type ErasedRow = z.infer<typeof Over>;

const List = z.object({ running: z.array(Base), over: z.array(Over) });

/** Stations that leave, and those that have left. */
export const listDecommissions = operation({
  id: "listDecommissions",
  method: "get",
  path: "/decommissions",
  tag: "stations",
  summary: "The stations that are being decommissioned, and the certificates of those that were",
  needs: "command decommission list",
  input: z.object({}),
  output: List,
  call: async (person) => List.parse((await person.run("decommission list", {})).data),
});

const Cleared = z.object({
  part: z.enum(["cache", "list", "customer", "certificates"]),
  state: z.enum(["begun", "cleared", "none", "refused"]),
  answer: z.string(),
  at: z.number(),
});

/** One that is under way, with all its steps. */
export const DecommissionView = Base.extend({
  needsApprovals: z.number(),
  approvals: z.array(z.object({ who: z.string(), at: z.number() })),
  steps: z.partialRecord(StepName, End),
  cleared: z.array(Cleared),
  files: z.array(z.string()).describe("That site.yaml named for it"),
  phase: z.enum(["erasing", "erased"]).optional(),
});
/** One that is under way, with all its steps. */
export type DecommissionView = z.infer<typeof DecommissionView>;

/** One station that leaves. */
export const readDecommission = operation({
  id: "readDecommission",
  method: "get",
  path: "/decommissions/{station}",
  tag: "stations",
  summary: "Every step of a decommissioning that is under way, and what the next one waits for",
  needs: "command decommission show",
  input: z.object({ station: StationId }),
  output: DecommissionView,
  call: async (person, input) => DecommissionView.parse((await person.run("decommission show", input)).data),
});

/** Begins. */
export const startDecommission = operation({
  id: "startDecommission",
  method: "post",
  path: "/decommissions",
  tag: "stations",
  summary: "Begins to take a station out of service for ever; nothing is touched before others have agreed",
  needs: "command station decommission",
  input: z.object({ station: StationId, reason: Words }),
  output: DecommissionView,
  call: async (person, input) => DecommissionView.parse((await person.run("station decommission", input)).data),
});

/** Agrees. */
export const approveDecommission = operation({
  id: "approveDecommission",
  method: "post",
  path: "/decommissions/{station}/approve",
  tag: "stations",
  summary: "Agrees that a station leaves; not for whoever asked for it",
  needs: "command decommission approve",
  input: z.object({ station: StationId }),
  output: DecommissionView,
  call: async (person, input) => DecommissionView.parse((await person.run("decommission approve", input)).data),
});

/** Says how it is known that the controller was reset. */
export const proveDecommission = operation({
  id: "proveDecommission",
  method: "post",
  path: "/decommissions/{station}/prove",
  tag: "stations",
  summary:
    "Says how it is known that the controller is as from its factory, or has the gateway try the factory's password",
  needs: "command decommission prove",
  input: z.object({
    station: StationId,
    proof: z.enum(["default-login", "seen", "photo", "destroyed"]),
    person: z.string().max(300).optional().describe("Who did it at the station; you when it is missing"),
    note: z.string().max(300).optional().describe("What was seen"),
    photo: z.string().max(64).optional().describe("SHA-256 of a photo that you keep, in hex"),
  }),
  output: DecommissionView,
  call: async (person, { photo, ...input }) => {
    const given = { ...input, ...photo === undefined ? {} : { "photo-sha256": photo } };
    return DecommissionView.parse((await person.run("decommission prove", given)).data);
  },
});

/** Passes over a step. */
export const skipDecommissionStep = operation({
  id: "skipDecommissionStep",
  method: "post",
  path: "/decommissions/{station}/skip",
  tag: "stations",
  summary: "Passes over the step that is next; the reason stands in the certificate of erasure",
  needs: "command decommission skip",
  input: z.object({ station: StationId, step: StepName, because: Words }),
  output: DecommissionView,
  call: async (person, input) => DecommissionView.parse((await person.run("decommission skip", input)).data),
});

const Station = z.object({ station: z.string() });

/** Calls it off. */
export const cancelDecommission = operation({
  id: "cancelDecommission",
  method: "post",
  path: "/decommissions/{station}/cancel",
  tag: "stations",
  summary: "Calls a decommissioning off, as long as nothing was erased: the station stays in service",
  needs: "command decommission cancel",
  input: z.object({ station: StationId }),
  output: Station,
  call: async (person, input) => Station.parse((await person.run("decommission cancel", input)).data),
});

/** Gives the id free. */
export const readmitStation = operation({
  id: "readmitStation",
  method: "post",
  path: "/decommissions/{station}/readmit",
  tag: "stations",
  summary: "Lets another device have the id of a station that was decommissioned",
  needs: "command decommission readmit",
  input: z.object({ station: StationId, reason: Words }),
  output: Station,
  call: async (person, input) => Station.parse((await person.run("decommission readmit", input)).data),
});

const Certificate = Over.extend({ file: z.string().describe("The signed text, as `decommission verify` wants it") });

/** A certificate of erasure. */
export const readErasureCertificate = operation({
  id: "readErasureCertificate",
  method: "get",
  path: "/erasure-certificates/{name}",
  tag: "stations",
  summary: "A certificate of erasure by its number or station, signed with the key of the audit chain",
  needs: "command decommission certificate",
  input: z.object({ name: z.string().min(1).max(64) }),
  output: Certificate,
  call: async (person, input) => Certificate.parse((await person.run("decommission certificate", input)).data),
});

/** All operations about stations that leave. */
export const DECOMMISSION_OPERATIONS = [
  listDecommissions,
  readDecommission,
  startDecommission,
  approveDecommission,
  proveDecommission,
  skipDecommissionStep,
  cancelDecommission,
  readmitStation,
  readErasureCertificate,
];
