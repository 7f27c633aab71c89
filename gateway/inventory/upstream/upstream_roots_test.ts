import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { TestCa } from "../../../tests/support/test_ca.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { addRoot, hashOfRoot, isNamedBy, readRoots, removeRoot } from "./upstream_roots.ts";

const NOW = Date.UTC(2026, 5, 1);
const CA = new TestCa("CSMS root");
const ROOT = readRoots([CA.pem])[0]!;

const added = (roots: readonly string[], pem: string, now = NOW): readonly string[] => {
  const result = addRoot(roots, pem, now);
  if ("reason" in result) throw new Error(result.reason);
  return result.roots;
};
const reasonOf = (pem: string, roots: readonly string[] = []): string => {
  const result = addRoot(roots, pem, NOW);
  return "reason" in result ? result.reason : "";
};

Deno.test("upstream roots: names are compared without case and leading zeros, in all three algorithms", () => {
  for (const hashAlgorithm of ["SHA256", "SHA384", "SHA512"] as const) {
    const hash = hashOfRoot(ROOT, hashAlgorithm);
    const upper = { ...hash, issuerKeyHash: hash.issuerKeyHash.toUpperCase(), serialNumber: `00${hash.serialNumber}` };
    ok(isNamedBy(ROOT, upper));
    ok(!isNamedBy(ROOT, { ...hash, serialNumber: `${hash.serialNumber}1` }));
    ok(!isNamedBy(ROOT, { ...hash, issuerNameHash: hash.issuerKeyHash }));
  }
  ok(!isNamedBy(ROOT, { ...hashOfRoot(ROOT), hashAlgorithm: "MD5" as never }));
});

Deno.test("upstream roots: a root of its own signature is taken once", () => {
  const once = added([], CA.pem);
  equal(readRoots(once).map(({ fingerprint }) => fingerprint), [ROOT.fingerprint]);
  equal(added(once, CA.pem), once);
});

Deno.test("upstream roots: what cannot be a root is refused with its reason", () => {
  const cases: readonly (readonly [pem: string, reason: RegExp])[] = [
    [CA.intermediate("Below").pem, /no root/],
    [CA.client("CP001").certPem, /no root/],
    [new TestCa("Old", { notAfter: NOW - 1 }).pem, /valid until/],
    [new TestCa("Weak", { hash: "sha1" }).pem, /cannot be a root/],
    [new TestCa("Small", { keyKind: "rsa1024" }).pem, /cannot be a root/],
    [CA.pem + new TestCa("Second").pem, /2 certificates/],
    ["", /0 certificates/],
    ["-----BEGIN CERTIFICATE-----\nxx", /cut off/],
  ];
  for (const [pem, reason] of cases) ok(reason.test(reasonOf(pem)), `${reason}: ${reasonOf(pem)}`);
});

Deno.test("upstream roots: 4 roots of 5,500 characters, and not one more", () => {
  let roots: readonly string[] = [];
  for (let i = 0; i < UPSTREAM_LIMITS.roots; i++) roots = added(roots, new TestCa(`Root ${i}`).pem);
  ok(reasonOf(CA.pem, roots).includes(`${UPSTREAM_LIMITS.roots} roots`));
  equal(reasonOf(CA.pem.padEnd(UPSTREAM_LIMITS.rootChars, "\n")), "");
  ok(reasonOf(CA.pem.padEnd(UPSTREAM_LIMITS.rootChars + 1, "\n")).includes("characters"));
});

Deno.test("upstream roots: the one that is named is removed, and no other", () => {
  const other = new TestCa("Other");
  const roots = added(added([], CA.pem), other.pem);
  equal(removeRoot(roots, hashOfRoot(ROOT)), [roots[1]]);
  equal(removeRoot([roots[1]!], hashOfRoot(ROOT)), undefined);
  equal(readRoots(["no PEM", "-----BEGIN CERTIFICATE-----\nAA"]), []);
});
