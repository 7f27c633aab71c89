import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `access`, alphabetical; a part of COMMANDS. */
export const ACCESS_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "access end",
    where: "control",
    summary: "Closes a person's way to a controller",
    args: ["id"],
    example: "access end pX3vQ0a1Tz5KqWcd",
  },
  {
    name: "access explain",
    where: "control",
    summary:
      "Says whether a person may use a station's controller, by which grant, and what would help; exit code 1 if not",
    args: ["name", "station"],
    options: {
      "device-role=ROLE": "Account of the controller: user, operator, installer, manufacturer; user if absent",
      "capability=WHAT": "view, edit, firmware, secrets, reset, tunnel; view if absent",
      "at=TIME": "As if it were then, as 2026-11-21T22:00:00+01:00",
      "from=ADDRESS": "As if the person came from there",
      "without-second-factor": "As if no second factor had been proven",
    },
    example: "access explain anna bay-07 --device-role installer --capability edit",
  },
  {
    name: "access list",
    where: "control",
    summary: "Lists the ways to controllers that are open now",
    example: "access list",
  },
];

/** The commands that begin with `grant`. */
export const GRANT_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "grant add",
    where: "control",
    summary: "Lets people use controllers: who, which stations, which account, what, when and how",
    args: ["id"],
    options: {
      "person=NAME": "For this person; with --group or --role all must be true",
      "group=NAME": "For people of this group",
      "role=ROLE": "For people of this role",
      "station=IDS": "These stations, as CP001,CP002",
      "unit=UNITS": "The stations of these units",
      "vendor=VENDORS": "The stations of these makers",
      "all-stations": "Every station",
      "device-role=ROLES": "Accounts of the controller: user, operator, installer, manufacturer",
      "capability=LIST": "view, edit, firmware, secrets, reset, tunnel; view if absent",
      "hours=HOURS": 'Within these hours, as "mon,tue 08:00-16:00"; absent: always',
      "on-request": "After somebody else's approval",
      "minutes=N": "Minutes that a way stays open, 60 if absent",
      "from=NETWORKS": "Only from these networks",
      "until=TIME": "Void after this time",
      "without-second-factor": "No second factor is asked for",
      "old-pages": "The maker's old pages too, where a station's ui.oldPages leaves them to grants",
      "because=TEXT": "A sentence for people and the audit trail (required)",
    },
    example:
      'grant add field-7 --role technician --unit bay-07 --device-role installer --capability view,edit --because "Service contract 2026"',
  },
  {
    name: "grant list",
    where: "control",
    summary: "Lists who may use which controllers, the built-in grants too",
    example: "grant list",
  },
  {
    name: "grant remove",
    where: "control",
    summary: "Removes a grant and closes what it had opened",
    args: ["id"],
    example: "grant remove field-7",
  },
];

/** The commands that begin with `request`. */
export const REQUEST_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "request approve",
    where: "control",
    summary: "Approves a person's request for access; nobody approves the own one",
    args: ["id"],
    options: { "note=TEXT": "A word to the person" },
    example: "request approve k3Jq0wZx1P",
  },
  {
    name: "request deny",
    where: "control",
    summary: "Denies a person's request for access",
    args: ["id"],
    options: { "note=TEXT": "A word to the person" },
    example: 'request deny k3Jq0wZx1P --note "after the audit"',
  },
  {
    name: "request list",
    where: "control",
    summary: "Lists requests for access and who decided them",
    example: "request list",
  },
];

/** The commands that begin with `session`. */
export const SESSION_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "session end",
    where: "control",
    summary: "Ends a person's session at once",
    args: ["id"],
    example: "session end q8Vw2LmZ0xTy",
  },
  {
    name: "session list",
    where: "control",
    summary: "Lists who is logged in, from where, and until when",
    example: "session list",
  },
];

/** The commands that begin with `tunnel`. */
export const TUNNEL_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "tunnel end",
    where: "control",
    summary: "Ends an engineering tunnel and every connection in it at once",
    args: ["id"],
    example: "tunnel end pX3vQ0a1Tz5KqWcd",
  },
  {
    name: "tunnel list",
    where: "control",
    summary: "Lists the engineering tunnels that are open, with the bytes that passed",
    example: "tunnel list",
  },
];

/** The commands that begin with `token`. */
export const TOKEN_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "token list",
    where: "control",
    summary: "Lists API tokens with owner, scopes and end; they are made at the console by their owners",
    example: "token list",
  },
  {
    name: "token revoke",
    where: "control",
    summary: "Revokes an API token at once",
    args: ["id"],
    example: "token revoke q8Vw2LmZ0xTy",
  },
];
