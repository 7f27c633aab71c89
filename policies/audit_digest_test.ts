import { deepEqual, equal } from "node:assert/strict";
import { DIGEST_PARTS, DigestCounter, type DigestPart, type DigestRecord } from "./audit_digest.ts";

function counted(...records: readonly DigestRecord[]) {
  const counter = new DigestCounter();
  for (const record of records) counter.add(record);
  return counter.digest();
}

const PLACES: readonly (readonly [record: DigestRecord, parts: Partial<Record<DigestPart, string>>])[] = [
  [{ event: "people.login.refused", outcome: "refused", rule: "login.password" }, {
    ...{ "sign-ins": "people.login.refused", "refusals": "login.password" },
  }],
  [{ event: "people.login.locked", outcome: "ok" }, { "sign-ins": "people.login.locked" }],
  [{ event: "people.setup.refused", outcome: "refused" }, {
    ...{ "sign-ins": "people.setup.refused", "refusals": "people.setup.refused" },
  }],
  [{ event: "people.login.accepted", outcome: "ok" }, {}],
  [{ event: "device.login.made", outcome: "failed" }, { "sign-ins": "device.login.made" }],
  [{ event: "device.login.made", outcome: "ok" }, {}],
  [{ event: "modbus.request.refused", outcome: "refused", rule: "site.no-writes" }, { refusals: "site.no-writes" }],
  [{ event: "ocpp.connection.refused", outcome: "refused" }, { refusals: "ocpp.connection.refused" }],
  [{ event: "firmware.campaign.started", outcome: "ok" }, { firmware: "firmware.campaign.started" }],
  [{ event: "station.firmware.changed", outcome: "ok" }, { firmware: "station.firmware.changed" }],
  [{ event: "transfer.request.taken", outcome: "ok" }, { firmware: "transfer.request.taken" }],
  [{ event: "transfer.upload.received", outcome: "ok" }, {}],
  [{ event: "firmware.image.taken", outcome: "ok" }, {
    ...{ firmware: "firmware.image.taken", changes: "firmware.image.taken" },
  }],
  [{ event: "gateway.process.started", outcome: "ok" }, { restarts: "gateway.process.started" }],
  [{ event: "ocpp.controller.booted", outcome: "ok" }, { restarts: "ocpp.controller.booted" }],
  [{ event: "station.security.told", told: "ResetOrReboot" }, { restarts: "ResetOrReboot" }],
  [{ event: "station.security.told", told: "FirmwareUpdated" }, { firmware: "FirmwareUpdated" }],
  [{ event: "station.security.told", told: "TamperDetectionActivated" }, { stations: "TamperDetectionActivated" }],
  [{ event: "station.security.told" }, { stations: "a security event" }],
  [{ event: "gateway.configuration.applied", outcome: "ok" }, { changes: "gateway.configuration.applied" }],
  [{ event: "gateway.configuration.applied", outcome: "refused" }, { refusals: "gateway.configuration.applied" }],
  [{ event: "people.account.added", outcome: "ok" }, { changes: "people.account.added" }],
  [{ event: "secret.value.revealed", outcome: "ok" }, { changes: "secret.value.revealed" }],
  [{ event: "posture.line.waived", outcome: "ok" }, { changes: "posture.line.waived" }],
  [{ event: "posture.line.confirmed", outcome: "ok" }, {}],
  [{ event: "alarm.raised", outcome: "ok" }, { alarms: "alarm.raised" }],
  [{ event: "ocpp.session.opened", outcome: "ok" }, {}],
];
for (const [record, parts] of PLACES) {
  const where = Object.keys(parts).join(" and ") || "nowhere but in the sum";
  Deno.test(`audit digest: ${record.event} ${record.told ?? record.outcome ?? ""} is counted in ${where}`, () => {
    const digest = counted(record);
    const found = DIGEST_PARTS.flatMap((part) => digest.parts[part].map(({ what }) => [part, what]));
    deepEqual(Object.fromEntries(found), parts);
    equal(digest.records, 1);
  });
}

Deno.test("audit digest: the most frequent first, each with those that it was about most, the rest as a number", () => {
  const refused = (rule: string, target: string): DigestRecord => ({ event: "e", outcome: "refused", rule, target });
  const digest = counted(
    refused("a", "CP002"),
    ...["CP001", "CP002", "CP002", "CP003", "CP004", "CP005"].map((target) => refused("b", target)),
  );
  deepEqual(digest.parts.refusals, [
    { what: "b", count: 6, by: ["CP002", "CP001", "CP003", "and 2 more"] },
    { what: "a", count: 1, by: ["CP002"] },
  ]);
});

Deno.test("audit digest: without a target the actor is named, without either nobody", () => {
  const refused = (more: object): DigestRecord => ({ event: "e", outcome: "refused", rule: "a", ...more });
  deepEqual(counted(refused({ who: "eva" }), refused({})).parts.refusals, [{ what: "a", count: 2, by: ["eva"] }]);
});

Deno.test("audit digest: nothing happened", () => {
  const { records, parts } = counted();
  equal(records, 0);
  for (const part of DIGEST_PARTS) deepEqual(parts[part], []);
});

Deno.test("audit digest: as many different things as the limit have a line, the others one together", () => {
  const counter = new DigestCounter();
  for (let at = 0; at < 205; at++) counter.add({ event: "e", outcome: "refused", rule: `rule-${at}` });
  const { refusals } = counter.digest().parts;
  equal(refusals.length, 201);
  deepEqual([refusals[0]!.what, refusals[0]!.count], ["others", 5]);
  counter.add({ event: "e", outcome: "refused", rule: "rule-7" });
  equal(counter.digest().parts.refusals.find(({ what }) => what === "rule-7")?.count, 2);
});

Deno.test("audit digest: names beyond the limit are counted and not kept", () => {
  const counter = new DigestCounter();
  for (let at = 0; at < 1_002; at++) counter.add({ event: "e", outcome: "refused", rule: "r", target: `CP${at}` });
  const [line] = counter.digest().parts.refusals;
  deepEqual([line!.count, line!.by.at(-1)], [1_002, "and 997 more"]);
});
