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

/** Bytes from which on words are worth the view that they need (measured). */
const WORDS_FROM = 128;

/** Whether the first byte of a word is its lowest one, as on all machines that Deno runs on. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** XORs `length` bytes from `at` on, in place, with the masking key that stands at `keyAt` of `keys`. */
export function mask(bytes: Uint8Array, at: number, length: number, keys: Uint8Array, keyAt: number): void {
  let k0 = keys[keyAt]!, k1 = keys[keyAt + 1]!, k2 = keys[keyAt + 2]!, k3 = keys[keyAt + 3]!;
  let i = at;
  const end = at + length;
  if (length >= WORDS_FROM && IS_LITTLE_ENDIAN) {
    // Byte by byte up to the next word of memory, where the key goes on with another of its bytes.
    for (; ((bytes.byteOffset + i) & 3) !== 0; i++) {
      bytes[i]! ^= k0;
      const first = k0;
      k0 = k1;
      k1 = k2;
      k2 = k3;
      k3 = first;
    }
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (end - i) >> 2);
    const key = k0 | (k1 << 8) | (k2 << 16) | (k3 << 24);
    for (let n = 0; n < words.length; n++) words[n]! ^= key;
    i += words.length * 4;
  }
  for (; i + 3 < end; i += 4) {
    bytes[i]! ^= k0;
    bytes[i + 1]! ^= k1;
    bytes[i + 2]! ^= k2;
    bytes[i + 3]! ^= k3;
  }
  if (i < end) bytes[i]! ^= k0;
  if (i + 1 < end) bytes[i + 1]! ^= k1;
  if (i + 2 < end) bytes[i + 2]! ^= k2;
}
