import { strict as assert } from "node:assert";
import { createPkiRig, openPki, PKI_SITE } from "../../tests/support/pki_rig.ts";
import { GatewayError } from "../core/errors.ts";

Deno.test("pki: a Worker that has another listener of its conduit is no failed renewal", async () => {
  await using rig = await createPkiRig(PKI_SITE);
  const pki = await openPki(rig.context);
  try {
    rig.refuse = new GatewayError("PKI_NOT_FOUND", "No OCPP listener of this name is open here");
    await pki.sweep();
    rig.refuse = false;
    await pki.sweep();
    assert.deepEqual([rig.alarms, rig.told], [[], []], "no alarm, and it is not told again");
  } finally {
    await pki.stop!();
  }
});
