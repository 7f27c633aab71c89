import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey } from "node:crypto";
import { makeTestKey, TestCa, type TestCertificateOptions, type TestKey } from "../../../tests/support/test_ca.ts";
import { faultsOfRequest, readSigningRequest } from "../../pki/csr.ts";
import { PURPOSE } from "../../pki/extensions.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { judgeChain, makeRequest } from "./upstream_certificate.ts";

const NOW = Date.UTC(2026, 5, 1);
const CA = new TestCa("CSMS client CA");
const { request, csr } = makeRequest("CP001", "Garage", NOW);

/** The key of the request, as a certificate authority sees it: the public half. */
const KEY: TestKey = { ...makeTestKey(), spki: new Uint8Array(Buffer.from(request.spki, "base64")) };
const signed = (options: TestCertificateOptions = {}, commonName = "CP001", ca = CA): string =>
  ca.client(commonName, { key: KEY, ...options }).certPem;
const reasonOf = (pem: string, now = NOW): string => {
  const verdict = judgeChain(pem, request, "CP001", now);
  return verdict.is === "bad" ? verdict.reason : verdict.is;
};

Deno.test("upstream certificate: the request names operator and station, is signed with its own key, and has no other name", () => {
  const read = readSigningRequest(csr);
  equal(faultsOfRequest(read, "CP001", ["Garage"]), []);
  equal(Buffer.from(read.publicKey.spki).toString("base64"), request.spki);
  const key = createPublicKey(request.keyPem).export({ format: "der", type: "spki" });
  equal(key.toString("base64"), request.spki);
  ok(makeRequest("CP001", "Garage", NOW).request.spki !== request.spki);
});

Deno.test("upstream certificate: one signed for the key is ours, with its chain and its end", () => {
  const verdict = judgeChain(signed(), request, "CP001", NOW);
  ok(verdict.is === "ours");
  equal([verdict.certificate.keyPem, verdict.certificate.notAfter], [request.keyPem, Date.UTC(2040, 0, 1)]);
  const below = CA.intermediate("Below");
  const chain = signed({}, "CP001", below) + below.pem + CA.pem;
  equal(judgeChain(chain, request, "CP001", NOW).is, "ours");
});

Deno.test("upstream certificate: one for another key, or without a request of ours, is foreign", () => {
  equal(reasonOf(CA.client("CP001").certPem), "foreign");
  equal(judgeChain(signed(), undefined, "CP001", NOW).is, "foreign");
});

Deno.test("upstream certificate: what could never be used is not taken, and the reason is said (O-19)", () => {
  const other = new TestCa("Another CA");
  const cases: readonly (readonly [pem: string, reason: RegExp])[] = [
    [signed({}, "CP002"), /common name .*"CP002"/],
    [signed({ subject: [["CN", "CP001"], ["CN", "CP001"]] }), /common name/],
    [signed({ version: 1 }), /version 1/],
    [signed({ ca: {} }), /CA's certificate/],
    [signed({ purposes: [PURPOSE.serverAuth] }), /TLS clients/],
    [signed({ usage: [2] }), /may not sign/],
    [signed({ hash: "sha1" }), /SHA-256/],
    [signed({ notAfter: NOW - 1 }), /valid until/],
    [signed({ notBefore: NOW + UPSTREAM_LIMITS.futureMs + 1_000 }), /valid only from/],
    [signed() + other.pem, /hold together/],
    ["", /no certificate/],
    ["-----BEGIN CERTIFICATE-----\nxx", /cut off/],
    ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", /./],
  ];
  for (const [pem, reason] of cases) ok(reason.test(reasonOf(pem)), `${reason}: ${reasonOf(pem)}`);
  equal(reasonOf(signed({ notBefore: NOW + UPSTREAM_LIMITS.futureMs - 1_000 })), "ours");
});

Deno.test("upstream certificate: a chain of 10,000 characters, and not one more", () => {
  const fill = (length: number) => signed().padEnd(length, "\n");
  equal(reasonOf(fill(UPSTREAM_LIMITS.chainChars)), "ours");
  ok(reasonOf(fill(UPSTREAM_LIMITS.chainChars + 1)).includes("characters"));
});
