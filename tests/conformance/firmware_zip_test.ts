import { BlobWriter, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { FIRMWARE_LIMITS } from "../../gateway/firmware/limits.ts";
import { FirmwareRig, vendorProfile } from "../support/firmware_rig.ts";

// ZIP files as vendors pack their images, and as attackers do.

const IMAGE = crypto.getRandomValues(new Uint8Array(50_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const CLAIM = { vendor: "bender", version: "5.33.2", sha256: SHA256 };
const PROFILE = vendorProfile({ evidence: [["vendor-sha256"]], formats: ["deb"], maxBytes: 1_000_000 });

async function zipOf(files: readonly (readonly [string, Uint8Array])[], password?: string): Promise<Uint8Array> {
  const writer = new ZipWriter(new BlobWriter(), {
    useWebWorkers: false,
    ...(password === undefined ? {} : { password }),
  });
  for (const [name, bytes] of files) await writer.add(name, new Uint8ArrayReader(bytes));
  return new Uint8Array(await (await writer.close()).arrayBuffer());
}

async function take(zip: Uint8Array, entry?: string, claim = CLAIM) {
  await using rig = await FirmwareRig.up({ vendors: [PROFILE] });
  const source = {
    kind: "upload",
    upload: await rig.upload(zip),
    claim,
    ...(entry === undefined ? {} : { entry }),
  } as const;
  try {
    return await rig.call("firmware.take", { source, keep: true });
  } finally {
    deepEqual(await rig.files("incoming"), []);
  }
}

Deno.test("firmware ZIP: the image inside is taken, by its kind or by its name", async () => {
  const files = [["docs/readme.txt", new Uint8Array(10)], ["v5/a.deb", IMAGE]] as const;
  for (const entry of [undefined, "v5/a.deb"]) {
    const { verdict, sha256, fileName } = await take(await zipOf(files), entry);
    deepEqual([verdict.outcome, sha256, fileName], ["verified", SHA256, "a.deb"]);
  }
});

Deno.test("firmware ZIP: two images, or a name that is not there, are a question and not a guess", async () => {
  const two = await zipOf([["a.deb", IMAGE], ["b.deb", IMAGE]]);
  await rejects(take(two), /has 2 files that may be the image: wanted one of a.deb, b.deb/);
  await rejects(take(two, "c.deb"), /has 0 files "c.deb"/);
  equal((await take(await zipOf([]))).verdict.rule, "firmware.format", "no ZIP, since it holds no file");
});

for (
  // the last three are refused here alone: the package that reads archives takes them
  const name of ["../../etc/cron.d/x", "/etc/passwd", "a\\..\\..\\b", "C:/x", "etc\\cron.d", "a\u0000.deb", "a\n.deb"]
) {
  Deno.test(`zip-slip: an archive with ${JSON.stringify(name)} is refused as a whole`, async () => {
    await rejects(take(await zipOf([[name, IMAGE], ["a.deb", IMAGE]]), "a.deb"), /leads out of it|Unsafe filename/);
  });
}

Deno.test("zip bomb: what packs more than the limit, or says it is larger than the vendor's most, is not unpacked", async () => {
  const flat = new Uint8Array(900_000);
  await rejects(take(await zipOf([["a.deb", flat]])), /packs "a.deb" more than 200 times, as a bomb does/);
  await rejects(take(await zipOf([["a.deb", new Uint8Array(1_000_001)]])), /1000001 bytes: at most 1000000/);
});

Deno.test("zip bomb: an entry that has more than its header says is ended there", async () => {
  const zip = await zipOf([["a.deb", IMAGE]]);
  const view = new DataView(zip.buffer, zip.byteOffset);
  const central = zip.findLastIndex((_, at) => at + 4 <= zip.length && view.getUint32(at, true) === 0x02014b50);
  view.setUint32(central + 24, 40_000, true); // uncompressed size, too small
  await rejects(take(zip), { code: "FIRMWARE_UNTRUSTED" });
  view.setUint32(central + 24, 60_000, true);
  await rejects(take(zip), { code: "FIRMWARE_UNTRUSTED" });
});

Deno.test("firmware ZIP: a flipped bit, a cut-off end and a password are refused", async () => {
  const zip = await zipOf([["a.deb", IMAGE]]);
  await rejects(take(zip.map((byte, at) => at === 20_000 ? byte ^ 1 : byte)), { code: "FIRMWARE_UNTRUSTED" });
  await rejects(take(zip.subarray(0, -30)), { code: "FIRMWARE_UNTRUSTED" });
  await rejects(take(await zipOf([["a.deb", IMAGE]], "secret")), /encrypted: wanted one without password/);
});

Deno.test("firmware ZIP: as many entries as the limit are looked at, one more is refused", async () => {
  const many = (
    count: number,
  ) => [...Array.from({ length: count }, (_, at) => [`f${at}`, new Uint8Array()] as const), ["a.deb", IMAGE] as const];
  equal((await take(await zipOf(many(FIRMWARE_LIMITS.archiveEntries - 1)))).verdict.outcome, "verified");
  await rejects(take(await zipOf(many(FIRMWARE_LIMITS.archiveEntries))), /more than 1000 entries/);
});

Deno.test("firmware upload: what is no ZIP is the image itself, an empty file is refused", async () => {
  const named = { ...CLAIM, fileName: "a.deb" };
  equal((await take(IMAGE, undefined, named)).verdict.outcome, "verified");
  const { verdict } = await take(new Uint8Array(), undefined, named);
  match(verdict.why, /the file is empty/);
});
