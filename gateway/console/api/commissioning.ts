import { z } from "zod";
import { PROTOCOL_STATES } from "../../../policies/commissioning_types.ts";
import type { Asker } from "../person.ts";
import { operation } from "./operation.ts";

const Bay = z.string().min(1).max(48).describe("A unit, a station, or the number of a protocol");
const Step = z.string().min(1).max(80).describe("A step of the template, as electrical.insulation");
const OfStation = z.string().min(1).max(48).optional().describe("The station, where the step is one of each station");
const State = z.enum(PROTOCOL_STATES);
const Fault = z.object({ rule: z.string(), why: z.string(), hint: z.string() });
const Text = z.object({ en: z.string(), de: z.string() });
/** Milliseconds for a look: a station that does not answer is waited for, three times. */
const CHECK_MS = 180_000;

/** One protocol in the list. */
export const ProtocolRow = z.object({
  id: z.number(),
  bay: z.string(),
  stations: z.array(z.string()),
  state: State,
  startedAt: z.number().describe("Milliseconds since 1970"),
  startedBy: z.string(),
  closedAt: z.number().optional(),
  done: z.number(),
  of: z.number(),
  open: z.array(z.string()).describe("Keys of the steps that hold the bay up"),
  faults: z.array(Fault).describe("What of the makers' guides keeps it from being handed over: EV-01, BC-13, BC-14"),
});
/** One protocol in the list. */
export type ProtocolRow = z.infer<typeof ProtocolRow>;

const Entry = z.object({
  kind: z.string(),
  by: z.string(),
  at: z.number(),
  value: z.number().optional(),
  serial: z.string().optional(),
  mac: z.string().optional(),
  model: z.string().optional(),
  isSo: z.boolean().optional(),
  note: z.string().optional(),
  sha256: z.string().optional(),
});

/** One step of a protocol as it stands. */
export const ProtocolStepRow = z.object({
  key: z.string(),
  station: z.string().optional(),
  id: z.string(),
  group: z.enum(["identity", "electrical", "ocpp", "network", "device"]),
  kind: z.enum(["auto", "confirm", "label", "measure", "photo"]),
  title: Text,
  ask: Text.optional(),
  source: z.string().optional(),
  unit: z.string().optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  mayExcept: z.boolean().optional(),
  outcome: z.enum(["done", "excepted", "failed", "open"]),
  why: z.string(),
  entry: Entry.nullable(),
});
/** One step of a protocol as it stands. */
export type ProtocolStepRow = z.infer<typeof ProtocolStepRow>;

const Signature = z.object({ by: z.string(), name: z.string(), at: z.number(), drawing: z.string().optional() });

/** A protocol with all its steps. */
export const ProtocolDetail = ProtocolRow.extend({
  closedBy: z.string().optional(),
  installer: Signature.optional(),
  operator: Signature.optional(),
  steps: z.array(ProtocolStepRow),
});
/** A protocol with all its steps. */
export type ProtocolDetail = z.infer<typeof ProtocolDetail>;

/** A command that answers the protocol as it stands then. */
async function told(
  person: Asker,
  command: string,
  args: Record<string, string | boolean | undefined>,
  deadlineMs?: number,
): Promise<ProtocolDetail> {
  return ProtocolDetail.parse((await person.run(`commissioning ${command}`, args, deadlineMs)).data);
}

/** The protocols of all bays. */
export const listCommissioning = operation({
  id: "listCommissioning",
  method: "get",
  path: "/commissioning",
  tag: "stations",
  summary: "Lists the commissioning protocols, how far each is and what is open",
  needs: "command commissioning list",
  input: z.object({}),
  output: z.array(ProtocolRow),
  call: async (person) => z.array(ProtocolRow).parse((await person.run("commissioning list")).data),
});

/** One protocol with its steps. */
export const readCommissioning = operation({
  id: "readCommissioning",
  method: "get",
  path: "/commissioning/{bay}",
  tag: "stations",
  summary: "Shows every step of a bay's protocol, how it stands, and what keeps the bay from being handed over",
  needs: "command commissioning show",
  input: z.object({ bay: Bay }),
  output: ProtocolDetail,
  call: (person, { bay }) => told(person, "show", { bay }),
});

/** Begins a protocol. */
export const startCommissioning = operation({
  id: "startCommissioning",
  method: "post",
  path: "/commissioning/{bay}",
  tag: "stations",
  summary: "Begins the commissioning protocol of a bay",
  needs: "command commissioning start",
  input: z.object({ bay: Bay }),
  output: ProtocolDetail,
  call: (person, { bay }) => told(person, "start", { bay }),
});

/** Enters one step. */
export const enterCommissioningStep = operation({
  id: "enterCommissioningStep",
  method: "post",
  path: "/commissioning/{bay}/steps",
  tag: "stations",
  summary: "Enters what was measured, read, seen or photographed for one step; automatic steps take nothing",
  needs: "command commissioning enter",
  input: z.object({
    bay: Bay,
    step: Step,
    station: OfStation,
    value: z.string().max(20).optional().describe("What the instrument shows, in the unit of the step"),
    serial: z.string().max(64).optional(),
    mac: z.string().max(64).optional(),
    model: z.string().max(64).optional(),
    seen: z.enum(["so", "not-so"]).optional(),
    note: z.string().max(300).optional(),
    photo: z.string().max(2_900_000).optional().describe("PNG or JPEG of at most 2 MiB, as base64"),
  }),
  output: ProtocolDetail,
  call: (person, { seen, photo, ...given }) =>
    told(person, "enter", {
      ...given,
      ...photo === undefined ? {} : { file: photo },
      ...seen === undefined ? {} : { [seen]: true },
    }),
});

