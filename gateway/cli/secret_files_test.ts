import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createRecoveryKey } from "../control/backup/recovery_key.ts";
import { sealEscrow } from "../vault/escrow_file.ts";
import { runEscrow, runOpenEscrow } from "./secret_files.ts";

const SECRET = { slot: "operator", at: "2026-11-21T10:00:00.000Z" } as const;
const CONTENT = {
  form: "bulkhead-escrow-1",
  ...{ site: "lab", madeAt: "2026-11-21T10:00:00.000Z", upTo: 3 },
  secrets: [
    { ...SECRET, subject: "CP001", stations: [], number: 1, state: "before", text: "the-one-before" },
    { ...SECRET, subject: "CP001", stations: ["CP001"], number: 2, state: "in-force", text: "Now-Secret.1" },
    { ...SECRET, subject: "CP002", stations: [], number: 3, state: "next", text: "Next-Secret.1" },
  ],
} as const;

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-escrow-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("secret open: what is in force and next, in clear, with the recovery key alone", () =>
  inFolder(async (folder) => {
    const { identity, recipient } = await createRecoveryKey(), other = await createRecoveryKey();
    const { text } = await sealEscrow(structuredClone(CONTENT) as never, [other.recipient, recipient]);
    await Deno.writeTextFile(`${folder}/a.age`, text);
    await Deno.writeTextFile(`${folder}/key`, `# offline\n${identity}\n`);
    const opened = await runOpenEscrow({ file: `${folder}/a.age`, identity: `${folder}/key` });
    match(opened.text, /^Site lab, 2026-11-21T10:00:00.000Z\n/);
    match(opened.text, /CP001 {2}operator {2}in-force {2}CP001 {8}2026-11-21 {2}Now-Secret\.1/);
    match(opened.text, /CP002 {2}operator {2}next .* Next-Secret\.1/);
    ok(!opened.text.includes("the-one-before") && opened.text.endsWith("1 values of before: --json shows them"));
    deepEqual(opened.data, CONTENT);
    await Deno.writeTextFile(`${folder}/other`, other.identity);
    await runOpenEscrow({ file: `${folder}/a.age`, identity: `${folder}/other` });
  }));

Deno.test("secret open: a wrong key, a file that is none, and missing files are told apart, and no secret with them", () =>
  inFolder(async (folder) => {
    const { identity, recipient } = await createRecoveryKey(), stranger = await createRecoveryKey();
    const { text } = await sealEscrow(structuredClone(CONTENT) as never, [recipient]);
    const { text: foreign } = await sealEscrow({ form: "another" } as never, [recipient]);
    const put = (name: string, content: string) => Deno.writeTextFile(`${folder}/${name}`, content);
    await Promise.all([
      put("a.age", text),
      put("cut.age", text.slice(0, -80)),
      put("b.age", foreign),
      put("key", identity),
      put("stranger", stranger.identity),
      put("pub", recipient),
    ]);
    const open = (file: string, key: string) =>
      runOpenEscrow({ file: `${folder}/${file}`, identity: `${folder}/${key}` });
    await rejects(open("a.age", "stranger"), { code: "SECRET_ESCROW_INVALID", message: /sealed to other keys/ });
    await rejects(open("cut.age", "key"), { code: "SECRET_ESCROW_INVALID", message: /cut off or changed/ });
    await rejects(open("b.age", "key"), { code: "SECRET_ESCROW_INVALID", message: /of another form/ });
    await rejects(open("key", "key"), { code: "SECRET_ESCROW_INVALID" });
    await rejects(open("a.age", "pub"), { code: "CFG_INVALID" });
    await rejects(open("none.age", "key"), { code: "CFG_UNREADABLE" });
    await rejects(runOpenEscrow({ file: "a.age" }), { code: "CLI_USAGE" });
  }));

Deno.test("secret escrow: written with mode 0600, never over another one; without a file it is printed", () =>
  inFolder(async (folder) => {
    const made = { text: "AGE", data: { file: "AGE", sha256: "ab12", name: "n", upTo: 1 } };
    const asked: unknown[] = [];
    const remotely = (command: string, args: unknown) => (asked.push([command, args]), Promise.resolve(made));
    equal((await runEscrow({ config: "site.yaml" }, remotely)).text, "AGE");
    const file = `${folder}/out.age`, written = await runEscrow({ file, as: "eva" }, remotely);
    match(written.text, /Carry it off this box[^]*secret escrow-ack ab12$/);
    equal(await Deno.readTextFile(file), "AGE");
    equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    deepEqual(asked, [["secret escrow", { config: "site.yaml" }], ["secret escrow", { as: "eva" }]]);
    await rejects(runEscrow({ file }, remotely), { code: "SECRET_ESCROW_INVALID", message: /exists/ });
    await rejects(runEscrow({ file: `${folder}/none/out.age` }, remotely), Deno.errors.NotFound);
  }));
