import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import { vendorProfile } from "../../../../tests/support/firmware_rig.ts";
import { TestCa } from "../../../../tests/support/test_ca.ts";
import { VaultRig } from "../../../../tests/support/vault_rig.ts";
import type { ImageSource } from "../../../core/firmware_api.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";

const IMAGE = new TextEncoder().encode("firmware ".repeat(1_000));
const OTHER = IMAGE.map((byte, at) => at === 7 ? byte ^ 1 : byte);
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const SHORT = SHA256.slice(0, 12);
const root = new TestCa("Bender firmware root");
const signer = root.issue({});
const SIGNED = {
  signature: sign("sha256", IMAGE, signer.key).toString("base64"),
  certificate: signer.certPem,
};
const CLAIM = { vendor: "bender", version: "5.33.2", fileName: "a.deb", models: ["CC613"] };
const SIGNS = { vendors: [vendorProfile({ roots: root.pem })] };
const HOLDS = { vendors: [vendorProfile({ onUnverified: "hold" })] };

async function uploaded(rig: VaultRig, claim: Record<string, unknown> = SIGNED, bytes = IMAGE): Promise<ImageSource> {
  return { kind: "upload", upload: await rig.intake.upload(bytes), claim: { ...CLAIM, ...claim } };
}

Deno.test("firmware vault: an image that is proved is published; record, papers and file agree", async () => {
  await using rig = await VaultRig.up(SIGNS);
  const { verdict, image } = await rig.vault.intake(
    await uploaded(rig, { ...SIGNED, sbom: "{}", notes: "Fixes." }),
    "anna",
  );
  equal(verdict.outcome, "verified");
  deepEqual([image!.state, image!.sha256, image!.evidence, image!.hasSbom, image!.who], [
    "verified",
    SHA256,
    ["ocpp-signature"],
    true,
    "anna",
  ]);
  deepEqual(image!.signature, { signature: SIGNED.signature, certificatePem: SIGNED.certificate });
  deepEqual(await rig.intake.files("verified"), [SHA256]);
  const papers = await rig.vault.papers(SHA256);
  deepEqual([papers?.sbom, papers?.notes, papers?.verdict.outcome], ["{}", "Fixes.", "verified"]);
  deepEqual(rig.audited(), ["firmware.image.taken ok firmware.evidence", "firmware.image.published ok"]);
  deepEqual(rig.alarms(), []);
});

Deno.test("firmware vault: an image that is refused leaves an audit record and nothing else", async () => {
  await using rig = await VaultRig.up(SIGNS);
  const { verdict, image } = await rig.vault.intake(await uploaded(rig, SIGNED, OTHER), "csms:main");
  deepEqual([verdict.outcome, verdict.rule, image], ["refused", "firmware.signature", undefined]);
  deepEqual([rig.vault.images(), await rig.intake.files("quarantine"), await rig.intake.files("verified")], [
    [],
    [],
    [],
  ]);
  deepEqual(rig.audited(), ["firmware.image.taken refused firmware.signature"]);
});

Deno.test("firmware vault: an unknown vendor is refused without reading the file", async () => {
  await using rig = await VaultRig.up(SIGNS);
  const { verdict } = await rig.vault.intake(await uploaded(rig, { ...SIGNED, vendor: "acme" }), "anna");
  equal(verdict.rule, "firmware.vendor");
});

Deno.test("firmware vault: a fetch that fails is audited, with its code", async () => {
  await using rig = await VaultRig.up(SIGNS);
  const source: ImageSource = { kind: "url", url: "https://user:secret@files.example/a.deb?token=x", claim: CLAIM };
  await rejects(rig.vault.intake(source, "csms:main"), { code: "FIRMWARE_HOST_REFUSED" });
  deepEqual(rig.audited(), ["firmware.image.taken failed"]);
  deepEqual(rig.pki.audited[0]!.detail, { source: "https://files.example/a.deb", code: "FIRMWARE_HOST_REFUSED" });
});

