import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `badge`, alphabetical; a part of COMMANDS. */
export const BADGE_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "badge allow",
    where: "control",
    summary: "Puts a badge on the site's list, which counts in the offline authorisation mode local-badges",
    args: ["badge"],
    options: { "note=TEXT": "Whose it is or why", "until=TIME": "Last moment, as 2026-12-31; absent: until forgotten" },
    example: 'badge allow 04A1B2C3D4E5F6 --note "fleet van 3" --until 2026-12-31',
  },
  {
    name: "badge block",
    where: "control",
    summary: "Refuses a badge at every station from now on, whatever its CSMS says, offline too",
    args: ["badge?"],
    options: {
      "hash=HASH": "Instead of the badge: its hash, as `badge list` and `badge suspects` show it",
      "reason=TEXT": "Why; shown in `badge list` and in the audit chain",
      "until=TIME": "Blocked only until then, a date with its whole day: a suspension",
    },
    example: 'badge block 04A1B2C3D4E5F6 --reason "lost on 21 November"',
  },
  {
    name: "badge export",
    where: "control",
    summary: "Prints a list by keyed hashes, as `badge import` of this site takes it again; no badge is kept anywhere",
    options: { "list=NAME": "blocked or listed" },
    example: "badge export --list blocked",
  },
  {
    name: "badge forget",
    where: "control",
    summary: "Takes a badge off the site's list",
    args: ["badge?"],
    options: { "hash=HASH": "Instead of the badge: its hash, as `badge list` shows it" },
    example: "badge forget 04A1B2C3D4E5F6",
  },
  {
    name: "badge import",
    where: "control",
    summary: "Puts the badges of a file on a list, all or none: BADGE;note or BADGE;note;2026-12-31 in each line",
    sendsFiles: ["file"],
    options: {
      "check": "Only says what the file would do, line by line; nothing is kept",
      "file=FILE": "The badges, or what `badge export` printed",
      "list=NAME": "blocked or listed",
    },
    example: "badge import --file lost-badges.csv --list blocked",
  },
  {
    name: "badge list",
    where: "control",
    summary: "Lists blocked and listed badges with their notes; the badges themselves are kept as hashes only",
    example: "badge list",
  },
  {
    name: "badge renew",
    where: "control",
    summary: "Gives out another badge for one: the old one is blocked, the new one takes its place on the site's list",
    args: ["badge", "new"],
    options: { "reason=TEXT": "Why" },
    example: 'badge renew 04A1B2C3D4E5F6 04FFEE11223344 --reason "maybe copied"',
  },
  {
    name: "badge set",
    where: "control",
    summary: "Changes one setting by which a station lets badges charge while it is cut off, and reads it back",
    args: ["station", "setting", "value"],
    options: { "reason=TEXT": "Why" },
    example: 'badge set CP001 unknown-offline false --reason "blocked badges charged"',
  },
  {
    name: "badge settings",
    where: "control",
    summary:
      "Shows whom stations let charge by themselves while they are cut off; of one station all settings, read anew",
    args: ["station?"],
    example: "badge settings CP001",
  },
  {
    name: "badge suspects",
    where: "control",
    summary: "Lists badges that look copied: at two places at once, in an impossible order, or shown after a renewal",
    example: "badge suspects",
  },
  {
    name: "badge unblock",
    where: "control",
    summary: "Takes a badge off the block list",
    args: ["badge?"],
    options: { "hash=HASH": "Instead of the badge: its hash, as `badge list` shows it" },
    example: "badge unblock 04A1B2C3D4E5F6",
  },
];
