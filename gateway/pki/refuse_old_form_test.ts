import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { makeTestCertificate } from "../../tests/support/test_ca.ts";
import { refuseOldForm } from "./refuse_old_form.ts";

const refusal = (raw: Uint8Array | undefined) => refuseOldForm(raw ? { raw } : {})?.message;

Deno.test("old form: a certificate of version 3 is taken, of version 1 not, and none at all not", () => {
  equal(refusal(makeTestCertificate({}).der), undefined);
  equal(refusal(makeTestCertificate({ version: 1 }).der), "the certificate is of version 1, wanted 3");
  equal(refusal(undefined), "the certificate is of version 0, wanted 3");
  throws(() => refusal(new Uint8Array([0x30, 0x01])));
});
