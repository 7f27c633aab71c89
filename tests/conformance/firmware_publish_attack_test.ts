import { deepEqual, equal, ok } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import type { VendorTrust } from "../../gateway/firmware/vendor_trust.ts";
import { vendorProfile } from "../support/firmware_rig.ts";
import { MD5_TWINS, PublishRig } from "../support/publish_rig.ts";
import { TestCa } from "../support/test_ca.ts";

// Attacks of the TUF and Uptane lists on images that a CSMS has the gateway publish (L03), and on updates to what was
// published. The others of the lists (freeze, mix-and-match, fast-forward) are about metadata, which PublishFirmware has
// not: tests/conformance/firmware_repository_test.ts.

const IMAGE = new TextEncoder().encode("firmware of bender ".repeat(5_000));
const OTHER = IMAGE.map((byte, at) => at === 77 ? byte ^ 1 : byte);
const root = new TestCa("Bender firmware root");
const signer = root.issue({}), revoked = root.issue({}), expired = root.issue({ notAfter: Date.UTC(2025, 0, 1) });
const acme = new TestCa("Acme firmware root").issue({});
const signed = (key = signer, image: Uint8Array = IMAGE) => ({
  signature: sign("sha256", image, key.key).toString("base64"),
  signingCertificate: key.certPem,
});
const profile = (more: Partial<VendorTrust> = {}) =>
  vendorProfile({ roots: root.pem, revokedSerials: [revoked.serial], floor: "5.20.2", formats: ["deb"], ...more });
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** Brings an image into the vault with its vendor's signature, as an operator does. */
async function bring(rig: PublishRig, bytes: Uint8Array, models: readonly string[] = ["CC613"]): Promise<void> {
  const upload = await rig.vault.intake.upload(bytes);
  const { signature, signingCertificate: certificate } = signed(signer, bytes);
  const claim = { vendor: "bender", version: "5.33.2", fileName: "a-5.33.2.deb", models, signature, certificate };
  const { verdict } = await rig.vault.vault.intake({ kind: "upload", upload, claim }, "anna");
  equal(verdict.outcome, "verified");
}

async function withRig(
  use: (rig: PublishRig) => Promise<void>,
  trust = profile(),
  host: Parameters<typeof PublishRig.up>[2] = {},
): Promise<void> {
  await using rig = await PublishRig.up(trust, root.pem, host);
  rig.files.set("a-5.33.2.deb", IMAGE);
  await use(rig);
  deepEqual(await rig.vault.intake.files("incoming"), []);
}

/** The same with the image in the vault, and published. */
const withPublished = (use: (rig: PublishRig) => Promise<void>, models?: readonly string[]) =>
  withRig(async (rig) => {
    await bring(rig, IMAGE, models);
    equal(await rig.publish("a-5.33.2.deb", IMAGE), "Published");
    await use(rig);
  });

const statuses = (rig: PublishRig) => rig.told.map(({ status }) => status);

Deno.test("firmware publish: what was proved before is published, and stations that it fits may fetch it", () =>
  withPublished(async (rig) => {
    deepEqual(statuses(rig), ["Downloading", "Downloaded", "ChecksumVerified", "Published"]);
    deepEqual([await rig.fetch("10.20.0.11"), await rig.fetch("10.20.0.12"), await rig.fetch("192.0.2.1")], [
      true,
      false,
      false,
    ]);
    const request = await rig.update("CP001", rig.location, signed());
    deepEqual([request.state, request.target], ["waiting", "5.33.2"]);
  }));

Deno.test("arbitrary installation: a right MD5 that nobody else speaks for, by PublishFirmware", () =>
  withRig(async (rig) => {
    equal(await rig.publish("a-5.33.2.deb", IMAGE), "PublishFailed");
    deepEqual(await rig.vault.intake.files("verified"), []);
    deepEqual(rig.vault.audited().filter((line) => line.startsWith("transfer.publish.ended")), [
      "transfer.publish.ended failed firmware.evidence",
    ]);
  }));

Deno.test("arbitrary installation: a file that collides with a verified image in MD5, by PublishFirmware", () =>
  withRig(async (rig) => {
    const [good, evil] = MD5_TWINS;
    deepEqual([md5(good), good.length, good.every((byte, at) => byte === evil[at])], [md5(evil), evil.length, false]);
    await bring(rig, good);
    rig.files.set("a-5.33.2.deb", evil);
    equal(await rig.publish("a-5.33.2.deb", good), "PublishFailed", "the MD5 is right, and proves nothing");
    rig.files.set("a-5.33.2.deb", good);
    equal(await rig.publish("a-5.33.2.deb", good), "Published");
  }));

for (
  const [name, bytes] of [
    ["bit flip on the way", OTHER],
    ["truncation on the way", IMAGE.subarray(1)],
    ["arbitrary software: another file than the CSMS names", OTHER.subarray(9)],
  ] as const
) {
  Deno.test(`${name}, by PublishFirmware: InvalidChecksum, though a verified image has that MD5`, () =>
    withRig(async (rig) => {
      await bring(rig, IMAGE);
      rig.files.set("a-5.33.2.deb", bytes);
      equal(await rig.publish("a-5.33.2.deb", IMAGE), "InvalidChecksum");
      deepEqual(statuses(rig), ["Downloading", "Downloaded", "InvalidChecksum"]);
    }));
}

