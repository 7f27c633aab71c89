import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { makeTestCertificate } from "../../tests/support/test_ca.ts";
import { readCertificate } from "./certificate.ts";
import { der, sequence } from "./der_writer.ts";
import { TAG } from "./der_reader.ts";
import { EXTENSION } from "./extensions.ts";
import { extension } from "./extension_writer.ts";
import { PKI_LIMITS } from "./limits.ts";

const text = (value: string, tag: number = TAG.utf8String) => der(tag, new TextEncoder().encode(value));
const roleOf = (...contents: readonly Uint8Array[]) =>
  readCertificate(
    makeTestCertificate({
      moreExtensions: contents.map((content) => extension(EXTENSION.modbusRole, false, content)),
    }).der,
  ).extensions.modbusRole;
const isRefused = (...contents: readonly Uint8Array[]) =>
  assert.throws(() => roleOf(...contents), { code: "PKI_MALFORMED" });

Deno.test("modbus role: a certificate has the one in its extension, or none (R-20 to R-23)", () => {
  assert.equal(roleOf(text("Operator")), "Operator");
  assert.equal(roleOf(), undefined);
});

Deno.test("modbus role: the whole text is one role (R-65)", () => {
  assert.equal(roleOf(text("Operator,SuperAdministratorSunSpec")), "Operator,SuperAdministratorSunSpec");
  assert.equal(roleOf(text("Bediener Süd")), "Bediener Süd");
});

Deno.test("modbus role: two roles, another string type, more than a string: no certificate at all", () => {
  isRefused(text("Operator"), text("Operator"));
  for (const tag of [TAG.printableString, TAG.ia5String, TAG.octetString]) isRefused(text("Operator", tag));
  isRefused(sequence(text("Operator")));
  isRefused(Buffer.concat([text("Operator"), text("Administrator")]));
  isRefused(new Uint8Array(0));
});

Deno.test("modbus role: what looks like another one is none", () => {
  for (const role of ["", " Operator", "Operator ", "Opera\u0000tor", "Opera\u200btor", "Operator\n"]) {
    isRefused(text(role));
  }
  isRefused(der(TAG.utf8String, Uint8Array.of(0xff, 0xfe)));
});

Deno.test("modbus role: as long as allowed, and not a byte longer", () => {
  assert.equal(roleOf(text("R".repeat(PKI_LIMITS.roleBytes)))?.length, PKI_LIMITS.roleBytes);
  isRefused(text("R".repeat(PKI_LIMITS.roleBytes + 1)));
});
