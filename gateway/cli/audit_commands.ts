import { resolve } from "node:path";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { exportAll, followTail } from "../control/audit/pages.ts";
import { runAuditVerify } from "../control/audit/verify_command.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { systemTimers, type Timers } from "../core/timers.ts";
import { runRemotely } from "./dispatch_command.ts";

/** What the audit commands use of the calling process. */
export interface AuditCommandTools {
  /** Runs a command in the running gateway. */
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
  /** Writes to the terminal. */
  readonly write: (text: string) => Promise<void>;
  readonly timers: Timers;
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal;
  /** Called when a follower starts. */
  readonly onFollow?: () => void;
}

/** The audit commands at a terminal: asks the running gateway, ends a follower on SIGINT. */
export function terminalAuditCommands(): ReturnType<typeof createAuditCommands> {
  const end = new AbortController();
  const interrupt = () => end.abort();
  return createAuditCommands({
    run: runRemotely,
    write: async (text) => {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    },
    timers: systemTimers,
    signal: end.signal,
    onFollow: () => Deno.addSignalListener("SIGINT", interrupt),
  });
}

/**
 * The part of the audit commands that runs in the calling process: `audit verify` needs no gateway, `audit export` joins
 * the pages of a large answer, `audit tail --follow` asks again. A number is an exit code: the text is already written.
 */
export function createAuditCommands(
  tools: AuditCommandTools,
): Readonly<Record<string, (args: CommandArgs) => Promise<CommandResult | number>>> {
  return {
    "audit verify": async (args) => await runAuditVerify(args, await auditFolder(args)),
    "audit export": (args) => exportTo(tools, args),
    "audit tail": (args) => tail(tools, args),
  };
}

async function auditFolder({ dir, config }: CommandArgs): Promise<string> {
  if (typeof dir === "string") return resolve(dir);
  const { box } = await loadSite(typeof config === "string" ? config : "site.yaml", diskReaders);
  return `${box.dataDir}/audit`;
}

async function exportTo(tools: AuditCommandTools, { file, ...args }: CommandArgs): Promise<CommandResult | number> {
  const page = (more: CommandArgs) => tools.run("audit export", more);
  if (typeof file !== "string") {
    await exportAll(page, args, tools.write);
    return 0;
  }
  using target = await Deno.open(file, { write: true, createNew: true, mode: 0o600 });
  const count = await exportAll(page, args, async (text) => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await target.write(bytes.subarray(at));
  });
  await target.sync();
  return { text: `Wrote ${count} records to ${file}`, data: { file, count } };
}

async function tail(tools: AuditCommandTools, { follow, ...args }: CommandArgs): Promise<CommandResult | number> {
  const ask = (more: CommandArgs) => tools.run("audit tail", more);
  if (follow !== true) return await ask(args);
  tools.onFollow?.();
  await followTail(ask, args, tools.write, tools.timers, tools.signal);
  return 0;
}
