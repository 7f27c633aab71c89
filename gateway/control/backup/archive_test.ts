import { deepEqual, equal, rejects } from "node:assert/strict";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { Encrypter } from "age-encryption";
import { type ArchiveContent, bytesPart, filePart, readArchive, writeArchive } from "./archive.ts";
import { BACKUP_LIMITS } from "./limits.ts";
import { type BackupManifest, isPartName, MANIFEST_NAME, type ManifestPart, parseManifest } from "./manifest.ts";
import { packTar, type TarPart } from "./tar.ts";

const BROKEN = { code: "BACKUP_BROKEN" };
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
const text = (value: string) => new TextEncoder().encode(value);

function manifest(parts: readonly ManifestPart[]): BackupManifest {
  const sealKey = btoa(String.fromCharCode(...new Uint8Array(32)));
  const where = { configName: "site.yaml", dataDir: "data", keyStore: "file" as const, halSocket: "/run/hal.sock" };
  return { form: 1, site: "t", takenAt: 5, lastSequence: 7, sealKey, unreadable: 0, parts: [...parts], ...where };
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const write = (folder: string, content: Partial<ArchiveContent> = {}) =>
  writeArchive(`${folder}/b.age`, recipient, {
    parts: [bytesPart("config/site.yaml", text("version: 1"))],
    manifest,
    ...content,
  });
const read = (folder: string, key = identity) => readArchive(`${folder}/b.age`, key, `${folder}/out`);

/** A backup as somebody with the public recovery key, or a broken disk, could make it. */
async function writeForged(folder: string, parts: readonly TarPart[]): Promise<void> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const tar = ReadableStream.from(packTar((async function* () {
    yield* parts;
  })()));
  await Deno.writeFile(`${folder}/b.age`, await encrypter.encrypt(tar));
}
const manifestPart = (parts: readonly ManifestPart[] = []) =>
  bytesPart(MANIFEST_NAME, text(JSON.stringify(manifest(parts))));

Deno.test("backup archive: files come back with their hashes, empty and large ones too", () =>
  withFolder(async (folder) => {
    const large = crypto.getRandomValues(new Uint8Array(65_536));
    await Deno.writeFile(`${folder}/large`, new Uint8Array(Array.from({ length: 30 }, () => [...large]).flat()));
    const parts = [
      bytesPart("config/site.yaml", text("version: 1")),
      bytesPart("config/certs/empty", new Uint8Array(0)),
      await filePart("audit/0001.jsonl", `${folder}/large`),
      bytesPart(`config/${"long/".repeat(40)}name`, text("long")),
    ];
    const size = await write(folder, { parts });
    equal((await Deno.stat(`${folder}/b.age`)).size, size);
    const found = await read(folder);
    equal(found.lastSequence, 7);
    deepEqual(found.parts.map((part) => [part.name, part.bytes]), parts.map((part) => [part.name, part.bytes]));
    for (const part of parts) {
      deepEqual(
        await Deno.readFile(`${folder}/out/${part.name}`),
        new Uint8Array(await new Response(ReadableStream.from(part.read())).arrayBuffer()),
      );
    }
  }));

Deno.test("backup archive: a file that grows while it is read goes in as it was", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/log`, "first\n");
    const part = await filePart("audit/1", `${folder}/log`);
    await Deno.writeTextFile(`${folder}/log`, "second\n", { append: true });
    await write(folder, { parts: [part] });
    await read(folder);
    equal(await Deno.readTextFile(`${folder}/out/audit/1`), "first\n");
  }));

Deno.test("backup archive: a file that shrinks while it is read fails the backup and leaves nothing", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/log`, "first\n");
    const part = await filePart("audit/1", `${folder}/log`);
    await Deno.truncate(`${folder}/log`, 2);
    await rejects(write(folder, { parts: [part] }), {
      code: "BACKUP_FAILED",
      message: /"audit\/1".*2 bytes now, wanted 6/,
    });
    deepEqual((await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name), ["log"]);
  }));

