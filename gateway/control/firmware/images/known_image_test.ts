import { deepEqual, equal, match } from "node:assert/strict";
import type { ImageClaim, ImageRecord, ImageVerdict } from "../../../core/firmware_api.ts";
import { KNOWN_RULE, verdictOnKnown } from "./known_image.ts";

const KNOWN: ImageRecord = {
  ...{ sha256: "ab".repeat(32), sizeBytes: 9, vendor: "bender", models: ["CC61*"], version: "5.33.2" },
  ...{ fileName: "fw.deb", state: "verified", evidence: ["tuf"], addedAt: 0, source: "t", who: "eva" },
  ...{ releasedBy: [], hasSbom: false },
};
const CLAIM: ImageClaim = { vendor: "bender", version: "5.33.2", models: ["CC613"] };
const verdictOf = (outcome: ImageVerdict["outcome"], rule: string): ImageVerdict => ({
  ...{ outcome, rule, why: "seen", evidence: [] },
  steps: [
    { id: "vendor", title: "", outcome: "ok", detail: "" },
    { id: "last", title: "", outcome, detail: "" } as never,
  ],
});
const UNPROVEN = verdictOf("refused", "firmware.evidence");
const HELD = verdictOf("held", "firmware.held");

for (const verdict of [UNPROVEN, HELD]) {
  Deno.test(`firmware: what nothing speaks for now (${verdict.rule}) and was proved before needs no second proof`, () => {
    const known = verdictOnKnown(KNOWN, { verdict, claim: CLAIM });
    deepEqual([known.outcome, known.rule, known.evidence], ["verified", KNOWN_RULE, ["tuf"]]);
    match(known.why, /proved by tuf/);
    deepEqual(known.steps.map(({ id }) => id), ["vendor", "known"]);
  });
}

const WRONG: readonly (readonly [string, Partial<ImageClaim>])[] = [
  ["another vendor", { vendor: "acme" }],
  ["another vendor and no model", { vendor: "acme", models: [] }],
  ["another model", { models: ["CC600"] }],
  ["one model that fits and one that does not", { models: ["CC613", "CC600"] }],
];
for (const [what, claim] of WRONG) {
  Deno.test(`wrong software: a proved image that is asked for by ${what} is refused`, () => {
    const verdict = verdictOnKnown(KNOWN, { verdict: UNPROVEN, claim: { ...CLAIM, ...claim } });
    deepEqual([verdict.outcome, verdict.rule], ["refused", "firmware.model"]);
    match(verdict.why, /it is made for bender CC61\*/);
  });
}

Deno.test("firmware: who names no model is believed for the vendor; case does not matter", () => {
  const { models: _none, ...claim } = CLAIM;
  equal(verdictOnKnown(KNOWN, { verdict: UNPROVEN, claim }).outcome, "verified");
  equal(verdictOnKnown(KNOWN, { verdict: UNPROVEN, claim: { ...claim, vendor: "BENDER" } }).outcome, "verified");
});

for (
  const rule of ["firmware.md5", "firmware.signature", "firmware.certificate", "firmware.floor", "firmware.sha256"]
) {
  Deno.test(`firmware: what speaks against an image (${rule}) counts though it was proved before`, () => {
    const verdict = verdictOf("refused", rule);
    equal(verdictOnKnown(KNOWN, { verdict, claim: CLAIM }), verdict);
  });
}

for (const state of ["held", "quarantine"] as const) {
  Deno.test(`firmware: one that is ${state} was not proved`, () => {
    equal(verdictOnKnown({ ...KNOWN, state }, { verdict: UNPROVEN, claim: CLAIM }), UNPROVEN);
  });
}

Deno.test("firmware: one that was withdrawn stays so, whatever proves it now, until two persons release it", () => {
  for (const verdict of [verdictOf("verified", "firmware.evidence"), UNPROVEN, HELD]) {
    const again = verdictOnKnown({ ...KNOWN, state: "withdrawn", why: "advisory 7" }, { verdict, claim: CLAIM });
    deepEqual([again.outcome, again.rule], ["refused", "firmware.withdrawn"]);
    match(again.why, /advisory 7/);
  }
});

Deno.test("firmware: a new proof of a known image is the proof", () => {
  const verdict = verdictOf("verified", "firmware.evidence");
  equal(verdictOnKnown(KNOWN, { verdict, claim: CLAIM }), verdict);
});
