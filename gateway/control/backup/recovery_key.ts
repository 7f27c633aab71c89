import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { ConfigError } from "../../core/errors.ts";
import { BACKUP_LIMITS } from "./limits.ts";

/** A recovery key: `identity` stays offline, `recipient` goes to the box. Both are lines of age's own key files. */
export interface RecoveryKey {
  readonly identity: string;
  readonly recipient: string;
}

/** Makes a recovery key (X25519, as `age-keygen` does). */
export async function createRecoveryKey(): Promise<RecoveryKey> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * The public key in the text of backup.recoveryKeyFile: one line "age1...", with comments (#) and blank lines around it.
 * @throws ConfigError CFG_INVALID that never repeats the text, which may be a secret key put there by mistake
 */
export function parseRecipient(text: string, file: string): string {
  const recipient = onlyLine(text, file, "age1", "public recovery key");
  try {
    new Encrypter().addRecipient(recipient);
  } catch (cause) {
    throw invalid(file, "its public recovery key has a typing error", cause);
  }
  return recipient;
}

/**
 * The secret key in the text of an identity file, as `age-keygen` and `backup key` write it.
 * @throws ConfigError CFG_INVALID
 */
export async function parseIdentity(text: string, file: string): Promise<RecoveryKey> {
  const identity = onlyLine(text, file, "AGE-SECRET-KEY-1", "secret recovery key");
  try {
    return { identity, recipient: await identityToRecipient(identity) };
  } catch {
    // The cause could repeat the key.
    throw invalid(file, "its secret recovery key has a typing error");
  }
}

function onlyLine(text: string, file: string, start: string, what: string): string {
  if (text.length > BACKUP_LIMITS.keyFileBytes) throw invalid(file, "it is too large for a key file");
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const [line] = lines;
  if (line !== undefined && lines.length === 1 && line.startsWith(start)) return line;
  const isSecret = start === "age1" && lines.some((item) => item.startsWith("AGE-SECRET-KEY"));
  if (isSecret) throw invalid(file, "it holds the secret recovery key, which must not be on this box");
  throw invalid(file, `wanted one line with a ${what} that begins with ${start}`);
}

function invalid(file: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError("CFG_INVALID", `Cannot use key file "${file}": ${why}`, {
    hint: "`backup key FILE` makes both halves: FILE goes offline, FILE.pub to the box",
    ...(cause === undefined ? {} : { cause }),
  });
}
