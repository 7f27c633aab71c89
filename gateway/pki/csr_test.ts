import { strict as assert } from "node:assert";
import { makeTestCsr, makeTestKey } from "../../tests/support/test_ca.ts";
import { faultsOfRequest, readSigningRequest } from "./csr.ts";
import { bitString, explicit, integer, oid, sequence, toPem } from "./der_writer.ts";
import { writeName } from "./distinguished_name.ts";
import { PKI_LIMITS } from "./limits.ts";
import { readOnePem } from "./pem.ts";

const key = makeTestKey();
const ALGORITHM = sequence(oid("1.2.840.10045.4.3.2"));

/** A request whose parts can be made wrong; its signature is none. */
function forge({ version = 0, padding = 0, rest = new Uint8Array() } = {}): Uint8Array {
  const info = sequence(integer(version), writeName([["OU", "x".repeat(padding)]]), key.spki, explicit(0));
  return sequence(info, ALGORITHM, bitString(new Uint8Array(64)), rest);
}
const pem = (der: Uint8Array) => toPem("CERTIFICATE REQUEST", der);

Deno.test("csr: subject, key and signature are read, also under the older label", () => {
  const { csrPem } = makeTestCsr([["O", "CPO"], ["CN", "CP001"]], { key });
  for (const text of [csrPem, csrPem.replaceAll("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")]) {
    const { subject, publicKey } = readSigningRequest(text);
    assert.deepEqual([subject.commonNames, subject.organizations], [["CP001"], ["CPO"]]);
    assert.deepEqual([publicKey.kind, publicKey.bits], ["ec", 256]);
  }
});

Deno.test("csr: a request of 16 KiB is read, one byte more is refused", () => {
  const overhead = forge({ padding: 10_000 }).length - 10_000;
  const padding = PKI_LIMITS.certificateBytes - overhead;
  assert.equal(forge({ padding }).length, PKI_LIMITS.certificateBytes);
  assert.equal(readSigningRequest(pem(forge({ padding }))).subject.rdns.length, 1);
  assert.throws(() => readSigningRequest(pem(forge({ padding: padding + 1 }))), /more than 16384 bytes/);
});

for (
  const { name, text } of [
    { name: "another version", text: pem(forge({ version: 1 })) },
    { name: "bytes behind its end", text: pem(forge({ rest: new Uint8Array([5, 0]) })) },
    { name: "a second request", text: pem(forge()) + pem(forge()) },
    { name: "no request at all", text: toPem("CERTIFICATE", forge()) },
  ]
) {
  Deno.test(`csr: ${name} is refused`, () => {
    assert.throws(() => readSigningRequest(text), { code: "PKI_MALFORMED" });
  });
}

Deno.test("csr: cut at any byte it is refused and never read in part", () => {
  const der = readOnePem(makeTestCsr([["CN", "CP001"]], { key }).csrPem, "CERTIFICATE REQUEST");
  for (let length = 0; length < der.length; length++) {
    const cut = `-----BEGIN CERTIFICATE REQUEST-----${
      btoa(String.fromCharCode(...der.subarray(0, length)))
    }-----END CERTIFICATE REQUEST-----`;
    assert.throws(() => readSigningRequest(cut), { code: "PKI_MALFORMED" });
  }
});

Deno.test("csr: any changed byte is refused by the form or by its own signature", () => {
  const { csrPem } = makeTestCsr([["O", "CPO"], ["CN", "CP001"]], { key });
  const der = readOnePem(csrPem, "CERTIFICATE REQUEST");
  let judged = 0;
  for (let at = 0; at < der.length; at++) {
    const changed = der.slice();
    changed[at]! ^= 1;
    let faults: readonly string[] = [];
    try {
      faults = faultsOfRequest(readSigningRequest(pem(changed)), "CP001", ["CPO"]);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "PKI_MALFORMED");
      continue;
    }
    judged++;
    assert.ok(faults.length > 0, `byte ${at} may be changed`);
  }
  assert.ok(judged > 50);
});

Deno.test("csr: all faults are told at once", () => {
  const { csrPem } = makeTestCsr([["O", "A"], ["O", "B"], ["CN", "other"]], { key, signWith: makeTestKey() });
  const faults = faultsOfRequest(readSigningRequest(csrPem), "CP001", ["CPO"]).join("\n");
  for (const wanted of [/wanted "CP001"/, /2 organizations/, /wanted "CPO"/, /not signed with its own key/]) {
    assert.match(faults, wanted);
  }
});

Deno.test("csr: words of a station stand in a message printable and bounded", () => {
  const { csrPem } = makeTestCsr([["CN", `\u001b[31m${"x".repeat(200)}`]], { key });
  const [fault] = faultsOfRequest(readSigningRequest(csrPem), "CP001", []);
  assert.match(fault!, /^its common name \(CN\) is "\?\[31mx{59}": wanted "CP001"$/);
});
