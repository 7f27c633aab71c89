import { parseIdentity } from "../control/backup/recovery_key.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { ConfigError, GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { openEscrow } from "../vault/escrow_file.ts";
import { runRemotely } from "./dispatch_command.ts";

/** `secret escrow [FILE]`: has one made and writes it here; without FILE it is printed. */
export async function runEscrow(
  args: CommandArgs,
  remotely: (command: string, args: CommandArgs) => Promise<CommandResult> = runRemotely,
): Promise<CommandResult> {
  const { file, ...rest } = args;
  const made = await remotely("secret escrow", rest);
  if (typeof file !== "string") return made;
  const { file: text, sha256 } = made.data as { readonly file: string; readonly sha256: string };
  try {
    await Deno.writeTextFile(file, text, { createNew: true, mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new GatewayError("SECRET_ESCROW_INVALID", `Cannot write the escrow: "${file}" exists`, {
      hint: "Name another file: the old one may be the only copy",
      cause,
    });
  }
  return {
    text: `Wrote ${file}. Carry it off this box, take its hash there (sha256sum), then:\n` +
      `secret escrow-ack ${sha256}`,
    data: { file, sha256 },
  };
}

/** `secret open FILE --identity KEY`: what an escrow holds, for whoever has to do without the box. */
export async function runOpenEscrow(args: CommandArgs): Promise<CommandResult> {
  const { file, identity } = args;
  if (typeof file !== "string" || typeof identity !== "string") {
    throw new GatewayError("CLI_USAGE", "Cannot open an escrow: the file or the key is missing", {
      hint: "secret open FILE --identity KEYFILE",
    });
  }
  const key = await parseIdentity(await read(identity), identity);
  const content = await openEscrow(await read(file), key.identity);
  const rows = content.secrets.filter(({ state }) => state !== "before").map((secret) => [
    ...[secret.subject, secret.slot, secret.state, secret.stations.join(" "), secret.at.slice(0, 10), secret.text],
  ]);
  const older = content.secrets.length - rows.length;
  const table = rows.length === 0
    ? "It holds no secret that is in force."
    : formatTable(["unit", "secret", "state", "controllers", "since", "text"], rows);
  const more = older === 0 ? "" : `\n\n${older} values of before: --json shows them`;
  return { text: `Site ${content.site}, ${content.madeAt}\n\n${table}${more}`, data: content };
}

async function read(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read the file "${file}"`, { cause });
  }
}
