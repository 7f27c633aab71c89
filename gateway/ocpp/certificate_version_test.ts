import { strictEqual as is } from "node:assert/strict";
import { makeTestCertificate, TestCa } from "../../tests/support/test_ca.ts";
import { isVersion3 } from "./certificate_version.ts";

Deno.test("certificate version: v3 is told from v1", () => {
  is(isVersion3(new TestCa("CA").server(["csms.example"]).der), true);
  is(isVersion3(makeTestCertificate({ version: 1 }).der), false);
});

Deno.test("certificate version: what is no certificate is not v3", () => {
  for (const bytes of [[], [0x30], [0x30, 0x03, 0x02, 0x01, 0x02], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]]) {
    is(isVersion3(Uint8Array.from(bytes)), false);
  }
});
