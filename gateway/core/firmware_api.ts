import { EVIDENCE, type Evidence, type ImageVerdict, type VerdictStep } from "../../policies/firmware_types.ts";

export { EVIDENCE, type Evidence, type ImageVerdict, type VerdictStep };

/** Where an image stands: nothing but "verified" is ever served to a station. */
export const IMAGE_STATES = ["quarantine", "held", "verified", "withdrawn"] as const;
/** "held": stored and waiting for a person; "withdrawn": was verified, is served no more. */
export type ImageState = (typeof IMAGE_STATES)[number];

/** One firmware image in the vault. */
export interface ImageRecord {
  /** Its name everywhere; lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly vendor: string;
  /** Models it is for, as printed on the controller; one that ends in "*" is a beginning. Empty: all of the vendor. */
  readonly models: readonly string[];
  readonly version: string;
  /** As the vendor names it; stations see this name at the end of the URL. */
  readonly fileName: string;
  readonly state: ImageState;
  readonly evidence: readonly Evidence[];
  /** Lower-case hex; known when PublishFirmware asked for it. Proves nothing. */
  readonly md5?: string;
  /** Vendor signature and signing certificate as OCPP carries them, to be handed to stations unchanged. */
  readonly signature?: { readonly signature: string; readonly certificatePem: string };
  /** Of the vendor: counts up with every release (Uptane); absent: not said. */
  readonly releaseCounter?: number;
  /** A software bill of materials came with it: `ImageVault.papers`. */
  readonly hasSbom: boolean;
  /** Wall milliseconds. */
  readonly addedAt: number;
  /** Where it came from, in words without secrets: "bundle fleet-12.fwb", "https://files.vendor.example/...". */
  readonly source: string;
  /** Who brought it: a person, "csms:main", "gateway". */
  readonly who: string;
  /** Why it is withdrawn or held. */
  readonly why?: string;
  /** Persons who vouched for it by its vendor's hash. */
  readonly releasedBy: readonly string[];
}

/** What is said about an image before it is looked at; a TUF target says it itself. */
export interface ImageClaim {
  readonly vendor: string;
  readonly models?: readonly string[];
  readonly version: string;
  readonly fileName?: string;
  /** Signature as base64 and signing certificate as PEM or base64 DER, as OCPP carries them. */
  readonly signature?: string;
  readonly certificate?: string;
  /** As the vendor publishes it, lower-case hex. */
  readonly sha256?: string;
  /** Of PublishFirmware, lower-case hex: an image with another one is refused, one with the same gains nothing. */
  readonly md5?: string;
  /** Text of a .minisig file. */
  readonly minisig?: string;
  readonly sbom?: string;
  readonly notes?: string;
}

/** Where an image is to be taken from. */
export type ImageSource =
  /** A URL that a CSMS or a person named: fetched only from hosts that the site allows. */
  | { readonly kind: "url"; readonly url: string; readonly claim: ImageClaim }
  /** A file that the console or the command line put into the drop folder, by its name there. */
  | { readonly kind: "upload"; readonly upload: string; readonly entry?: string; readonly claim: ImageClaim }
  /** A target of the site's TUF repository. */
  | { readonly kind: "tuf"; readonly source: string; readonly target: string }
  /** A target of a bundle in the drop folder. */
  | { readonly kind: "bundle"; readonly upload: string; readonly target: string }
  /** An image that is servable already, read anew and compared with what is claimed of it; nothing is stored. */
  | { readonly kind: "vault"; readonly sha256: string; readonly claim: ImageClaim };

/** A verdict and, unless refused, the image it is about. */
export interface IntakeResult {
  readonly verdict: ImageVerdict;
  readonly image?: ImageRecord;
}

/** What is kept beside an image. */
export interface ImagePapers {
  readonly verdict: ImageVerdict;
  /** SPDX or CycloneDX as JSON text. */
  readonly sbom?: string;
  /** Release notes, plain text. */
  readonly notes?: string;
}

