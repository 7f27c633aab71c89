import { deepEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { FileServer } from "./file_server.ts";
import { FirmwareRig, tarOf, vendorProfile } from "./firmware_rig.ts";
import { TufRepository } from "./tuf_repository.ts";

export const IMAGE = new TextEncoder().encode("firmware of bender ".repeat(5_000));
export const PATH = "bender/CC613/ebee_firmware_5.33.2.deb";
export const SHA256 = createHash("sha256").update(IMAGE).digest("hex");

/** A repository with one image of bender, and a second vendor. */
export function goodRepository(): TufRepository {
  const repository = new TufRepository();
  repository.vendor("bender");
  repository.vendor("schneider");
  repository.image("bender", PATH, IMAGE);
  return repository.publish();
}

/** One source that takes images: over the net, or from a file. */
export interface Source {
  /** Takes one image as it is offered now. */
  take(path?: string): ReturnType<FirmwareRig["call"]>;
  readonly rig: FirmwareRig;
  readonly server?: FileServer;
}

type Use = (source: Source) => Promise<void>;

/** Runs a test with a repository over HTTPS. */
export async function overHttps(repository: TufRepository, use: Use): Promise<void> {
  await using server = await FileServer.up(repository.files);
  const sources = [{ id: "hq", url: `${server.url}/`, ca: server.ca.pem, address: "on-site" as const }];
  await using rig = await FirmwareRig.up({ root: repository.pinned, sources, vendors: PROFILES });
  const take = (target = PATH) =>
    rig.call("firmware.take", { source: { kind: "tuf", source: "hq", target }, keep: true });
  await use({ rig, take, server });
}

/** Runs a test with the same as a bundle. */
export async function asBundle(repository: TufRepository, use: Use): Promise<void> {
  await using rig = await FirmwareRig.up({ root: repository.pinned, vendors: PROFILES });
  const take = async (target = PATH) => {
    const upload = await rig.upload(await tarOf(repository.files));
    return await rig.call("firmware.take", { source: { kind: "bundle", upload, target }, keep: true });
  };
  await use({ rig, take });
}

const PROFILES = [
  vendorProfile({ evidence: [["tuf"]], floor: "5.20.2" }),
  vendorProfile({ vendor: "schneider", evidence: [["tuf"]] }),
];
/** Both. */
export const SOURCES = { "a repository over HTTPS": overHttps, "a bundle": asBundle } as const;

/** Nothing of what was refused stays. */
export async function requireNothing({ rig }: Source): Promise<void> {
  deepEqual([await rig.files("incoming"), await rig.files("quarantine"), await rig.files("verified")], [[], [], []]);
}
