import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { BACKUP_LIMITS } from "./limits.ts";
import { createRecoveryKey, parseIdentity, parseRecipient } from "./recovery_key.ts";

const INVALID = { name: "ConfigError", code: "CFG_INVALID" };
const key = await createRecoveryKey();

Deno.test("recovery key: files with comments and blank lines are read, as age-keygen writes them", async () => {
  equal(parseRecipient(`# site\r\n\r\n  ${key.recipient}  \r\n`, "f"), key.recipient);
  deepEqual(await parseIdentity(`# created: today\n# public key: ${key.recipient}\n${key.identity}\n`, "f"), key);
});

Deno.test("recovery key: none, two, a typing error or the wrong half is refused in words", async () => {
  const typo = key.recipient.slice(0, -1) + (key.recipient.endsWith("q") ? "p" : "q");
  for (const text of ["", "# only\n", `${key.recipient}\n${key.recipient}`, typo, "ssh-ed25519 AAAA", key.identity]) {
    throws(() => parseRecipient(text, "f"), INVALID);
  }
  throws(() => parseRecipient(key.identity, "f"), /must not be on this box/);
  await rejects(parseIdentity(key.recipient, "f"), INVALID);
});

Deno.test("recovery key: an error never repeats a secret key", async () => {
  const broken = key.identity.slice(0, -1) + (key.identity.endsWith("Q") ? "P" : "Q");
  const errors = [
    await parseIdentity(broken, "f").then(() => "accepted", (error) => `${error.message} ${error.cause}`),
    await parseIdentity(`${key.identity}\n${key.identity}`, "f").then(() => "accepted", (error) => `${error.message}`),
  ];
  for (const text of errors) equal(/AGE-SECRET-KEY-1[A-Z0-9]{5}|accepted/.test(text), false);
});

Deno.test("recovery key: a file of 16 KiB is read, one more is refused", () => {
  const comment = (length: number) => `#${" ".repeat(length - key.recipient.length - 2)}\n${key.recipient}`;
  equal(parseRecipient(comment(BACKUP_LIMITS.keyFileBytes), "f"), key.recipient);
  throws(() => parseRecipient(comment(BACKUP_LIMITS.keyFileBytes + 1), "f"), INVALID);
});
