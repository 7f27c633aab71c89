import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { bitString, type Bytes, explicit, integer, oid, sequence, time, toPem } from "../../gateway/pki/der_writer.ts";
import { der } from "../../gateway/pki/der_writer.ts";
import { writeName } from "../../gateway/pki/distinguished_name.ts";
import {
  basicConstraints,
  extendedKeyUsage,
  extensionList,
  keyUsage,
  subjectAltName,
} from "../../gateway/pki/extension_writer.ts";
import { KEY_USAGE, PURPOSE } from "../../gateway/pki/extensions.ts";

/** Kinds of key that tests use; P-256 takes a millisecond, RSA some hundred. */
export type TestKeyKind = "p256" | "p384" | "ed25519" | "rsa1024" | "rsa2048";

/** A private key with its public half as SubjectPublicKeyInfo. */
export interface TestKey {
  readonly key: KeyObject;
  readonly keyPem: string;
  readonly spki: Uint8Array;
}

/** A certificate with its key, and what tests compare. */
export interface TestCertificate extends TestKey {
  readonly der: Bytes;
  readonly certPem: string;
  /** Lower-case hex without leading zeros, as verifyPeer gives it. */
  readonly serial: string;
  readonly fingerprint: string;
  /** Subject name as DER. */
  readonly subject: Bytes;
}

type NamePart = Parameters<typeof writeName>[0][number];

/** Everything about a test certificate can be made wrong; defaults are right and hold from 2020 to 2040. */
export interface TestCertificateOptions {
  /** Default 3. Version 1 has no extensions. */
  readonly version?: 1 | 3;
  readonly subject?: readonly NamePart[];
  /** Subject as DER, for names that writeName refuses to write. */
  readonly subjectDer?: Bytes;
  readonly serial?: Uint8Array;
  readonly key?: TestKey;
  readonly keyKind?: TestKeyKind;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Default SHA-256 (Ed25519 has its own). */
  readonly hash?: "sha1" | "sha256" | "sha384";
  /** Makes it a CA. */
  readonly ca?: { readonly pathLength?: number };
  readonly usage?: readonly number[] | null;
  /** Object identifiers; null leaves the extension out. */
  readonly purposes?: readonly string[] | null;
  /** Host names and addresses. */
  readonly altNames?: readonly string[];
  readonly moreExtensions?: readonly Uint8Array[];
}

const FROM = Date.UTC(2020, 0, 1);
const TO = Date.UTC(2040, 0, 1);

/** Makes a key. */
export function makeTestKey(kind: TestKeyKind = "p256"): TestKey {
  const { privateKey, publicKey } = generate(kind);
  return {
    key: privateKey,
    keyPem: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    spki: new Uint8Array(publicKey.export({ format: "der", type: "spki" })),
  };
}

/** Makes a certificate signed by `issuer`, or by itself. */
export function makeTestCertificate(options: TestCertificateOptions, issuer?: TestCertificate): TestCertificate {
  const key = options.key ?? makeTestKey(options.keyKind);
  const subject = options.subjectDer ?? writeName(options.subject ?? [["O", "Test CPO"], ["CN", "CP001"]]);
  const serial = options.serial ?? randomBytes(16);
  const signer = issuer?.key ?? key.key;
  const algorithm = signatureAlgorithm(signer, options.hash ?? "sha256");
  const version = options.version ?? 3;
  const tbs = sequence(
    ...(version === 1 ? [] : [explicit(0, integer(version - 1))]),
    integer(serial),
    algorithm,
    issuer?.subject ?? subject,
    sequence(time(options.notBefore ?? FROM), time(options.notAfter ?? TO)),
    subject,
    key.spki,
    ...(version === 1 ? [] : [extensionList(extensionsOf(options))]),
  );
  const signature = sign(signer.asymmetricKeyType === "ed25519" ? null : options.hash ?? "sha256", tbs, signer);
  const whole = sequence(tbs, algorithm, bitString(signature));
  return {
    ...key,
    der: whole,
    certPem: toPem("CERTIFICATE", whole),
    serial: Buffer.from(serial).toString("hex").replace(/^(00)+(?=..)/, ""),
    fingerprint: createHash("sha256").update(whole).digest("hex"),
    subject,
  };
}

/** A CA for tests: client and server certificates in a millisecond each. */
export class TestCa {
  readonly certificate: TestCertificate;
  readonly #chain: readonly TestCertificate[];

  constructor(name = "Test CA", options: TestCertificateOptions = {}, parent?: TestCa) {
    const subject = [["O", "Test CPO"], ["CN", name]] as const;
    this.certificate = makeTestCertificate({ subject, ca: {}, ...options }, parent?.certificate);
    this.#chain = parent ? [this.certificate, ...parent.#chain] : [];
  }

