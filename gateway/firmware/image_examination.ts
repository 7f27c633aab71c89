import { Buffer } from "node:buffer";
import type { Finding, ImageFacts } from "../../policies/firmware_trust.ts";
import type { ImageClaim } from "../core/firmware_api.ts";
import { checkSignature, type StreamingCheck, usableAlgorithms } from "./detached_signature.ts";
import type { ImageDigest, PartObserver } from "./image_digest.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";
import { isMinisigned, minisignHash, type MinisignSignature, readMinisign, readMinisignKey } from "./minisign.ts";
import { type JudgedSigner, judgeSigner } from "./signing_certificate.ts";
import { rootsOf, type VendorTrust } from "./vendor_trust.ts";

/** The proofs that an image itself carries or contradicts. */
export type Proofs = Pick<ImageFacts, "certificate" | "signature" | "minisign" | "vendorSha256" | "md5">;

const absent = (detail: string): Finding => ({ found: "absent", detail });
const bad = (detail: string): Finding => ({ found: "bad", detail });
const good = (detail: string): Finding => ({ found: "good", detail });

/** Looks at an image while it passes once: everything that its claim says is checked, nothing is believed. */
export class ImageExamination implements PartObserver {
  readonly #claim: ImageClaim;
  readonly #trust: VendorTrust | undefined;
  readonly #signer: JudgedSigner | undefined;
  readonly #checks: readonly StreamingCheck[];
  readonly #signature: Uint8Array | undefined;
  readonly #minisign: { hash: ReturnType<typeof minisignHash>; signature: MinisignSignature } | undefined;

  /** @param now wall milliseconds, for the dates of the signing certificate */
  constructor(claim: ImageClaim, trust: VendorTrust | undefined, now: number) {
    this.#claim = claim;
    this.#trust = trust;
    this.#signer = trust && claim.certificate !== undefined
      ? judgeSigner(claim.certificate, { ...trust, roots: rootsOf(trust) }, now)
      : undefined;
    this.#signature = claim.signature === undefined ? undefined : bytesOf(claim.signature);
    const key = this.#signer?.key;
    this.#checks = key && this.#signature && trust
      ? usableAlgorithms(key, trust.algorithms).map((algorithm) => checkSignature(key, algorithm, trust.salt))
      : [];
    const minisign = claim.minisig === undefined ? undefined : readMinisign(claim.minisig);
    this.#minisign = minisign && { hash: minisignHash(), signature: minisign };
  }

  update(part: Uint8Array): void {
    for (const check of this.#checks) check.update(part);
    this.#minisign?.hash.update(part);
  }

  /** To be called once, with the digest of the same bytes. */
  proofs(digest: ImageDigest): Proofs {
    return {
      certificate: this.#signer?.finding ?? absent("no signing certificate was given"),
      signature: this.#judgeSignature(),
      minisign: this.#judgeMinisign(),
      vendorSha256: sameHash("SHA-256", digest.sha256, this.#claim.sha256),
      md5: sameHash("MD5", digest.md5, this.#claim.md5),
    };
  }

  #judgeSignature(): Finding {
    const { signature, certificate } = this.#claim;
    if (signature === undefined && certificate === undefined) return absent("no signature was given");
    if (signature === undefined) return bad("there is a signing certificate and no signature");
    if (certificate === undefined) return bad("there is a signature and no signing certificate");
    if (!this.#signature) {
      return bad(`the signature is no base64 of at most ${FIRMWARE_LIMITS.signatureChars} characters`);
    }
    if (!this.#signer?.key) return absent("it was not checked, since its certificate does not count");
    const allowed = this.#trust!.algorithms.join(", ");
    if (this.#checks.length === 0) return bad(`none of the algorithms that count (${allowed}) fits the signer's key`);
    const found = this.#checks.find((check) => check.isGood(this.#signature!));
    return found ? good(`${found.algorithm} over the whole file`) : bad(
      `the signature is not the signer's over this file, by ${this.#checks.map((c) => c.algorithm).join(" or ")}`,
    );
  }

  #judgeMinisign(): Finding {
    if (this.#claim.minisig === undefined) return absent("no minisign signature was given");
    if (this.#trust?.minisignKey === undefined) {
      return absent("the vendor's profile has no minisign key to check it with");
    }
    if (!this.#minisign) return bad("the .minisig file cannot be read: wanted one that hashes first (ED)");
    const key = readMinisignKey(this.#trust.minisignKey);
    if (!key) return bad("the minisign key of the vendor's profile cannot be read");
    const { hash, signature } = this.#minisign;
    if (signature.keyId !== key.id) {
      return bad(`it is signed with the minisign key ${signature.keyId}: wanted ${key.id}`);
    }
    return isMinisigned(hash.digest(), signature, key)
      ? good(`signed with the key ${key.id}, "${signature.trustedComment}"`)
      : bad(`the minisign signature is not of the key ${key.id} over this file`);
  }
}

function sameHash(name: string, seen: string | undefined, claimed: string | undefined): Finding {
  if (claimed === undefined || seen === undefined) return absent(`no ${name} was given`);
  const wanted = claimed.toLowerCase();
  return seen === wanted ? good(`${name} ${seen}`) : bad(`the file has ${name} ${seen}: wanted ${wanted}`);
}

function bytesOf(base64: string): Uint8Array | undefined {
  const bare = base64.replace(/\s/g, "");
  if (base64.length > FIRMWARE_LIMITS.signatureChars || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return undefined;
  return new Uint8Array(Buffer.from(bare, "base64"));
}
