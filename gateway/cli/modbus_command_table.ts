import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `modbus`, alphabetical; a part of COMMANDS. */
export const MODBUS_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "modbus discover",
    where: "control",
    summary: "Walks the SunSpec models of a Modbus device and prints a profile of it, to be reviewed",
    options: {
      "unit=NUMBER": "Unit id, as modbus.units names it",
      "id=ID": "Id of the profile; sunspec-unit-NUMBER if absent",
    },
    example: "modbus discover --unit 5 > profiles/roof.yaml",
  },
  {
    name: "modbus lines",
    where: "control",
    summary: "Shows how the Modbus lines stand, which devices are silent, and the last refusals with names of points",
    example: "modbus lines",
  },
  {
    name: "modbus lint",
    where: "local",
    summary:
      "Checks profile files of Modbus devices and names every fault; without files those that come with the gateway",
    args: ["files..."],
    example: "modbus lint profiles/roof.yaml",
  },
  {
    name: "modbus read",
    where: "control",
    summary: "Reads the named values of a Modbus device, with units; badge and vehicle ids are left out",
    options: {
      "unit=NUMBER": "Unit id, as modbus.units names it",
      "point=NAMES": "Only these points, as power-total,relay",
    },
    example: "modbus read --unit 1",
  },
  {
    name: "modbus units",
    where: "control",
    summary: "Lists the Modbus devices with their lines, profiles and set points",
    example: "modbus units",
  },
];
