import type { Answers } from "./console_rig.ts";
import { RIG_NOW } from "./console_rig.ts";

const sha = (digit: string): string => digit.repeat(64);
const image = (digit: string, changes: Record<string, unknown> = {}) => ({
  ...{ sha256: sha(digit), sizeBytes: 48_234_496, vendor: "bender", models: ["CC613"], version: "5.33.2" },
  ...{ fileName: "ebee_firmware_5.33.2.deb", state: "verified", evidence: ["tuf", "ocpp-signature"], hasSbom: true },
  ...{ addedAt: RIG_NOW - 86_400_000, source: "repository hq: bender/CC613/ebee_firmware_5.33.2.deb", who: "gateway" },
  releasedBy: [],
  ...changes,
});
const step = (id: string, title: string, outcome: string, detail: string) => ({ id, title, outcome, detail });
const CHAIN = [
  step("vendor", "Vendor is known", "ok", "the site has a profile of bender"),
  step("format", "File is of a kind that is taken", "ok", "ebee_firmware_5.33.2.deb"),
  step("size", "Size is within the vendor's most", "ok", "48234496 bytes, at most 512000000"),
  step("floor", "Version is not below the floor", "ok", "5.33.2 is not below 5.20.2"),
  step("md5", "MD5 of the request", "not-needed", "no MD5 was given"),
  step(
    "tuf",
    "Repository vouches for it",
    "ok",
    'signed in the repository "hq", root version 3, timestamp until 2026-12-21',
  ),
  step(
    "certificate",
    "Signing certificate leads to the vendor's root",
    "ok",
    "CN=firmware 2026, holds until 2040-01-01",
  ),
  step("signature", "Vendor's signature covers the whole file", "ok", "RSA-PSS-SHA256 over the whole file"),
];
const verified = {
  ...{ outcome: "verified", rule: "firmware.evidence", why: "proved by tuf", evidence: ["tuf", "ocpp-signature"] },
  steps: [...CHAIN, step("evidence", "What proves it is enough", "ok", "proved by tuf")],
};
const refused = {
  ...{ outcome: "refused", rule: "firmware.floor", why: "version 5.1 is below the floor 5.20.2", evidence: [] },
  steps: [
    ...CHAIN.slice(0, 3),
    step("floor", "Version is not below the floor", "refused", "version 5.1 is below the floor 5.20.2"),
  ],
};

