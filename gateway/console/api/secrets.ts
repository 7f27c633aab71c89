import { z } from "zod";
import { SECRET_SLOTS } from "../../../policies/secret_schedule.ts";
import { operation } from "./operation.ts";

const Slot = z.enum(SECRET_SLOTS).describe("An account of the controller, its recovery code or its password of logs");
const Unit = z.string().min(1).max(48).describe("A unit, or one of its stations");
const Station = z.string().min(1).max(48);
const Words = z.string().min(3).max(200);

/** One secret as people see it: never the secret. */
export const SecretRow = z.object({
  subject: z.string(),
  slot: Slot,
  state: z.enum(["due", "escrow", "file", "held", "person", "rotating", "settled", "split", "unsettled"]),
  controllers: z.array(
    z.object({ station: z.string(), has: z.string(), step: z.string().optional(), why: z.string().optional() }),
  ),
  since: z.number().optional().describe("When it came into force, milliseconds since 1970"),
  dueAt: z.number().optional(),
  dueReason: z.string().optional(),
  isCovered: z.boolean().describe("A copy is kept off this box"),
  kept: z.number().describe("Values that are kept, the one in force and those before it"),
  knownTo: z.array(z.string()),
  last: z.object({ outcome: z.string(), at: z.number(), reason: z.string(), why: z.string().optional() }).optional(),
});
/** One secret as people see it. */
export type SecretRow = z.infer<typeof SecretRow>;

/** How copies off this box stand. */
export const EscrowStanding = z.object({
  isWaived: z.boolean(),
  isDelivered: z.boolean(),
  impediment: z.string().optional(),
  acked: z.object({ ackedAt: z.number(), ackedBy: z.string(), sha256: z.string() }).optional(),
  open: z.array(z.object({ at: z.number(), by: z.string(), sha256: z.string() })),
});
/** How copies off this box stand. */
export type EscrowStanding = z.infer<typeof EscrowStanding>;

/** The ways into one controller whose password is lost. */
export const RecoveryRow = z.object({
  station: z.string(),
  options: z.array(z.object({
    kind: z.enum(["copy", "puk", "reset-card"])
      .describe("copy: a password with a copy off this box; puk: a recovery code; reset-card: a card on the register"),
    of: z.string().optional().describe("The account of a copy, or the name of a card"),
    at: z.number().describe("Since when, milliseconds since 1970"),
  })),
});
/** The ways into one controller whose password is lost. */
export type RecoveryRow = z.infer<typeof RecoveryRow>;

const SecretList = z.object({
  secrets: z.array(SecretRow),
  escrow: EscrowStanding,
  recovery: z.array(RecoveryRow).describe("For each controller; empty where the site keeps no vault"),
});

/** All secrets of devices. */
export const listSecrets = operation({
  id: "listSecrets",
  method: "get",
  path: "/secrets",
  tag: "security",
  summary: "Lists the secrets of devices: how old, how they stand, who knows them; never what they are",
  needs: "command secret list",
  input: z.object({}),
  output: SecretList,
  call: async (person) => SecretList.parse((await person.run("secret list")).data),
});

const RotateSecretOutput = z.object({
  slot: Slot,
  begun: z.array(z.string()),
  not: z.array(z.object({ subject: z.string(), why: z.string() })),
});

/** Changes a secret. */
export const rotateSecret = operation({
  id: "rotateSecret",
  method: "post",
  path: "/secrets/{unit}/{slot}/rotate",
  tag: "security",
  summary: "Begins to change a secret of a unit, or of all units",
  needs: "command secret rotate",
  input: z.object({ unit: Unit.describe('A unit, one of its stations, or "all"'), slot: Slot }),
  output: RotateSecretOutput,
  call: async (person, input) => RotateSecretOutput.parse((await person.run("secret rotate", input)).data),
});

const Shown = z.object({ station: z.string(), what: z.enum(["next", "now", "perhaps"]), text: z.string() });

const RevealSecretOutput = z.object({
  subject: z.string(),
  slot: Slot,
  state: z.enum(["asked", "shown"]),
  request: z.string().optional(),
  requests: z.array(z.string()).optional().describe("One for each unit that has it: all have to be approved"),
  secrets: z.array(Shown).optional(),
  changedAt: z.number().optional(),
  steps: z.object({ en: z.string(), de: z.string() }).optional(),
});

/** Asks to be shown a secret, or shows it. */
export const revealSecret = operation({
  id: "revealSecret",
  method: "post",
  path: "/secrets/{unit}/{slot}/reveal",
  tag: "security",
  summary: "Asks to be shown a secret; once somebody else has approved, shows it a single time",
  needs: "command secret reveal",
  input: z.object({ unit: Unit, slot: Slot, reason: Words }),
  output: RevealSecretOutput,
  call: async (person, input) => RevealSecretOutput.parse((await person.run("secret reveal", input)).data),
});

const ConfirmSecretOutput = z.object({ station: z.string(), slot: Slot, done: z.boolean() });

