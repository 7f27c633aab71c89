import { createRecoveryKey } from "../control/backup/recovery_key.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";

/**
 * `backup key FILE`: makes a recovery key. FILE (0600) is the secret half and goes offline, FILE.pub the public half.
 * Existing files are never overwritten: the old key still opens the old backups.
 */
export async function runNewRecoveryKey(args: CommandArgs): Promise<CommandResult> {
  const file = args["file"];
  if (typeof file !== "string" || file === "") {
    throw new GatewayError("CLI_USAGE", "Cannot make a recovery key: the file to write is missing", {
      hint: "backup key FILE",
    });
  }
  const { identity, recipient } = await createRecoveryKey();
  await writeNew(
    file,
    `# Bulkhead recovery key. Keep it offline: it opens every backup.\n# public key: ${recipient}\n${identity}\n`,
    0o600,
  );
  await writeNew(`${file}.pub`, `${recipient}\n`, 0o644);
  const text = `Wrote ${file}: move it off this box now, whoever has it can open every backup.\n` +
    `Wrote ${file}.pub: name it in backup.recoveryKeyFile.\nPublic key: ${recipient}`;
  return { text, data: { identityFile: file, recipientFile: `${file}.pub`, recipient } };
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true, mode });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new GatewayError("BACKUP_FAILED", `Cannot make a recovery key: "${path}" exists`, {
      hint: "Name another file: the old key still opens the old backups",
      cause,
    });
  }
}
