import type { CommandDeclaration } from "./command_table.ts";

/** The commands that begin with `posture`, alphabetical; a part of COMMANDS. */
export const POSTURE_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "posture",
    where: "control",
    summary:
      "How far the site is as the makers' guides and standards demand: one line for each station and the gateway",
    options: { "trend": "The site's score of each day instead" },
    example: "posture",
  },
  {
    name: "posture confirm",
    where: "control",
    summary: "Says what you saw when you looked at a line that only a person can check",
    args: ["subject", "line"],
    options: { "note=TEXT": "What you saw, where the photo is", "not-so": "It is not as the line wants it" },
    example: 'posture confirm CP001 EV-23 --note "seal 4711 whole, photo in the site folder"',
  },
  {
    name: "posture golden",
    where: "control",
    summary: "Settings of stations against the golden configuration of their model: what drifted, what is wanted",
    args: ["station?"],
    example: "posture golden CP001",
  },
  {
    name: "posture golden approve",
    where: "control",
    summary: "Agrees to a fix that another person asked for; it is written when its station is idle",
    args: ["fix"],
    example: "posture golden approve F3",
  },
  {
    name: "posture golden cancel",
    where: "control",
    summary: "Calls a fix off before anything of it is written",
    args: ["fix"],
    example: "posture golden cancel F3",
  },
  {
    name: "posture golden fix",
    where: "control",
    summary: "Asks for the wanted settings to be written at a station; another person has to approve it",
    args: ["station"],
    options: {
      "settings=LIST": "Only these, as autocharge,log-level; absent: all that drifted and that the gateway may write",
      "reason=TEXT": "Why, for the audit",
    },
    example: "posture golden fix CP001 --settings autocharge",
  },
  {
    name: "posture golden fixes",
    where: "control",
    summary: "All fixes: who asked, who approved, what came of each",
    example: "posture golden fixes",
  },
  {
    name: "posture golden lint",
    where: "local",
    summary:
      "Checks files of golden configurations and names every fault; without files those that come with the gateway",
    args: ["files..."],
    example: "posture golden lint golden/our-bender.yaml",
  },
  {
    name: "posture golden undo",
    where: "control",
    summary: "Asks for what puts back what a fix changed; another person has to approve it",
    args: ["fix"],
    example: "posture golden undo F3",
  },
  {
    name: "posture guides",
    where: "control",
    summary: "The guides and their lines: what each wants, how it is checked, how often a person has to look",
    args: ["guide?"],
    example: "posture guides bender-5.32",
  },
  {
    name: "posture report",
    where: "control",
    summary: "The whole posture as one report, signed with the audit key; it names what could not be checked",
    example: "posture report --json",
  },
  {
    name: "posture run",
    where: "control",
    summary: "Judges a subject anew now; a station that is connected is asked for its settings",
    args: ["subject"],
    example: "posture run CP001",
  },
  {
    name: "posture show",
    where: "control",
    summary: "Every line of one subject with why it stands so and what mends it, the worst first",
    args: ["subject"],
    options: { "all": "Also those that are met" },
    example: "posture show CP001",
  },
  {
    name: "posture unwaive",
    where: "control",
    summary: "Takes a waiver back",
    args: ["subject", "line"],
    example: "posture unwaive CP001 BC-H03",
  },
  {
    name: "posture waive",
    where: "control",
    summary: "Answers for a line that is not met, until a day; it stays visible in every report",
    args: ["subject", "line"],
    options: { "reason=TEXT": "Why it is acceptable", "until=DAY": "2027-03-31, at most a year from now" },
    example: 'posture waive CP001 BC-H03 --reason "badges are replaced in March" --until 2027-03-31',
  },
];
