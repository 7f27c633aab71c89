import { deepEqual, equal, match, throws } from "node:assert/strict";
import { matchAdvisory } from "../../../policies/advisory_match.ts";
import { mutate } from "../../../tests/support/mutate.ts";
import { GatewayError } from "../../core/errors.ts";
import { pointerOf, readCsaf } from "./csaf_reader.ts";
import { ADVISORY_LIMITS } from "./limits.ts";
import { csaf } from "./testing/csaf.ts";

const read = (value: unknown) => readCsaf(JSON.stringify(value));
const CC612 = { vendor: "bender", model: "CC612_2S0R_CC", version: "5.22.1-13295" };

Deno.test("csaf: what is matched and shown of an advisory", () => {
  const advisory = read(csaf());
  deepEqual(
    {
      ...advisory,
      products: advisory.products.map(({ id, vendors, names, versions }) => [id, vendors, names, versions]),
    },
    {
      ...{
        id: "BSA-2026-001",
        title: "Passwords can be set without a login",
        publisher: "Bender GmbH & Co. KG",
        version: "2",
      },
      releasedAt: Date.parse("2026-06-01T10:00:00Z"),
      products: [
        ["P-OLD", ["Bender GmbH & Co. KG"], ["CC612", "CC612 below 5.33.11"], "<5.33.11-21500"],
        ["P-NEW", ["Bender GmbH & Co. KG"], ["CC612", "CC612 5.33.11-21500"], "5.33.11-21500"],
      ],
      weaknesses: [{
        ...{ id: "CVE-2026-8979", score: 9.8, affected: ["P-OLD"], notAffected: ["P-NEW"], underInvestigation: [] },
        remedies: ["vendor_fix: Update to 5.33.11-21500"],
      }],
    },
  );
  equal(matchAdvisory(advisory, CC612)?.state, "affected");
  equal(matchAdvisory(advisory, { ...CC612, version: "5.33.11-21500" }), undefined);
});

Deno.test("csaf: firmware that is installed on hardware is matched by the hardware's name and the firmware's version", () => {
  const leaf = (category: string, name: string, id: string) => ({ category, name, product: { product_id: id, name } });
  const tree = {
    branches: [{
      category: "vendor",
      name: "Bender",
      branches: [
        { category: "product_family", name: "Hardware", branches: [leaf("product_name", "CC612", "HW")] },
        { category: "product_family", name: "Firmware", branches: [leaf("product_version_range", "<5.33", "FW")] },
      ],
    }],
    relationships: [{
      category: "installed_on",
      full_product_name: { product_id: "BOTH", name: "Firmware below 5.33 on CC612" },
      product_reference: "FW",
      relates_to_product_reference: "HW",
    }],
  };
  const advisory = read(csaf({ tree, weakness: { product_status: { known_affected: ["BOTH"] } } }));
  equal(matchAdvisory(advisory, CC612)?.state, "affected");
  equal(matchAdvisory(advisory, { ...CC612, version: "5.33" }), undefined);
  equal(matchAdvisory(advisory, { ...CC612, model: "ICC1324" }), undefined);
});

Deno.test("csaf: full product names without a tree, an id that is no CVE, CVSS 2", () => {
  const tree = { branches: undefined, full_product_names: [{ product_id: "F", name: "Bender CC612" }] };
  const weakness = {
    ...{
      cve: undefined,
      ids: [{ system_name: "VDE", text: "VDE-2021-047" }],
      product_status: { under_investigation: ["F"] },
    },
    scores: [{ products: ["F"], cvss_v2: { baseScore: 5 } }],
  };
  const advisory = read(csaf({ tree, weakness }));
  deepEqual([advisory.weaknesses[0]?.id, advisory.weaknesses[0]?.score], ["VDE-2021-047", 5]);
  equal(matchAdvisory(advisory, CC612)?.state, "possible");
});

const deep = (depth: number): object =>
  depth === 0
    ? { category: "product_version", name: "1", product: { product_id: "P-OLD", name: "x" } }
    : { category: "legacy", name: "x", branches: [deep(depth - 1)] };
const twice = { category: "product_name", name: "x", product: { product_id: "A", name: "x" } };
const branch = (more: object) => ({ tree: { branches: [{ category: "vendor", name: "B", ...more }] } });
const relation = (more: object) => ({
  tree: {
    relationships: [{
      ...{ category: "installed_on", full_product_name: { product_id: "N", name: "n" } },
      ...{ product_reference: "P-OLD", relates_to_product_reference: "P-NEW", ...more },
    }],
  },
});

