import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `inspection`, alphabetical; a part of COMMANDS. */
export const INSPECTION_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "inspection assign",
    where: "control",
    summary: 'Wants a list filled again and again: for a station, all of them, or the site ("gateway")',
    args: ["list", "subject"],
    options: { "every=DAYS": "Instead of the list's own interval" },
    example: "inspection assign housing all --every 60",
  },
  {
    name: "inspection due",
    where: "control",
    summary: "The inspections that are overdue, due or soon to be made",
    options: { "all": "Also those whose day is far" },
    example: "inspection due",
  },
  {
    name: "inspection fill",
    where: "control",
    summary:
      "Fills a list: each item ok, not-ok with a note, or not-applicable; what is not in order begins an incident",
    args: ["list", "subject"],
    sendsBytes: ["file"],
    options: {
      "file=PHOTO": "PNG or JPEG, at most 2 MiB",
      "notes=TEXT": '"seal: 4711; lock: bent"',
      "person=NAME": "Who looked, if not you",
      "results=LIST": '"seal=ok lock=not-ok ..." with every item',
    },
    example: 'inspection fill wifi CP001 --results "wifi=ok other=not-applicable"',
  },
  {
    name: "inspection list",
    where: "control",
    summary: "The lists that were filled, the newest first",
    options: { "subject=ID": "Of one station only" },
    example: "inspection list --subject CP001",
  },
  {
    name: "inspection photo",
    where: "control",
    summary: "Adds a photo to a filled list, or shows one of its photos; with --json its bytes",
    args: ["inspection"],
    sendsBytes: ["file"],
    options: {
      "file=PHOTO": "PNG or JPEG, at most 2 MiB",
      "item=ITEM": "What it shows",
      "number=N": "Which one to show",
    },
    example: "inspection photo C-12 --item seal --file seal.jpg",
  },
  {
    name: "inspection show",
    where: "control",
    summary: "One filled list with notes and photos",
    args: ["inspection"],
    example: "inspection show C-12",
  },
  {
    name: "inspection unassign",
    where: "control",
    summary: "A list is not wanted of a subject any more; what was filled stays",
    args: ["list", "subject"],
    example: "inspection unassign payment-terminal CP001",
  },
];
