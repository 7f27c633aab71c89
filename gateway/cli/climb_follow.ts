import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { runRemotely } from "./dispatch_command.ts";
import { writeLine } from "./write_line.ts";

/** What following a climb uses of the calling process. */
export interface ClimbTerminal {
  /** Runs `station climb` in the running gateway. */
  readonly run: (args: CommandArgs) => Promise<CommandResult>;
  readonly write: (line: string) => void;
}

/** `station climb` at a terminal: begins it and shows every step as it is done. An interrupt ends only the showing. */
export function runClimb(args: CommandArgs): Promise<CommandResult> {
  return followClimb(args, { run: (more) => runRemotely("station climb", more), write: writeLine });
}

/** Begins a climb and follows it to its end; what only looks, or wants data for machines, is answered at once. */
export async function followClimb(args: CommandArgs, { run, write }: ClimbTerminal): Promise<CommandResult> {
  const begun = await run(args);
  const looksOnly = ["plan", "status", "cancel", "detach", "json"].some((option) => args[option] === true);
  if (looksOnly || !isRunning(begun)) return begun;
  const { station, config, as } = args;
  const again = { station, config, as, status: true, wait: true };
  const shown = new Set<string>();
  const show = ({ text }: CommandResult) => {
    for (const line of text.split("\n").filter((each) => /^ +[+x] /.test(each))) {
      if (!shown.has(line)) write(line.trim());
      shown.add(line);
    }
  };
  let latest = begun;
  while (isRunning(latest)) {
    show(latest);
    latest = await run(again);
  }
  show(latest);
  // The steps are on the terminal already: its first line says how it ended, the last what to do now.
  const [how = "", ...rest] = latest.text.split("\n");
  const next = rest.filter((line) => /^\S/.test(line) && !line.startsWith("Profile "));
  return { ...latest, text: [how, ...next].join("\n") };
}

function isRunning({ data }: CommandResult): boolean {
  const state = typeof data === "object" && data !== null && "state" in data ? data.state : undefined;
  return state === "running" || state === "waiting";
}
