import { concatBytes } from "../core/concat_bytes.ts";
import { PKI_LIMITS } from "./limits.ts";

/** What a TLS client offers in its first message. Code points as in the IANA registries. */
export interface ClientHello {
  /** Offered versions: 0x0304 is TLS 1.3. From supported_versions, else the legacy field alone. */
  readonly versions: readonly number[];
  readonly cipherSuites: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  readonly groups: readonly number[];
  readonly alpn: readonly string[];
  /** Lower-case host name from SNI. */
  readonly serverName?: string;
}

/** What the first bytes of a connection are. "more" means that the ClientHello has not arrived whole. */
export type HelloResult =
  | { readonly kind: "hello"; readonly hello: ClientHello }
  | { readonly kind: "more" }
  | { readonly kind: "not-tls" }
  | { readonly kind: "malformed"; readonly why: string };

/** What a hello in the form of SSL 2 counts as an offer of. */
export const SSL_2 = 0x0002;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SNI = 0;
const GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;

/**
 * Reads the ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2) at the start of a connection without
 * consuming it. Total and bounded: every input gives a result, at most `helloBytes` are looked at. It only tells which
 * certificate to present and what was offered; TLS itself judges the bytes again.
 */
export function readClientHello(bytes: Uint8Array): HelloResult {
  if (bytes.length > 0 && bytes[0]! >= 0x80) return readOldHello(bytes);
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return { kind: "not-tls" };
  if (bytes.length > 1 && bytes[1] !== 3) return { kind: "not-tls" };
  const message = joinRecords(bytes);
  if (message === "not-tls" || (message.length > 0 && message[0] !== CLIENT_HELLO)) return { kind: "not-tls" };
  if (message.length >= 4) {
    const length = (message[1]! << 16) | (message[2]! << 8) | message[3]!;
    if (length > PKI_LIMITS.helloBytes) return malformed(`a ClientHello of ${length} bytes`);
    if (message.length >= 4 + length) return parse(message.subarray(4, 4 + length));
  }
  if (bytes.length >= PKI_LIMITS.helloBytes) return malformed(`no whole ClientHello in ${bytes.length} bytes`);
  return { kind: "more" };
}

/**
 * A hello in the form of SSL 2, by which OpenSSL before 1.0 and its like offer SSL 3 and TLS 1.0 (RFC 5246 appendix E.2).
 * Nobody may answer it any more (RFC 6176): it is read to say what the station is.
 */
function readOldHello(bytes: Uint8Array): HelloResult {
  const length = ((bytes[0]! & 0x7f) << 8) | (bytes[1] ?? 0);
  const fields = new Fields(bytes.subarray(2, 2 + length));
  const isHello = fields.number(1) === CLIENT_HELLO, version = fields.number(2);
  if (bytes.length >= 3 && !isHello) return { kind: "not-tls" };
  if (bytes.length >= 5 && version !== SSL_2 && version >> 8 !== 3) return { kind: "not-tls" };
  if (bytes.length >= 2 && length > PKI_LIMITS.helloBytes) return malformed(`an SSL 2 hello of ${length} bytes`);
  if (bytes.length < 2 + length || bytes.length < 5) return { kind: "more" };
  const suites = fields.number(2);
  fields.take(4); // the lengths of session id and challenge
  const offered = fields.take(suites);
  if (fields.broken || suites % 3 !== 0) return malformed("lengths that do not add up");
  const cipherSuites: number[] = [];
  for (let at = 0; at < suites; at += 3) {
    if (offered[at] === 0) cipherSuites.push((offered[at + 1]! << 8) | offered[at + 2]!); // others are those of SSL 2
  }
  const versions = version === SSL_2 ? [SSL_2] : [SSL_2, version];
  return { kind: "hello", hello: { versions, cipherSuites, signatureAlgorithms: [], groups: [], alpn: [] } };
}

/** The handshake bytes of the records that have arrived; a message may be cut anywhere (RFC 8446 section 5.1). */
function joinRecords(bytes: Uint8Array): Uint8Array | "not-tls" {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
    if (bytes[at] !== HANDSHAKE || length === 0 || length > 0x4000) return "not-tls";
    if (parts.length >= PKI_LIMITS.helloRecords) return "not-tls";
    parts.push(bytes.subarray(at + 5, Math.min(at + 5 + length, bytes.length)));
    at += 5 + length;
  }
  return parts.length === 1 ? parts[0]! : concatBytes(parts);
}

/** Reads fields one after the other; reading past the end gives zeros and sets `broken`. */
class Fields {
  broken = false;
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.broken || this.#at >= this.bytes.length;
  }

  number(size: 1 | 2): number {
    const field = this.take(size);
    return size === 1 ? field[0] ?? 0 : ((field[0] ?? 0) << 8) | (field[1] ?? 0);
  }

  take(size: number): Uint8Array {
    if (this.#at + size > this.bytes.length) this.broken = true;
    this.#at += size;
    return this.broken ? new Uint8Array() : this.bytes.subarray(this.#at - size, this.#at);
  }

  /** A vector with a length of one or two bytes before it. */
  vector(lengthSize: 1 | 2): Fields {
    return new Fields(this.take(this.number(lengthSize)));
  }

  numbers(): number[] {
    const all: number[] = [];
    while (!this.done) all.push(this.number(2));
    return all;
  }
}

type Draft = { -readonly [K in keyof ClientHello]: ClientHello[K] };

function parse(body: Uint8Array): HelloResult {
  const fields = new Fields(body);
  const legacyVersion = fields.number(2);
  fields.take(32);
  fields.vector(1);
  const cipherSuites = fields.vector(2).numbers();
  fields.vector(1);
  const hello: Draft = { versions: [legacyVersion], cipherSuites, signatureAlgorithms: [], groups: [], alpn: [] };
  const extensions = fields.done ? new Fields(new Uint8Array()) : fields.vector(2);
  if (fields.broken || !fields.done) return malformed("lengths that do not add up");
  while (!extensions.done) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (!extensions.broken) readExtension(type, content, hello);
    if (content.broken) return malformed(`extension ${type}`);
  }
  return extensions.broken ? malformed("extensions that are cut off") : { kind: "hello", hello };
}

function readExtension(type: number, content: Fields, into: Draft): void {
  switch (type) {
    case SUPPORTED_VERSIONS:
      into.versions = content.vector(1).numbers();
      break;
    case SIGNATURE_ALGORITHMS:
      into.signatureAlgorithms = content.vector(2).numbers();
      break;
    case GROUPS:
      into.groups = content.vector(2).numbers();
      break;
    case ALPN: {
      const names: string[] = [];
      for (const list = content.vector(2); !list.done;) names.push(asciiOf(list.vector(1).bytes));
      into.alpn = names;
      break;
    }
    case SNI: {
      const list = content.vector(2);
      if (list.number(1) !== 0) break;
      const name = asciiOf(list.vector(2).bytes).toLowerCase();
      if (!list.broken && /^[a-z0-9._-]{1,253}$/.test(name)) into.serverName = name;
    }
  }
}

const asciiOf = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 255), (byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?").join("");
const malformed = (why: string): HelloResult => ({ kind: "malformed", why });
