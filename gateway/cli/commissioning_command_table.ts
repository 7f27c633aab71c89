import type { CommandDeclaration } from "./command_table.ts";

const BAY = "bay";

/** The commands that begin with `commissioning`, alphabetical; a part of COMMANDS. BAY is a unit, a station or a number. */
export const COMMISSIONING_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "commissioning check",
    where: "control",
    summary: "Has the gateway look at all that it looks at itself: OCPP, network, controller, firmware",
    args: [BAY],
    example: "commissioning check bay-07",
  },
  {
    name: "commissioning close",
    where: "control",
    summary:
      "Closes a protocol that both have signed; refused while a factory password works, no way in is kept, or old pages are open",
    args: [BAY],
    example: "commissioning close bay-07",
  },
  {
    name: "commissioning counter-sign",
    where: "control",
    summary: "Signs for the operator; another person than who signed for the installer, with a second factor",
    args: [BAY],
    options: { "name=NAME": "Your name, as you write it", "code=DIGITS": "Of your authenticator app" },
    example: 'commissioning counter-sign bay-07 --name "Olga Berg" --code 123456',
  },
  {
    name: "commissioning drop",
    where: "control",
    summary: "Removes a protocol that nobody signed, with its photos",
    args: [BAY],
    example: "commissioning drop bay-07",
  },
  {
    name: "commissioning enter",
    where: "control",
    summary: "Enters what you measured, read or saw; how an automatic step stands is not for people to say",
    args: [BAY, "step", "station?"],
    sendsBytes: ["file"],
    options: {
      "value=NUMBER": "What the instrument shows, in the unit of the step",
      "serial=TEXT": "Of the label",
      "mac=TEXT": "Of the label",
      "model=TEXT": "Of the label",
      "so": "It is so",
      "not-so": "It is not so",
      "note=TEXT": "What you saw, the instrument",
      "file=FILE": "Photo, PNG or JPEG, at most 2 MiB",
    },
    example: "commissioning enter bay-07 electrical.insulation --value 250",
  },
  {
    name: "commissioning except",
    where: "control",
    summary:
      "Answers for a step that cannot be met; it stands in the paper, and never goes for what is a matter of safety",
    args: [BAY, "step", "station?"],
    options: { "reason=TEXT": "Why it is acceptable", "take-back": "Nobody answers for it any more" },
    example: 'commissioning except bay-07 network.mac CP001 --reason "no hald on this box"',
  },
  {
    name: "commissioning list",
    where: "control",
    summary: "The protocols of all bays, how far each is, what is open",
    example: "commissioning list",
  },
  {
    name: "commissioning pdf",
    where: "control",
    summary: "The protocol as a signed PDF with its photos, and its record inside",
    args: [BAY],
    options: { "language=LANGUAGE": "de or en", "file=FILE": "Write to this file" },
    example: "commissioning pdf bay-07 --language de --file bay-07.pdf",
  },
  {
    name: "commissioning photo",
    where: "control",
    summary: "The photo of a step: its size, and with --json its bytes",
    args: [BAY, "step"],
    example: "commissioning photo bay-07 identity.photo-label",
  },
  {
    name: "commissioning reopen",
    where: "control",
    summary: "Takes the signatures of a protocol back, so that it can be changed",
    args: [BAY],
    options: { "reason=TEXT": "Why" },
    example: 'commissioning reopen bay-07 --reason "station replaced before hand-over"',
  },
  {
    name: "commissioning show",
    where: "control",
    summary: "Every step of a protocol with how it stands, and what keeps the bay from being handed over",
    args: [BAY],
    example: "commissioning show bay-07",
  },
  {
    name: "commissioning sign",
    where: "control",
    summary: "Signs for the installer, with a second factor; every step has to be met or answered for",
    args: [BAY],
    options: { "name=NAME": "Your name, as you write it", "code=DIGITS": "Of your authenticator app" },
    example: 'commissioning sign bay-07 --name "Ida Kern" --code 123456',
  },
  {
    name: "commissioning start",
    where: "control",
    summary: "Begins the protocol of a bay: a unit with all its stations, or one station",
    args: [BAY],
    example: "commissioning start bay-07",
  },
  {
    name: "commissioning verify",
    where: "local",
    summary: "Verifies the PDF of a protocol or a posture report: one altered byte fails; needs the site CA alone",
    args: ["file"],
    options: { "ca=FILE": "The site CA (`cert export-ca`); absent: asked of the running gateway" },
    example: "commissioning verify bay-07.pdf --ca site-ca.pem",
  },
];
