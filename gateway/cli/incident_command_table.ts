import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `incident`, alphabetical; a part of COMMANDS. */
export const INCIDENT_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "incident acknowledge",
    where: "control",
    summary: "Says that you have an incident in hand",
    args: ["incident"],
    example: "incident acknowledge I-7",
  },
  {
    name: "incident announce",
    where: "control",
    summary: "Announces work at a station, so that what is seen there meanwhile is explained and raises nothing",
    args: ["station"],
    options: { "hours=N": "How long, at most 168", "reason=TEXT": "What is done, and by whom" },
    example: 'incident announce CP001 --hours 2 --reason "Meier changes the meter"',
  },
  {
    name: "incident close",
    where: "control",
    summary: "Closes an incident whose steps are all done, or one that was a false alarm; ends the quarantine",
    args: ["incident"],
    options: { "false-alarm": "Nothing was wrong", "reason=TEXT": "Why it was none" },
    example: "incident close I-7",
  },
  {
    name: "incident decide",
    where: "control",
    summary: "Decides what becomes of the station: out of use until it is set up again, or it runs on for a reason",
    args: ["incident"],
    options: {
      "keep": "It runs on",
      "quarantine": "It is told Pending and serves nobody",
      "reason=TEXT": "Why; it stands in the audit trail",
    },
    example: 'incident decide I-7 --quarantine --reason "a factory password opens it"',
  },
  {
    name: "incident list",
    where: "control",
    summary: "The incidents that stand and the work that is announced",
    options: { "all": "Also those that are closed", "station=ID": "Of one station only" },
    example: "incident list --all",
  },
  {
    name: "incident look",
    where: "control",
    summary: "Has the gateway look at a station itself now: TLS of its pages, its passwords, its list of badges",
    args: ["station"],
    example: "incident look CP001",
  },
  {
    name: "incident report",
    where: "control",
    summary: "Reports what you saw at a station: it stands in its incident, or begins one",
    args: ["station"],
    options: { "what=TEXT": "What you saw" },
    example: 'incident report CP001 --what "the seal of the lid is broken"',
  },
  {
    name: "incident show",
    where: "control",
    summary: "One incident: what was seen when and by whom, who did what, and the steps back into service",
    args: ["incident"],
    example: "incident show I-7",
  },
  {
    name: "incident step",
    where: "control",
    summary: "Does a step of setting the station up again, or says that a person did it; the gateway then looks itself",
    args: ["incident", "step"],
    options: {
      "person=NAME": "Who was at the station",
      "proof=TEXT": "What was seen or done there",
      "reason=TEXT": "Why it is skipped",
      "skip": "You answer for it that it is not done",
    },
    example: 'incident step I-7 look --person "B. Meier" --proof "seal 4711 whole, no traces"',
  },
  {
    name: "incident withdraw",
    where: "control",
    summary: "Ends announced work early",
    args: ["work"],
    example: "incident withdraw W-1a2b3c",
  },
];
