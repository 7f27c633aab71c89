import { deepEqual, equal, rejects } from "node:assert/strict";
import { Encrypter } from "age-encryption";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { openStore } from "../../store/kv_store.ts";
import { bytesPart, readArchive, writeArchive } from "./archive.ts";
import { readAuditCopy, replayRevocations } from "./audit_copy.ts";
import { BACKUP_LIMITS } from "./limits.ts";
import { type BackupManifest, MANIFEST_NAME, type ManifestPart } from "./manifest.ts";
import { createRecoveryKey } from "./recovery_key.ts";
import { packTar, type TarPart } from "./tar.ts";

const key = await createRecoveryKey();
const FAILED = { code: "BACKUP_FAILED" };

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function manifest(parts: readonly ManifestPart[]): BackupManifest {
  const sealKey = btoa("\0".repeat(32));
  const where = { configName: "site.yaml", dataDir: "data", keyStore: "file" as const, halSocket: "" };
  return { form: 1, site: "t", takenAt: 5, lastSequence: 7, sealKey, unreadable: 0, parts: [...parts], ...where };
}
const write = (folder: string, parts: readonly TarPart[]) =>
  writeArchive(`${folder}/b`, key.recipient, { parts, manifest });

Deno.test("backup limits: 4,000 files go in, one more is refused before anything is written", () =>
  withFolder(async (folder) => {
    const parts = Array.from({ length: BACKUP_LIMITS.parts }, (_, n) => bytesPart(`audit/${n}`, new Uint8Array(0)));
    await rejects(write(folder, [...parts, bytesPart("audit/more", new Uint8Array(0))]), FAILED);
    deepEqual([...Deno.readDirSync(folder)], []);
    await write(folder, parts);
    equal((await Deno.stat(`${folder}/b`)).size > BACKUP_LIMITS.parts * 512, true);
  }));

Deno.test("backup limits: a file of 4 GiB passes the check, one byte more is refused", () =>
  withFolder(async (folder) => {
    const part = (bytes: number) => ({ ...bytesPart("audit/1", new Uint8Array(0)), bytes });
    // The claimed size passes, then the missing contents are noticed: nobody writes 4 GiB for a test.
    await rejects(write(folder, [part(BACKUP_LIMITS.partBytes)]), { ...FAILED, message: /has 0 bytes now, wanted/ });
    await rejects(write(folder, [part(BACKUP_LIMITS.partBytes + 1)]), { ...FAILED, message: /has 4294967297 bytes$/ });
  }));

Deno.test("backup limits: a manifest of 16 MiB is read, one byte more is refused", () =>
  withFolder(async (folder) => {
    const text = JSON.stringify(manifest([]));
    for (const [bytes, outcome] of [[0, "read"], [1, "too large"]] as const) {
      const padded = text.padEnd(BACKUP_LIMITS.manifestBytes + bytes, " ");
      const encrypter = new Encrypter();
      encrypter.addRecipient(key.recipient);
      const parts = (async function* () {
        yield bytesPart(MANIFEST_NAME, new TextEncoder().encode(padded));
      })();
      await Deno.writeFile(`${folder}/b`, await encrypter.encrypt(ReadableStream.from(packTar(parts))));
      const read = readArchive(`${folder}/b`, key.identity, `${folder}/out`).then(
        () => "read",
        (error) => error.message,
      );
      equal((await read).includes(outcome), true, outcome);
    }
  }));

Deno.test("backup limits: an audit line of 65,536 characters is replayed, a longer one is passed over, the next one is not", () =>
  withFolder(async (folder) => {
    const line = (target: string, length: number) => {
      const record = { event: "certificate.serial.revoked", target, outcome: "ok", at: "2026-01-01T00:00:00Z" };
      return JSON.stringify({ ...record, pad: "x".repeat(length - JSON.stringify({ ...record, pad: "" }).length) });
    };
    const limit = BACKUP_LIMITS.auditLineChars;
    const lines = [line("01", limit), line("02", limit + 1), line("03", 40 * limit), line("04", 200)];
    await Deno.writeTextFile(`${folder}/copy`, lines.join("\n"));
    const time = new ManualTime();
    const store = await openStore({ path: ":memory:", clock: time, timers: time });
    deepEqual(await replayRevocations(store, readAuditCopy(`${folder}/copy`)), { added: 2, skipped: 2 });
    await store.close();
  }));

Deno.test("restore: the public keys beside the segments of an audit folder are not taken for records", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/audit`);
    await Deno.writeTextFile(`${folder}/audit/audit-public.pem`, "-----BEGIN PUBLIC KEY-----\nabc\n");
    await Deno.writeTextFile(`${folder}/audit/1.jsonl`, '{"event":"x"}\n');
    deepEqual(await Array.fromAsync(readAuditCopy(`${folder}/audit`)), ['{"event":"x"}', ""]);
  }));
