import { strict as assert } from "node:assert";
import { decideQuarantined, QUARANTINE_RULES } from "./ocpp_quarantine.ts";

Deno.test("O-21: the boot of a station in quarantine is answered by the gateway, in every version and signed", () => {
  for (const action of ["BootNotification", "BootNotification-Signed"]) {
    assert.deepEqual(decideQuarantined("station", action), { effect: "take", rule: QUARANTINE_RULES.boot });
  }
});

Deno.test("O-21: it may say that it lives and what concerns its security, and nothing else", () => {
  for (const action of ["Heartbeat", "StatusNotification", "SecurityEventNotification", "LogStatusNotification"]) {
    assert.equal(decideQuarantined("station", action).effect, "allow", action);
  }
  for (const action of ["Authorize", "DataTransfer", "SignCertificate", "NotifyReport", "ReserveNow", "Made-Up", ""]) {
    const decision = decideQuarantined("station", action);
    assert.ok(decision.effect === "deny" && decision.rule === "ocpp.quarantine", action);
    assert.match(decision.reason, /credential of its factory/);
  }
});

Deno.test("O-21: a CSMS can do nothing with it, also not by a message that the station may send", () => {
  for (
    const action of ["RemoteStartTransaction", "UpdateFirmware", "Heartbeat", "BootNotification", "StartTransaction"]
  ) {
    assert.equal(decideQuarantined("csms", action).effect, "deny", action);
  }
});

Deno.test("invariant 15: a transaction message of a station in quarantine passes", () => {
  for (
    const action of [
      "StartTransaction",
      "StopTransaction",
      "MeterValues",
      "TransactionEvent",
      "TransactionEvent-Signed",
    ]
  ) {
    assert.equal(decideQuarantined("station", action).effect, "allow", action);
  }
});
