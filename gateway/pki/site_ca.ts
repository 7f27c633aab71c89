import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import type { Sealer } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import type { Random } from "../core/timers.ts";
import { KEYS } from "../store/keys.ts";
import { getSealed, sealFor } from "../store/sealer.ts";
import type { Store, StoreKey } from "../store/store.ts";
import { type Certificate, isSelfIssued, readCertificate } from "./certificate.ts";
import { type RevokedEntry, writeCertificate, writeRevocationList } from "./certificate_writer.ts";
import { findPath } from "./chain.ts";
import { sameBytes } from "./der_reader.ts";
import { integer, toPem } from "./der_writer.ts";
import { writeName } from "./distinguished_name.ts";
import * as write from "./extension_writer.ts";
import { EXTENSION, KEY_USAGE, PURPOSE } from "./extensions.ts";
import { readOnePem, readPem } from "./pem.ts";

const DAY_MS = 86_400_000;
const ROOT_YEARS = 20;
const KEY: StoreKey = [...KEYS.siteCa, "key"];
const CERTIFICATE: StoreKey = [...KEYS.siteCa, "certificate"];

/** From when to when a certificate holds, milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The CA of the site: it vouches for this gateway's listeners and for the stations, for nobody else. Its private key
 * never leaves control. Either a root that the site made itself, or an intermediate below a root of the customer.
 */
export class SiteCa {
  readonly certificate: Certificate;
  readonly #key: KeyObject;
  readonly #random: Random;
  /** What a server sends after its own certificate: the CA and those above it, without a root. */
  readonly #upwards: string;

  constructor(chain: readonly Certificate[], key: KeyObject, random: Random) {
    this.certificate = chain[0]!;
    this.#key = key;
    this.#random = random;
    this.#upwards = chain.filter((each) => !isSelfIssued(each)).map((each) => toPem("CERTIFICATE", each.der)).join("");
  }

  /** The CA certificate in PEM: what stations must trust, and what station certificates must chain to. */
  get pem(): string {
    return toPem("CERTIFICATE", this.certificate.der);
  }

  /**
   * A server certificate: CN and SAN hold the names (facts O-16), the first is the common name.
   * @throws GatewayError PKI_CA_UNUSABLE when a name breaks the CA's own name constraints
   */
  issueServer(names: readonly string[], spki: Uint8Array, validity: Validity): string {
    const usage = [KEY_USAGE.digitalSignature];
    return this.#issue([["CN", names[0]!.slice(0, 64)]], spki, validity, [PURPOSE.serverAuth], usage, names);
  }

  /** A station's client certificate: O the operator, CN the station id, no alternative name (A00.FR.507-512). */
  issueStation(organization: string, stationId: string, spki: Uint8Array, validity: Validity): string {
    const subject = [["O", organization], ["CN", stationId]] as const;
    return this.#issue(subject, spki, validity, [PURPOSE.clientAuth], [KEY_USAGE.digitalSignature]);
  }

  /**
   * A certificate for what signs this gateway's papers. E-mail protection stands beside the purpose of RFC 9336, since most
   * programs that check a signed PDF know only that one.
   * @throws GatewayError PKI_CA_UNUSABLE when the CA may vouch for other purposes only
   */
  issueSigner(name: string, spki: Uint8Array, validity: Validity): string {
    const usage = [KEY_USAGE.digitalSignature, KEY_USAGE.nonRepudiation];
    return this.#issue([["CN", name]], spki, validity, [PURPOSE.documentSigning, PURPOSE.emailProtection], usage);
  }

