import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `csms`, alphabetical; a part of COMMANDS. */
export const CSMS_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "csms list",
    where: "control",
    summary: "Shows every CSMS: what it is for, its stations, and how mirrors and secondaries stand",
    example: "csms list",
  },
  {
    name: "csms migrate back",
    where: "control",
    summary: "Sends all stations of the migration back to the old CSMS, each when no transaction runs",
    example: "csms migrate back",
  },
  {
    name: "csms migrate finish",
    where: "control",
    summary: "Ends the migration when all stations are accepted, and says what to write into site.yaml",
    example: "csms migrate finish",
  },
  {
    name: "csms migrate plan",
    where: "control",
    summary: "Plans to move stations from one CSMS to another, in waves; moves nothing yet",
    options: {
      "from=CSMS": "Where they are",
      "to=CSMS": "Where they are to be; it must stand in ocpp.csms",
      "stations=LIST": "Only these, as CP001,CP002; all of the CSMS when absent",
      "wave-size=N": "Stations per wave; when absent one, then ten, then the rest",
    },
    example: "csms migrate plan --from old --to new --wave-size 20",
  },
  {
    name: "csms migrate shadow",
    where: "control",
    summary: "Lets the new CSMS see what the stations say and compares its answers; they go nowhere",
    options: { "stop": "Stops it" },
    example: "csms migrate shadow",
  },
  {
    name: "csms migrate status",
    where: "control",
    summary: "Shows where each station of the migration is, why it waits, and how the answers differ",
    example: "csms migrate status",
  },
  {
    name: "csms migrate wave",
    where: "control",
    summary: "Moves the stations of the next wave, each when no transaction runs",
    options: { "despite-faults": "Although stations of earlier waves are not accepted" },
    example: "csms migrate wave",
  },
];
