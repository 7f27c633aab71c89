import { type ClientHello, SSL_2 } from "./client_hello.ts";

/** Which server keys a client can work with, or why with none. `rsa` and `ec` may both be true. */
export interface Offer {
  readonly ec: boolean;
  readonly rsa: boolean;
  /** The OCPP security event that a refusal is (facts O-12, O-24), when neither key would do. */
  readonly refusal?: "InvalidTLSVersion" | "InvalidTLSCipherSuite";
}

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;
/** What rustls in Deno 2.9.6 speaks (facts 1, "rustls vs suites"). */
const SUITES_1_3 = new Set([0x1301, 0x1302, 0x1303]);
const SUITES_1_2_EC = new Set([0xc02b, 0xc02c, 0xcca9]);
const SUITES_1_2_RSA = new Set([0xc02f, 0xc030, 0xcca8]);
const GROUPS = new Set([0x0017, 0x0018, 0x001d, 0x11ec]);
/** Signatures with a P-256 key; TLS 1.2 takes the first two for any curve. */
const SIGNATURES_EC = new Set([0x0403]);
/** RSA-PSS with SHA-256 and better; PKCS#1 counts in TLS 1.2 only. */
const SIGNATURES_PSS = new Set([0x0804, 0x0805, 0x0806]);
const SIGNATURES_PKCS1 = new Set([0x0401, 0x0501, 0x0601]);

/** Judges what a client offers against what this server can do with a P-256 and with an RSA key. */
export function judgeOffer(hello: ClientHello): Offer {
  const has13 = hello.versions.includes(TLS_1_3);
  const has12 = hello.versions.includes(TLS_1_2);
  if (!has13 && !has12 || hello.versions.includes(SSL_2)) {
    return { ec: false, rsa: false, refusal: "InvalidTLSVersion" };
  }
  const any = (offered: readonly number[], known: ReadonlySet<number>) => offered.some((item) => known.has(item));
  const { cipherSuites: suites, signatureAlgorithms: signatures } = hello;
  // Without the groups extension a TLS 1.2 client leaves the choice to the server (RFC 8422 section 4).
  const group = hello.groups.length === 0 || any(hello.groups, GROUPS);
  const suite13 = has13 && any(suites, SUITES_1_3);
  const pkcs1 = any(signatures, SIGNATURES_PKCS1);
  const pss = any(signatures, SIGNATURES_PSS);
  const ec = any(signatures, SIGNATURES_EC) && (suite13 || (has12 && any(suites, SUITES_1_2_EC)));
  const rsa = (suite13 && pss) || (has12 && any(suites, SUITES_1_2_RSA) && (pss || pkcs1));
  if (!group || (!ec && !rsa)) return { ec: false, rsa: false, refusal: "InvalidTLSCipherSuite" };
  return { ec, rsa };
}

const VERSION_NAMES: Readonly<Record<number, string>> = {
  [SSL_2]: "SSLv2",
  0x0300: "SSLv3",
  0x0301: "TLSv1.0",
  0x0302: "TLSv1.1",
  0x0303: "TLSv1.2",
  0x0304: "TLSv1.3",
};

/** Offered versions for a log line: "TLSv1.1 TLSv1.0". GREASE values (RFC 8701) are left out. */
export function showVersions({ versions }: ClientHello): string {
  return shown(versions, (version) => VERSION_NAMES[version] ?? hex(version));
}

/** Offered cipher suites for a log line, as hex code points, at most 32. */
export function showSuites({ cipherSuites }: ClientHello): string {
  return shown(cipherSuites, hex);
}

const shown = (values: readonly number[], name: (value: number) => string): string =>
  values.filter((value) => (value & 0x0f0f) !== 0x0a0a).slice(0, 32).map(name).join(" ");
const hex = (value: number): string => value.toString(16).padStart(4, "0");
