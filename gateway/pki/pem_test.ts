import { strict as assert } from "node:assert";
import { toPem } from "./der_writer.ts";
import { PKI_LIMITS } from "./limits.ts";
import { readOnePem, readPem } from "./pem.ts";

const block = (...bytes: number[]) => toPem("CERTIFICATE", new Uint8Array(bytes));

Deno.test("pem: all blocks of a label come in order, others and text between them are passed over", () => {
  const text = `# bundle\n${block(1)}subject=CN=x\n${toPem("EC PRIVATE KEY", new Uint8Array([9]))}${block(2, 3)}`;
  assert.deepEqual(readPem(text, "CERTIFICATE").map((bytes) => [...bytes]), [[1], [2, 3]]);
  assert.deepEqual(readPem("no blocks", "CERTIFICATE"), []);
});

Deno.test("pem: Windows line ends and lines of any length are read", () => {
  const text = block(...new Uint8Array(100)).replaceAll("\n", "\r\n");
  assert.equal(readPem(text, "CERTIFICATE")[0]!.length, 100);
  assert.equal(readPem(text.replace(/(?<=[A=])\r\n(?=A)/g, ""), "CERTIFICATE")[0]!.length, 100);
});

for (
  const { name, text, wanted } of [
    { name: "a block without its end", text: block(1) + block(2).slice(0, 40), wanted: /cut off/ },
    {
      name: "a block that ends as another",
      text: block(1).replace("END CERTIFICATE", "END X509 CRL"),
      wanted: /cut off/,
    },
    { name: "a block with strange characters", text: block(1).replace("AQ==", "A!=="), wanted: /cut off/ },
    { name: "a block that is no base64", text: block(1).replace("AQ==", "A==="), wanted: /not base64/ },
  ]
) {
  Deno.test(`pem: ${name} is refused, since a bundle would lose a CA`, () => {
    assert.throws(() => readPem(text, "CERTIFICATE"), { code: "PKI_MALFORMED", message: wanted });
  });
}

Deno.test("pem: as many blocks as allowed are read, one more is refused", () => {
  const text = (count: number) => block(1).repeat(count);
  assert.equal(readPem(text(256), "CERTIFICATE").length, 256);
  assert.throws(() => readPem(text(257), "CERTIFICATE"), /more than 256 PEM blocks/);
  assert.equal(readPem(text(3), "CERTIFICATE", 3).length, 3);
  assert.throws(() => readPem(text(4), "CERTIFICATE", 3), /more than 3/);
});

Deno.test("pem: a block up to the limit is decoded, a longer one is refused before that", () => {
  const chars = PKI_LIMITS.certificateBytes * 2;
  const wrap = (body: string) => `-----BEGIN CERTIFICATE-----${body}-----END CERTIFICATE-----`;
  assert.equal(readPem(wrap("A".repeat(chars)), "CERTIFICATE")[0]!.length, chars * 3 / 4);
  assert.throws(() => readPem(wrap("A".repeat(chars + 1)), "CERTIFICATE"), /too large/);
});

Deno.test("pem: exactly one block is wanted where one is meant", () => {
  assert.deepEqual([...readOnePem(block(7), "CERTIFICATE")], [7]);
  assert.throws(() => readOnePem("", "CERTIFICATE"), /no PEM block "CERTIFICATE"/);
  assert.throws(() => readOnePem(block(1) + block(2), "CERTIFICATE"), /2 PEM blocks "CERTIFICATE", wanted one/);
});
