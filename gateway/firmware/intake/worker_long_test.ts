import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash, sign } from "node:crypto";
import { TestCa } from "../../../tests/support/test_ca.ts";
import { WorkerRig } from "../../../tests/support/worker_rig.ts";
import type { IntakeConfig } from "./worker_config.ts";

// The real Worker under the real list of rights.

const IMAGE = new TextEncoder().encode("firmware ".repeat(10_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const root = new TestCa("Bender firmware root");
const signer = root.issue({});
const CLAIM = {
  vendor: "bender",
  version: "5.33.2",
  fileName: "a.deb",
  signature: sign("sha256", IMAGE, signer.key).toString("base64"),
  certificate: signer.certPem,
};

function configOf(folder: string): IntakeConfig {
  return {
    folder,
    quotaBytes: 1_000_000,
    vendors: [{
      vendor: "bender",
      roots: root.pem,
      revokedSerials: [],
      algorithms: ["ECDSA-SHA256"],
      salt: "any",
      evidence: [["ocpp-signature"]],
      onUnverified: "refuse",
      formats: [],
      maxBytes: 1_000_000,
    }],
    hosts: [],
    sources: [],
    uploadHosts: [],
    sealed: "/nowhere",
    handOuts: "/nowhere",
    preset: "single-key",
    uplink: { bypass: [] },
  };
}

Deno.test("firmware intake Worker: takes, promotes, notices a change and demotes, with the rights of its declaration", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using rig = await WorkerRig.start({
      name: "firmware-intake",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { read: [folder], write: [folder] },
      config: configOf(folder),
      after: [],
    });
    const upload = "ab".repeat(16);
    await Deno.writeFile(`${folder}/uploads/${upload}`, IMAGE);
    const source = { kind: "upload", upload, claim: CLAIM } as const;
    const looked = await rig.rpc.call("firmware.take", { source, keep: false });
    deepEqual([looked.verdict.outcome, looked.sha256, looked.sizeBytes], ["verified", SHA256, IMAGE.length]);
    const stored = () => rig.rpc.call("firmware.stored", {});
    deepEqual((await stored()).quarantine, []);
    equal((await rig.rpc.call("firmware.take", { source, keep: true })).verdict.outcome, "verified");
    deepEqual((await stored()).quarantine, [SHA256]);
    await rig.rpc.call("firmware.promote", { sha256: SHA256 });
    deepEqual((await stored()).verified, [SHA256]);
    deepEqual(await rig.rpc.call("firmware.rehash", { sha256: SHA256 }), { unchanged: true });
    await Deno.remove(`${folder}/verified/${SHA256}`);
    await Deno.writeFile(`${folder}/verified/${SHA256}`, IMAGE.map((byte, at) => at === 9 ? byte ^ 1 : byte));
    deepEqual(await rig.rpc.call("firmware.rehash", { sha256: SHA256 }), { unchanged: false });
    await rig.rpc.call("firmware.demote", { sha256: SHA256, remove: true });
    deepEqual([(await stored()).verified, (await stored()).quarantine], [[], []]);
    await rig.rpc.call("firmware.drop", { upload });
    await rejects(rig.rpc.call("firmware.take", { source, keep: true }), { code: "FIRMWARE_UNKNOWN" });
    await rejects(rig.rpc.call("firmware.drop", { upload: "../verified/x" }), { code: "FIRMWARE_UNKNOWN" });
    await rejects(rig.rpc.call("firmware.offers", { source: { tuf: "hq" } }), { code: "FIRMWARE_REFUSED" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
