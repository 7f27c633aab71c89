import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { FileRequest } from "../../../core/firmware_transfer_api.ts";
import { begin, heard, say, until } from "../testing/request_talk.ts";
import { UPDATE, withTransfers } from "../testing/transfer_rig.ts";

Deno.test(
  "update request: fetched, verified, and only then the station is asked, with a URL of the gateway",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    deepEqual(await rig.request(), { payload: { status: "Accepted" } });
    equal(rig.vault.asked.length, 0, "nothing is fetched before the CSMS has its answer");
    equal(rig.calls.length, 0);
    const begun = rig.rig.time.now();
    await begin(rig);
    await until(rig, "station");
    const [{ source, who }] = rig.vault.asked as [typeof rig.vault.asked[number]];
    equal(who, "csms:main");
    deepEqual(source, {
      kind: "url",
      url: "https://user:secret@files.bender.example/ebee_firmware_2.0.deb?key=1",
      claim: {
        vendor: "bender",
        models: ["CC613"],
        version: "2.0",
        fileName: "ebee_firmware_2.0.deb",
        signature: "c2ln",
        certificate: "PEM",
      },
    });
    const [call] = rig.calls as unknown as [
      { action: string; payload: typeof UPDATE.payload & Record<string, unknown> },
    ];
    equal(call.action, "UpdateFirmware");
    const { requestId, retries, firmware } = call.payload as unknown as Record<string, never>;
    deepEqual([requestId, retries], [42, 1]);
    const { location, retrieveDateTime, ...rest } = firmware as unknown as Record<string, string>;
    match(location!, /^https:\/\/10\.20\.0\.1:8446\/f\/[A-Za-z0-9_-]{22}\/fw_2\.0\.deb$/);
    const asked = Date.parse(retrieveDateTime!);
    ok(asked >= begun && asked <= rig.rig.time.now(), `${retrieveDateTime} is when the station was asked`);
    deepEqual(rest, {
      installDateTime: "2026-12-24T00:00:00Z",
      signingCertificate: "PEM",
      signature: "c2ln",
    }, "all else as the CSMS wrote it");
    deepEqual(heard(rig), ["DownloadScheduled"]);
  }),
);

Deno.test(
  "update request: no URL, login or key of the CSMS stands in the audit or in what commands show",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    await rig.request();
    await begin(rig);
    await until(rig, "station");
    const { data, text } = await rig.feature.commands!["firmware requests"]!({}, "eva");
    const shown = JSON.stringify([data, text, rig.rig.audited]);
    ok(!shown.includes("secret") && !shown.includes("key=1"), shown.slice(0, 500));
    ok(shown.includes("files.bender.example/ebee_firmware_2.0.deb"));
    ok(!shown.includes(String((rig.calls[0]!.payload as { firmware: { location: string } }).firmware.location)));
  }),
);

Deno.test(
  "update request: the station's statuses move it on, and the version that boots ends it",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    await rig.facts.learn("CP001", { firmwareVersion: "1.0" });
    await rig.request();
    await begin(rig);
    await until(rig, "station");
    for (const status of ["Downloading", "Downloaded", "SignatureVerified", "Installing"]) await say(rig, status);
    equal((await rig.states())[0]?.lastStatus, "Installing");
    await say(rig, "Installed");
    equal((await rig.states())[0]?.state, "installed");
    await rig.facts.learn("CP001", { firmwareVersion: "2.0" });
    await until(rig, "confirmed");
    deepEqual(heard(rig), ["DownloadScheduled"], "the station's own statuses are the station's to tell");
    const [grant] = rig.feature.transfers.all();
    equal(grant?.state, "closed", "nothing more is fetched by it");
    equal(rig.audited("transfer.request.ended")[0]?.outcome, "ok");
  }),
);

const REFUSALS: readonly (readonly [rule: string, heard: readonly string[]])[] = [
  ["firmware.signature", ["DownloadScheduled", "InvalidSignature", "InvalidFirmwareSignature"]],
  ["firmware.floor", ["DownloadScheduled", "DownloadFailed"]],
  ["firmware.evidence", ["DownloadScheduled", "DownloadFailed"]],
];
for (const [rule, wanted] of REFUSALS) {
  Deno.test(
    `update request: an image refused by ${rule} is answered without contacting the station`,
    withTransfers(async (rig) => {
      rig.connect("CP001");
      rig.vault.judges("refused", rule, "not good");
      await rig.request();
      await begin(rig);
      await until(rig, "failed");
      await rig.until("the CSMS to hear of it", () => rig.told.length === wanted.length);
      deepEqual(heard(rig), wanted);
      deepEqual(rig.calls, []);
      deepEqual(rig.feature.transfers.all(), []);
      const [ended] = rig.audited("transfer.request.ended");
      deepEqual([ended?.outcome, ended?.rule], ["failed", rule]);
      equal(rig.rig.raised.at(-1)?.kind, "transfer.update.failed");
    }),
  );
}

