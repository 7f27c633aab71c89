import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `segmentation`, alphabetical; a part of COMMANDS. */
export const SEGMENTATION_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "segmentation apply",
    where: "control",
    summary: "Loads the firewall rules of site.yaml and the inventory; they undo themselves unless confirmed in time",
    options: { "confirm-seconds=N": "5 to 3600; segmentation.confirmSeconds when absent" },
    example: "segmentation apply --confirm-seconds 300",
  },
  {
    name: "segmentation close",
    where: "control",
    summary: "Closes the open maintenance ports of a station and cuts their sessions",
    args: ["station"],
    options: { "port=N": "Only this one" },
    example: "segmentation close CP001",
  },
  {
    name: "segmentation confirm",
    where: "control",
    summary: "Keeps the rules that were applied, for every start of this box too",
    example: "segmentation confirm",
  },
  {
    name: "segmentation explain",
    where: "control",
    summary: "Says which rule decides on a flow, before anybody tries it",
    args: ["from", "to", "what"],
    example: "segmentation explain 10.20.0.11 uplink/203.0.113.5 tcp/443",
  },
  {
    name: "segmentation open",
    where: "control",
    summary: "Opens a maintenance port (SSH, telnet, FTP) of a station for one address and a while",
    args: ["station"],
    options: {
      "from=ADDRESS": "Who may use it; an address in a zone of segmentation.maintenanceFrom",
      "minutes=N": "1 to 480; the kernel closes it then and cuts the session",
      "port=N": "The port, as 22",
      "reason=TEXT": "What for; stands in the audit chain",
    },
    example: 'segmentation open CP001 --port 22 --from 10.99.0.9 --minutes 30 --reason "ticket 4711, vendor support"',
  },
  {
    name: "segmentation plan",
    where: "control",
    summary:
      "Shows which flows `segmentation apply` would add and take away, and tries the rules out without loading them",
    options: { "text": "Prints the whole ruleset as nft reads it" },
    example: "segmentation plan",
  },
  {
    name: "segmentation probe",
    where: "control",
    summary:
      "Tries from a spare interface on a station's port whether stations hear each other: proven, switch-claimed or none",
    example: "segmentation probe",
  },
  {
    name: "segmentation show",
    where: "control",
    summary:
      "Shows the flows in force with their packets, open maintenance ports, and refused flows with how to allow them",
    example: "segmentation show",
  },
  {
    name: "segmentation switches",
    where: "control",
    summary: "Shows which station hangs on which port of which switch, and what the box's own cables end in",
    options: { "now": "Has the switches read now, whatever readSeconds says" },
    example: "segmentation switches",
  },
  {
    name: "segmentation undo",
    where: "control",
    summary: "Undoes the rules that wait to be confirmed, now",
    example: "segmentation undo",
  },
];
