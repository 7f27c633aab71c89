import { type KeyObject, sign } from "node:crypto";
import { bitString, type Bytes, explicit, integer, oid, sequence, setOf } from "./der_writer.ts";
import { writeName } from "./distinguished_name.ts";
import { subjectAltName } from "./extension_writer.ts";
import { PKI_LIMITS } from "./limits.ts";

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";

/**
 * A certificate signing request (RFC 2986) for these host names, signed with its P-256 key, as DER. A first name that is
 * too long for a common name stands among the alternative names only, which is where everybody looks.
 */
export function writeSigningRequest(names: readonly string[], spki: Uint8Array, key: KeyObject): Bytes {
  const fits = names[0] !== undefined && names[0].length <= PKI_LIMITS.commonNameChars;
  const subject = writeName(fits ? [["CN", names[0]!]] : []);
  const extensions = sequence(oid(EXTENSION_REQUEST), setOf(sequence(subjectAltName(names))));
  return signed(sequence(integer(0), subject, spki, explicit(0, extensions)), key);
}

/**
 * A certificate signing request of a station: O the operator, CN the identity, no alternative names (OCPP 1.6 security
 * whitepaper A00.FR.511, A02), signed with its P-256 key, as DER.
 */
export function writeStationRequest(organization: string, identity: string, spki: Uint8Array, key: KeyObject): Bytes {
  const subject = writeName([["O", organization], ["CN", identity]]);
  return signed(sequence(integer(0), subject, spki, explicit(0)), key);
}

function signed(info: Bytes, key: KeyObject): Bytes {
  return sequence(info, sequence(oid(ECDSA_SHA256)), bitString(sign("sha256", info, key)));
}
