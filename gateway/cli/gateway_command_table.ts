import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `gateway`, alphabetical; a part of COMMANDS. */
export const GATEWAY_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "gateway decommission approve",
    where: "control",
    summary:
      "Agrees that this gateway is erased with all it holds; another person than who began it. What it gave out ends",
    options: { "site=ID": "The id of this site, typed out" },
    example: "gateway decommission approve --site garage-12",
  },
  {
    name: "gateway decommission cancel",
    where: "control",
    summary: "Calls the decommissioning of this gateway off; what was revoked stays revoked",
    example: "gateway decommission cancel",
  },
  {
    name: "gateway decommission erase",
    where: "local",
    summary:
      "With the gateway stopped: erases keys, store and files, and writes a signed certificate. Cut off, it goes on",
    options: {
      "site=ID": "The id of this site, typed out",
      "certificate=FILE": "Where the certificate goes; outside of the data folder, best on a disk that you take away",
      "site-files": "Also erases the files that site.yaml names: secrets, certificates, rules. site.yaml itself stays",
      "data=DIR": "The data folder, to go on when site.yaml cannot be read any more",
    },
    example: "gateway decommission erase --site garage-12 --certificate /media/usb/garage-12.erased.json --site-files",
  },
  {
    name: "gateway decommission exported",
    where: "control",
    summary: "Says that the last backup and the audit chain are kept elsewhere, by what stands in them",
    options: {
      "head=SEQ:HASH": "seq and hash of the last line of the file that `audit export --file FILE` wrote",
      "backup=NAME": "Name of the last backup, as `backup` printed it",
      "no-backup=TEXT": "Why nobody needs a backup; it stands in the certificate",
    },
    example:
      "gateway decommission exported --head 812:9f2c...e1 --backup bulkhead-garage-12-20261121T200000Z.backup.age",
  },
  {
    name: "gateway decommission show",
    where: "control",
    summary: "Shows every step of taking this gateway out of service, what is still open and who is to be told",
    example: "gateway decommission show",
  },
  {
    name: "gateway decommission skip",
    where: "control",
    summary: "Passes over stations, work or a line, with a reason that stands in the certificate",
    args: ["what"],
    options: { "because=TEXT": "Why it is not done" },
    example: 'gateway decommission skip stations --because "they go on at a new gateway"',
  },
  {
    name: "gateway decommission start",
    where: "control",
    summary: "Begins to take this gateway out of service; nothing ends and nothing is erased by it",
    options: { "site=ID": "The id of this site, typed out", "reason=TEXT": "Why; it stands in the certificate" },
    example: 'gateway decommission start --site garage-12 --reason "the garage is closed"',
  },
  {
    name: "gateway decommission told",
    where: "control",
    summary: "Says that a line was done: a CSMS was told, the CA taken out, an account removed",
    args: ["line"],
    options: { "note=TEXT": "What was done, and who confirmed it", "person=NAME": "Who did it; you if absent" },
    example: 'gateway decommission told csms:main --note "ticket 4711: credentials withdrawn"',
  },
];