Deno.test("firmware vault: what nothing proves is held; two persons release it by the vendor's hash", async () => {
  await using rig = await VaultRig.up(HOLDS);
  const { image } = await rig.vault.intake(await uploaded(rig, {}), "anna");
  equal(image!.state, "held");
  deepEqual([await rig.intake.files("verified"), rig.alarms()], [[], [`firmware.image.held ${SHORT}`]]);
  const release = (who: string, hash = SHA256) =>
    rig.run("firmware release", { image: SHORT, hash, because: "vendor mail" }, who);
  await rejects(release("anna", "00".repeat(32)), /not that of the stored image/);
  await rejects(release("anna", ""), { code: "CLI_USAGE" });
  match((await release("anna", SHA256.toUpperCase())).text, /one more person is wanted/);
  await rejects(release("anna"), /anna has vouched for it already/);
  equal(rig.vault.image(SHA256)!.state, "held");
  match((await release("ben")).text, /anna and ben vouched for it/);
  deepEqual([rig.vault.image(SHA256)!.state, rig.vault.image(SHA256)!.evidence], ["verified", [
    "vendor-sha256",
    "two-person",
  ]]);
  deepEqual([await rig.intake.files("verified"), rig.alarms()], [[SHA256], []]);
  await rejects(release("carl"), /The image is verified: only one that is held or withdrawn/);
});

Deno.test("swap on disk: a changed image is not released", async () => {
  await using rig = await VaultRig.up(HOLDS);
  await rig.vault.intake(await uploaded(rig, {}), "anna");
  await Deno.writeFile(`${rig.intake.folder}/quarantine/${SHA256}`, OTHER);
  const release = (who: string) => rig.run("firmware release", { image: SHORT, hash: SHA256, because: "x" }, who);
  await release("anna");
  await rejects(release("ben"), { code: "FIRMWARE_CHANGED" });
  equal(rig.vault.image(SHA256)!.state, "withdrawn");
  deepEqual(await rig.intake.files("verified"), []);
  equal(rig.alarms().includes(`firmware.image.changed ${SHORT}`), true);
});

Deno.test("swap on disk: a verified image that was changed is withdrawn with an alarm when it is read anew", async () => {
  await using rig = await VaultRig.up(SIGNS);
  await rig.vault.intake(await uploaded(rig), "anna");
  const told: string[] = [];
  rig.vault.onWithdrawn((sha256, why) => told.push(`${sha256} ${why}`));
  deepEqual(await rig.vault.rehash(SHA256), { unchanged: true });
  await Deno.remove(`${rig.intake.folder}/verified/${SHA256}`);
  await Deno.writeFile(`${rig.intake.folder}/verified/${SHA256}`, OTHER);
  const { text, ok } = await rig.run("firmware verify");
  deepEqual([text, ok], [`${SHORT} was changed on the disk and is withdrawn`, false]);
  deepEqual([rig.vault.image(SHA256)!.state, rig.alarms()], ["withdrawn", [`firmware.image.changed ${SHORT}`]]);
  deepEqual(told, [`${SHA256} the file was changed on the disk`]);
  deepEqual([await rig.intake.files("verified"), await rig.intake.files("quarantine")], [[], [SHA256]]);
});

Deno.test("firmware vault: what a person withdrew cannot come back by importing it, removed or not", async () => {
  await using rig = await VaultRig.up(SIGNS);
  await rig.vault.intake(await uploaded(rig), "anna");
  await rejects(rig.run("firmware remove", { image: SHORT }), /withdraw it first/);
  await rig.run("firmware withdraw", { image: SHORT, because: "advisory 7" });
  deepEqual([rig.vault.image(SHA256)!.state, rig.vault.image(SHA256)!.why], ["withdrawn", "advisory 7"]);
  deepEqual(rig.alarms(), [`firmware.image.withdrawn ${SHORT}`]);
  const again = async () => (await rig.vault.intake(await uploaded(rig), "ben")).verdict;
  deepEqual([(await again()).rule, (await again()).why], [
    "firmware.withdrawn",
    "this image was withdrawn (advisory 7): two persons must release it",
  ]);
  await rig.run("firmware remove", { image: SHORT });
  deepEqual(await rig.intake.files("quarantine"), []);
  equal((await again()).rule, "firmware.withdrawn");
  deepEqual(await rig.intake.files("verified"), []);
  for (const who of ["anna", "ben"]) {
    await rig.run("firmware release", { image: SHORT, hash: SHA256, because: "advisory was wrong" }, who);
  }
  deepEqual([rig.vault.image(SHA256)!.state, rig.alarms()], ["verified", []]);
});

