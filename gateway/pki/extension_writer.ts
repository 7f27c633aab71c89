import { createHash } from "node:crypto";
import { isIP } from "node:net";
import {
  bitList,
  type Bytes,
  der,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  TRUE,
} from "./der_writer.ts";
import { EXTENSION, GENERAL_NAME } from "./extensions.ts";

/** One extension as DER: identifier, criticality and content. */
export function extension(id: string, critical: boolean, content: Uint8Array): Bytes {
  return sequence(oid(id), ...(critical ? [TRUE] : []), octetString(content));
}

/** BasicConstraints, critical: a CA with an optional path length, or not a CA. */
export function basicConstraints(ca: { readonly pathLength?: number } | undefined): Bytes {
  if (!ca) return extension(EXTENSION.basicConstraints, true, sequence());
  const length = ca.pathLength === undefined ? [] : [integer(ca.pathLength)];
  return extension(EXTENSION.basicConstraints, true, sequence(TRUE, ...length));
}

/** KeyUsage, critical, by bit numbers. */
export function keyUsage(bits: readonly number[]): Bytes {
  return extension(EXTENSION.keyUsage, true, bitList(bits));
}

/** ExtendedKeyUsage by object identifiers. */
export function extendedKeyUsage(purposes: readonly string[]): Bytes {
  return extension(EXTENSION.extendedKeyUsage, false, sequence(...purposes.map(oid)));
}

/** SubjectAltName of host names and IP addresses. */
export function subjectAltName(names: readonly string[]): Bytes {
  return extension(EXTENSION.subjectAltName, false, sequence(...names.map(generalName)));
}

/** NameConstraints, critical: only these domains (with everything below them) and address ranges. */
export function permittedNames(trees: readonly Uint8Array[]): Bytes {
  return extension(
    EXTENSION.nameConstraints,
    true,
    sequence(der(0xa0, ...trees.map((tree) => sequence(tree)))),
  );
}

/** SubjectKeyIdentifier: SHA-256 of the key, its first 20 bytes (RFC 7093 method 1). */
export function subjectKeyId(spki: Uint8Array): Bytes {
  return extension(EXTENSION.subjectKeyId, false, octetString(keyId(spki)));
}

/** AuthorityKeyIdentifier of the issuer's key identifier. */
export function authorityKeyId(id: Uint8Array): Bytes {
  return extension(EXTENSION.authorityKeyId, false, sequence(implicit(0, id)));
}

/** The key identifier that subjectKeyId writes. */
export function keyId(spki: Uint8Array): Bytes {
  return new Uint8Array(createHash("sha256").update(spki).digest().subarray(0, 20));
}

/** The tail of a certificate of version 3. */
export function extensionList(extensions: readonly Uint8Array[]): Bytes {
  return explicit(3, sequence(...extensions));
}

/** A host name or IP address as a GeneralName. */
export function generalName(name: string): Bytes {
  if (isIP(name)) return implicit(GENERAL_NAME.ip, addressBytes(name));
  return implicit(GENERAL_NAME.dns, new TextEncoder().encode(name));
}

/** 4 or 16 bytes of an IP address in text form. */
export function addressBytes(address: string): Bytes {
  if (isIP(address) === 4) return new Uint8Array(address.split(".").map(Number));
  const host = new URL(`http://[${address}]`).hostname.slice(1, -1); // canonical form, IPv4 tails become hex groups
  const [head = "", tail] = host.split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return new Uint8Array(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Text of 4 or 16 address bytes, IPv6 in its short form. */
export function showAddress(bytes: Uint8Array): string {
  if (bytes.length !== 16) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
