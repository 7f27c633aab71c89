import { deepEqual, equal } from "node:assert/strict";
import { ownEvent } from "./own_events.ts";

const RECORD = { class: "security", who: "csms:main", target: "CP001", outcome: "refused" } as const;

for (
  const [event, rule, type] of [
    ["transfer.request.ended", "firmware.signature", "InvalidFirmwareSignature"],
    ["transfer.request.refused", "firmware.certificate", "InvalidFirmwareSigningCertificate"],
  ] as const
) {
  Deno.test(`own security events: ${event} by ${rule} is ${type} of the station`, () => {
    deepEqual(ownEvent({ ...RECORD, event, rule }), { type, subject: "CP001", info: rule });
    equal(ownEvent({ ...RECORD, event, rule: "firmware.floor" }), undefined);
  });
}