Deno.test("firmware vault: the same image again gains models and proofs, and stays one", async () => {
  await using rig = await VaultRig.up({
    vendors: [vendorProfile({ roots: root.pem, evidence: [["ocpp-signature"], ["vendor-sha256"]] })],
  });
  await rig.vault.intake(await uploaded(rig, { sha256: SHA256 }), "anna");
  await rig.vault.intake(await uploaded(rig, { ...SIGNED, models: ["CC612"] }), "ben");
  const [image, ...more] = rig.vault.images();
  deepEqual([image!.models, image!.evidence, image!.who, more], [
    ["CC613", "CC612"],
    ["vendor-sha256", "ocpp-signature"],
    "anna",
    [],
  ]);
  deepEqual(image!.signature?.signature, SIGNED.signature);
});

Deno.test("firmware vault: kill -9 between judging and publishing: it is published at the next start", async () => {
  await using rig = await VaultRig.up(SIGNS);
  rig.faults.set("firmware.promote", new Error("the power went"));
  await rejects(rig.vault.intake(await uploaded(rig), "anna"), /the power went/);
  deepEqual([rig.vault.image(SHA256)!.state, await rig.intake.files("verified")], ["quarantine", []]);
  rig.faults.clear();
  await rig.restart();
  deepEqual([rig.vault.image(SHA256)!.state, await rig.intake.files("verified")], ["verified", [SHA256]]);
});

Deno.test("firmware vault: kill -9 between withdrawing and taking the file back: it is taken back at the next start", async () => {
  await using rig = await VaultRig.up(SIGNS);
  await rig.vault.intake(await uploaded(rig), "anna");
  rig.faults.set("firmware.demote", new Error("the power went"));
  await rejects(rig.vault.withdraw(SHA256, "advisory", "anna"), /the power went/);
  deepEqual(await rig.intake.files("verified"), [SHA256]);
  rig.faults.clear();
  await rig.restart();
  deepEqual([rig.vault.image(SHA256)!.state, await rig.intake.files("verified")], ["withdrawn", []]);
});

Deno.test("firmware vault: at start, files that no record knows go, and records without their file say so", async () => {
  await using rig = await VaultRig.up(SIGNS);
  await rig.vault.intake(await uploaded(rig), "anna");
  const foreign = createHash("sha256").update(OTHER).digest("hex");
  for (const part of ["verified", "quarantine"] as const) {
    await Deno.writeFile(`${rig.intake.folder}/${part}/${foreign}`, OTHER);
  }
  await Deno.remove(`${rig.intake.folder}/verified/${SHA256}`);
  await rig.restart();
  deepEqual([await rig.intake.files("verified"), await rig.intake.files("quarantine")], [[], []]);
  deepEqual([rig.vault.images(), rig.alarms()], [[], [`firmware.image.changed ${SHORT}`]]);
  equal(
    (await rig.vault.intake(await uploaded(rig), "anna")).verdict.outcome,
    "verified",
    "as after a restore on a new box",
  );
  deepEqual(rig.alarms(), []);
});

Deno.test("firmware vault: a held image waits over a restart, with who vouched for it", async () => {
  await using rig = await VaultRig.up(HOLDS);
  await rig.vault.intake(await uploaded(rig, {}), "anna");
  await rig.run("firmware release", { image: SHORT, hash: SHA256, because: "x" }, "anna");
  await rig.restart();
  deepEqual([rig.vault.image(SHA256)!.state, rig.vault.image(SHA256)!.releasedBy], ["held", ["anna"]]);
  await rig.run("firmware remove", { image: SHORT });
  deepEqual([rig.vault.images(), await rig.intake.files("quarantine")], [[], []]);
});