/** Answers for a step. */
export const exceptCommissioningStep = operation({
  id: "exceptCommissioningStep",
  method: "post",
  path: "/commissioning/{bay}/exceptions",
  tag: "stations",
  summary: "Answers for a step that cannot be met, with a reason that stands in the paper",
  needs: "command commissioning except",
  input: z.object({ bay: Bay, step: Step, station: OfStation, reason: z.string().min(1).max(300) }),
  output: ProtocolDetail,
  call: (person, given) => told(person, "except", given),
});

/** Answers for a step no more. */
export const takeBackCommissioningException = operation({
  id: "takeBackCommissioningException",
  method: "post",
  path: "/commissioning/{bay}/exceptions/take-back",
  tag: "stations",
  summary: "Takes the answer for a step back",
  needs: "command commissioning except",
  input: z.object({ bay: Bay, step: Step, station: OfStation }),
  output: ProtocolDetail,
  call: (person, given) => told(person, "except", { ...given, "take-back": true }),
});

/** Has the gateway look. */
export const checkCommissioning = operation({
  id: "checkCommissioning",
  method: "post",
  path: "/commissioning/{bay}/check",
  tag: "stations",
  summary: "Has the gateway look at all steps that it looks at itself; connected stations are asked",
  needs: "command commissioning check",
  input: z.object({ bay: Bay }),
  output: ProtocolDetail,
  call: (person, { bay }) => told(person, "check", { bay }, CHECK_MS),
});

const Signing = z.object({
  bay: Bay,
  name: z.string().min(1).max(80).describe("The own name, as the person writes it"),
  drawing: z.string().max(8_000).optional().describe(
    "Drawn signature: moves and lines within 300 by 100, as M10 50 L100 20",
  ),
});

/** Signs for the installer. */
export const signCommissioning = operation({
  id: "signCommissioning",
  method: "post",
  path: "/commissioning/{bay}/sign",
  tag: "stations",
  summary: "Signs a protocol for the installer, after a second factor",
  needs: "command commissioning sign",
  input: Signing,
  output: ProtocolDetail,
  call: (person, given) => told(person, "sign", given),
});

/** Signs for the operator. */
export const counterSignCommissioning = operation({
  id: "counterSignCommissioning",
  method: "post",
  path: "/commissioning/{bay}/counter-sign",
  tag: "stations",
  summary: "Signs a protocol for the operator, by another person, after a second factor",
  needs: "command commissioning counter-sign",
  input: Signing,
  output: ProtocolDetail,
  call: (person, given) => told(person, "counter-sign", given),
});

/** Takes the signatures back. */
export const reopenCommissioning = operation({
  id: "reopenCommissioning",
  method: "post",
  path: "/commissioning/{bay}/reopen",
  tag: "stations",
  summary: "Takes the signatures of a protocol back, so that it can be changed",
  needs: "command commissioning reopen",
  input: z.object({ bay: Bay, reason: z.string().min(1).max(300) }),
  output: ProtocolDetail,
  call: (person, given) => told(person, "reopen", given),
});

/** Closes a protocol. */
export const closeCommissioning = operation({
  id: "closeCommissioning",
  method: "post",
  path: "/commissioning/{bay}/close",
  tag: "stations",
  summary: "Closes a protocol that both have signed; refused by EV-01, BC-13 and BC-14",
  needs: "command commissioning close",
  input: z.object({ bay: Bay }),
  output: ProtocolDetail,
  call: (person, { bay }) => told(person, "close", { bay }),
});

/** Removes a protocol that nobody signed. */
export const dropCommissioning = operation({
  id: "dropCommissioning",
  method: "delete",
  path: "/commissioning/{bay}",
  tag: "stations",
  summary: "Removes a protocol that nobody signed, with its photos",
  needs: "command commissioning drop",
  input: z.object({ bay: Bay }),
  output: z.object({ id: z.number(), bay: z.string() }),
  call: async (person, { bay }) =>
    z.object({ id: z.number(), bay: z.string() }).parse((await person.run("commissioning drop", { bay })).data),
});

/** A file of the gateway, as base64. */
export const PaperFile = z.object({ name: z.string(), type: z.string(), base64: z.string() });

/** The signed paper. */
export const readCommissioningPaper = operation({
  id: "readCommissioningPaper",
  method: "get",
  path: "/commissioning/{bay}/paper",
  tag: "stations",
  summary: "Makes the protocol as a signed PDF with its photos, as base64",
  needs: "command commissioning pdf",
  input: z.object({ bay: Bay, language: z.enum(["de", "en"]).optional() }),
  output: PaperFile,
  call: async (person, given) => PaperFile.parse((await person.run("commissioning pdf", given)).data),
});

const Photo = z.object({ type: z.enum(["image/png", "image/jpeg"]), sha256: z.string(), base64: z.string() });

/** The photo of a step. */
export const readCommissioningPhoto = operation({
  id: "readCommissioningPhoto",
  method: "get",
  path: "/commissioning/{bay}/photos/{step}",
  tag: "stations",
  summary: "The photo of one step, as base64",
  needs: "command commissioning photo",
  input: z.object({ bay: Bay, step: Step }),
  output: Photo,
  call: async (person, given) => Photo.parse((await person.run("commissioning photo", given)).data),
});
