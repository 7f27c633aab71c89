import type { Timers } from "../../core/timers.ts";
import type { CommandArgs, CommandResult } from "../contract.ts";

/** Runs a command in the running gateway. */
export type RunCommand = (args: CommandArgs) => Promise<CommandResult>;

/** What `audit tail` and `audit export` answer, as they come over the control socket. */
interface Page {
  readonly lines: readonly string[];
  readonly last?: number;
  readonly next?: number;
}

/** `audit export` in full: asks for page after page and writes JSON lines. Answers how many. */
export async function exportAll(
  run: RunCommand,
  args: CommandArgs,
  write: (text: string) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (let after: number | undefined = 0; after !== undefined;) {
    const { lines, next } = (await run({ ...args, after: String(after) })).data as unknown as Page;
    if (lines.length > 0) await write(`${lines.join("\n")}\n`);
    count += lines.length;
    after = next;
  }
  return count;
}

/** `audit tail --follow`: writes what comes until the signal aborts, asking once a second. */
export async function followTail(
  run: RunCommand,
  args: CommandArgs,
  write: (text: string) => Promise<void>,
  timers: Timers,
  signal: AbortSignal,
): Promise<void> {
  let answer = await run(args);
  while (true) {
    if (answer.text !== "") await write(`${answer.text}\n`);
    const { last } = answer.data as unknown as Page;
    await pause(timers, signal);
    if (signal.aborted) return;
    answer = await run({ ...args, lines: "1000", after: String(last) });
  }
}

function pause(timers: Timers, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(1_000, resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(cancel);
}