/**
 * What the vault of images offers to the other parts of control: serving and interception (transfers), campaigns. An
 * intake answers when all is stored.
 */
export interface ImageVault {
  /** All images, newest first. */
  images(): readonly ImageRecord[];
  image(sha256: string): ImageRecord | undefined;
  /** What is too large for the record: the chain that led to where an image stands, SBOM and notes. */
  papers(sha256: string): Promise<ImagePapers | undefined>;
  /**
   * Fetches, verifies and stores. `who` is a person, "csms:main" or "gateway".
   * @throws GatewayError FIRMWARE_FETCH_FAILED, FIRMWARE_HOST_REFUSED, FIRMWARE_QUOTA, FIRMWARE_TOO_LARGE, RPC_PEER_GONE
   */
  intake(source: ImageSource, who: string): Promise<IntakeResult>;
  /** Reads an image anew; one that was changed is withdrawn with an alarm. @throws GatewayError FIRMWARE_UNKNOWN */
  rehash(sha256: string): Promise<{ readonly unchanged: boolean }>;
  /** Ends trust in an image: a person's word, or a part that saw it changed (`FIRMWARE_CHANGED`). */
  withdraw(sha256: string, why: string, who: string): Promise<void>;
  /** Judges a signing certificate alone, before anything is fetched: OCPP wants it answered at once (L01.FR.21, 22). */
  judgeCertificate(vendor: string, certificate: string): VerdictStep;
  /** Called after an image was withdrawn. Returns what ends it. */
  onWithdrawn(listener: (sha256: string, why: string) => void): () => void;
}

/** One image of a repository or bundle, with what was found out about it. */
export interface OfferedImage {
  readonly target: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly claim: ImageClaim;
  readonly verdict: ImageVerdict;
}

/** What intake is told to do with one source; everything it needs beside it is in its configuration. */
export interface TakeOrder {
  readonly source: ImageSource;
  /** false: only look; nothing is stored. */
  readonly keep: boolean;
}

/** What intake found, and stored when told to. */
export interface Taken {
  readonly verdict: ImageVerdict;
  readonly claim: ImageClaim;
  readonly sha256: string;
  readonly md5?: string;
  readonly sizeBytes: number;
  readonly fileName: string;
  readonly releaseCounter?: number;
}

/** The drop folder: where the command line and the console put files that a person brings. */
export const uploadsDir = ({ dataDir }: { readonly dataDir: string }): string => `${dataDir}/firmware/uploads`;

/** What control asks of the Worker "firmware-intake". */
export interface FirmwareIntakeApi {
  /** Takes one image. "verified" ones stand in the verified folder when the answer arrives, held ones in quarantine. */
  "firmware.take": (order: TakeOrder) => Taken;
  /** Reads the newest metadata of a repository and lists what it offers. */
  "firmware.offers": (
    args: { readonly source: { readonly tuf: string } | { readonly bundle: string } },
  ) => { readonly offers: readonly OfferedImage[] };
  /** Makes an image of the quarantine servable: persons have vouched for it. @throws FIRMWARE_CHANGED */
  "firmware.promote": (args: { readonly sha256: string }) => void;
  /** Puts an image back into quarantine, or removes it. */
  "firmware.demote": (args: { readonly sha256: string; readonly remove: boolean }) => void;
  /** Reads an image anew and compares it with its name. */
  "firmware.rehash": (args: { readonly sha256: string }) => { readonly unchanged: boolean };
  /** What is on the disk, to be compared with the records after a crash. */
  "firmware.stored": (
    args: Record<never, never>,
  ) => {
    readonly verified: readonly string[];
    readonly quarantine: readonly string[];
    readonly usedBytes: number;
    readonly quotaBytes: number;
  };
  /** Removes a file of the drop folder. */
  "firmware.drop": (args: { readonly upload: string }) => void;
}