Deno.test("backup archive: nothing readable stands in it", () =>
  withFolder(async (folder) => {
    await write(folder, { parts: [bytesPart("config/secret-name", text("the password"))] });
    const raw = await Deno.readTextFile(`${folder}/b.age`);
    equal(/password|secret-name|manifest/.test(raw), false);
    equal(raw.startsWith("age-encryption.org/v1"), true);
    equal((await Deno.stat(`${folder}/b.age`)).mode! & 0o777, 0o600);
  }));

Deno.test("backup archive: cut anywhere or with a changed byte it is refused", () =>
  withFolder(async (folder) => {
    await write(folder);
    const good = await Deno.readFile(`${folder}/b.age`);
    for (const at of [0, 10, 150, 250, good.length - 700, good.length - 1]) {
      await Deno.writeFile(`${folder}/b.age`, good.subarray(0, at));
      await rejects(read(folder), BROKEN, `cut at ${at}`);
      await Deno.remove(`${folder}/out`, { recursive: true }).catch(() => {});
      const changed = good.slice();
      changed[at]! ^= 1;
      await Deno.writeFile(`${folder}/b.age`, changed);
      await rejects(read(folder), /Cannot (use|open)/, `changed at ${at}`);
      await Deno.remove(`${folder}/out`, { recursive: true }).catch(() => {});
    }
  }));

Deno.test("backup archive: another recovery key is named as such", () =>
  withFolder(async (folder) => {
    await write(folder);
    await rejects(read(folder, await generateX25519Identity()), { code: "BACKUP_WRONG_KEY", hint: /recoveryKeyFile/ });
  }));

Deno.test("backup archive: names that lead outside, twice the same name and links are refused", () =>
  withFolder(async (folder) => {
    const attempts = ["../evil", "/etc/evil", "config/../../evil", "config//x", "config/./x", "other/x", "config/a\\b"];
    for (const name of attempts) {
      await writeForged(folder, [bytesPart(name, text("x")), manifestPart()]);
      await rejects(read(folder), BROKEN, name);
    }
    await writeForged(folder, [bytesPart("config/a", text("1")), bytesPart("config/a", text("2")), manifestPart()]);
    await rejects(read(folder), BROKEN);
  }));

Deno.test("backup archive: files and manifest must agree in both directions", () =>
  withFolder(async (folder) => {
    const sha256 = "0".repeat(64);
    const forged: TarPart[][] = [
      [bytesPart("config/a", text("1"))],
      [manifestPart(), bytesPart("config/b", text("1"))],
      [bytesPart("config/c", text("1")), manifestPart()],
      [manifestPart([{ name: "config/d", bytes: 1, sha256 }])],
      [bytesPart("config/e", text("1")), manifestPart([{ name: "config/e", bytes: 1, sha256 }])],
      [bytesPart(MANIFEST_NAME, text("{}"))],
    ];
    for (const parts of forged) {
      await writeForged(folder, parts);
      await rejects(read(folder), BROKEN);
      await Deno.remove(`${folder}/out`, { recursive: true }).catch(() => {});
    }
  }));

Deno.test("backup archive: a name of 512 characters passes, one more is refused", () => {
  equal(isPartName("config/".padEnd(BACKUP_LIMITS.nameChars, "a")), true);
  equal(isPartName("config/".padEnd(BACKUP_LIMITS.nameChars + 1, "a")), false);
});

Deno.test("backup manifest: what is not one is refused", () => {
  const good = manifest([]);
  equal(parseManifest(text(JSON.stringify(good))).takenAt, 5);
  for (const bad of [{ form: 2 }, { extra: 1 }, { sealKey: "AA==" }, { configName: "../x" }, { takenAt: -1 }]) {
    try {
      parseManifest(text(JSON.stringify({ ...good, ...bad })));
      throw new Error("accepted");
    } catch (error) {
      equal((error as { code?: string }).code, "BACKUP_BROKEN");
    }
  }
});
