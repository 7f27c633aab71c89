import { equal, match, rejects } from "node:assert/strict";
import { parseIdentity, parseRecipient } from "../control/backup/recovery_key.ts";
import { runNewRecoveryKey } from "./new_recovery_key.ts";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("recovery key: both halves are written, belong together, and only the public one is printed", () =>
  withFolder(async (folder) => {
    const file = `${folder}/recovery.key`;
    const { text, data } = await runNewRecoveryKey({ file });
    const secret = await Deno.readTextFile(file);
    const { identity, recipient } = await parseIdentity(secret, file);
    equal(parseRecipient(await Deno.readTextFile(`${file}.pub`), file), recipient);
    equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    match(text, new RegExp(recipient));
    equal(JSON.stringify([text, data]).includes(identity), false);
  }));

Deno.test("recovery key: an existing file is never overwritten", () =>
  withFolder(async (folder) => {
    const file = `${folder}/recovery.key`;
    await runNewRecoveryKey({ file });
    const before = await Deno.readTextFile(file);
    await rejects(runNewRecoveryKey({ file }), { code: "BACKUP_FAILED", hint: /old backups/ });
    equal(await Deno.readTextFile(file), before);
    await rejects(runNewRecoveryKey({}), { code: "CLI_USAGE" });
  }));