  /** PEM of the CA certificate. */
  get pem(): string {
    return this.certificate.certPem;
  }

  /** An intermediate below this CA. Its certificates carry the chain in `certPem`. */
  intermediate(name: string, options: TestCertificateOptions = {}): TestCa {
    return new TestCa(name, options, this);
  }

  /** A station's client certificate: O "Test CPO", the common name given. */
  client(commonName: string, options: TestCertificateOptions = {}): TestCertificate {
    const subject = [["O", "Test CPO"], ["CN", commonName]] as const;
    return this.issue({ subject, purposes: [PURPOSE.clientAuth], ...options });
  }

  /** A server certificate for these host names and addresses; the first is the common name. */
  server(names: readonly string[], options: TestCertificateOptions = {}): TestCertificate {
    const subject = [["CN", names[0]!]] as const;
    return this.issue({ subject, altNames: names, purposes: [PURPOSE.serverAuth], ...options });
  }

  /** Any certificate signed by this CA. `certPem` is followed by the CA certificates between it and the root. */
  issue(options: TestCertificateOptions): TestCertificate {
    const made = makeTestCertificate(options, this.certificate);
    return { ...made, certPem: made.certPem + this.#chain.map((ca) => ca.certPem).join("") };
  }
}

/** A certificate signing request (RFC 2986), signed by `signWith` when that is to be wrong. */
export function makeTestCsr(
  subject: readonly NamePart[],
  options: { readonly key?: TestKey; readonly hash?: "sha1" | "sha256"; readonly signWith?: TestKey } = {},
): { readonly csrPem: string; readonly key: TestKey } {
  const key = options.key ?? makeTestKey();
  const hash = options.hash ?? "sha256";
  const info = sequence(integer(0), writeName(subject), key.spki, explicit(0));
  const signer = (options.signWith ?? key).key;
  const algorithm = signatureAlgorithm(signer, hash);
  const signature = sign(signer.asymmetricKeyType === "ed25519" ? null : hash, info, signer);
  return { csrPem: toPem("CERTIFICATE REQUEST", sequence(info, algorithm, bitString(signature))), key };
}

/**
 * A P-256 private key in PEM that claims the public key of someone else's certificate: OpenSSL compares public halves
 * only, so s_client presents that certificate and signs with a random key. This is how a thief of a certificate acts.
 */
export function forgeKeyPem(spki: Uint8Array): string {
  const secret = makeTestKey().key.export({ format: "jwk" }) as { d: string };
  const scalar = Buffer.from(secret.d, "base64url");
  const point = spki.subarray(spki.length - 65);
  const sec1 = sequence(
    integer(1),
    der(0x04, scalar),
    explicit(0, oid("1.2.840.10045.3.1.7")),
    explicit(1, bitString(point)),
  );
  return toPem("EC PRIVATE KEY", sec1);
}

function extensionsOf({ ca, usage, purposes, altNames, moreExtensions }: TestCertificateOptions): Uint8Array[] {
  const bits = usage === undefined ? ca ? [KEY_USAGE.keyCertSign, KEY_USAGE.crlSign] : [0] : usage;
  return [
    basicConstraints(ca),
    ...(bits ? [keyUsage(bits)] : []),
    ...(purposes ? [extendedKeyUsage(purposes)] : []),
    ...(altNames ? [subjectAltName(altNames)] : []),
    ...(moreExtensions ?? []),
  ];
}

const SIGNATURES: Readonly<Record<string, string>> = {
  "ec sha1": "1.2.840.10045.4.1",
  "ec sha256": "1.2.840.10045.4.3.2",
  "ec sha384": "1.2.840.10045.4.3.3",
  "rsa sha1": "1.2.840.113549.1.1.5",
  "rsa sha256": "1.2.840.113549.1.1.11",
  "rsa sha384": "1.2.840.113549.1.1.12",
};

function signatureAlgorithm(key: KeyObject, hash: string): Bytes {
  const kind = key.asymmetricKeyType!;
  if (kind === "ed25519") return sequence(oid("1.3.101.112"));
  return sequence(oid(SIGNATURES[`${kind} ${hash}`]!), ...(kind === "rsa" ? [der(0x05)] : []));
}

function generate(kind: TestKeyKind): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (kind) {
    case "p256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "p384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" });
    case "ed25519":
      return generateKeyPairSync("ed25519");
    case "rsa1024":
      return generateKeyPairSync("rsa", { modulusLength: 1024 });
    case "rsa2048":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
  }
}
