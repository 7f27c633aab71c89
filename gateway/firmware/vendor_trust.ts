import type { TrustRule } from "../../policies/firmware_trust.ts";
import type { Evidence } from "../core/firmware_api.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { readPem } from "../pki/pem.ts";
import type { FirmwareVendor } from "./config.ts";
import type { SaltRule } from "./detached_signature.ts";
import type { SignatureAlgorithm } from "./signature_algorithms.ts";

const MEGABYTE = 1_000_000;

/** A vendor's profile with its files by value. JSON: it goes to the Worker. */
export interface VendorTrust extends TrustRule {
  /** PEM texts. */
  readonly roots?: string;
  readonly minisignKey?: string;
  readonly revokedSerials: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly salt: SaltRule;
}

/** The profile of one vendor. @throws ConfigError CFG_UNREADABLE */
export function vendorTrust(vendor: FirmwareVendor, files: SiteFiles): VendorTrust {
  const { manufacturerRootsFile, minisignKeyFile, evidence, maxMegabytes, floor, ...rest } = vendor;
  return {
    ...rest,
    ...(floor === undefined ? {} : { floor }),
    ...(manufacturerRootsFile === undefined ? {} : { roots: files.text(manufacturerRootsFile) }),
    ...(minisignKeyFile === undefined ? {} : { minisignKey: files.text(minisignKeyFile) }),
    evidence: evidence.map((set) => set.split("+").map((name) => name.trim() as Evidence)),
    maxBytes: maxMegabytes * MEGABYTE,
  };
}

/** The certificates of a profile's roots. @throws ProtocolError PKI_MALFORMED */
export function rootsOf({ roots }: Pick<VendorTrust, "roots">): readonly Certificate[] {
  return roots === undefined ? [] : readPem(roots, "CERTIFICATE").map((der) => readCertificate(der));
}