/** What the pages of firmware images ask, as a garage in use answers it. */
export const IMAGES_ANSWERS: Answers = {
  "command firmware fetch": {
    text: "",
    data: { verdict: verified, sha256: sha("a"), sizeBytes: 48_234_496, stored: false },
  },
  "command firmware import": (args: { readonly args: Readonly<Record<string, unknown>> }) => importAnswer(args.args),
  "command firmware hand-out": {
    ...{ id: "ab".repeat(16), stationId: "CP001", fileName: "CP001-diag.zip.zip", bytes: 2_411_112 },
    expiresAt: RIG_NOW + 3_600_000,
  },
  "command firmware reveal": { id: "ab".repeat(16), password: "k7m2p-9xq4r-h3t8w-z6c5d" },
  "command firmware security-logs": ({ args }: { readonly args: Readonly<Record<string, unknown>> }) =>
    args["collect"] === undefined
      ? [
        {
          ...{ stationId: "CP001", everyHours: 168, state: "fresh", gotAt: RIG_NOW - 90_000_000 },
          ...{ dueAt: RIG_NOW + 500_000_000 },
        },
        {
          ...{ stationId: "CP002", everyHours: 168, state: "missing", gotAt: RIG_NOW - 1_900_000_000 },
          ...{ dueAt: RIG_NOW + 3_600_000, why: "the station said UploadFailure" },
        },
        {
          ...{ stationId: "CP003", everyHours: 24, state: "due", dueAt: RIG_NOW - 600_000 },
          why: "a transaction runs (1)",
        },
        {
          ...{ stationId: "CP004", everyHours: 168, state: "refused", dueAt: RIG_NOW + 2_000_000_000 },
          why: "it said NotImplemented",
        },
      ]
      : { asked: args["collect"] },
  "command firmware transfers": [
    {
      ...{ id: "u1", stationId: "CP001", csms: "main", state: "sent", fileName: "diag.zip", bytes: 2_410_000 },
      ...{ createdAt: RIG_NOW - 7_200_000, to: "https://logs.csms.example/in/" },
    },
    {
      ...{ id: "u2", stationId: "CP005", csms: "main", state: "failed", fileName: "log.txt", bytes: 120_000 },
      ...{ createdAt: RIG_NOW - 90_000_000, to: "sftp://logs.csms.example/in/", why: "no answer in time" },
    },
    {
      ...{ id: "u3", stationId: "CP003", csms: "main", state: "expected" },
      ...{ createdAt: RIG_NOW - 60_000, to: "https://logs.csms.example/in/" },
    },
    {
      ...{ id: "u4", stationId: "CP001", state: "kept", fileName: "security.log", bytes: 340_000 },
      ...{ createdAt: RIG_NOW - 90_000_000 },
    },
  ],
  "command firmware list": {
    images: [
      image("a"),
      image("b", {
        state: "held",
        vendor: "schneider",
        models: [],
        version: "3.4.0.2",
        fileName: "evlink.bin",
        evidence: [],
      }),
      image("c", { state: "withdrawn", version: "5.32.0", why: "advisory 2026-7", evidence: ["tuf"] }),
    ],
    ...{ usedBytes: 144_703_488, quotaBytes: 8_192_000_000 },
    sources: [
      { id: "hq", readAt: RIG_NOW - 3_600_000, offers: 2, news: 1 },
      { id: "old", fault: 'the repository "old" does not prove itself: timestamp.json is expired' },
    ],
  },
  "command firmware export": {
    text: "",
    data: { sha256: sha("a"), fileName: 'ebee_firmware_5.33.2 final".deb', sizeBytes: 48_234_496 },
  },
  "command firmware offers": [
    {
      ...{ target: "bender/CC613/ebee_firmware_5.34.0.deb", sizeBytes: 48_234_497, sha256: sha("d") },
      ...{ claim: { version: "5.34.0" }, verdict: verified, state: null },
    },
    {
      ...{ target: "bender/CC613/old.deb", sizeBytes: 4, sha256: sha("e") },
      ...{ claim: { version: "5.1" }, verdict: refused, state: null },
    },
  ],
  "command firmware publications": [
    {
      ...{
        id: "p2",
        csms: "main",
        checksum: "9e107d9d372bb6826bd81d3542a419d6",
        state: "published",
        last: "Published",
      },
      ...{ vendor: "bender", sha256: sha("a"), location: "https://csms.example/fw/a.deb", startedAt: RIG_NOW - 60_000 },
    },
    {
      ...{
        id: "p1",
        csms: "main",
        checksum: "e4d909c290d0fb1ca068ffaddf22cbd0",
        state: "ended",
        last: "InvalidChecksum",
      },
      ...{
        outcome: "refused",
        why: "the MD5 is not that of the file",
        vendor: "bender",
        startedAt: RIG_NOW - 86_400_000,
      },
      ...{ location: "https://csms.example/fw/b.deb", endedAt: RIG_NOW - 86_000_000 },
    },
  ],
  "command firmware release": { text: "anna vouched for it; one more person is wanted", data: {} },
  "command firmware remove": { text: "Removed evlink.bin", data: {} },
  "command firmware show": {
    image: image("b", { state: "held", releasedBy: ["anna"], why: "nothing proves it", evidence: [] }),
    papers: {
      verdict: {
        ...{ outcome: "held", rule: "firmware.held", why: "nothing proves it", evidence: [] },
        steps: [
          ...CHAIN.slice(0, 4),
          step("evidence", "What proves it is enough", "waiting", "1 of 2 persons have vouched"),
        ],
      },
      sbom: '{"spdxVersion":"SPDX-2.3"}',
      notes: "Fixes the charging of long cars.",
    },
  },
  "command firmware take": { text: "", data: { verdict: verified, image: image("d"), stored: true } },
  "command firmware verify": { text: "1 images are on the disk as they were verified", data: [] },
  "command firmware withdraw": { text: "Withdrew ebee_firmware_5.33.2.deb: no station is given it any more", data: {} },
};

/** What `firmware import` answers: for a bundle an image that is taken and one that is refused. */
function importAnswer({ bundle, accept, discard, room }: Readonly<Record<string, unknown>>): unknown {
  if (discard === true || room === true) return { text: "The file was thrown away", data: {} };
  if (bundle === true) {
    const of = (digit: string, verdict: unknown) => ({
      ...{ target: `bender/CC613/${digit}.deb`, sha256: sha(digit), sizeBytes: 48_234_496, verdict },
    });
    return { offers: [of("d", verified), of("e", refused)], stored: accept === true ? [sha("d")] : [] };
  }
  if (accept === true) return { text: "", data: { verdict: verified, image: image("d"), stored: true } };
  return { text: "", data: { verdict: verified, sha256: sha("d"), sizeBytes: 48_234_496, stored: false } };
}
