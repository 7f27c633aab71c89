import { equal } from "node:assert/strict";
import type { ImageRecord, ImageState } from "../../core/firmware_api.ts";
import { imageVerdictOf } from "./image_verdict.ts";

const image = (state: ImageState, models: readonly string[] = []) =>
  ({ sha256: "ab", vendor: "bender", models, state }) as unknown as ImageRecord;
const verdict = (record: ImageRecord | undefined, station: { vendor?: string; model?: string }, others = 1) => {
  const vault = { image: () => record, images: () => Array.from({ length: others }, () => image("verified")) };
  const { verified, why } = imageVerdictOf(vault, "ab", station);
  return verified ? "verified" : why;
};
const BENDER = { vendor: "bender", model: "CC613" };

Deno.test("invariant 13: an upload is taken when the vault verified it for this kind of controller", () => {
  equal(verdict(image("verified"), BENDER), "verified");
  equal(verdict(image("verified", ["CC613"]), BENDER), "verified");
  equal(verdict(image("verified", ["CC6*"]), BENDER), "verified");
});

for (const state of ["quarantine", "held", "withdrawn"] as const) {
  Deno.test(`invariant 13: an image that is ${state} is not sent`, () => {
    equal(verdict(image(state), BENDER), `the vault has it as ${state}`);
  });
}

Deno.test("invariant 13: an image of another maker or model is not sent, nor to a station of which nobody knows what it is", () => {
  for (const station of [{ vendor: "alfen", model: "CC613" }, {}, { vendor: "bender", model: "CC612" }]) {
    equal(verdict(image("verified", ["CC613"]), station), "it is for bender CC613, which this station is not");
  }
});

Deno.test("invariant 13: an image that the vault does not know is not sent, and it says whether it knows any", () => {
  equal(verdict(undefined, BENDER), "the vault does not know it");
  equal(verdict(undefined, BENDER, 0), "the vault holds no image yet");
});
