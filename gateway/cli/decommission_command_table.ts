import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `decommission`, alphabetical; a part of COMMANDS. */
export const DECOMMISSION_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "decommission approve",
    where: "control",
    summary: "Agrees that a station leaves for ever; another person than who asked for it",
    args: ["station"],
    example: "decommission approve CP001",
  },
  {
    name: "decommission cancel",
    where: "control",
    summary: "Calls a decommissioning off, as long as nothing was erased: the station stays in service",
    args: ["station"],
    example: "decommission cancel CP001",
  },
  {
    name: "decommission certificate",
    where: "control",
    summary: "Prints a signed certificate of erasure, by its number or the newest of a station",
    args: ["name"],
    example: "decommission certificate dec-7 > CP001.erased.json",
  },
  {
    name: "decommission list",
    where: "control",
    summary: "Lists the stations that are leaving, what each waits for, and the certificates of those that left",
    example: "decommission list",
  },
  {
    name: "decommission places",
    where: "control",
    summary: "Lists every place where something of a station is stored, and what becomes of it when the station leaves",
    example: "decommission places",
  },
  {
    name: "decommission prove",
    where: "control",
    summary: "Says how it is known that a controller is as from the factory (EV-30)",
    args: ["station"],
    options: {
      "proof=KIND":
        "default-login: the gateway tries the factory's password; photo, seen or destroyed: what a person saw",
      "person=NAME": "Who did it at the station; you if absent",
      "note=TEXT": "What was done and seen",
      "photo-sha256=HEX": "SHA-256 of a photo, which stays with the site's papers",
    },
    example:
      'decommission prove CP001 --proof seen --person "Anna Berg" --note "reset by the button, asks for the wizard"',
  },
  {
    name: "decommission readmit",
    where: "control",
    summary: "Lets another device have the id of a station that was decommissioned",
    args: ["station"],
    options: { "reason=TEXT": "Why; it is kept in the audit chain" },
    example: 'decommission readmit CP001 --reason "new station at the same bay"',
  },
  {
    name: "decommission show",
    where: "control",
    summary: "Shows every step of a decommissioning that is under way, and what the next one waits for",
    args: ["station"],
    example: "decommission show CP001",
  },
  {
    name: "decommission skip",
    where: "control",
    summary: "Passes over the step that is next (drain, clear, reset), with a reason that stands in the certificate",
    args: ["station", "step"],
    options: { "because=TEXT": "Why it cannot be made" },
    example: 'decommission skip CP001 clear --because "the station was stolen"',
  },
  {
    name: "decommission verify",
    where: "local",
    summary:
      "Checks a certificate of erasure with nothing but its file and the site's public key; fails for one changed byte",
    args: ["file"],
    options: { "key=FILE": "Public key of the site's audit chain (audit-public.pem)" },
    example: "decommission verify CP001.erased.json --key audit-public.pem",
  },
];
