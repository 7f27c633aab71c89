import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { FileRequest } from "../../../core/firmware_transfer_api.ts";
import { type TransferRig, withTransfers } from "../testing/transfer_rig.ts";
import type { SealedValue } from "../../../store/sealer.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

const DIAGNOSTICS: FileRequest = {
  stationId: "CP001",
  csms: "main",
  version: "ocpp1.6",
  action: "GetDiagnostics",
  payload: { location: "https://user:secret@logs.csms.example/in/", retries: 2 },
};
const LOG: FileRequest = {
  ...DIAGNOSTICS,
  version: "ocpp2.0.1",
  action: "GetLog",
  payload: {
    logType: "DiagnosticsLog",
    requestId: 7,
    log: { remoteLocation: "sftp://logs.csms.example/in/cp001.zip" },
  },
};
const UPLOAD = { purpose: "upload", fileName: "diag.zip" } as const;

/** Asks, lets the station agree, and returns the upload. */
async function asked(rig: TransferRig, request = DIAGNOSTICS, fileName = "diag.zip") {
  const place = await rig.handlers()["firmware.upload"]!(request);
  if (!("url" in place)) throw new Error("refused");
  await rig.handlers()["firmware.upload-answered"]!({ id: place.id, isTaken: true, fileName });
  const token = /\/u\/([^/]+)\//.exec(place.url)![1]!;
  return { ...place, token };
}
const received = (rig: TransferRig, id: string) =>
  rig.handlers()["firmware.received"]!({ id, fileName: "x.zip", bytes: 1_234, sha256: "ab".repeat(32) });
const told = (rig: TransferRig, status: string, requestId?: number) =>
  rig.handlers()["firmware.upload-told"]!({
    stationId: "CP001",
    status,
    ...requestId === undefined ? {} : { requestId },
  });
const shown = async (rig: TransferRig) =>
  (await rig.feature.commands!["firmware transfers"]!({}, "eva")).data as {
    id: string;
    state: string;
    why?: string;
    fileName?: string;
  }[];
const watched = async (rig: TransferRig) => (await rig.handlers()["firmware.watched"]!({})).stations;

Deno.test(
  "station's files: brought to the gateway, sealed, brought on, and only then is the CSMS told Uploaded",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    const { id, url, token } = await asked(rig);
    match(url, /^https:\/\/10\.20\.0\.1:8446\/u\/[A-Za-z0-9_-]{22}\/$/);
    deepEqual(await watched(rig), [{ stationId: "CP001", update: false, upload: true }]);
    const { grant } = await rig.open({ ...UPLOAD, token });
    ok(grant?.kind === "upload");
    deepEqual([grant.id, grant.stationId, grant.maxBytes, grant.key.length], [id, "CP001", 128 * 1_048_576, 44]);
    await received(rig, id);
    await rig.until("the file to be brought on", () => rig.state.forwards.length === 1);
    deepEqual(rig.state.forwards, [{
      file: grant.file,
      key: grant.key,
      bytes: 1_234,
      url: "https://user:secret@logs.csms.example/in/",
      fileName: "diag.zip",
    }], "under the name that the station gave it");
    equal(rig.told.length, 0, "the station has not said so yet");
    await told(rig, "Uploaded");
    await rig.until("the CSMS to hear", () => rig.told.length === 1);
    deepEqual([rig.told[0]?.action, rig.told[0]?.payload], ["DiagnosticsStatusNotification", { status: "Uploaded" }]);
    await rig.until("an end of the watch", () => rig.audited("transfer.upload.sent").length === 1);
    await rig.settle();
    deepEqual((await shown(rig)).map(({ state }) => state), ["sent"]);
  }),
);

Deno.test(
  "station's files: Uploaded of the station waits until its CSMS has the file",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.forwardFault = new Error("connection refused");
    const { id } = await asked(rig, LOG);
    await received(rig, id);
    await told(rig, "Uploaded", 7);
    await rig.settle();
    equal(rig.told.length, 0);
    rig.state.forwardFault = undefined;
    await rig.looking("the second attempt", () => rig.state.forwards.length === 1);
    await rig.looking("the CSMS to hear", () => rig.told.length === 1);
    deepEqual([rig.told[0]?.action, rig.told[0]?.payload], ["LogStatusNotification", {
      status: "Uploaded",
      requestId: 7,
    }]);
  }),
);