Deno.test("endless data, by PublishFirmware: no more is read than the vendor's most", () =>
  withRig(async (rig) => {
    rig.files.set("a-5.33.2.deb", new Uint8Array(100_001));
    equal(await rig.publish("a-5.33.2.deb", IMAGE), "DownloadFailed");
    ok(rig.vault.audited().includes("transfer.publish.ended failed firmware.size"));
  }, profile({ maxBytes: 100_000 })));

Deno.test("downgrade: an image below the floor, by PublishFirmware", () =>
  withRig(async (rig) => {
    rig.files.set("a-5.20.1.deb", IMAGE);
    equal(await rig.publish("a-5.20.1.deb", IMAGE), "PublishFailed");
    ok(rig.vault.audited().includes("transfer.publish.ended failed firmware.floor"));
  }));

Deno.test("wrong software: a file of another kind, by PublishFirmware", () =>
  withRig(async (rig) => {
    rig.files.set("a-5.33.2.exe", IMAGE);
    equal(await rig.publish("a-5.33.2.exe", IMAGE), "PublishFailed");
  }));

Deno.test("rollback: an image that was withdrawn, by PublishFirmware", () =>
  withRig(async (rig) => {
    await bring(rig, IMAGE);
    await rig.vault.vault.withdraw(rig.vault.vault.images()[0]!.sha256, "advisory 2026-7", "anna");
    equal(await rig.publish("a-5.33.2.deb", IMAGE), "PublishFailed");
    ok(rig.vault.audited().includes("transfer.publish.ended failed firmware.withdrawn"));
  }));

Deno.test("drop-request: a host that gives nothing, by PublishFirmware: the CSMS hears that", () =>
  withRig(async (rig) => equal(await rig.publish("missing-5.33.2.deb", IMAGE), "DownloadFailed")));

Deno.test("eavesdrop: a host with a certificate of another CA gets no word, by PublishFirmware", () =>
  withRig(
    async (rig) => {
      equal(await rig.publish("a-5.33.2.deb", IMAGE), "DownloadFailed");
      deepEqual(rig.server.asked, []);
    },
    profile(),
    { ca: root.pem },
  ));

for (const to of ["https://10.0.0.1/a.deb", "https://169.254.169.254/latest", "file:///etc/passwd"]) {
  Deno.test(`redirect to ${to}, by PublishFirmware, is not followed`, () =>
    withRig(async (rig) => {
      rig.server.misbehave = (_path, response) => {
        response.writeHead(302, { location: to }).end();
        return true;
      };
      equal(await rig.publish("a-5.33.2.deb", IMAGE), "DownloadFailed");
    }));
}

// updates to a published URL: the stored file is read anew and compared with what the request says
const UPDATES: readonly (readonly [string, Parameters<PublishRig["update"]>[2], string])[] = [
  ["arbitrary installation: the signature of another image", signed(signer, OTHER), "firmware.signature"],
  ["wrong vendor key", signed(acme), "firmware.certificate"],
  ["expired signer", signed(expired), "firmware.certificate"],
  ["revoked signer", signed(revoked), "firmware.certificate"],
  ["a signature without its certificate", { signature: signed().signature }, "firmware.signature"],
];
for (const [name, proof, rule] of UPDATES) {
  Deno.test(`${name}, in an UpdateFirmware to a published URL: no station hears of it`, () =>
    withPublished(async (rig) => {
      const request = await rig.update("CP001", rig.location, proof);
      deepEqual([request.state, request.outcome, request.rule], ["ended", "failed", rule]);
      deepEqual(rig.transfers.transfers.all(), []);
    }));
}

for (const [stationId, models] of [["CP002", ["CC613"]], ["ACME1", []]] as const) {
  Deno.test(`wrong software: ${stationId} is sent to a published image that is made for others`, () =>
    withPublished(async (rig) => {
      const request = await rig.update(stationId, rig.location);
      equal(request.outcome, "failed");
      ok(["firmware.model", "firmware.vendor"].includes(String(request.rule)), String(request.rule));
    }, models));
}

Deno.test("swap on disk: a published image that is changed is noticed when it is used, withdrawn, and told of", () =>
  withPublished(async (rig) => {
    const [name] = await rig.vault.intake.files("verified"), path = `${rig.vault.intake.folder}/verified/${name}`;
    await Deno.remove(path);
    await Deno.writeFile(path, OTHER);
    const request = await rig.update("CP001", rig.location);
    deepEqual([request.outcome, request.rule], ["failed", "firmware.withdrawn"]);
    equal(rig.vault.vault.images()[0]!.state, "withdrawn");
    equal(rig.told.at(-1)?.status, "PublishFailed");
    equal(await rig.fetch("10.20.0.11"), false);
    ok(rig.vault.alarms().some((alarm) => alarm.startsWith("firmware.image.changed")));
  }));
