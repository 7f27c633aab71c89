import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import {
  bitString,
  type Bytes,
  der,
  explicit,
  integer,
  oid,
  sequence,
  setOf,
  time,
  toPem,
  utf8String,
} from "../pki/der_writer.ts";
import {
  basicConstraints,
  extendedKeyUsage,
  extensionList,
  keyUsage,
  subjectAltName,
} from "../pki/extension_writer.ts";
import type { Random } from "../core/timers.ts";

/** A certificate and its private key, as PEM. */
export interface Credential {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What a certificate of the simulated world is for. */
export interface LeafRequest {
  readonly commonName: string;
  readonly organization?: string;
  readonly usage: "server" | "client";
  /** Host names and IPv4 addresses in the subject alternative name. */
  readonly names?: readonly string[];
  /** 1 makes a certificate without extensions, as old controllers ship them: for attacks only. */
  readonly version?: 1 | 3;
  /** Further extensions, as DER. */
  readonly extensions?: readonly Bytes[];
}

/** A certificate authority of the simulated world: the one of the CSMS, or a foreign one for attacks. */
export interface DemoAuthority {
  readonly certPem: string;
  issue(request: LeafRequest): Credential;
}

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const USAGE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;
const DAY_MS = 86_400_000;

/** A new P-256 key: PKCS#8 as PEM and the public half as SubjectPublicKeyInfo. */
export function createKey(): { readonly keyPem: string; readonly spki: Bytes } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "der" },
  });
  return { keyPem: privateKey as unknown as string, spki: new Uint8Array(publicKey as unknown as Uint8Array) };
}

/** A self-signed authority, valid from a day before `nowMs` for a month. */
export function createAuthority(commonName: string, nowMs: number, random: Random): DemoAuthority {
  const key = createKey();
  const issuer = name(commonName, "Bulkhead demo");
  const certify = (subject: Bytes, spki: Bytes, extensions: readonly Bytes[]): string => {
    const serial = random.bytes(16);
    serial[0]! = serial[0]! & 0x3f | 0x40;
    const body = sequence(
      ...(extensions.length === 0 ? [] : [explicit(0, integer(2))]),
      integer(serial),
      ECDSA_SHA256,
      issuer,
      sequence(time(nowMs - DAY_MS), time(nowMs + 30 * DAY_MS)),
      subject,
      spki,
      ...(extensions.length === 0 ? [] : [extensionList(extensions)]),
    );
    return toPem("CERTIFICATE", signed(body, key.keyPem));
  };
  const authority = [basicConstraints({}), keyUsage([5, 6])];
  return {
    certPem: certify(issuer, key.spki, authority),
    issue({ commonName, organization = "Bulkhead demo", usage, names = [], version = 3, extensions: more = [] }) {
      const leaf = createKey();
      const extensions = version === 1 ? [] : [
        keyUsage([0]),
        extendedKeyUsage([USAGE[usage]]),
        ...(names.length === 0 ? [] : [subjectAltName(names)]),
        ...more,
      ];
      return { certPem: certify(name(commonName, organization), leaf.spki, extensions), keyPem: leaf.keyPem };
    },
  };
}

/** A certificate signing request (PKCS#10, RFC 2986) as a station would make it. */
export function createRequest(commonName: string, organization: string): { csrPem: string; keyPem: string } {
  const { keyPem, spki } = createKey();
  const body = sequence(integer(0), name(commonName, organization), spki, der(0xa0));
  return { csrPem: toPem("CERTIFICATE REQUEST", signed(body, keyPem)), keyPem };
}

/** The public key of a PEM private key, to tell whether a certificate belongs to it. */
export function publicKeyOf(keyPem: string): Uint8Array {
  return new Uint8Array(createPublicKey(createPrivateKey(keyPem)).export({ type: "spki", format: "der" }));
}

function signed(body: Bytes, keyPem: string): Bytes {
  return sequence(body, ECDSA_SHA256, bitString(sign("SHA256", body, keyPem)));
}

function name(commonName: string, organization: string): Bytes {
  const part = (type: string, value: string) => setOf(sequence(oid(type), utf8String(value)));
  return sequence(part("2.5.4.10", organization), part("2.5.4.3", commonName));
}
