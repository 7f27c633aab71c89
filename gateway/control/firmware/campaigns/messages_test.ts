import { deepEqual, equal } from "node:assert/strict";
import { askBoot, askStatus, canPreload, type UpdateOrder, updateRequests } from "./messages.ts";

const NOW = Date.UTC(2026, 10, 21, 3, 4, 5, 678);
const ORDER: UpdateOrder = {
  ...{ url: "https://10.20.0.1:8446/f/token/x.deb", requestId: 2 ** 30 + 1, now: NOW, installAt: NOW + 3_600_000 },
  ...{ retries: 2, retrySeconds: 30 },
};
const SIGNATURE = { signature: "c2ln", certificatePem: "-----BEGIN CERTIFICATE-----" };

Deno.test("campaign messages: plain 1.6 knows only when to load", () => {
  deepEqual(updateRequests("ocpp1.6", ORDER), [{
    action: "UpdateFirmware",
    payload: { location: ORDER.url, retrieveDate: "2026-11-21T03:04:05Z", retries: 2, retryInterval: 30 },
  }]);
});

Deno.test("campaign messages: 1.6 with a signature is asked the signed way first, and the plain way else", () => {
  const [signed, plain, ...more] = updateRequests("ocpp1.6", { ...ORDER, signature: SIGNATURE });
  equal(more.length, 0);
  deepEqual(signed, {
    action: "SignedUpdateFirmware",
    payload: {
      ...{ requestId: ORDER.requestId, retries: 2, retryInterval: 30 },
      firmware: {
        location: ORDER.url,
        retrieveDateTime: "2026-11-21T03:04:05Z",
        installDateTime: "2026-11-21T04:04:05Z",
        signingCertificate: SIGNATURE.certificatePem,
        signature: SIGNATURE.signature,
      },
    },
  });
  equal(plain!.action, "UpdateFirmware");
});

for (const version of ["ocpp2.0.1", "ocpp2.1"] as const) {
  Deno.test(`campaign messages: ${version} has one request, with the signature where the image has one (L01.FR.11)`, () => {
    const [ask, ...more] = updateRequests(version, { ...ORDER, signature: SIGNATURE });
    equal(more.length, 0);
    equal(ask!.action, "UpdateFirmware");
    const { firmware } = ask!.payload as { firmware: Record<string, string> };
    deepEqual(Object.keys(firmware), [
      "location",
      "retrieveDateTime",
      "installDateTime",
      "signingCertificate",
      "signature",
    ]);
    const [bare] = updateRequests(version, ORDER);
    deepEqual(Object.keys((bare!.payload as { firmware: object }).firmware), [
      "location",
      "retrieveDateTime",
      "installDateTime",
    ]);
  });
}

Deno.test("campaign messages: who can wait with the installation: 2.x, and 1.6 only the signed way", () => {
  deepEqual([canPreload("ocpp1.6", false), canPreload("ocpp1.6", true)], [false, true]);
  deepEqual([canPreload("ocpp2.0.1", false), canPreload("ocpp2.1", true)], [true, true]);
});

Deno.test("campaign messages: a silent station is asked in the words of its version", () => {
  equal(askStatus("ocpp1.6", true).action, "ExtendedTriggerMessage");
  equal(askStatus("ocpp1.6", false).action, "TriggerMessage");
  equal(askStatus("ocpp2.0.1", true).action, "TriggerMessage");
  deepEqual(askBoot.payload, { requestedMessage: "BootNotification" });
});
