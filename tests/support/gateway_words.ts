import { COMMANDS } from "../../gateway/cli/command_table.ts";
import { runInGateway } from "../../gateway/cli/control_client.ts";
import { parseCommandLine } from "../../gateway/cli/parse_args.ts";
import { GatewayError } from "../../gateway/core/errors.ts";

/** What a command line would have printed, and its exit code. */
export interface SaidInGateway {
  readonly stdout: string;
  readonly code: number;
}

/**
 * Runs a command of a running gateway by its words, as the command line does but without a process of its own: for conditions that a
 * test asks again and again. `dataDir` is the gateway's data folder.
 */
export async function sayToGateway(dataDir: string, ...words: readonly string[]): Promise<SaidInGateway> {
  const { command, args } = parseCommandLine(words, COMMANDS);
  try {
    const { text, ok } = await runInGateway(`${dataDir}/control.sock`, command.name, args, "test");
    return { stdout: text, code: ok === false ? 1 : 0 };
  } catch (error) {
    if (error instanceof GatewayError) return { stdout: "", code: 1 };
    throw error;
  }
}
