import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { FirmwareRig, vendorProfile } from "../support/firmware_rig.ts";
import { SftpFiles } from "../support/sftp_files.ts";

// Images by SFTP, as controllers of some makers have them at their vendor's server.

const IMAGE = new Uint8Array(randomBytes(700_000));
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const CLAIM = { vendor: "bender", version: "5.33.2", sha256: SHA256 };

async function withSftp(
  use: (
    at: { sftp: SftpFiles; rig: FirmwareRig; take: (login?: string, file?: string) => ReturnType<FirmwareRig["call"]> },
  ) => Promise<void>,
  hostKey?: string,
): Promise<void> {
  await using sftp = await SftpFiles.up(new Map([["/fw/a.deb", IMAGE]]));
  const hosts = [{
    host: "localhost",
    address: "on-site" as const,
    schemes: ["sftp"],
    hostKey: hostKey ?? sftp.hostKey,
  }];
  await using rig = await FirmwareRig.up({ vendors: [vendorProfile({ evidence: [["vendor-sha256"]] })], hosts });
  const take = (login = "fw:secret", file = "/fw/a.deb") => {
    const url = `sftp://${login}@localhost:${sftp.port}${file}`;
    return rig.call("firmware.take", { source: { kind: "url", url, claim: CLAIM }, keep: true });
  };
  await use({ sftp, rig, take });
  deepEqual(await rig.files("incoming"), []);
}

Deno.test("firmware URL: by SFTP, from a server with the key of its entry", () =>
  withSftp(async ({ take, rig }) => {
    const { verdict, sha256, fileName } = await take() as {
      verdict: { outcome: string };
      sha256: string;
      fileName: string;
    };
    deepEqual([verdict.outcome, sha256, fileName], ["verified", SHA256, "a.deb"]);
    deepEqual(await rig.files("quarantine"), [SHA256]);
  }));

Deno.test("eavesdrop: an SFTP server with another host key gets no password", () =>
  withSftp(async ({ take, rig }) => {
    await rejects(take() as Promise<unknown>, { code: "FIRMWARE_FETCH_FAILED" });
    equal((await rig.files("quarantine")).length, 0);
  }, `SHA256:${"A".repeat(43)}`));

Deno.test("firmware URL: by SFTP a wrong password, a missing file and a line that breaks leave nothing", () =>
  withSftp(async ({ sftp, take, rig }) => {
    await rejects(take("fw:wrong") as Promise<unknown>, { code: "FIRMWARE_FETCH_FAILED" });
    await rejects(take("fw:secret", "/fw/none") as Promise<unknown>, { code: "FIRMWARE_FETCH_FAILED" });
    sftp.dieAfterReads = 3;
    await rejects(take() as Promise<unknown>, { code: "FIRMWARE_FETCH_FAILED" });
    deepEqual(await rig.files("quarantine"), []);
  }));
