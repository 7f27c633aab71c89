import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { vendorProfile } from "../../../../tests/support/firmware_rig.ts";
import { VaultRig } from "../../../../tests/support/vault_rig.ts";

const IMAGE = new TextEncoder().encode("firmware ".repeat(1_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const CLAIM = { vendor: "bender", version: "5.33.2", fileName: "a.deb", models: ["CC613"] };

Deno.test("firmware export: only a verified image leaves the vault, read anew before, and each time on record", async () => {
  await using rig = await VaultRig.up({ vendors: [vendorProfile({ onUnverified: "hold" })] });
  const source = { kind: "upload", upload: await rig.intake.upload(IMAGE), claim: CLAIM } as const;
  equal((await rig.vault.intake(source, "anna")).verdict.outcome, "held");
  const start = rig.audited().length;
  await rejects(
    rig.run("firmware export", { image: SHA256.slice(0, 8) }, "tim"),
    /The image is held: only a verified one leaves the vault/,
  );
  for (const who of ["anna", "olga"]) {
    await rig.run("firmware release", { image: SHA256, hash: SHA256, because: "vendor mail" }, who);
  }
  const { data } = await rig.run("firmware export", { image: SHA256.slice(0, 8) }, "tim");
  deepEqual(data, { sha256: SHA256, fileName: "a.deb", sizeBytes: IMAGE.length });
  await rejects(rig.run("firmware export", { image: "0000000" }), { code: "FIRMWARE_UNKNOWN" });
  const records = rig.audited().slice(start).filter((line) => /exported|checked/.test(line));
  deepEqual(records, ["firmware.image.exported refused", "firmware.image.checked ok", "firmware.image.exported ok"]);
});

Deno.test("firmware export: swap on disk after verification: the image is withdrawn instead of given out", async () => {
  await using rig = await VaultRig.up({ vendors: [vendorProfile({ onUnverified: "hold" })] });
  const source = { kind: "upload", upload: await rig.intake.upload(IMAGE), claim: CLAIM } as const;
  await rig.vault.intake(source, "anna");
  for (const who of ["anna", "olga"]) {
    await rig.run("firmware release", { image: SHA256, hash: SHA256, because: "vendor mail" }, who);
  }
  await Deno.remove(`${rig.intake.folder}/verified/${SHA256}`);
  await Deno.writeFile(`${rig.intake.folder}/verified/${SHA256}`, IMAGE.subarray(1));
  await rejects(rig.run("firmware export", { image: SHA256 }, "tim"), /changed on the disk/);
  equal(rig.vault.image(SHA256)!.state, "withdrawn");
});