Deno.test(
  "station's files: one that cannot be brought on is told as failed, stays here, and can be brought again",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    rig.state.forwardFault = new Error("connection refused");
    const { id } = await asked(rig, LOG);
    await received(rig, id);
    await told(rig, "Uploaded", 7);
    await rig.looking("the end", () => rig.told.length === 1, TRANSFER_LIMITS.forwardPauseMs);
    deepEqual(rig.told[0]?.payload, { status: "UploadFailure", requestId: 7 });
    deepEqual(rig.rig.raised.map(({ kind, subject }) => [kind, subject]), [["transfer.upload.unsent", "CP001"]]);
    const command = rig.feature.commands!["firmware transfers"]!;
    await rejects(command({ again: id }, "eva"), /connection refused/);
    rig.state.forwardFault = undefined;
    await command({ again: id }, "eva");
    deepEqual((await shown(rig)).map(({ state }) => state), ["sent"]);
    await rejects(command({ again: "nobody" }, "eva"), { code: "UPLOAD_UNKNOWN" });
  }),
);

for (
  const [request, location, rule] of [
    [DIAGNOSTICS, "https://elsewhere.example/in/", "firmware.upload-host"],
    [DIAGNOSTICS, "http://logs.csms.example/in/", "firmware.upload-host"],
    [DIAGNOSTICS, "https://logs.csms.example.evil.example/", "firmware.upload-host"],
    [DIAGNOSTICS, "file:///etc/passwd", "firmware.upload-host"],
    [LOG, "https://169.254.169.254/", "firmware.upload-host"],
    [LOG, "ftp://logs.csms.example/", "firmware.upload-host"],
  ] as const
) {
  Deno.test(
    `station's files: ${request.action} to ${location} is refused, and the station is not asked`,
    withTransfers(async (rig) => {
      const payload = request === DIAGNOSTICS
        ? { location }
        : { requestId: 7, logType: "x", log: { remoteLocation: location } };
      const place = await rig.handlers()["firmware.upload"]!({ ...request, payload });
      ok("answer" in place && "payload" in place.answer);
      const answer = place.answer.payload as { status?: string };
      equal(answer.status, request === DIAGNOSTICS ? undefined : "Rejected");
      equal(rig.audited("transfer.upload.refused")[0]?.rule, rule);
      deepEqual(await shown(rig), []);
    }),
  );
}

for (
  const [member, request] of [
    ["location", { ...DIAGNOSTICS, payload: {} }],
    ["remoteLocation", { ...LOG, payload: { requestId: 1, log: {} } }],
    ["requestId", { ...LOG, payload: { log: { remoteLocation: "https://a/b" } } }],
  ] as const
) {
  Deno.test(
    `station's files: ${request.action} without a usable ${member} is refused and named`,
    withTransfers(async (rig) => {
      const place = await rig.handlers()["firmware.upload"]!(request);
      ok("answer" in place && "error" in place.answer && place.answer.error.description.includes(member));
    }),
  );
}

Deno.test(
  "station's files: nobody else brings one, it is brought once, and not after its time",
  withTransfers(async (rig) => {
    const first = await asked(rig), second = await asked(rig, LOG);
    const claim = { ...UPLOAD, token: first.token };
    deepEqual(await rig.open({ ...claim, source: "10.0.0.3" }), {});
    deepEqual(rig.rig.raised.map(({ kind }) => kind), ["transfer.grant.stolen"]);
    deepEqual(await rig.open({ ...claim, purpose: "download" }), {}, "it fetches nothing");
    ok((await rig.open(claim)).grant);
    await received(rig, first.id);
    deepEqual(await rig.open(claim), {}, "it has been brought");
    rig.rig.time.advance(TRANSFER_LIMITS.uploadMs);
    deepEqual(await rig.open({ ...UPLOAD, token: second.token }), {});
  }),
);

