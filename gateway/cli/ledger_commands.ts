import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { runRemotely } from "./dispatch_command.ts";
import type { LocalCommand } from "./dispatch_command.ts";

/** What `ledger export` uses of the calling process. */
export interface LedgerExportTools {
  /** Runs a command in the running gateway. */
  readonly run: (command: string, args: CommandArgs) => Promise<CommandResult>;
  /** Writes to the terminal. */
  readonly write: (text: string) => Promise<void>;
}

/** `ledger export` at a terminal. */
export function terminalLedgerExport(): LocalCommand {
  return createLedgerExport({
    run: runRemotely,
    write: async (text) => {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    },
  });
}

/** Asks for page after page and writes them; with --json only how many transactions there are. */
export function createLedgerExport({ run, write }: LedgerExportTools): LocalCommand {
  return async (args) => {
    let transactions = 0;
    for (let more: CommandArgs | undefined = args; more;) {
      const { text, data } = await run("ledger export", more);
      const page = data as unknown as { readonly transactions: number; readonly next?: string };
      transactions += page.transactions;
      if (args["json"] !== true && text !== "") await write(text.endsWith("\n") ? text : `${text}\n`);
      more = page.next === undefined ? undefined : { ...args, after: page.next };
    }
    return args["json"] === true ? { text: "", data: { transactions } } : 0;
  };
}
