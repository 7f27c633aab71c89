import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { GatewayError } from "../../gateway/core/errors.ts";
import { vendorProfile } from "../support/firmware_rig.ts";
import { FileServer } from "../support/file_server.ts";
import { TufRepository } from "../support/tuf_repository.ts";
import { VaultRig } from "../support/vault_rig.ts";
import { waitFor } from "../support/wait_for.ts";

const PROFILE = vendorProfile({ evidence: [["vendor-sha256"], ["tuf"]] });
const GONE = new GatewayError("RPC_PEER_GONE", 'Worker "firmware-intake" is not running');
const METHODS = ["firmware.take", "firmware.offers", "firmware.promote", "firmware.demote", "firmware.rehash"];

/** Brings one image, as many bytes large. */
async function bring(rig: VaultRig, bytes = 1_000) {
  const image = new Uint8Array(randomBytes(bytes));
  const sha256 = createHash("sha256").update(image).digest("hex");
  const claim = { vendor: "bender", version: "5.33.2", fileName: "a.deb", sha256 };
  const source = { kind: "upload", upload: await rig.intake.upload(image), claim } as const;
  return { sha256, take: () => rig.vault.intake(source, "anna") };
}

async function withWorkerGone(
  use: (at: { rig: VaultRig; before: string; gone(): void; back(): Promise<void> }) => Promise<void>,
) {
  await using rig = await VaultRig.up({ vendors: [PROFILE] });
  const first = await bring(rig);
  await first.take();
  await use({
    rig,
    before: first.sha256,
    gone: () => METHODS.forEach((method) => rig.faults.set(method, GONE)),
    back: async () => {
      rig.faults.clear();
      await rig.feature.workerJoined!("firmware-intake");
    },
  });
}

Deno.test("failure matrix: Firmware: the intake Worker / verified images: open: they stay verified; reading them anew fails and withdraws nothing", () =>
  withWorkerGone(async ({ rig, before, gone }) => {
    gone();
    await rejects(rig.vault.rehash(before), { code: "RPC_PEER_GONE" });
    equal(rig.vault.image(before)!.state, "verified");
  }));

Deno.test("failure matrix: Firmware: the intake Worker / new images: closed: who asks is told, and nothing is half stored", () =>
  withWorkerGone(async ({ rig, gone }) => {
    gone();
    const { take, sha256 } = await bring(rig);
    await rejects(take(), { code: "RPC_PEER_GONE" });
    deepEqual([rig.vault.image(sha256), await rig.intake.files("quarantine")], [undefined, []]);
    equal(rig.audited().at(-1), "firmware.image.taken failed");
  }));

Deno.test("failure matrix: Firmware: the intake Worker / back in service: by itself: what was begun is ended by the records", () =>
  withWorkerGone(async ({ rig, back }) => {
    rig.faults.set("firmware.promote", GONE);
    const { take, sha256 } = await bring(rig);
    await rejects(take(), { code: "RPC_PEER_GONE" });
    await back();
    deepEqual([rig.vault.image(sha256)!.state, (await rig.intake.files("verified")).includes(sha256)], [
      "verified",
      true,
    ]);
  }));

async function withRepositoryAway(
  use: (at: { rig: VaultRig; server: FileServer; own: Uint8Array; away(): void; back(): void }) => Promise<void>,
) {
  const own = new Uint8Array(randomBytes(1_000));
  const repository = new TufRepository();
  repository.vendor("bender");
  repository.image("bender", "bender/CC613/a.deb", own);
  await using server = await FileServer.up(repository.publish().files);
  const sources = [{ id: "hq", url: server.url, ca: server.ca.pem, address: "on-site" as const }];
  const yaml = `version: 1\nsite: { id: garage }\nfirmware: { sources: [{ id: hq, url: "${server.url}" }] }\n`;
  await using rig = await VaultRig.up({ vendors: [PROFILE], sources, root: repository.pinned }, yaml);
  await waitFor("the first look", () => rig.audited().includes("firmware.source.read ok"));
  await rig.run("firmware take", { source: "hq", target: "bender/CC613/a.deb" });
  await use({
    ...{ rig, server, own },
    away: () =>
      server.misbehave = (_path, response) => {
        response.destroy();
        return true;
      },
    back: () => server.misbehave = undefined,
  });
}

Deno.test("failure matrix: Firmware: a repository or a vendor's host / verified images: open: they stay usable", () =>
  withRepositoryAway(async ({ rig, own, away }) => {
    away();
    await rejects(rig.run("firmware offers", { source: "hq" }), { code: "FIRMWARE_FETCH_FAILED" });
    deepEqual(await rig.vault.rehash(createHash("sha256").update(own).digest("hex")), { unchanged: true });
  }));

Deno.test("failure matrix: Firmware: a repository or a vendor's host / new images: closed for it alone: other sources go on, an alarm names it", () =>
  withRepositoryAway(async ({ rig, away }) => {
    away();
    await rejects(rig.run("firmware offers", { source: "hq" }), { code: "FIRMWARE_FETCH_FAILED" });
    deepEqual(rig.alarms(), ["firmware.source.away hq"]);
    equal((await (await bring(rig)).take()).verdict.outcome, "verified");
  }));

Deno.test("failure matrix: Firmware: a repository or a vendor's host / back in service: by itself within the hour, and the alarm ends", () =>
  withRepositoryAway(async ({ rig, away, back }) => {
    away();
    await rejects(rig.run("firmware offers", { source: "hq" }), { code: "FIRMWARE_FETCH_FAILED" });
    back();
    rig.pki.time.advance(3_600_000);
    await rig.feature.tick();
    await waitFor("the alarm to end", () => rig.alarms().length === 0);
  }));

async function withFullVault(use: (at: { rig: VaultRig; before: string }) => Promise<void>) {
  await using rig = await VaultRig.up({ vendors: [PROFILE], quotaBytes: 1_500 });
  const first = await bring(rig);
  await first.take();
  await use({ rig, before: first.sha256 });
}

Deno.test("failure matrix: Firmware: room for images / verified images: open: they stay usable", () =>
  withFullVault(async ({ rig, before }) => {
    await rejects((await bring(rig)).take(), { code: "FIRMWARE_QUOTA" });
    deepEqual(await rig.vault.rehash(before), { unchanged: true });
  }));

Deno.test("failure matrix: Firmware: room for images / new images: closed: refused with what to do, and nothing of it stays", () =>
  withFullVault(async ({ rig, before }) => {
    await rejects((await bring(rig)).take(), /would take more than 1500 bytes/);
    deepEqual([
      await rig.intake.files("incoming"),
      await rig.intake.files("quarantine"),
      rig.vault.images().map(({ sha256 }) => sha256),
    ], [[], [], [before]]);
  }));

Deno.test("failure matrix: Firmware: room for images / back in service: as soon as a person removes images or gives more room", () =>
  withFullVault(async ({ rig, before }) => {
    const { take } = await bring(rig);
    await rejects(take(), { code: "FIRMWARE_QUOTA" });
    await rig.run("firmware withdraw", { image: before, because: "old" });
    await rig.run("firmware remove", { image: before });
    equal((await take()).verdict.outcome, "verified");
  }));