Deno.test(
  "station's files: a station that brings none, or says that it failed, ends the wait",
  withTransfers(async (rig) => {
    const none = await rig.handlers()["firmware.upload"]!(DIAGNOSTICS);
    ok("url" in none);
    await rig.handlers()["firmware.upload-answered"]!({ id: none.id, isTaken: false });
    const failed = await asked(rig, LOG);
    await told(rig, "UploadFailure", 99);
    equal((await shown(rig)).find(({ id }) => id === failed.id)?.state, "expected", "another request's status");
    await told(rig, "Uploading", 7);
    await told(rig, "UploadFailure", 7);
    deepEqual((await shown(rig)).map(({ state }) => state).sort(), ["failed", "none"]);
    deepEqual(await watched(rig), []);
    equal(rig.told.length, 0, "the CSMS has it from the station");
  }),
);

Deno.test(
  "station's files: one that never comes ends after its time, and its CSMS hears it",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    await asked(rig, LOG);
    rig.rig.time.advance(TRANSFER_LIMITS.uploadMs);
    await rig.looking("the end", () => rig.told.length === 1);
    deepEqual(rig.told[0]?.payload, { status: "UploadFailure", requestId: 7 });
    match((await shown(rig))[0]!.why!, /brought nothing in time/);
  }),
);

for (const state of ["expected", "received"]) {
  Deno.test(
    `station's files: the gateway is killed when one is "${state}", and goes on`,
    withTransfers(async (rig) => {
      rig.connect("CP001");
      rig.state.forwardFault = new Error("away");
      const { id, token } = await asked(rig);
      if (state === "received") await received(rig, id);
      await rig.settle();
      await rig.restart();
      equal((await shown(rig))[0]?.state, state);
      if (state === "expected") {
        ok((await rig.open({ ...UPLOAD, token })).grant, "the URL that the station has still leads here");
        await received(rig, id);
      }
      await told(rig, "Uploaded");
      rig.state.forwardFault = undefined;
      await rig.looking("the CSMS to have it", () => rig.state.forwards.length === 1);
      await rig.looking("the CSMS to hear", () => rig.told.length === 1);
    }),
  );
}

Deno.test(
  "station's files: neither key nor login stands in what is shown or recorded, and the store has them sealed",
  withTransfers(async (rig) => {
    const { token } = await asked(rig);
    const { grant } = await rig.open({ ...UPLOAD, token });
    ok(grant?.kind === "upload");
    const stored: string[] = [];
    for await (const { value } of rig.rig.store.list<SealedValue>(["firmwareUpload"])) {
      stored.push(new TextDecoder("latin1").decode(value.sealed));
    }
    const { data, text } = await rig.feature.commands!["firmware transfers"]!({}, "eva");
    const seen = JSON.stringify([data, text, rig.rig.audited, stored]);
    for (const secret of [grant.key, token, "secret"]) ok(!seen.includes(secret), secret);
    equal(stored.length, 1);
  }),
);

Deno.test(
  "station's files: copies go when they are too old, and the oldest delivered when there is no room",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    const bring = async () => {
      const { id, token } = await asked(rig);
      const { grant } = await rig.open({ ...UPLOAD, token });
      ok(grant?.kind === "upload");
      await Deno.writeTextFile(`${rig.dataDir}/uploads/${grant.file}`, "sealed");
      await rig.handlers()["firmware.received"]!({ id, fileName: "x", bytes: 700_000, sha256: "" });
      await rig.looking(
        "delivery",
        () => rig.audited("transfer.upload.sent").some(({ detail }) => detail?.upload === id),
      );
      return { id, path: `${rig.dataDir}/uploads/${grant.file}` };
    };
    const isThere = (path: string) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    };
    const first = await bring(), second = await bring();
    await rig.looking("room", () => !isThere(first.path));
    ok(isThere(second.path));
    await rig.looking("its record to go", () => rig.audited("transfer.upload.removed").length === 1);
    rig.rig.time.advance(31 * 86_400_000);
    await rig.looking("age", () => !isThere(second.path));
  }, (site) => ({ ...site, firmware: { ...site.firmware, uploads: { quotaMegabytes: 1, keepDays: 30 } } })),
);
