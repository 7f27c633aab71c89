import { deepEqual, equal } from "node:assert/strict";
import { readSbom } from "./firmware_sbom.ts";

const CYCLONE = {
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  components: [
    {
      ...{ group: "org.openssl", name: "openssl", version: "3.0.15", supplier: { name: "OpenSSL" } },
      licenses: [{ license: { id: "Apache-2.0" } }],
    },
    { name: "busybox", version: "1.36.1", publisher: "busybox.net", licenses: [{ expression: "GPL-2.0-only" }] },
    { name: "own", licenses: [{ license: { name: "Vendor licence" } }] },
  ],
};
const SPDX = {
  spdxVersion: "SPDX-2.3",
  packages: [
    {
      ...{ name: "openssl", versionInfo: "3.0.15", supplier: "Organization: OpenSSL", licenseConcluded: "NOASSERTION" },
      licenseDeclared: "Apache-2.0",
    },
    { name: "kernel", versionInfo: "NONE", supplier: "NOASSERTION", licenseConcluded: "GPL-2.0-only" },
  ],
};

Deno.test("firmware sbom: CycloneDX with suppliers and licences in each of its ways", () => {
  deepEqual(readSbom(CYCLONE, 10), {
    format: "CycloneDX",
    formatVersion: "1.5",
    components: [
      { name: "org.openssl/openssl", version: "3.0.15", supplier: "OpenSSL", licence: "Apache-2.0" },
      { name: "busybox", version: "1.36.1", supplier: "busybox.net", licence: "GPL-2.0-only" },
      { name: "own", version: "", supplier: "", licence: "Vendor licence" },
    ],
    left: 0,
  });
});

Deno.test("firmware sbom: SPDX; what it does not assert is left empty", () => {
  deepEqual(readSbom(SPDX, 10), {
    format: "SPDX",
    formatVersion: "2.3",
    components: [
      { name: "openssl", version: "3.0.15", supplier: "OpenSSL", licence: "Apache-2.0" },
      { name: "kernel", version: "", supplier: "", licence: "GPL-2.0-only" },
    ],
    left: 0,
  });
});

Deno.test("firmware sbom: at the limit all are listed, one past it one is left out and counted", () => {
  deepEqual([readSbom(CYCLONE, 3)!.components.length, readSbom(CYCLONE, 3)!.left], [3, 0]);
  deepEqual([readSbom(CYCLONE, 2)!.components.length, readSbom(CYCLONE, 2)!.left], [2, 1]);
});

const STRANGE: readonly unknown[] = [
  undefined,
  null,
  "CycloneDX",
  7,
  [],
  [CYCLONE],
  {},
  { bomFormat: "cyclonedx" },
  { spdxVersion: 2 },
  { spdxVersion: "2.3" },
  { components: [] },
];
for (const value of STRANGE) {
  Deno.test(`firmware sbom: ${JSON.stringify(value)?.slice(0, 40)} is none`, () =>
    equal(readSbom(value, 10), undefined));
}

const PARTS: readonly unknown[] = [undefined, null, "x", 7, {}, [null, 7, "x", [], {}, { name: 7 }, { name: "" }]];
for (const components of PARTS) {
  Deno.test(`firmware sbom: components that are ${JSON.stringify(components)?.slice(0, 40)} are left out`, () => {
    deepEqual(readSbom({ bomFormat: "CycloneDX", components }, 10)!.components, []);
    deepEqual(readSbom({ spdxVersion: "SPDX-2.3", packages: components }, 10)!.components, []);
  });
}

Deno.test("firmware sbom: odd licences and suppliers harm nothing, long texts are cut", () => {
  const odd = { name: "n".repeat(500), version: ["1"], supplier: "text", licenses: [null, { license: "MIT" }] };
  const [component] = readSbom({ bomFormat: "CycloneDX", components: [odd] }, 10)!.components;
  deepEqual(component, { name: "n".repeat(120), version: "", supplier: "", licence: "" });
});
