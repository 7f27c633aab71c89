import { PROBE_LIMITS } from "./limits.ts";

/** TLS versions as they stand on the wire (RFC 8446 section 4.2.1). */
export const TLS_VERSIONS = { "1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304 } as const;
/** One of them. */
export type TlsVersion = keyof typeof TLS_VERSIONS;

/** What a server said to one ClientHello. */
export type HelloAnswer =
  /** It chose this version; undefined: one that has no name here. */
  | { readonly is: "hello"; readonly version: TlsVersion | undefined }
  /** It refuses, by the number of RFC 8446 section 6. */
  | { readonly is: "alert"; readonly code: number }
  /** No TLS, or none that can be read. */
  | { readonly is: "other" }
  /** More bytes are needed. */
  | { readonly is: "more" };

/** Suites that old and new controllers speak: what is asked for is whether a version is there, not which suite is. */
const SUITES = [
  ...[0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xc009, 0xc00a, 0xc013, 0xc014],
  ...[0x009c, 0x009d, 0x009e, 0x009f, 0x0033, 0x0039, 0x002f, 0x0035, 0x003c, 0x003d, 0x000a],
];
const GROUPS = [0x001d, 0x0017, 0x0018, 0x0019];
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0807];
const SUPPORTED_VERSIONS = 43;
const KEY_SHARE = 51;
const HANDSHAKE = 22, ALERT = 21, CLIENT_HELLO = 1, SERVER_HELLO = 2;

/**
 * A ClientHello whose newest version is `version` (RFC 8446 section 4.1.2, RFC 5246 7.4.1.2). `random`: 64 bytes, of which
 * the second half is the X25519 share of 1.3, for which any 32 bytes do.
 */
export function clientHello(version: TlsVersion, random: Uint8Array): Uint8Array<ArrayBuffer> {
  const is13 = version === "1.3", legacy = is13 ? TLS_VERSIONS["1.2"] : TLS_VERSIONS[version];
  const share = [...u16(0x001d), ...vector16([...random.subarray(32, 64)])];
  const extensions = [
    ...extension(10, vector16(GROUPS.flatMap(u16))),
    ...extension(11, [1, 0]),
    ...legacy >= TLS_VERSIONS["1.2"] ? extension(13, vector16(SIGNATURES.flatMap(u16))) : [],
    ...is13 ? extension(SUPPORTED_VERSIONS, [2, ...u16(TLS_VERSIONS["1.3"])]) : [],
    ...is13 ? extension(KEY_SHARE, vector16(share)) : [],
  ];
  const body = [
    ...u16(legacy),
    ...random.subarray(0, 32),
    ...[0],
    ...vector16(SUITES.flatMap(u16)),
    ...[1, 0],
    ...vector16(extensions),
  ];
  const message = [CLIENT_HELLO, 0, ...u16(body.length), ...body];
  return new Uint8Array([HANDSHAKE, ...u16(TLS_VERSIONS["1.0"]), ...u16(message.length), ...message]);
}

/** Reads the beginning of a server's answer. Total: what nobody understands is "other". */
export function readHello(bytes: Uint8Array): HelloAnswer {
  if (bytes.length < 5) return { is: "more" };
  const [type, major] = bytes, length = at16(bytes, 3);
  if (major !== 3 || length > PROBE_LIMITS.helloBytes) return { is: "other" };
  if (type === ALERT) return bytes.length < 7 ? { is: "more" } : { is: "alert", code: bytes[6]! };
  if (type !== HANDSHAKE) return { is: "other" };
  if (bytes.length < 9) return { is: "more" };
  const end = 9 + (bytes[6]! << 16 | at16(bytes, 7));
  if (bytes[5] !== SERVER_HELLO || end - 5 > length) return { is: "other" };
  if (bytes.length < end) return { is: "more" };
  return readServerHello(bytes.subarray(9, end));
}

function readServerHello(body: Uint8Array): HelloAnswer {
  if (body.length < 38) return { is: "other" };
  const sessionEnd = 35 + body[34]!;
  let at = sessionEnd + 3, version = at16(body, 0);
  if (at > body.length) return { is: "other" };
  const end = Math.min(body.length, at + 2 + (at + 2 <= body.length ? at16(body, at) : 0));
  for (at += 2; at + 4 <= end; at += 4 + at16(body, at + 2)) {
    if (at16(body, at) === SUPPORTED_VERSIONS && at + 6 <= end) version = at16(body, at + 4);
  }
  const names = Object.entries(TLS_VERSIONS) as [TlsVersion, number][];
  return { is: "hello", version: names.find(([, number]) => number === version)?.[0] };
}

const u16 = (value: number): number[] => [value >> 8, value & 0xff];
const at16 = (bytes: Uint8Array, at: number): number => bytes[at]! << 8 | bytes[at + 1]!;
const vector16 = (bytes: readonly number[]): number[] => [...u16(bytes.length), ...bytes];
const extension = (type: number, body: readonly number[]): number[] => [...u16(type), ...vector16(body)];
