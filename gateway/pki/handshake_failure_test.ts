import { strict as assert } from "node:assert";
import type { ClientHello } from "./client_hello.ts";
import { describeFailure, reasonOfError } from "./handshake_failure.ts";

for (
  const { message, code = "", reason } of [
    { message: "invalid peer certificate: BadSignature CERT_", reason: "InvalidChargePointCertificate" },
    { message: "no", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", reason: "InvalidChargePointCertificate" },
    { message: "peer is incompatible: NoCipherSuitesInCommon", reason: "InvalidTLSCipherSuite" },
    { message: "x", code: "ERR_SSL_NO_SHARED_CIPHER", reason: "InvalidTLSCipherSuite" },
    { message: "received fatal alert: handshake failure", reason: "InvalidTLSCipherSuite" },
    { message: "socket hang up", reason: "ClosedByPeer" },
    { message: "read", code: "ECONNRESET", reason: "ClosedByPeer" },
    ...[
      ["SSLV3", "BAD_CERTIFICATE", "BadCertificate"],
      ["SSLV3", "UNSUPPORTED_CERTIFICATE", "UnsupportedCertificate"],
      ["SSLV3", "CERTIFICATE_REVOKED", "CertificateRevoked"],
      ["SSLV3", "CERTIFICATE_EXPIRED", "CertificateExpired"],
      ["SSLV3", "CERTIFICATE_UNKNOWN", "CertificateUnknown"],
      ["TLSV1", "UNKNOWN_CA", "UnknownCA"],
      ["SSLV3", "HANDSHAKE_FAILURE", "BadCertificateStatusResponse"],
    ].map(([version, code, alert]) => ({
      message: `received fatal alert: ${alert}`,
      code: `ERR_SSL_${version}_ALERT_${code}`,
      reason: "InvalidCentralSystemCertificate",
    })),
    {
      message: "received fatal alert: NoCertificate",
      code: "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
      reason: "HandshakeFailed",
    },
    { message: "something new", reason: "HandshakeFailed" },
  ] as const satisfies readonly { readonly message: string; readonly code?: string; readonly reason: string }[]
) {
  Deno.test(`handshake failure: "${message}" is ${reason}`, () => {
    assert.equal(reasonOfError(Object.assign(new Error(message), { code })), reason);
  });
}

const HELLO: ClientHello = {
  versions: [0x1a1a, 0x0302, 0x0301],
  cipherSuites: [0x0a0a, 0x002f, 0xc02b],
  signatureAlgorithms: [],
  groups: [],
  alpn: [],
  serverName: "gw\u0007.example",
};

Deno.test("handshake failure: says what was offered, without GREASE and without control characters", () => {
  assert.deepEqual(describeFailure({ source: "10.0.0.1", reason: "InvalidTLSVersion", hello: HELLO, detail: "a\nb" }), {
    ...{ source: "10.0.0.1", reason: "InvalidTLSVersion", versions: "TLSv1.1 TLSv1.0", suites: "002f c02b" },
    ...{ serverName: "gw?.example", detail: "a?b" },
  });
});

Deno.test("handshake failure: without a hello only source and reason are told", () => {
  assert.deepEqual(describeFailure({ source: "::1", reason: "NotTls" }), { source: "::1", reason: "NotTls" });
});

Deno.test("handshake failure: a peer that offers a thousand suites fills no log line", () => {
  const cipherSuites = Array.from({ length: 1_000 }, (_, index) => 0x1000 + index * 16);
  const { suites, serverName } = describeFailure({
    ...{
      source: "::1",
      reason: "InvalidTLSCipherSuite",
      hello: { ...HELLO, cipherSuites, serverName: "x".repeat(255) },
    },
  });
  assert.equal(suites!.split(" ").length, 32);
  assert.equal(serverName!.length, 64);
});