/** Says that a secret was set by hand. */
export const confirmSecret = operation({
  id: "confirmSecret",
  method: "post",
  path: "/secrets/{station}/{slot}/confirm",
  tag: "security",
  summary: "Says that you have set a secret by hand, or could not",
  needs: "command secret confirm",
  input: z.object({
    station: Station,
    slot: Slot,
    done: z.enum(["yes", "no"]),
    reason: z.string().max(200).optional().describe("Why not"),
  }),
  output: ConfirmSecretOutput,
  call: async (person, { station, slot, done, reason }) => {
    const args = { station, slot, ...done === "no" ? { failed: true } : {}, ...reason ? { reason } : {} };
    return ConfirmSecretOutput.parse((await person.run("secret confirm", args)).data);
  },
});

const RetrySecretOutput = z.object({ station: z.string(), slot: Slot });

/** Tries a controller again. */
export const retrySecret = operation({
  id: "retrySecret",
  method: "post",
  path: "/secrets/{station}/{slot}/retry",
  tag: "security",
  summary: "Tries a controller again that refused its secret twice, after you have looked at it",
  needs: "command secret retry",
  input: z.object({ station: Station, slot: Slot }),
  output: RetrySecretOutput,
  call: async (person, input) => RetrySecretOutput.parse((await person.run("secret retry", input)).data),
});

const ImportSecretOutput = z.object({
  subject: z.string(),
  slot: Slot,
  stations: z.array(z.string()),
  proven: z.boolean(),
});

/** Brings the secret that a controller has. */
export const importSecret = operation({
  id: "importSecret",
  method: "post",
  path: "/secrets/{station}/{slot}/import",
  tag: "security",
  summary: "Brings the secret that a controller has now; a login proves it where one is possible",
  needs: "command secret import",
  input: z.object({ station: Station, slot: Slot, secret: z.string().min(1).max(200) }),
  output: ImportSecretOutput,
  call: async (person, { station, slot, secret }) =>
    ImportSecretOutput.parse((await person.run("secret import", { station, slot, file: secret })).data),
});

const MakeEscrowOutput = z.object({ name: z.string(), sha256: z.string(), upTo: z.number(), file: z.string() });

/** Makes a copy for the offline keys. */
export const makeEscrow = operation({
  id: "makeEscrow",
  method: "post",
  path: "/secrets-escrow",
  tag: "security",
  summary: "Makes a copy of all secrets that only the offline keys open; carry it off this box, then acknowledge it",
  needs: "command secret escrow",
  input: z.object({}),
  output: MakeEscrowOutput,
  call: async (person) => MakeEscrowOutput.parse((await person.run("secret escrow")).data),
});

const AcknowledgeEscrowOutput = z.object({ sha256: z.string(), upTo: z.number() });

/** Says that a copy is kept elsewhere. */
export const acknowledgeEscrow = operation({
  id: "acknowledgeEscrow",
  method: "post",
  path: "/secrets-escrow/acknowledge",
  tag: "security",
  summary: "Says that an escrow is kept off this box, by its SHA-256 as taken where it is kept",
  needs: "command secret escrow-ack",
  input: z.object({ hash: z.string().min(16).max(80) }),
  output: AcknowledgeEscrowOutput,
  call: async (person, input) => AcknowledgeEscrowOutput.parse((await person.run("secret escrow-ack", input)).data),
});

const PersonLeftOutput = z.object({ person: z.string(), secrets: z.array(z.string()) });

/** Changes what somebody who left knows. */
export const personLeft = operation({
  id: "changeSecretsOfLeaver",
  method: "post",
  path: "/secrets-left",
  tag: "security",
  summary: "Somebody has left: changes every secret that they were shown or that was used for them",
  needs: "command secret left",
  input: z.object({ person: z.string().min(1).max(64) }),
  output: PersonLeftOutput,
  call: async (person, input) => PersonLeftOutput.parse((await person.run("secret left", input)).data),
});

const Card = z.object({
  id: z.string(),
  subject: z.string(),
  custodian: z.string(),
  place: z.string(),
  by: z.string(),
  at: z.number(),
});
/** A reset card, without its id. */
export type CardRow = z.infer<typeof Card>;

/** The register of reset cards. */
export const listCards = operation({
  id: "listResetCards",
  method: "get",
  path: "/secrets-cards",
  tag: "security",
  summary: "Lists the reset cards with who has them and where",
  needs: "command secret cards",
  input: z.object({}),
  output: z.array(Card),
  call: async (person) => z.array(Card).parse((await person.run("secret cards")).data),
});

const AddCardOutput = z.object({ card: z.string(), subject: z.string() });

/** Registers a reset card. */
export const addCard = operation({
  id: "addResetCard",
  method: "post",
  path: "/secrets-cards",
  tag: "security",
  summary: "Registers a reset card of a unit: its id is kept as a keyed hash",
  needs: "command secret card-add",
  input: z.object({ unit: Unit, card: z.string().min(4).max(80), custodian: Words, place: Words }),
  output: AddCardOutput,
  call: async (person, { unit, card, custodian, place }) =>
    AddCardOutput.parse((await person.run("secret card-add", { unit, file: card, custodian, place })).data),
});

const RemoveCardOutput = z.object({ card: z.string() });

/** Takes a reset card off the register. */
export const removeCard = operation({
  id: "removeResetCard",
  method: "delete",
  path: "/secrets-cards/{card}",
  tag: "security",
  summary: "Takes a reset card off the register",
  needs: "command secret card-remove",
  input: z.object({ card: z.string().min(1).max(20) }),
  output: RemoveCardOutput,
  call: async (person, input) => RemoveCardOutput.parse((await person.run("secret card-remove", input)).data),
});