  /** A revocation list for others; the gateway itself uses the store. `number` must grow with every list. */
  revocationList(revoked: readonly RevokedEntry[], number: number, now: number, days: number): string {
    const extensions = [
      write.authorityKeyId(this.#keyId()),
      write.extension(EXTENSION.crlNumber, false, integer(number)),
    ];
    const times = { thisUpdate: now, nextUpdate: now + days * DAY_MS };
    return writeRevocationList({ issuer: this.certificate.subject.raw, ...times, revoked, extensions }, this.#key);
  }

  /** Whether this CA signed a certificate. */
  hasIssued(certificate: Certificate): boolean {
    return sameBytes(certificate.issuer.raw, this.certificate.subject.raw) &&
      findPath(certificate, [], [this.certificate], PURPOSE.serverAuth).ok;
  }

  #issue(
    subject: Parameters<typeof writeName>[0],
    spki: Uint8Array,
    validity: Validity,
    purposes: readonly string[],
    usage: readonly number[],
    names: readonly string[] = [],
  ): string {
    const ends = Math.min(validity.notAfter, this.certificate.notAfter);
    const pem = writeCertificate({
      serial: randomSerial(this.#random),
      issuer: this.certificate.subject.raw,
      subject: writeName(subject),
      spki,
      notBefore: validity.notBefore,
      notAfter: ends,
      extensions: [
        write.basicConstraints(undefined),
        write.keyUsage(usage),
        write.extendedKeyUsage(purposes),
        ...(names.length > 0 ? [write.subjectAltName(names)] : []),
        write.subjectKeyId(spki),
        write.authorityKeyId(this.#keyId()),
      ],
    }, this.#key);
    const made = readCertificate(readOnePem(pem, "CERTIFICATE"));
    const path = findPath(made, [], [this.certificate], purposes[0]!);
    if (!path.ok) throw caUnusable(`a certificate for "${subject.at(-1)?.[1]}" would be refused: ${path.message}`);
    return pem + this.#upwards;
  }

  #keyId(): Uint8Array {
    const own = this.certificate.extensions.subjectKeyId;
    return own === undefined ? write.keyId(this.certificate.publicKey.spki) : Buffer.from(own, "hex");
  }
}

/** What the site CA stands on. */
export interface SiteCaParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly random: Random;
  readonly now: number;
  readonly siteId: string;
  readonly organization: string;
}

/**
 * The site's own root: made at the first start (P-256, 20 years), its key sealed in the store.
 * @throws GatewayError PKI_CA_UNUSABLE when the stored parts do not belong together
 */
export async function openSiteRoot(parts: SiteCaParts): Promise<SiteCa> {
  const { store, sealer, random } = parts;
  const [sealedKey, stored] = [await getSealed(store, sealer, KEY), await store.get<{ pem: string }>(CERTIFICATE)];
  if (sealedKey && stored) {
    const key = createPrivateKey({ key: Buffer.from(sealedKey), format: "der", type: "pkcs8" });
    return new SiteCa(requireCa(stored.value.pem, key, parts.now, false), key, random);
  }
  if (sealedKey || stored) throw caUnusable("the store holds only one of its key and its certificate");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = makeRoot(parts, privateKey);
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  await store.commit(
    [{ set: KEY, value: await sealFor(sealer, KEY, pkcs8) }, { set: CERTIFICATE, value: { pem } }],
    [{ key: KEY, version: null }, { key: CERTIFICATE, version: null }],
  );
  return new SiteCa([readCertificate(readOnePem(pem, "CERTIFICATE"))], privateKey, random);
}

/**
 * The site CA as an intermediate of the customer's root. It must be name-constrained: a stolen box must not be able to
 * vouch for any other server of the customer, the CSMS above all (LC7).
 * @throws GatewayError PKI_CA_UNUSABLE
 */
export function openIntermediate(certPem: string, keyPem: string, random: Random, now: number): SiteCa {
  let key: KeyObject;
  try {
    key = createPrivateKey(keyPem);
  } catch {
    throw caUnusable("its private key cannot be read"); // without the cause: it may quote the key
  }
  return new SiteCa(requireCa(certPem, key, now, true), key, random);
}

function makeRoot({ siteId, organization, random, now }: SiteCaParts, key: KeyObject): string {
  const name = writeName([["O", organization], ["CN", `Bulkhead site CA ${siteId}`.slice(0, 64)]]);
  const spki = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }));
  return writeCertificate({
    serial: randomSerial(random),
    issuer: name,
    subject: name,
    spki,
    // Stations whose clock never was set believe to be in the past; a CA that starts early costs nothing.
    notBefore: Math.min(now, Date.UTC(2000, 0, 1)),
    notAfter: now + ROOT_YEARS * 365 * DAY_MS,
    extensions: [
      write.basicConstraints({ pathLength: 0 }),
      write.keyUsage([KEY_USAGE.keyCertSign, KEY_USAGE.crlSign]),
      write.subjectKeyId(spki),
    ],
  }, key);
}

function requireCa(pem: string, key: KeyObject, now: number, isIntermediate: boolean): readonly Certificate[] {
  const chain = readPem(pem, "CERTIFICATE").map(readCertificate);
  const ca = chain[0];
  if (!ca) throw caUnusable("the file holds no certificate");
  if (ca.version !== 3 || !ca.extensions.ca?.isCa) throw caUnusable("it is not a CA certificate of X.509 version 3");
  if (ca.extensions.keyUsage && !ca.extensions.keyUsage.has(KEY_USAGE.keyCertSign)) {
    throw caUnusable("its key usage does not allow it to sign certificates");
  }
  if (!new X509Certificate(Buffer.from(ca.der)).checkPrivateKey(key)) {
    throw caUnusable("its private key belongs to another certificate");
  }
  if (!isIntermediate) return chain;
  if (now > ca.notAfter) throw caUnusable(`it expired on ${new Date(ca.notAfter).toISOString()}`);
  if ((ca.extensions.nameConstraints?.permitted.length ?? 0) === 0) {
    throw caUnusable("it has no name constraints, so that a stolen box could vouch for every server of yours", {
      hint: "Issue it with nameConstraints = critical, permitted;DNS:<domain of the site>, permitted;IP:<network/mask>",
    });
  }
  return chain;
}

/** 16 random bytes: unique without a counter, positive, and never with leading zeros. */
function randomSerial(random: Random): Uint8Array {
  const serial = random.bytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  return serial;
}

function caUnusable(why: string, detail: { readonly hint?: string } = {}): GatewayError {
  return new GatewayError("PKI_CA_UNUSABLE", `Cannot use the site CA: ${why}`, detail);
}
