/** Opcodes of RFC 6455 section 5.2; from 8 on they are control frames. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Which end of the connection this is: clients mask what they send, servers do not (RFC 6455 section 5.1). */
export type Role = "client" | "server";

/** Most bytes of a control frame's payload (RFC 6455 section 5.5). */
export const CONTROL_BYTES = 125;

/** Close codes that a close frame may carry (RFC 6455 section 7.4, IANA registry). */
export function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
    (code >= 3000 && code <= 4999);
}

/** XORs `length` bytes from `at` on, in place, with the masking key that stands at `keyAt` of `keys`. */
export function mask(bytes: Uint8Array, at: number, length: number, keys: Uint8Array, keyAt: number): void {
  const k0 = keys[keyAt]!, k1 = keys[keyAt + 1]!, k2 = keys[keyAt + 2]!, k3 = keys[keyAt + 3]!;
  const end = at + length, whole = at + (length & ~3);
  let i = at;
  for (; i < whole; i += 4) {
    bytes[i]! ^= k0;
    bytes[i + 1]! ^= k1;
    bytes[i + 2]! ^= k2;
    bytes[i + 3]! ^= k3;
  }
  if (i < end) bytes[i]! ^= k0;
  if (i + 1 < end) bytes[i + 1]! ^= k1;
  if (i + 2 < end) bytes[i + 2]! ^= k2;
}