Deno.test("firmware vault: images are named by 6 digits or more, and by nothing else", async () => {
  await using rig = await VaultRig.up(SIGNS);
  await rig.vault.intake(await uploaded(rig), "anna");
  match((await rig.run("firmware show", { image: SHA256.slice(0, 6) })).text, /bender 5.33.2 \(a.deb\), verified/);
  for (const name of [SHA256.slice(0, 5), "../x", "", `${SHA256}0`, "zz".repeat(32)]) {
    await rejects(
      rig.run("firmware show", { image: name }),
      (error: { code: string }) => error.code === "FIRMWARE_UNKNOWN" || error.code === "CLI_USAGE",
    );
  }
});

Deno.test("firmware vault: as many images as the limit are kept, one more is refused before it is fetched", async () => {
  await using rig = await VaultRig.up(HOLDS);
  const { image } = await rig.vault.intake(await uploaded(rig, {}), "anna");
  const { store } = rig.pki;
  for (let at = 1; at < FIRMWARE_LIMITS.images; at++) {
    const sha256 = createHash("sha256").update(String(at)).digest("hex");
    await store.commit([{ set: ["firmwareImage", sha256], value: { ...image, sha256, state: "withdrawn" } }]);
  }
  await rig.restart();
  equal(rig.vault.images().length, FIRMWARE_LIMITS.images);
  await rejects(rig.vault.intake(await uploaded(rig, {}, OTHER), "anna"), { code: "FIRMWARE_FULL" });
  const [gone] = rig.vault.images();
  await store.commit([{ delete: ["firmwareImage", gone!.sha256] }]);
  await rig.restart();
  equal((await rig.vault.intake(await uploaded(rig, {}, OTHER), "anna")).image!.state, "held");
});

Deno.test("firmware vault: a signing certificate is judged alone, before anything is fetched", async () => {
  const yaml =
    "version: 1\nsite: { id: garage }\nfirmware: { vendors: [{ vendor: bender, manufacturerRootsFile: r.pem }] }\n";
  await using rig = await VaultRig.up(SIGNS, yaml);
  rig.pki.files.set("r.pem", root.pem);
  equal(rig.vault.judgeCertificate("Bender", signer.certPem).outcome, "ok");
  deepEqual(rig.vault.judgeCertificate("bender", new TestCa("Acme").issue({}).certPem).id, "certificate");
  equal(rig.vault.judgeCertificate("acme", signer.certPem).id, "vendor");
  rig.pki.useSite(yaml.replace("r.pem }", `r.pem, revokedSerials: ["${signer.serial}"] }`));
  await rig.restart();
  deepEqual([
    rig.vault.judgeCertificate("bender", signer.certPem).id,
    rig.vault.judgeCertificate("bender", signer.certPem).outcome,
  ], [
    "revoked",
    "refused",
  ]);
});

Deno.test("firmware vault: two persons who vouch at one moment are two, and publish it", async () => {
  await using rig = await VaultRig.up(HOLDS);
  await rig.vault.intake(await uploaded(rig, {}), "anna");
  const release = (who: string) =>
    rig.run("firmware release", { image: SHORT, hash: SHA256, because: "vendor mail" }, who);
  await Promise.all([release("anna"), release("ben")]);
  deepEqual([rig.vault.image(SHA256)!.state, [...rig.vault.image(SHA256)!.releasedBy].sort()], [
    "verified",
    ["anna", "ben"],
  ]);
});

Deno.test("firmware vault: an image that is withdrawn while it is being published stays withdrawn, in record and file", async () => {
  await using rig = await VaultRig.up(HOLDS);
  await rig.vault.intake(await uploaded(rig, {}), "anna");
  const release = (who: string) => rig.run("firmware release", { image: SHORT, hash: SHA256, because: "x" }, who);
  await release("anna");
  const gate = rig.pause("firmware.promote");
  const second = release("ben");
  await gate.reached;
  const withdrawn = rig.vault.withdraw(SHA256, "advisory 7", "carl");
  gate.open();
  await Promise.all([second, withdrawn]);
  deepEqual([rig.vault.image(SHA256)!.state, await rig.intake.files("verified")], ["withdrawn", []]);
});
