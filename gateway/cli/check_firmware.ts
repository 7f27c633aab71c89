import type { Materials } from "../config/materials.ts";
import type { Path } from "../config/fault.ts";
import type { Site } from "../config/schema.ts";
import { describeError } from "../core/errors.ts";
import { readMinisignKey } from "../firmware/minisign.ts";
import { stateOfRoot } from "../firmware/publish/root_file.ts";
import { rootsOf } from "../firmware/vendor_trust.ts";
import { type Finding, foundFault, foundWarning } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Days before the end of a pinned certificate at which a person is told. */
const WARN_DAYS = 30;

/** Judges the files that firmware is trusted by: the repository's root, manufacturers' roots, minisign keys. */
export function checkFirmware({ firmware }: Site, materials: Materials, now: number): Finding[] {
  if (!firmware) return [];
  const text = (file: string) => new TextDecoder().decode(materials.get(file) ?? new Uint8Array());
  return [
    ...(firmware.rootFile === undefined ? [] : checkRoot(text(firmware.rootFile), firmware.preset)),
    ...firmware.vendors.flatMap(({ vendor, manufacturerRootsFile, minisignKeyFile }, at) => {
      const path: Path = ["firmware", "vendors", at];
      return [
        ...(manufacturerRootsFile === undefined
          ? []
          : checkManufacturer(vendor, text(manufacturerRootsFile), [...path, "manufacturerRootsFile"], now)),
        ...(minisignKeyFile === undefined || readMinisignKey(text(minisignKeyFile))
          ? []
          : [foundFault([...path, "minisignKeyFile"], "it holds no public key of minisign: wanted the .pub file")]),
      ];
    }),
  ];
}

function checkRoot(text: string, preset: string): Finding[] {
  const path = ["firmware", "rootFile"];
  try {
    const { isComplete, threshold, keys } = stateOfRoot(text);
    if (!isComplete) return [foundFault(path, "it is not signed by as many of its keys as it asks for")];
    if (preset === "single-key" || threshold >= 2 && keys.length >= 3) return [];
    return [
      foundFault(path, `it needs ${threshold} of ${keys.length} keys: wanted 2 of 3, or firmware.preset: single-key`),
    ];
  } catch (error) {
    return [foundFault(path, describeError(error))];
  }
}

function checkManufacturer(vendor: string, pem: string, path: Path, now: number): Finding[] {
  try {
    const roots = rootsOf({ roots: pem });
    if (roots.length === 0) return [foundFault(path, "it holds no certificate in PEM")];
    return roots.flatMap(({ extensions, notAfter, version }): Finding[] => {
      if (version !== 3 || !extensions.ca?.isCa) {
        return [foundFault(path, "it holds a certificate that is no X.509 v3 CA")];
      }
      const day = new Date(notAfter).toISOString().slice(0, 10);
      if (now > notAfter) {
        return [foundFault(path, `a root of ${vendor} expired on ${day}: no image of it can be proved`)];
      }
      return notAfter - now < WARN_DAYS * DAY_MS ? [foundWarning(path, `a root of ${vendor} expires on ${day}`)] : [];
    });
  } catch (error) {
    return [foundFault(path, describeError(error))];
  }
}
