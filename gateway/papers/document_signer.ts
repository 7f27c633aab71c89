import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Sealer } from "../control/contract.ts";
import type { Clock } from "../core/clock.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { readPem } from "../pki/pem.ts";
import type { SiteCa } from "../pki/site_ca.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, putSealed } from "../store/sealer.ts";
import type { Store } from "../store/store.ts";
import { writeSignature } from "./cms.ts";

const DAY_MS = 86_400_000;
/** How long a signer's certificate holds; a paper is judged by when it was signed, so it outlives its signer. */
const VALID_DAYS = 3 * 365;
/** Another one is made so long before the end. */
const RENEW_DAYS = 365;

/** What the signer stands on. */
export interface SignerParts {
  readonly ca: Pick<SiteCa, "hasIssued" | "issueSigner">;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly siteId: string;
}

interface StoredSigner {
  readonly keyPem: string;
  readonly certPem: string;
}

interface OpenedSigner {
  readonly key: KeyObject;
  /** The signer's certificate, then those above it without a root. */
  readonly chain: readonly Certificate[];
}

/** Signs papers of the gateway with a P-256 key of its own, sealed in the store, and a certificate of the site CA. */
export class DocumentSigner {
  #known: OpenedSigner | undefined;

  constructor(private readonly parts: SignerParts) {}

  /**
   * What makes detached signatures of data with a SHA-256, and who signs. The key is made, and stored, when it is first
   * needed, or when its certificate comes to its end.
   */
  async signer(): Promise<{ readonly name: string; readonly sign: (digest: Uint8Array) => Uint8Array }> {
    const { key, chain } = this.#known = await this.#load();
    return {
      name: chain[0]!.subject.commonNames[0] ?? "",
      sign: (digest) => writeSignature(digest, chain, (signed) => sign("sha256", signed, key)),
    };
  }

  async #load(): Promise<OpenedSigner> {
    const { store, sealer } = this.parts;
    if (this.#known && this.#isGood(this.#known.chain[0]!)) return this.#known;
    const bytes = await getSealed(store, sealer, KEYS.documentSigner);
    const kept = bytes && opened(JSON.parse(new TextDecoder().decode(bytes)) as StoredSigner);
    if (kept && this.#isGood(kept.chain[0]!)) return kept;
    const made = this.#make();
    await putSealed(store, sealer, KEYS.documentSigner, new TextEncoder().encode(JSON.stringify(made)));
    return opened(made);
  }

  /** Also false after the site CA was changed: what it signs then could not be checked by the CA of today. */
  #isGood(certificate: Certificate): boolean {
    const now = this.parts.clock.now();
    return this.parts.ca.hasIssued(certificate) && certificate.notBefore <= now &&
      now < certificate.notAfter - RENEW_DAYS * DAY_MS;
  }

  #make(): StoredSigner {
    const { ca, clock, siteId } = this.parts, now = clock.now();
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
    const certPem = ca.issueSigner(`Bulkhead papers ${siteId}`.slice(0, 64), spki, {
      ...{ notBefore: now - DAY_MS, notAfter: now + VALID_DAYS * DAY_MS },
    });
    return { certPem, keyPem: privateKey.export({ format: "pem", type: "pkcs8" }) as string };
  }
}

function opened(
  { keyPem, certPem }: StoredSigner,
): { readonly key: KeyObject; readonly chain: readonly Certificate[] } {
  return { key: createPrivateKey(Buffer.from(keyPem)), chain: readPem(certPem, "CERTIFICATE").map(readCertificate) };
}
