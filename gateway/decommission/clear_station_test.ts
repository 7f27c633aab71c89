import { deepEqual } from "node:assert/strict";
import type { Json, StationCallAnswer } from "../core/control_api.ts";
import { type ClearOutcome, clearPart } from "./clear_station.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { ClearPart } from "./record.ts";

/** Asks a station that answers from a table, and notes what it was asked. */
async function cleared(part: ClearPart, protocol: string, answers: Record<string, Json | StationCallAnswer>) {
  const asked: string[] = [];
  const outcome = await clearPart(part, protocol, (action, payload) => {
    asked.push(`${action} ${JSON.stringify(payload)}`);
    const answer = answers[action] ?? {};
    const isWhole = typeof answer === "object" && answer !== null && ("noAnswer" in answer || "error" in answer);
    return Promise.resolve(isWhole ? answer as StationCallAnswer : { result: answer as Json });
  });
  return { outcome, asked };
}

const error = (code: string): StationCallAnswer => ({ error: { code, description: "" } });
const hash = (serialNumber: string) => ({
  hashAlgorithm: "SHA256",
  issuerNameHash: "a",
  issuerKeyHash: "b",
  serialNumber,
});

/** What it is asked for: which roots of the CSMS it has, and to delete one. */
const LIST_ROOTS = 'GetInstalledCertificateIds {"certificateType":"CentralSystemRootCertificate"}';
const deletion = (serial: string) => `DeleteCertificate ${JSON.stringify({ certificateHashData: hash(serial) })}`;

