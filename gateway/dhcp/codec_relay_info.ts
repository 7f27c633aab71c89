import { ProtocolError } from "../core/errors.ts";

/** Sub-options of option 82 by code (RFC 3046 section 2). @throws ProtocolError DHCP_MALFORMED */
export function decodeRelayInfo(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length) {
      throw new ProtocolError("DHCP_MALFORMED", `Cannot read option 82: sub-option ${bytes[at]} is cut off`);
    }
    if (!found.has(bytes[at]!)) found.set(bytes[at]!, bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

/** Option 82 of these sub-options, in the order given. @throws RangeError when one is longer than 255 bytes */
export function encodeRelayInfo(parts: Iterable<readonly [number, Uint8Array]>): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const [code, value] of parts) {
    if (value.length > 255) throw new RangeError(`Sub-option ${code} has ${value.length} bytes, at most 255 fit`);
    bytes.push(code, value.length, ...value);
  }
  return Uint8Array.from(bytes);
}
