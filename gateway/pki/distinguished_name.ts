import { type Der, DerReader, hexOf, malformed, readOid, readText, TAG } from "./der_reader.ts";
import { type Bytes, der, oid, sequence, setOf } from "./der_writer.ts";
import { PKI_LIMITS } from "./limits.ts";

/** A distinguished name: its bytes for comparing, and the attributes that identify. */
export interface DistinguishedName {
  readonly raw: Uint8Array;
  /** DER of each RelativeDistinguishedName, in order. */
  readonly rdns: readonly Uint8Array[];
  readonly commonNames: readonly string[];
  readonly organizations: readonly string[];
}

/** Attribute types by the short names that people write (RFC 4519). */
const ATTRIBUTES = { CN: "2.5.4.3", C: "2.5.4.6", L: "2.5.4.7", O: "2.5.4.10", OU: "2.5.4.11" } as const;

/** Reads a Name (RFC 5280 section 4.1.2.4). @throws ProtocolError PKI_MALFORMED */
export function readName(name: Der): DistinguishedName {
  const rdns: Uint8Array[] = [];
  const commonNames: string[] = [];
  const organizations: string[] = [];
  for (const reader = new DerReader(name.value); !reader.done;) {
    if (rdns.length >= PKI_LIMITS.names) throw malformed(`a name with more than ${PKI_LIMITS.names} parts`);
    const rdn = reader.read(TAG.set);
    rdns.push(rdn.raw);
    const parts = reader.inside(rdn);
    do {
      const attribute = parts.open(TAG.sequence);
      const type = readOid(attribute.read(TAG.oid));
      const value = attribute.read();
      attribute.end();
      if (type === ATTRIBUTES.CN) commonNames.push(readText(value));
      else if (type === ATTRIBUTES.O) organizations.push(readText(value));
    } while (!parts.done);
  }
  return { raw: name.raw, rdns, commonNames, organizations };
}

/** Writes a Name with one attribute per part, values as UTF8String. */
export function writeName(parts: readonly (readonly [keyof typeof ATTRIBUTES, string])[]): Bytes {
  return sequence(...parts.map(([type, text]) => {
    // Country is a PrintableString by definition (RFC 5280 appendix A.1).
    const tag = type === "C" ? TAG.printableString : TAG.utf8String;
    return setOf(sequence(oid(ATTRIBUTES[type]), der(tag, new TextEncoder().encode(text))));
  }));
}

/** What a person reads in messages: the common name, quoted and stripped of control characters. */
export function showName(name: DistinguishedName): string {
  const text = name.commonNames[0] ?? name.organizations[0];
  return text === undefined ? `DER ${hexOf(name.raw.subarray(0, 16))}` : `"${printable(text)}"`;
}

/** Text of a peer for a message: other than printable ASCII becomes "?", at most 64 characters. */
export function printable(text: string): string {
  return text.slice(0, 64).replace(/[^\x20-\x7e]/g, "?");
}
