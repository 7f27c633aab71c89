import { type ImageFacts, judgeImage, refusedAt } from "../../../policies/firmware_trust.ts";
import type { Clock } from "../../core/clock.ts";
import { GatewayError } from "../../core/errors.ts";
import type { ImageClaim, ImageSource, OfferedImage, Taken, TakeOrder } from "../../core/firmware_api.ts";
import { Digester, type ImageDigest } from "../image_digest.ts";
import { ImageExamination, type Proofs } from "../image_examination.ts";
import type { ImageStore } from "../image_store.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";
import type { VendorTrust } from "../vendor_trust.ts";
import type { Incoming } from "./fetch_image.ts";
import { openParts } from "./file_parts.ts";
import { openTarget, type TufFacts } from "./repository_image.ts";
import type { TrustedTargets } from "./tuf_client.ts";

/** What an intake needs. */
export interface IntakeParts {
  readonly store: ImageStore;
  readonly clock: Clock;
  vendor(name: string): VendorTrust | undefined;
  fetch(url: string): Promise<Incoming>;
  /** The file of an upload, ZIP entries chosen and opened. */
  openUpload(upload: string, entry: string | undefined, trust: VendorTrust | undefined): Promise<Incoming>;
  /** Looks at a repository or bundle; what it showed is remembered when `keep` says so. */
  look<T>(
    source: { readonly tuf: string } | { readonly bundle: string },
    keep: boolean,
    use: (
      targets: TrustedTargets,
      open: (path: string) => Promise<AsyncIterable<Uint8Array>>,
      where: string,
    ) => Promise<T>,
  ): Promise<T>;
}

interface Candidate {
  readonly claim: ImageClaim;
  readonly incoming: Incoming;
  readonly tuf?: TufFacts;
}

/** Takes images in: one pass over the bytes, then one verdict. Only what is verified or held stays. */
export class Intake {
  constructor(private readonly parts: IntakeParts) {}

  /**
   * Verifies one image; with `keep` it stands in quarantine when the answer arrives, unless it is refused.
   * @throws GatewayError FIRMWARE_FETCH_FAILED, FIRMWARE_HOST_REFUSED, FIRMWARE_QUOTA, FIRMWARE_UNTRUSTED, FIRMWARE_REFUSED
   */
  async take({ source, keep }: TakeOrder): Promise<Taken> {
    switch (source.kind) {
      case "url":
        return await this.#receive({ claim: source.claim, incoming: await this.parts.fetch(source.url) }, keep);
      case "upload": {
        const trust = this.parts.vendor(source.claim.vendor);
        const incoming = await this.parts.openUpload(source.upload, source.entry, trust);
        return await this.#receive({ claim: source.claim, incoming }, keep);
      }
      case "vault":
        return await this.#again(source);
      case "tuf":
      case "bundle": {
        const from = source.kind === "tuf" ? { tuf: source.source } : { bundle: source.upload };
        return await this.parts.look(from, keep, async (targets, open, where) => {
          const found = await openTarget(targets, source.target, open, where);
          if ("refused" in found) throw new GatewayError("FIRMWARE_UNKNOWN", found.refused);
          return await this.#receive(found, keep);
        });
      }
    }
  }

  /** What a repository or bundle offers; with a bundle each image is read and judged whole, nothing is stored. */
  async offers(
    source: { readonly tuf: string } | { readonly bundle: string },
    vendors: readonly string[],
  ): Promise<OfferedImage[]> {
    return await this.parts.look(source, "tuf" in source, async (targets, open, where) => {
      const offers: OfferedImage[] = [];
      for (const vendor of vendors) {
        for (const path of await targets.paths(vendor)) {
          const found = await openTarget(targets, path, open, where);
          if ("refused" in found) continue; // an SBOM, notes, or a target that is no image
          const { facts } = found.tuf;
          const verdict = "bundle" in source ? (await this.#receive(found, false)).verdict : judgeImage(
            factsOf(found, this.parts.vendor(vendor), { sha256: facts.sha256, bytes: facts.length }, NOT_READ),
          );
          offers.push({ target: path, sizeBytes: facts.length, sha256: facts.sha256, claim: found.claim, verdict });
        }
      }
      return offers;
    });
  }

