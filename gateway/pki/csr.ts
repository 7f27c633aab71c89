import { DerReader, malformed, readBytesOfBitString, readUnsigned, TAG } from "./der_reader.ts";
import { type DistinguishedName, printable, readName } from "./distinguished_name.ts";
import { PKI_LIMITS } from "./limits.ts";
import { readOnePem } from "./pem.ts";
import { faultOfKey, type PublicKeyFacts, readPublicKey } from "./public_key.ts";
import { isSignedBy, readSignatureAlgorithm } from "./signature.ts";

/** A certificate signing request (RFC 2986), read but not judged. */
export interface SigningRequest {
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  readonly signatureAlgorithm: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Reads one request in PEM. @throws ProtocolError PKI_MALFORMED */
export function readSigningRequest(pem: string): SigningRequest {
  const label = pem.includes("BEGIN NEW CERTIFICATE REQUEST") ? "NEW CERTIFICATE REQUEST" : "CERTIFICATE REQUEST";
  const bytes = readOnePem(pem, label);
  if (bytes.length > PKI_LIMITS.certificateBytes) throw malformed(`more than ${PKI_LIMITS.certificateBytes} bytes`);
  const whole = new DerReader(bytes);
  const outer = whole.open(TAG.sequence);
  whole.end();
  const info = outer.read(TAG.sequence);
  const signatureAlgorithm = outer.read(TAG.sequence).raw;
  const signature = readBytesOfBitString(outer.read(TAG.bitString));
  outer.end();
  const body = outer.inside(info);
  const version = readUnsigned(body.read(TAG.integer));
  if (version !== "00") throw malformed(`request of version ${version}`);
  const subject = readName(body.read(TAG.sequence));
  const publicKey = readPublicKey(body.read(TAG.sequence));
  body.optional(0xa0); // attributes: what they ask for is not granted anyway
  body.end();
  return { subject, publicKey, signatureAlgorithm, signed: info.raw, signature };
}

/**
 * Everything that is wrong with a station's request (facts O-13 to O-16, O-18): the common name must be the station id,
 * the organization one that is accepted here, the key strong, and the request signed with that key.
 * @param organizations accepted O=; empty accepts any and none
 */
export function faultsOfRequest(
  request: SigningRequest,
  stationId: string,
  organizations: readonly string[],
): readonly string[] {
  const { commonNames, organizations: given } = request.subject;
  const faults: string[] = [];
  if (commonNames.length !== 1 || commonNames[0] !== stationId) {
    faults.push(`its common name (CN) is ${list(commonNames)}: wanted "${stationId}"`);
  }
  if (given.length > 1) faults.push(`it names ${given.length} organizations (O): wanted one`);
  if (organizations.length > 0 && !organizations.includes(given[0] ?? "")) {
    faults.push(
      `its organization (O) is ${list(given)}: wanted ${organizations.map((name) => `"${name}"`).join(" or ")}`,
    );
  }
  const keyFault = faultOfKey(request.publicKey);
  if (keyFault) faults.push(keyFault);
  const algorithm = readSignatureAlgorithm(request.signatureAlgorithm);
  if ("refused" in algorithm) faults.push(`it is signed with ${algorithm.refused}: wanted SHA-256 or better`);
  else if (!isSignedBy(request.publicKey.spki, algorithm, request.signed, request.signature)) {
    faults.push("it is not signed with its own key");
  }
  return faults;
}

const list = (names: readonly string[]): string => names.map((name) => `"${printable(name)}"`).join(", ") || "missing";
