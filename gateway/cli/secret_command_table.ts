import type { CommandDeclaration } from "./command_table.ts";

const SLOT = "slot";

/** The commands that begin with `secret`, alphabetical; a part of COMMANDS. SLOT is an account, puk or log-password. */
export const SECRET_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "secret card-add",
    where: "control",
    summary: "Registers a reset card of a unit: its id is kept as a keyed hash, with who has it and where",
    args: ["unit"],
    options: {
      "custodian=PERSON": "Who has the card",
      "file=FILE": "File with the card's id, as a reader writes it",
      "place=TEXT": "Where it is kept",
    },
    sendsFiles: ["file"],
    example: 'secret card-add bay-07 --file card.txt --custodian "Anna Berg" --place "safe, office 2"',
  },
  {
    name: "secret card-remove",
    where: "control",
    summary: "Takes a reset card off the register",
    args: ["card"],
    example: "secret card-remove 1f0c9a2b",
  },
  {
    name: "secret cards",
    where: "control",
    summary: "Lists the reset cards with who has them and where",
    example: "secret cards",
  },
  {
    name: "secret confirm",
    where: "control",
    summary: "Says that you have set a secret by hand; the gateway proves it by a login where it can",
    args: ["station", SLOT],
    options: { "failed": "It could not be set: everything stays as it was", "reason=TEXT": "Why, for the others" },
    example: "secret confirm CP001-S operator",
  },
  {
    name: "secret escrow",
    where: "control",
    summary: "Writes a copy of all secrets that only the offline keys open; carry it away, then acknowledge it",
    args: ["file?"],
    example: "secret escrow garage-12.escrow.age",
  },
  {
    name: "secret escrow-ack",
    where: "control",
    summary: "Says that an escrow is kept off this box: by its SHA-256, taken where it is kept",
    args: ["hash"],
    example: "secret escrow-ack 9f86d081884c7d65",
  },
  {
    name: "secret import",
    where: "control",
    summary: "Brings the secret that a controller has now; a login proves it where one is possible",
    args: ["station", SLOT],
    options: { "file=FILE": "File with the secret alone" },
    sendsFiles: ["file"],
    example: "secret import CP001 manufacturer --file manufacturer.txt",
  },
  {
    name: "secret left",
    where: "control",
    summary: "Somebody has left: changes every secret that they were shown or that was used for them",
    args: ["person"],
    example: "secret left anna",
  },
  {
    name: "secret list",
    where: "control",
    summary:
      "Lists the secrets of devices: how old, how they stand, who knows them, whether a copy is off this box; and " +
      "for each controller the ways in if its password is lost (BC-08)",
    args: ["unit?"],
    example: "secret list bay-07",
  },
  {
    name: "secret open",
    where: "local",
    summary:
      "Opens an escrow with a secret recovery key, when the box is lost; on a machine that is not on the network",
    args: ["file"],
    options: { "identity=KEYFILE": "Secret recovery key" },
    example: "secret open garage-12.escrow.age --identity recovery.key",
  },
  {
    name: "secret retry",
    where: "control",
    summary: "Tries a controller again that refused its secret twice, after you have looked at it",
    args: ["station", SLOT],
    example: "secret retry CP001 operator",
  },
  {
    name: "secret reveal",
    where: "control",
    summary:
      "Asks to be shown a secret; when somebody else has approved, shows it once, and has it changed after a while",
    args: ["unit", SLOT],
    options: {
      "code=DIGITS": "Code of your authenticator app: nothing is shown without a second factor",
      "reason=TEXT": "Why, for who approves and for the audit",
    },
    example: 'secret reveal bay-07 installer --reason "maker on site, ticket 4711" --code 123456',
  },
  {
    name: "secret rotate",
    where: "control",
    summary: "Changes a secret of a unit, or of all: kept off the box first, then set and proven at every controller",
    args: ["unit", SLOT],
    example: "secret rotate all operator",
  },
];