for (const [id, status] of [["certificate", "InvalidCertificate"], ["revoked", "RevokedCertificate"]] as const) {
  Deno.test(
    `update request: a signing certificate that is not good is answered ${status} at once`,
    withTransfers(async (rig) => {
      rig.connect("CP001");
      rig.vault.certificate = { id, title: "", outcome: "refused", detail: "issued by nobody known" };
      const answer = await rig.request();
      deepEqual(answer, {
        payload: { status, statusInfo: { reasonCode: "Bulkhead", additionalInfo: "issued by nobody known" } },
      });
      await begin(rig);
      await rig.until("the security event", () => rig.told.length === 1);
      deepEqual(heard(rig), ["InvalidFirmwareSigningCertificate"]);
      deepEqual([rig.calls, rig.vault.asked], [[], []]);
      const [refused] = rig.audited("transfer.request.refused");
      deepEqual([refused?.outcome, refused?.rule], ["refused", "firmware.certificate"]);
    }),
  );
}

// the words of each dialect
const SIGNED_16: FileRequest = { ...UPDATE, version: "ocpp1.6", action: "SignedUpdateFirmware" };
const CORE_16: FileRequest = {
  ...UPDATE,
  version: "ocpp1.6",
  payload: { location: "ftp://files.bender.example/fw.deb", retrieveDate: "1970-01-01T00:00:00Z", retries: 2 },
};

Deno.test(
  "update request: SignedUpdateFirmware of 1.6 has its own notification",
  withTransfers(async (rig) => {
    rig.connect("CP001", "ocpp1.6");
    deepEqual(await rig.request(SIGNED_16), { payload: { status: "Accepted" } });
    await begin(rig);
    await until(rig, "station");
    equal(rig.calls[0]?.action, "SignedUpdateFirmware");
    deepEqual([rig.told[0]?.action, rig.told[0]?.payload], [
      "SignedFirmwareStatusNotification",
      { status: "DownloadScheduled", requestId: 42 },
    ]);
  }),
);

Deno.test(
  "update request: UpdateFirmware of 1.6 is answered with nothing, and its image verified all the same",
  withTransfers(async (rig) => {
    rig.connect("CP001", "ocpp1.6");
    rig.state.station = { result: {} };
    deepEqual(await rig.request(CORE_16), { payload: {} });
    const begun = rig.rig.time.now();
    await begin(rig);
    await until(rig, "station");
    const { payload, action } = rig.calls[0]!;
    equal(action, "UpdateFirmware");
    const { location, retrieveDate, ...rest } = payload as Record<string, string>;
    match(location!, /^https:\/\/10\.20\.0\.1:8446\/f\//);
    const asked = Date.parse(retrieveDate!);
    ok(asked >= begun && asked <= rig.rig.time.now(), `${retrieveDate} is when the station was asked`);
    deepEqual(rest, { retries: 2 });
    deepEqual(rig.told, []);
  }),
);

Deno.test(
  "update request: of UpdateFirmware of 1.6 a bad image is a failed download, and a security event",
  withTransfers(async (rig) => {
    rig.connect("CP001", "ocpp1.6");
    rig.vault.judges("refused", "firmware.signature");
    await rig.request(CORE_16);
    await begin(rig);
    await rig.until("both", () => rig.told.length === 2);
    deepEqual(rig.told.map(({ action, payload }) => [action, payload.status ?? payload.type]), [
      ["FirmwareStatusNotification", "DownloadFailed"],
      ["SecurityEventNotification", "InvalidFirmwareSignature"],
    ]);
    equal(rig.calls.length, 0);
  }),
);

const MALFORMED: readonly (readonly [string, FileRequest])[] = [
  ["location", { ...UPDATE, payload: { requestId: 1, firmware: { retrieveDateTime: "2026-01-01T00:00:00Z" } } }],
  ["location", {
    ...UPDATE,
    payload: { requestId: 1, firmware: { location: "no url", retrieveDateTime: "2026-01-01T00:00:00Z" } },
  }],
  ["retrieveDateTime", { ...UPDATE, payload: { requestId: 1, firmware: { location: "https://a/b" } } }],
  ["requestId", {
    ...UPDATE,
    payload: { firmware: { location: "https://a/b", retrieveDateTime: "2026-01-01T00:00:00Z" } },
  }],
  ["retrieveDate", { ...CORE_16, payload: { location: "https://a/b", retrieveDate: "soon" } }],
  ["location", { ...CORE_16, payload: null }],
];
for (const [member, request] of MALFORMED) {
  Deno.test(
    `update request: one of ${request.version} without a usable ${member} is refused and named`,
    withTransfers(async (rig) => {
      const answer = await rig.request(request);
      ok("error" in answer && answer.error.code === "FormationViolation" && answer.error.description.includes(member));
      deepEqual(await rig.states(), []);
    }),
  );
}