  /** @throws StorageError FIRMWARE_CHANGED, FIRMWARE_UNKNOWN */
  async #again({ sha256, claim }: ImageSource & { readonly kind: "vault" }): Promise<Taken> {
    using file = await this.parts.store.openChecked("verified", sha256);
    const incoming = { parts: openParts(file), fileName: claim.fileName ?? "image", where: "the vault" };
    return await this.#receive({ claim, incoming }, false);
  }

  async #receive(candidate: Candidate, keep: boolean): Promise<Taken> {
    const { claim, incoming, tuf } = candidate;
    const trust = this.parts.vendor(claim.vendor);
    const fileName = claim.fileName ?? incoming.fileName;
    if (!trust) {
      const verdict = judgeImage(factsOf(candidate, undefined, { sha256: "", bytes: 1 }, NOT_READ));
      return { verdict, claim, sha256: "", sizeBytes: 0, fileName };
    }
    const examination = new ImageExamination(claim, trust, this.parts.clock.now());
    const maxBytes = Math.min(trust.maxBytes, tuf?.facts.length ?? Infinity);
    const wants = { md5: claim.md5 !== undefined, sha512: tuf?.facts.sha512 !== undefined };
    const before = new Set([...await this.parts.store.list("verified"), ...await this.parts.store.list("quarantine")]);
    let digest: ImageDigest;
    try {
      digest = keep
        ? await this.parts.store.receive(incoming.parts, { maxBytes, ...wants }, [examination])
        : await readThrough(incoming.parts, new Digester(wants), examination, maxBytes);
    } catch (error) {
      if ((error as { code?: string }).code !== "FIRMWARE_TOO_LARGE") throw error;
      const [rule, limit] = tuf && maxBytes === tuf.facts.length
        ? ["firmware.tuf", `the ${maxBytes} bytes that the repository signs (endless data)`] as const
        : ["firmware.size", `${maxBytes} bytes, the most of ${trust.vendor}`] as const;
      const verdict = refusedAt("size", "Size is within its limit", rule, `the file has more than ${limit}`);
      return { verdict, claim, sha256: "", sizeBytes: 0, fileName };
    }
    const verdict = judgeImage(factsOf(candidate, trust, digest, examination.proofs(digest)));
    if (keep && verdict.outcome === "refused" && !before.has(digest.sha256)) {
      await this.parts.store.remove("quarantine", digest.sha256);
    }
    return {
      verdict,
      claim,
      sha256: digest.sha256,
      sizeBytes: digest.bytes,
      fileName,
      ...(digest.md5 === undefined ? {} : { md5: digest.md5 }),
      ...(tuf?.releaseCounter === undefined ? {} : { releaseCounter: tuf.releaseCounter }),
    };
  }
}

const unread = { found: "absent", detail: "it is checked when the image is taken" } as const;
const NOT_READ: Proofs = {
  certificate: unread,
  signature: unread,
  minisign: unread,
  vendorSha256: unread,
  md5: unread,
};

function factsOf(
  { claim, incoming, tuf }: Candidate,
  rule: VendorTrust | undefined,
  { sha256, sha512, bytes }: Pick<ImageDigest, "sha256" | "sha512" | "bytes">,
  proofs: Proofs,
): ImageFacts {
  return {
    vendor: claim.vendor.slice(0, FIRMWARE_LIMITS.nameChars),
    version: claim.version,
    fileName: claim.fileName ?? incoming.fileName,
    sizeBytes: bytes,
    sha256,
    ...(rule ? { rule } : {}),
    ...proofs,
    tuf: tuf ? tuf.judge({ sha256, ...(sha512 === undefined ? {} : { sha512 }), bytes }) : {
      found: "absent",
      detail: "it did not come from the site's repository",
    },
    releasedBy: [],
  };
}

/** Reads a file to its end without keeping it. */
async function readThrough(
  parts: AsyncIterable<Uint8Array>,
  digester: Digester,
  examination: ImageExamination,
  maxBytes: number,
): Promise<ImageDigest> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > maxBytes) throw new GatewayError("FIRMWARE_TOO_LARGE", `It has more than ${maxBytes} bytes`);
    digester.update(part);
    examination.update(part);
  }
  return digester.digest();
}
