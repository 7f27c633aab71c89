import { deepEqual, equal, match } from "node:assert/strict";
import { matchAdvisory } from "./advisory_match.ts";
import type { Advisory, AdvisoryProduct, AdvisoryWeakness } from "./advisory_types.ts";

const product = (more: Partial<AdvisoryProduct> = {}): AdvisoryProduct => ({
  ...{ id: "P1", vendors: ["Bender GmbH & Co. KG"], names: ["CC612", "CC612 firmware <5.33.11"], versions: "<5.33.11" },
  ...more,
});
const weakness = (more: Partial<AdvisoryWeakness> = {}): AdvisoryWeakness => ({
  ...{ id: "CVE-2026-8979", affected: ["P1"], notAffected: [], underInvestigation: [], remedies: [] },
  ...more,
});
const advisory = (products: readonly AdvisoryProduct[], weaknesses = [weakness()]): Advisory => ({
  ...{ id: "VDE-1", title: "t", publisher: "p", version: "1", releasedAt: 1, products, weaknesses },
});
const CC612 = { vendor: "bender", model: "CC612_2S0R_CC", version: "5.22.1-13295" };
const state = (one: Advisory, controller: object) => matchAdvisory(one, controller)?.state;

Deno.test("advisory: a controller of that vendor, model and version is affected, and it is said why", () => {
  deepEqual(matchAdvisory(advisory([product()]), CC612), {
    ...{ state: "affected", weaknesses: ["CVE-2026-8979"] },
    why: "it is CC612 with 5.22.1-13295, and <5.33.11 is affected",
  });
});

const CASES:
  readonly (readonly [what: string, product: Partial<AdvisoryProduct>, controller: object, state: string])[] = [
    ["a mended version", {}, { ...CC612, version: "5.33.11-21500" }, "none"],
    ["a version that nobody knows", {}, { ...CC612, version: undefined }, "possible"],
    ["a word for a version", {}, { ...CC612, version: "n/a" }, "possible"],
    ["a word for a version, above by its letters", { versions: ">=1" }, { ...CC612, version: "unknown" }, "possible"],
    ["a model that nobody knows, a word for a version", {}, { ...CC612, model: undefined, version: "n/a" }, "possible"],
    ["a model that nobody knows", {}, { ...CC612, model: undefined }, "possible"],
    ["a model that nobody knows, mended", {}, { ...CC612, model: undefined, version: "6.0" }, "none"],
    ["another model", {}, { ...CC612, model: "ICC1324" }, "none"],
    ["another vendor", {}, { ...CC612, vendor: "mennekes" }, "none"],
    ["a vendor whose name begins alike", {}, { ...CC612, vendor: "ben" }, "none"],
    ["no vendor", {}, { ...CC612, vendor: undefined }, "none"],
    ["a vendor in other letters", {}, { ...CC612, vendor: "Bender" }, "affected"],
    ["a vendor of two words", { vendors: ["Schneider Electric"] }, { ...CC612, vendor: "schneider" }, "affected"],
    ["a range that nobody can read", { versions: "some" }, CC612, "possible"],
    ["every version", { versions: "vers:all/*" }, { ...CC612, version: undefined }, "affected"],
    ["no versions named", { versions: undefined }, { ...CC612, version: undefined }, "affected"],
    ["a name with its maker in it", { names: ["Bender CC612 firmware"] }, CC612, "affected"],
    [
      "a name that is longer than the model",
      { names: ["CC612 with Ethernet"] },
      { ...CC612, model: "CC612" },
      "affected",
    ],
    ["a name with the model inside", { names: ["Charge Controller CC612"] }, CC612, "affected"],
    ["a family", { names: ["CC61"] }, CC612, "affected"],
    ["a name of two letters", { names: ["CC"] }, CC612, "none"],
    ["no names", { names: [] }, CC612, "none"],
    ["no vendors in the tree, the maker in the name", { vendors: [], names: ["Bender CC612"] }, CC612, "affected"],
    ["no vendors in the tree, no maker in the name", { vendors: [], names: ["CC612"] }, CC612, "none"],
    ["a model in other spelling", { names: ["CHARX SEC-3100"], vendors: ["Phoenix Contact"] }, {
      ...{ vendor: "phoenix", model: "charx sec 3100", version: "1.0" },
    }, "affected"],
    ["an empty model", {}, { ...CC612, model: "-" }, "none"],
  ];
for (const [what, more, controller, wanted] of CASES) {
  Deno.test(`advisory: ${what}: ${wanted}`, () => {
    equal(state(advisory([product(more)]), controller) ?? "none", wanted);
  });
}

Deno.test("advisory: a product that is said to be mended or unaffected clears it, also beside one that is affected", () => {
  const fixed = product({ id: "P2", versions: "5.22.1-13295" });
  equal(state(advisory([product(), fixed], [weakness({ notAffected: ["P2"] })]), CC612), undefined);
  const maybe = product({ id: "P2", versions: "odd" });
  equal(
    state(advisory([product(), maybe], [weakness({ notAffected: ["P2"] })]), CC612),
    "affected",
    "what nobody can read clears nothing",
  );
});

Deno.test("advisory: what its maker still looks into is possible", () => {
  const open = matchAdvisory(advisory([product()], [weakness({ affected: [], underInvestigation: ["P1"] })]), CC612)!;
  equal(open.state, "possible");
  match(open.why, /still looks into it/);
});

Deno.test("advisory: of several weaknesses those that are sure are named, else those that are possible", () => {
  const other = product({ id: "P2", versions: "odd" });
  const both = [weakness(), weakness({ id: "CVE-2", affected: ["P2"] }), weakness({ id: "CVE-3" })];
  deepEqual(matchAdvisory(advisory([product(), other], both), CC612)?.weaknesses, ["CVE-2026-8979", "CVE-3"]);
  deepEqual(matchAdvisory(advisory([other], [both[1]!]), CC612)?.weaknesses, ["CVE-2"]);
});

Deno.test("advisory: a weakness without an id is named by its place, one about nothing here is none", () => {
  const { id: _, ...nameless } = weakness();
  deepEqual(matchAdvisory(advisory([product()], [weakness({ affected: [] }), nameless]), CC612)?.weaknesses, [
    "weakness 2",
  ]);
  equal(matchAdvisory(advisory([product()], [weakness({ affected: ["P9"] })]), CC612), undefined);
});