const FAULTY: readonly (readonly [what: string, value: unknown, pointer: RegExp])[] = [
  [
    "another category",
    csaf({ document: { category: "csaf_vex" } }),
    /^\/document\/category: the profile csaf_security_advisory/m,
  ],
  ["another version of CSAF", csaf({ document: { csaf_version: "2.1" } }), /^\/document\/csaf_version: CSAF 2\.0/m],
  ["no title", csaf({ document: { title: undefined } }), /^\/document\/title: /m],
  ["an empty title", csaf({ document: { title: "" } }), /^\/document\/title: /m],
  ["no notes", csaf({ document: { notes: [] } }), /^\/document\/notes: /m],
  ["no references", csaf({ document: { references: undefined } }), /^\/document\/references: /m],
  ["a publisher of no kind", csaf({ document: { publisher: { name: "x" } } }), /^\/document\/publisher\/category: /m],
  ["a status that is none", csaf({ tracking: { status: "done" } }), /^\/document\/tracking\/status: /m],
  [
    "a date that is none",
    csaf({ tracking: { current_release_date: "soon" } }),
    /current_release_date: a date and time/m,
  ],
  ["a version that is none", csaf({ tracking: { version: "v2" } }), /^\/document\/tracking\/version: a number/m],
  ["an id with blanks around", csaf({ tracking: { id: " x " } }), /^\/document\/tracking\/id: /m],
  ["no product tree", { ...csaf(), product_tree: undefined }, /^\/product_tree: /m],
  ["no weakness", { ...csaf(), vulnerabilities: [] }, /^\/vulnerabilities: /m],
  [
    "a weakness without a status",
    csaf({ weakness: { product_status: undefined } }),
    /^\/vulnerabilities\/0\/product_status: /m,
  ],
  ["a CVE that is none", csaf({ weakness: { cve: "CVE-1" } }), /^\/vulnerabilities\/0\/cve: CVE-YEAR-NUMBER/m],
  [
    "a score beyond ten",
    csaf({ weakness: { scores: [{ products: ["P-OLD"], cvss_v3: { baseScore: 11 } }] } }),
    /baseScore: /m,
  ],
  [
    "a status about nobody",
    csaf({ weakness: { product_status: { known_affected: ["P-OLD", "P9"] } } }),
    /known_affected\/1: no product of the tree has the id "P9"/m,
  ],
  ["an empty status list", csaf({ weakness: { product_status: { fixed: [] } } }), /product_status\/fixed: /m],
  [
    "a branch of no kind",
    csaf(branch({ category: "brand", product: twice.product })),
    /^\/product_tree\/branches\/0\/category: /m,
  ],
  [
    "a branch with both",
    csaf(branch({ product: twice.product, branches: [twice] })),
    /^\/product_tree\/branches\/0: either/m,
  ],
  ["a branch with neither", csaf(branch({})), /^\/product_tree\/branches\/0: either/m],
  [
    "an id twice",
    csaf(branch({ branches: [twice, twice] })),
    /branches\/1\/product\/product_id: the product id "A" is defined twice/m,
  ],
  ["branches too deep", csaf(branch({ branches: [deep(ADVISORY_LIMITS.depth)] })), /deeper than|nested too deeply/m],
  [
    "a relationship with nobody",
    csaf(relation({ product_reference: "P9" })),
    /relationships\/0\/product_reference: no product/m,
  ],
  [
    "a relationship to nobody",
    csaf(relation({ relates_to_product_reference: "P9" })),
    /relates_to_product_reference: no product/m,
  ],
  ["a relationship of no kind", csaf(relation({ category: "near" })), /^\/product_tree\/relationships\/0\/category: /m],
  ["a list", [], /^\/: /m],
  ["a number", 5, /^\/: /m],
];
for (const [what, value, pointer] of FAULTY) {
  Deno.test(`csaf: refused with its JSON pointer: ${what}`, () => {
    throws(() => read(value), (error: GatewayError) => {
      equal(error.code, "ADVISORY_INVALID");
      match(error.message, pointer);
      return true;
    });
  });
}

Deno.test("csaf: no JSON, and a file beyond the limit, are refused", () => {
  throws(() => readCsaf("{"), /no JSON/);
  throws(() => readCsaf(" ".repeat(ADVISORY_LIMITS.fileBytes + 1)), /longer than/);
  throws(() => readCsaf("[".repeat(5_000) + "]".repeat(5_000)), /nested too deeply|no JSON/);
});

Deno.test("csaf: many faults are named up to the limit", () => {
  const weaknesses = Array.from({ length: 30 }, () => ({}));
  throws(() => read({ ...csaf(), vulnerabilities: weaknesses }), (error: Error) => {
    equal(error.message.split("\n").length, ADVISORY_LIMITS.faults + 1);
    return true;
  });
});

Deno.test("csaf: as many products and weaknesses as the limit, and not one more", () => {
  const names = (length: number) => ({
    tree: { full_product_names: Array.from({ length }, (_, at) => ({ product_id: `Q${at}`, name: "x" })) },
  });
  equal(read(csaf(names(ADVISORY_LIMITS.products - 2))).products.length, ADVISORY_LIMITS.products);
  throws(() => read(csaf(names(ADVISORY_LIMITS.products - 1))), /more than 2000 products/);
  const [weakness] = csaf().vulnerabilities;
  const many = (length: number) => ({ ...csaf(), vulnerabilities: Array.from({ length }, () => weakness) });
  equal(read(many(ADVISORY_LIMITS.weaknesses)).weaknesses.length, ADVISORY_LIMITS.weaknesses);
  throws(() => read(many(ADVISORY_LIMITS.weaknesses + 1)), /\/vulnerabilities: /);
});

Deno.test("csaf: a JSON pointer escapes its own signs", () => {
  deepEqual([[], ["a", 0], ["a/b", "c~d"]].map(pointerOf), ["/", "/a/0", "/a~1b/c~0d"]);
});

Deno.test("csaf: whatever is changed in a file, it is read or refused, and nothing else happens", () => {
  const bytes = new TextEncoder().encode(JSON.stringify(csaf()));
  for (const changed of mutate([bytes], { count: 400, seed: 20_261_121 })) {
    try {
      readCsaf(new TextDecoder().decode(changed));
    } catch (error) {
      equal((error as GatewayError).code, "ADVISORY_INVALID");
    }
  }
});
