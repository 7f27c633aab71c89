import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `plan`, alphabetical; a part of COMMANDS. */
export const PLAN_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "plan picture",
    where: "control",
    summary: "The picture of a floor: its size, and with --json its bytes",
    args: ["floor"],
    example: "plan picture ground",
  },
  {
    name: "plan place",
    where: "control",
    summary: "Says where on a floor plan a station stands",
    args: ["station", "floor"],
    options: { "x=PERCENT": "From the left, of the width", "y=PERCENT": "From above, of the height" },
    example: "plan place CP001 ground --x 12.5 --y 40",
  },
  {
    name: "plan remove",
    where: "control",
    summary: "Removes a floor plan with its picture and the places on it; stations stay what they are",
    args: ["floor"],
    example: "plan remove ground",
  },
  {
    name: "plan set",
    where: "control",
    summary: "Makes a floor plan from a PNG or JPEG, or changes its name or picture",
    args: ["floor"],
    sendsBytes: ["file"],
    options: { "name=TEXT": "As people call the floor", "file=FILE": "PNG or JPEG, at most 2 MiB" },
    example: 'plan set ground --name "Level 0" --file ground.png',
  },
  {
    name: "plan show",
    where: "control",
    summary: "The floor plans and which station stands where",
    example: "plan show",
  },
  {
    name: "plan unplace",
    where: "control",
    summary: "Takes a station off its floor plan",
    args: ["station"],
    example: "plan unplace CP001",
  },
];
