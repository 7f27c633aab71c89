import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `user`, alphabetical; a part of COMMANDS. */
export const USER_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "user add",
    where: "control",
    summary: "Makes a local account and shows its temporary password once; the first login has to change it",
    args: ["name"],
    options: {
      "role=ROLES": "administrator, operator, technician, auditor; several as a,b",
      "display-name=TEXT": "Full name",
    },
    example: "user add anna --role technician",
  },
  {
    name: "user break-glass",
    where: "control",
    summary: "Seals a new password of the break-glass account, shown once; it works once and every use is an alarm",
    example: "user break-glass",
  },
  {
    name: "user change",
    where: "control",
    summary: "Changes roles, groups or the state of a person and ends the sessions that hang on it",
    args: ["name"],
    options: {
      "role=ROLES": "The roles from now on, as operator,auditor",
      "group=GROUPS": "The groups from now on, for grants",
      "display-name=TEXT": "Full name",
      "disable": "No login any more; what the person did stays in the audit trail",
      "enable": "Logins again",
    },
    example: "user change anna --role operator,auditor",
  },
  {
    name: "user list",
    where: "control",
    summary: "Lists people with roles, second factors, locks and sessions",
    example: "user list",
  },
  {
    name: "user policy",
    where: "control",
    summary: "Shows the presets of password rules side by side and which one is in force",
    example: "user policy",
  },
  {
    name: "user remove",
    where: "control",
    summary: "Removes a person with all sessions, tokens and second factors",
    args: ["name"],
    example: "user remove anna",
  },
  {
    name: "user reset",
    where: "control",
    summary: "Gives a person a new temporary password and ends all sessions",
    args: ["name"],
    options: { "factors": "Also removes second factors and recovery codes" },
    example: "user reset anna --factors",
  },
  {
    name: "user setup-code",
    where: "control",
    summary: "Shows a new setup code for the first administrator, as long as there is none",
    example: "user setup-code",
  },
  {
    name: "user unlock",
    where: "control",
    summary: "Opens a login that wrong tries have locked before its 30 minutes are over",
    args: ["name"],
    example: "user unlock anna",
  },
];
