import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import { FileServer } from "../../../../tests/support/file_server.ts";
import { tarOf, vendorProfile } from "../../../../tests/support/firmware_rig.ts";
import { TestCa } from "../../../../tests/support/test_ca.ts";
import { TufRepository } from "../../../../tests/support/tuf_repository.ts";
import { waitFor } from "../../../../tests/support/wait_for.ts";
import { VaultRig } from "../../../../tests/support/vault_rig.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";

const IMAGE = new TextEncoder().encode("firmware ".repeat(1_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const PATH = "bender/CC613/a.deb";
const root = new TestCa("Bender firmware root");
const signer = root.issue({});
const CLAIM = {
  vendor: "bender",
  version: "5.33.2",
  fileName: "a.deb",
  signature: sign("sha256", IMAGE, signer.key).toString("base64"),
  certificate: signer.certPem,
};

function repositoryOf(): TufRepository {
  const repository = new TufRepository();
  repository.vendor("bender");
  repository.image("bender", PATH, IMAGE);
  return repository.publish();
}

Deno.test("firmware import: the verdict is shown link by link before anything is stored; --accept stores", async () => {
  await using rig = await VaultRig.up({ vendors: [vendorProfile({ roots: root.pem })] });
  const upload = await rig.intake.upload(IMAGE);
  const looked = await rig.run("firmware import", { ...CLAIM, upload, keep: true });
  match(looked.text, /^verified: proved by ocpp-signature \(firmware.evidence\)\n {2}ok +Vendor is known/);
  match(looked.text, /ok +Vendor's signature covers the whole file +ECDSA-SHA256 over the whole file/);
  match(looked.text, /Nothing was stored yet; add --accept/);
  deepEqual([rig.vault.images(), await rig.intake.files("uploads")], [[], [upload]]);
  const taken = await rig.run("firmware import", { ...CLAIM, upload, keep: true, accept: true });
  match(taken.text, new RegExp(`Stored as ${SHA256.slice(0, 12)}, verified`));
  deepEqual(await rig.intake.files("uploads"), [], "what was accepted waits no longer");
});

Deno.test("firmware import: a refused file leaves nothing, neither stored nor waiting, and the command fails", async () => {
  await using rig = await VaultRig.up({ vendors: [vendorProfile({ roots: root.pem })] });
  const upload = await rig.intake.upload(IMAGE.subarray(1));
  const { text, ok } = await rig.run("firmware import", { ...CLAIM, upload, accept: true });
  equal(ok, false);
  match(text, /^refused: the signature is not the signer's.*\(firmware.signature\)/);
  match(text, /REFUSED +Vendor's signature covers the whole file/);
  deepEqual([await rig.intake.files("uploads"), await rig.intake.files("quarantine")], [[], []]);
});

const WRONG: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ["no vendor", { vendor: "" }, /"vendor" is missing/],
  ["no version", { version: "" }, /"version" is missing/],
  ["a hash that is none", { sha256: "abc" }, /--sha256 is not 64 hex digits/],
  [
    "a version without end",
    { version: "1".repeat(FIRMWARE_LIMITS.nameChars + 1) },
    /--version has 101 characters: at most 100/,
  ],
  ["models without end", { models: "a,".repeat(FIRMWARE_LIMITS.models + 1) }, /--models names 65: at most 64/],
];
for (const [name, change, wanted] of WRONG) {
  Deno.test(`firmware import: refuses ${name}`, async () => {
    await using rig = await VaultRig.up();
    await rejects(
      rig.run("firmware import", { ...CLAIM, ...change, upload: await rig.intake.upload(IMAGE) }),
      (error: Error) => {
        match(error.message, wanted);
        equal((error as { code?: string }).code, "CLI_USAGE");
        return true;
      },
    );
  });
}

Deno.test("firmware import: names as long as the limits pass", async () => {
  await using rig = await VaultRig.up({ vendors: [vendorProfile({ roots: root.pem })] });
  const claim = {
    ...CLAIM,
    version: "1".repeat(FIRMWARE_LIMITS.nameChars),
    models: "a,".repeat(FIRMWARE_LIMITS.models),
  };
  equal(
    (await rig.run("firmware import", { ...claim, upload: await rig.intake.upload(IMAGE), accept: true })).ok,
    true,
  );
});

Deno.test("firmware import: of a bundle each image is judged, refused ones are left, one alone can be named", async () => {
  const repository = repositoryOf();
  repository.image("bender", "bender/CC613/old.deb", IMAGE.subarray(1), { version: "5.1" });
  repository.publish();
  await using rig = await VaultRig.up({ root: repository.pinned, vendors: [vendorProfile({ floor: "5.20" })] });
  const bundle = await tarOf(repository.files);
  const looked = await rig.run("firmware import", { upload: await rig.intake.upload(bundle), bundle: true });
  match(looked.text, /bender\/CC613\/a.deb\nSHA-256 [0-9a-f]{64}\nverified: proved by tuf/);
  match(looked.text, /bender\/CC613\/old.deb\nSHA-256 [0-9a-f]{64}\nrefused: version 5.1 is below the floor 5.20/);
  deepEqual([rig.vault.images(), await rig.intake.files("uploads")], [[], []]);
  const missing = rig.run("firmware import", {
    upload: await rig.intake.upload(bundle),
    bundle: true,
    target: "x/y/z",
  });
  await rejects(missing, /no such image for a vendor of this site/);
  const taken = await rig.run("firmware import", {
    upload: await rig.intake.upload(bundle),
    bundle: true,
    accept: true,
  });
  match(taken.text, /Stored 1 of 2 images/);
  deepEqual(rig.vault.images().map(({ sha256, source }) => [sha256, source]), [[SHA256, `bundle: ${PATH}`]]);
});

Deno.test("firmware list and show: what is there, what proves it, and how much room is left", async () => {
  await using rig = await VaultRig.up({ vendors: [vendorProfile({ roots: root.pem })] });
  match((await rig.run("firmware list")).text, /^No image; 0 kB of 10.0 MB used$/);
  await rig.run("firmware import", { ...CLAIM, models: "CC613", upload: await rig.intake.upload(IMAGE), accept: true });
  const { text, data } = await rig.run("firmware list");
  match(text, new RegExp(`${SHA256.slice(0, 12)} +verified +bender +CC613 +5.33.2 +9 kB +ocpp-signature +a.deb`));
  equal((data as { images: unknown[] }).images.length, 1);
  match((await rig.run("firmware list", { state: "held" })).text, /^No image is held/);
  match((await rig.run("firmware show", { image: SHA256 })).text, /from upload, by anna/);
  match((await rig.run("firmware show", { image: SHA256 })).text, /verified: proved by ocpp-signature/);
  equal((await rig.run("firmware verify")).text, "1 images are on the disk as they were verified");
});

Deno.test("firmware: a site without a firmware section says so", async () => {
  await using rig = await VaultRig.up({}, "version: 1\nsite: { id: garage }\nfirmware: {}\n");
  rig.pki.useSite("version: 1\nsite: { id: garage }\n");
  await rejects(rig.restart(), /The site has no firmware: section/);
});

async function withRepository(
  use: (at: { rig: VaultRig; repository: TufRepository; server: FileServer }) => Promise<void>,
): Promise<void> {
  const repository = repositoryOf();
  await using server = await FileServer.up(repository.files);
  const sources = [{ id: "hq", url: server.url, ca: server.ca.pem, address: "on-site" as const }];
  const yaml = `version: 1\nsite: { id: garage }\nfirmware: { sources: [{ id: hq, url: "${server.url}" }] }\n`;
  await using rig = await VaultRig.up({ root: repository.pinned, sources }, yaml);
  await rig.run("firmware offers", { source: "hq" });
  rig.pki.audited.length = rig.pki.alarms.length = 0;
  await use({ rig, repository, server });
}

Deno.test("firmware offers and take: a repository's images, with where they stand here", () =>
  withRepository(async ({ rig }) => {
    const before = await rig.run("firmware offers", { source: "hq" });
    match(before.text, /bender\/CC613\/a.deb +5.33.2 +9 kB +not here/);
    match(before.text, /`firmware take hq TARGET`/);
    match((await rig.run("firmware take", { source: "hq", target: PATH })).text, /Stored as .* verified/);
    match((await rig.run("firmware offers", { source: "hq" })).text, /a.deb +5.33.2 +9 kB +verified/);
    equal(rig.vault.image(SHA256)!.source, `repository hq: ${PATH}`);
    await rejects(rig.run("firmware take", { source: "hq", target: "bender/CC613/b.deb" }), {
      code: "FIRMWARE_UNKNOWN",
    });
    await rejects(rig.run("firmware offers", { source: "other" }), /No repository "other".*there is hq/);
  }));

Deno.test("firmware repositories: read when it is time; one that is away or proves nothing is an alarm until it is well", () =>
  withRepository(async ({ rig, repository, server }) => {
    const hour = 3_600_000;
    const reads = () => rig.audited().filter((event) => event.startsWith("firmware.source.read")).length;
    /** Lets time pass; the minute's look reads in the background. */
    const pass = async (ms: number, wanted: number) => {
      const before = reads();
      rig.pki.time.advance(ms);
      await rig.feature.tick();
      await waitFor("the repository to be read", () => reads() === before + wanted);
      return rig.alarms();
    };
    deepEqual(await pass(hour, 0), [], "it was read just now");
    deepEqual(await pass(23 * hour, 1), []);
    server.misbehave = (_path, response) => {
      response.writeHead(503).end();
      return true;
    };
    deepEqual(await pass(24 * hour, 1), ["firmware.source.away hq"]);
    server.misbehave = undefined;
    repository.timestamp.version--;
    repository.publish();
    deepEqual(await pass(hour - 60_000, 0), ["firmware.source.away hq"], "not again before the hour is over");
    deepEqual(await pass(60_000, 1), ["firmware.source.away hq", "firmware.source.untrusted hq"]);
    match((await rig.run("firmware list")).text, /hq: the repository "hq" does not prove itself: .*rollback/);
    repository.timestamp.version++;
    repository.publish();
    deepEqual(await pass(hour, 1), []);
    deepEqual(rig.audited().slice(-3), [
      "firmware.source.read failed",
      "firmware.source.read refused",
      "firmware.source.read ok",
    ]);
  }));

Deno.test("firmware uploads: a file that nobody decides about is removed after a day", async () => {
  await using rig = await VaultRig.up();
  const upload = await rig.intake.upload(IMAGE);
  const at = `${rig.intake.folder}/uploads/${upload}`;
  const age = async (ms: number) => {
    await Deno.utime(at, rig.pki.time.now() / 1_000, Math.ceil((rig.pki.time.now() - ms) / 1_000));
    await rig.feature.tick();
    return (await rig.intake.files("uploads")).length;
  };
  equal(await age(FIRMWARE_LIMITS.uploadMs - 60_000), 1);
  equal(await age(FIRMWARE_LIMITS.uploadMs + 60_000), 0);
});