const CASES: readonly {
  readonly name: string;
  readonly part: ClearPart;
  readonly protocol?: string;
  readonly answers: Record<string, Json | StationCallAnswer>;
  readonly outcome: ClearOutcome;
  readonly asked: readonly string[];
}[] = [
  {
    name: "the cache is cleared",
    part: "cache",
    answers: { ClearCache: { status: "Accepted" } },
    outcome: { state: "cleared", answer: "Accepted" },
    asked: ["ClearCache {}"],
  },
  {
    name: "a station that refuses is told of in its own word",
    part: "cache",
    answers: { ClearCache: { status: "Rejected" } },
    outcome: { state: "refused", answer: "Rejected" },
    asked: ["ClearCache {}"],
  },
  {
    name: "a station without a cache has nothing to clear",
    part: "cache",
    answers: { ClearCache: error("NotSupported") },
    outcome: { state: "none", answer: "ClearCache: NotSupported" },
    asked: ["ClearCache {}"],
  },
  {
    name: "any other error is a refusal",
    part: "cache",
    answers: { ClearCache: error("InternalError") },
    outcome: { state: "refused", answer: "ClearCache: InternalError" },
    asked: ["ClearCache {}"],
  },
  {
    name: "an answer without a status is a refusal",
    part: "cache",
    answers: { ClearCache: ["Accepted"] },
    outcome: { state: "refused", answer: "no status" },
    asked: ["ClearCache {}"],
  },
  {
    name: "nobody there",
    part: "cache",
    answers: { ClearCache: { noAnswer: "away" } },
    outcome: "away",
    asked: ["ClearCache {}"],
  },
  ...(["busy", "ended", "timeout"] as const).map((noAnswer) => ({
    ...{ name: `no answer (${noAnswer})`, part: "cache" as const, answers: { ClearCache: { noAnswer } } },
    ...{ outcome: "unanswered" as const, asked: ["ClearCache {}"] },
  })),
  {
    name: "1.6: an empty list follows the version of the CSMS's",
    part: "list",
    answers: { GetLocalListVersion: { listVersion: 41 }, SendLocalList: { status: "Accepted" } },
    outcome: { state: "cleared", answer: "Accepted" },
    asked: [
      "GetLocalListVersion {}",
      'SendLocalList {"listVersion":42,"updateType":"Full","localAuthorizationList":[]}',
    ],
  },
  {
    name: "2.x: an absent list is an empty one",
    part: "list",
    protocol: "ocpp2.0.1",
    answers: { GetLocalListVersion: { versionNumber: 7 }, SendLocalList: { status: "Accepted" } },
    outcome: { state: "cleared", answer: "Accepted" },
    asked: ["GetLocalListVersion {}", 'SendLocalList {"versionNumber":8,"updateType":"Full"}'],
  },
  {
    name: "the largest version is followed by the first",
    part: "list",
    answers: { GetLocalListVersion: { listVersion: 2 ** 31 - 1 }, SendLocalList: { status: "VersionMismatch" } },
    outcome: { state: "refused", answer: "VersionMismatch" },
    asked: [
      "GetLocalListVersion {}",
      'SendLocalList {"listVersion":1,"updateType":"Full","localAuthorizationList":[]}',
    ],
  },
  ...[0, -1].map((listVersion) => ({
    ...{ name: `a list of version ${listVersion} is none`, part: "list" as const, asked: ["GetLocalListVersion {}"] },
    answers: { GetLocalListVersion: { listVersion } },
    outcome: { state: "none" as const, answer: `version ${listVersion}` },
  })),
  ...[undefined, "41", 4.5].map((listVersion) => ({
    ...{
      name: `a version that is ${listVersion} is no version`,
      part: "list" as const,
      asked: ["GetLocalListVersion {}"],
    },
    answers: { GetLocalListVersion: listVersion === undefined ? {} : { listVersion } },
    outcome: { state: "refused" as const, answer: "its list has no version" },
  })),
  {
    name: "1.6 knows no customer information",
    part: "customer",
    answers: {},
    outcome: { state: "none", answer: "OCPP 1.6 knows no customer information" },
    asked: [],
  },
  {
    name: "2.x: customer information is cleared without a report",
    part: "customer",
    protocol: "ocpp2.1",
    answers: { CustomerInformation: { status: "Invalid" } },
    outcome: { state: "refused", answer: "Invalid" },
    asked: ['CustomerInformation {"requestId":1,"report":false,"clear":true}'],
  },
  {
    name: "1.6: the CSMS's roots are deleted one by one",
    part: "certificates",
    answers: {
      GetInstalledCertificateIds: { status: "Accepted", certificateHashData: [hash("1"), hash("2")] },
      DeleteCertificate: { status: "Accepted" },
    },
    outcome: { state: "cleared", answer: "2 of 2 deleted" },
    asked: [LIST_ROOTS, deletion("1"), deletion("2")],
  },
  {
    name: "2.x: chains with all below them, but never what proves the maker's firmware",
    part: "certificates",
    protocol: "ocpp2.0.1",
    answers: {
      GetInstalledCertificateIds: {
        status: "Accepted",
        certificateHashDataChain: [
          { certificateType: "ManufacturerRootCertificate", certificateHashData: hash("9") },
          {
            certificateType: "CSMSRootCertificate",
            certificateHashData: hash("1"),
            childCertificateHashData: [hash("2")],
          },
        ],
      },
      DeleteCertificate: { status: "Failed" },
    },
    outcome: { state: "refused", answer: "0 of 2 deleted, Failed" },
    asked: ["GetInstalledCertificateIds {}", deletion("1"), deletion("2")],
  },
  {
    name: "no certificate is nothing to clear",
    part: "certificates",
    answers: { GetInstalledCertificateIds: { status: "NotFound" } },
    outcome: { state: "none", answer: "NotFound" },
    asked: [LIST_ROOTS],
  },
  {
    name: "one that is gone already counts as deleted",
    part: "certificates",
    answers: {
      GetInstalledCertificateIds: { status: "Accepted", certificateHashData: [hash("1")] },
      DeleteCertificate: { status: "NotFound" },
    },
    outcome: { state: "cleared", answer: "1 of 1 deleted" },
    asked: [LIST_ROOTS, deletion("1")],
  },
  {
    name: "it goes away with the certificate that proved its CSMS",
    part: "certificates",
    answers: {
      GetInstalledCertificateIds: { status: "Accepted", certificateHashData: [hash("1"), hash("2")] },
      DeleteCertificate: { noAnswer: "ended" },
    },
    outcome: "unanswered",
    asked: [LIST_ROOTS, deletion("1")],
  },
];

for (const { name, part, protocol = "ocpp1.6", answers, outcome, asked } of CASES) {
  Deno.test(`clear station: ${part}: ${name}`, async () => {
    deepEqual(await cleared(part, protocol, answers), { outcome, asked });
  });
}

Deno.test("clear station: as many certificates as may be are deleted, and the answer says that there were more", async () => {
  const { certificates } = DECOMMISSION_LIMITS;
  for (const [count, state] of [[certificates, "cleared"], [certificates + 1, "refused"]] as const) {
    const certificateHashData = Array.from({ length: count }, (_, n) => hash(String(n)));
    const { outcome, asked } = await cleared("certificates", "ocpp1.6", {
      GetInstalledCertificateIds: { status: "Accepted", certificateHashData },
      DeleteCertificate: { status: "Accepted" },
    });
    deepEqual(outcome, { state, answer: `${certificates} of ${count} deleted` });
    deepEqual(asked.length, 1 + certificates);
  }
});

Deno.test("clear station: what a station answers is cut to what is kept", async () => {
  const { answerChars } = DECOMMISSION_LIMITS;
  const { outcome } = await cleared("cache", "ocpp1.6", { ClearCache: { status: "x".repeat(answerChars + 1) } });
  deepEqual(outcome, { state: "refused", answer: "x".repeat(answerChars) });
});
