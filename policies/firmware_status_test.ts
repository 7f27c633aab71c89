import { deepEqual, equal, match } from "node:assert/strict";
import { afterStatus, readUpdateAnswer, UPDATE_PHASES, type UpdatePhase } from "./firmware_status.ts";

/** Phases that a sequence of statuses leads through, from "asked". */
function walk(...statuses: string[]): string[] {
  let phase: UpdatePhase = "asked";
  return statuses.map((status) => {
    const after = afterStatus(phase, status);
    phase = after.phase;
    return after.odd === undefined ? phase : `${phase}!`;
  });
}

const WALKS: readonly { readonly name: string; readonly says: readonly string[]; readonly is: readonly string[] }[] = [
  {
    name: "all of 2.0.1 in order",
    says: [
      "DownloadScheduled",
      "Downloading",
      "DownloadPaused",
      "Downloading",
      "Downloaded",
      "SignatureVerified",
      "InstallScheduled",
      "Installing",
      "InstallRebooting",
      "Installed",
    ],
    is: [
      "asked",
      "downloading",
      "downloading",
      "downloading",
      "downloaded",
      "downloaded",
      "downloaded",
      "installing",
      "installing",
      "installed",
    ],
  },
  {
    name: "the seven of plain 1.6",
    says: ["Downloading", "Downloaded", "Installing", "Installed"],
    is: ["downloading", "downloaded", "installing", "installed"],
  },
  {
    name: "a station that says only the end (MicroOcpp)",
    says: ["Installing", "Installed"],
    is: ["installing", "installed"],
  },
  {
    name: "a restart before the installation (L01.FR.23)",
    says: ["Downloaded", "InstallRebooting", "Installing"],
    is: ["downloaded", "installing", "installing"],
  },
  { name: "Installed after the restart, once more", says: ["Installed", "Installed"], is: ["installed", "installed"] },
  {
    name: "a download that begins anew (L01.FR.30)",
    says: ["Downloading", "Downloading"],
    is: ["downloading", "downloading"],
  },
  { name: "an earlier status comes late", says: ["Installing", "Downloaded"], is: ["installing", "installing!"] },
  { name: "the download fails", says: ["Downloading", "DownloadFailed"], is: ["downloading", "failed"] },
  { name: "the installation fails", says: ["Installing", "InstallationFailed"], is: ["installing", "failed"] },
  { name: "a failure after Installed", says: ["Installed", "InstallVerificationFailed"], is: ["installed", "failed!"] },
  { name: "a failure is told twice", says: ["DownloadFailed", "DownloadFailed"], is: ["failed", "failed!"] },
  { name: "something after a failure", says: ["InvalidSignature", "Installing"], is: ["failed", "failed!"] },
  { name: "what no OCPP knows", says: ["Flashing", "Downloaded"], is: ["asked!", "downloaded"] },
  { name: "names of things that every object has", says: ["constructor", "__proto__"], is: ["asked!", "asked!"] },
];

for (const { name, says, is } of WALKS) {
  Deno.test(`firmware status: ${name}`, () => deepEqual(walk(...says), is));
}

Deno.test("firmware status: Idle tells that nothing is under way and moves nothing", () => {
  for (const phase of UPDATE_PHASES) deepEqual(afterStatus(phase, "Idle"), { phase, isIdle: true });
});

Deno.test("firmware status: no status is ever a success: the phase after Installed is the station's word only", () => {
  const reachable = new Set(WALKS.flatMap(({ says }) => walk(...says)).map((phase) => phase.replace("!", "")));
  for (const phase of reachable) equal((UPDATE_PHASES as readonly string[]).includes(phase), true);
  equal(reachable.has("confirmed"), false);
});

Deno.test("firmware status: a refused signature is final, a failed download may be tried again", () => {
  const final = (status: string) => afterStatus("asked", status).isFinal ?? false;
  deepEqual(["DownloadFailed", "InstallationFailed"].map(final), [false, false]);
  deepEqual(["InvalidSignature", "InstallVerificationFailed"].map(final), [true, true]);
});

Deno.test("firmware status: a long text of a station is cut where it is shown", () => {
  equal(afterStatus("asked", "x".repeat(1_000)).odd!.length < 100, true);
});

const ANSWERS: readonly [answer: Parameters<typeof readUpdateAnswer>[0], is: string][] = [
  [{ result: {} }, "accepted"],
  [{ result: null }, "accepted"],
  [{ result: { status: "Accepted" } }, "accepted"],
  [{ result: { status: "AcceptedCanceled" } }, "accepted: it gave up an earlier update for this one"],
  [{ result: { status: "Rejected" } }, "refused: it rejected the update"],
  [{ result: { status: "InvalidCertificate" } }, "refused for good: it does not trust the signing certificate"],
  [{ result: { status: "RevokedCertificate" } }, "refused for good: it says that the signing certificate is revoked"],
  [{ result: { status: 7 } }, 'refused: it answered "7"'],
  [{ error: { code: "NotSupported", description: "" } }, "unknown-action: it answered NotSupported"],
  [{ error: { code: "NotImplemented", description: "no" } }, "unknown-action: it answered NotImplemented (no)"],
  [{ error: { code: "InternalError", description: "" } }, "refused: it answered InternalError"],
];

for (const [answer, is] of ANSWERS) {
  Deno.test(`firmware status: the answer ${JSON.stringify(answer)} is ${is.split(":")[0]}`, () => {
    const read = readUpdateAnswer(answer);
    const why = "why" in read ? read.why : "note" in read ? read.note : undefined;
    const kind = "isFinal" in read && read.isFinal ? `${read.is} for good` : read.is;
    equal(why === undefined ? kind : `${kind}: ${why}`, is);
  });
}

Deno.test("firmware status: a description of any length is cut", () => {
  const read = readUpdateAnswer({ error: { code: "GenericError", description: "y".repeat(5_000) } });
  match("why" in read ? read.why! : "", /^it answered GenericError \(y{100}\)$/);
});

const STATUSES = [
  "DownloadScheduled",
  "Downloading",
  "DownloadPaused",
  "Downloaded",
  "SignatureVerified",
  "InstallScheduled",
  "Installing",
  "InstallRebooting",
  "Installed",
  "DownloadFailed",
  "InstallationFailed",
  "InstallVerificationFailed",
  "InvalidSignature",
  "Idle",
  "Flashing",
];
for (const phase of UPDATE_PHASES) {
  Deno.test(`firmware status: from "${phase}" no status leads back, and what does not fit is noted`, () => {
    for (const status of STATUSES) {
      const after = afterStatus(phase, status);
      const isBack = UPDATE_PHASES.indexOf(after.phase) < UPDATE_PHASES.indexOf(phase);
      equal(isBack, false, `${phase} -> ${status} -> ${after.phase}`);
      equal(after.phase === "failed" && phase !== "failed", after.why !== undefined, status);
      if (phase === "failed" && status !== "Idle") equal(after.odd === undefined, false, status);
    }
  });
}
