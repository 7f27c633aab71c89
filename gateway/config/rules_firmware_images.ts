import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";

const vendors: SiteRule = {
  name: "a vendor has one firmware profile",
  reads: ["firmware"],
  check: ({ firmware }) =>
    findDuplicates(firmware?.vendors ?? [], ({ vendor }) => vendor.toLowerCase()).map(({ index, first }) => ({
      path: ["firmware", "vendors", index, "vendor"],
      wrong: `the vendor has a profile already, vendors[${first}]`,
      wanted: "one profile for each vendor",
    })),
};

/** A proof that can never be there would refuse every image, and nobody would know why. */
const proofs: SiteRule = {
  name: "what a vendor's profile asks for can be checked",
  reads: ["firmware"],
  check: ({ firmware }) =>
    (firmware?.vendors ?? []).flatMap((vendor, at): Fault[] => {
      const path = ["firmware", "vendors", at, "evidence"];
      const asked = (vendor.evidence ?? []).map((set) => set.split("+").map((name) => name.trim()));
      const missing = (proof: string, isThere: boolean, wanted: string): Fault[] =>
        !isThere && asked.every((set) => set.includes(proof))
          ? [{ path, wrong: `every set asks for ${proof}, which cannot be checked`, wanted }]
          : [];
      return [
        ...missing("tuf", firmware!.rootFile !== undefined, "firmware.rootFile, or a set without tuf"),
        ...missing(
          "minisign",
          vendor.minisignKeyFile !== undefined,
          "minisignKeyFile beside it, or a set without minisign",
        ),
        ...missing(
          "ocpp-signature",
          vendor.manufacturerRootsFile !== undefined,
          "manufacturerRootsFile beside it, or a set without ocpp-signature",
        ),
        ...unreachable(vendor, firmware!, asked, path),
      ];
    }),
};

/** The default asks for tuf or the vendor's signature: one of them must be possible. */
function unreachable(
  vendor: NonNullable<Site["firmware"]>["vendors"][number],
  { rootFile }: NonNullable<Site["firmware"]>,
  asked: readonly (readonly string[])[],
  path: (string | number)[],
): Fault[] {
  const can = (proof: string) =>
    proof === "tuf"
      ? rootFile !== undefined
      : proof === "ocpp-signature"
      ? vendor.manufacturerRootsFile !== undefined
      : proof === "minisign"
      ? vendor.minisignKeyFile !== undefined
      : true;
  if (vendor.onUnverified === "hold" || asked.some((set) => set.every(can)) || asked.length < 2) return [];
  return [{
    path,
    wrong: "no image can ever be proved: none of these can be checked",
    wanted: "firmware.rootFile, manufacturerRootsFile or minisignKeyFile, or onUnverified: hold",
  }];
}

const sources: SiteRule = {
  name: "firmware repositories are believed by a root",
  reads: ["firmware"],
  check: ({ firmware }) => [
    ...findDuplicates(firmware?.sources ?? [], ({ id }) => id.toLowerCase()).map(({ index, first }): Fault => ({
      path: ["firmware", "sources", index, "id"],
      wrong: `the id is taken by sources[${first}]`,
      wanted: "an id of its own",
    })),
    ...(firmware && firmware.sources.length > 0 && firmware.rootFile === undefined
      ? [{
        path: ["firmware", "sources"],
        at: "key" as const,
        wrong: "there is no root that they could be believed by",
        wanted: "firmware.rootFile",
      }]
      : []),
  ],
};

const hosts: SiteRule = {
  name: "hosts that firmware is fetched from are named once, and SFTP ones with their key",
  reads: ["firmware"],
  check: ({ firmware }) => [
    ...findDuplicates(firmware?.fetchHosts ?? [], ({ host }) => host.toLowerCase()).map(({ index, first }): Fault => ({
      path: ["firmware", "fetchHosts", index, "host"],
      wrong: `the host is named already, fetchHosts[${first}]`,
      wanted: "one entry for each host",
    })),
    ...(firmware?.fetchHosts ?? []).flatMap(({ schemes, hostKey, host }, at): Fault[] => {
      if (!schemes.includes("sftp") || hostKey !== undefined) return [];
      const wanted = `hostKey: what \`ssh-keyscan ${host} | ssh-keygen -lf -\` shows`;
      return [{ path: ["firmware", "fetchHosts", at], wrong: "sftp without the key of its host", wanted }];
    }),
  ],
};

/** Checks of the `firmware` section: images and trust. */
export const FIRMWARE_IMAGE_RULES: readonly SiteRule[] = [vendors, proofs, sources, hosts];
