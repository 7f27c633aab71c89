import assert from "node:assert/strict";
import denoJson from "../../../deno.json" with { type: "json" };
import { createSbom, type DenoLock, type Sbom } from "./sbom_document.ts";

const ROOT = new URL("../../../", import.meta.url);
const HASH = `sha512-${new Uint8Array(64).fill(7).toBase64()}`;

const lockOf = (npm: DenoLock["npm"], specifiers: DenoLock["specifiers"] = {}): DenoLock => ({
  version: "5",
  specifiers,
  npm,
});
const sbomOf = (lock: DenoLock): Promise<Sbom> =>
  createSbom({ lock, project: { name: "@bulkhead/gateway", version: "1.2.3" }, denoVersion: "2.9.6" });

async function committed(): Promise<Sbom> {
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  return createSbom({ lock, project: denoJson, denoVersion: Deno.version.deno });
}

Deno.test("sbom: has what CycloneDX 1.6 requires of a document and of every component", async () => {
  const sbom = await committed();
  assert.equal(sbom.bomFormat, "CycloneDX");
  assert.equal(sbom.specVersion, "1.6");
  assert.equal(sbom.version, 1);
  assert.match(sbom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const component of [sbom.metadata.component, ...sbom.components]) {
    assert.ok(["application", "library", "platform"].includes(component.type), component.purl);
    assert.ok(component.name && component.version, component.purl);
    assert.match(component.purl, /^pkg:(npm|generic|github)\/[^ @]+@[^ ]+$/);
    for (const { content } of component.hashes ?? []) assert.match(content, /^[0-9a-f]{128}$/);
  }
});

Deno.test("sbom: references are unique and every dependency names one of them", async () => {
  const sbom = await committed();
  const refs = [sbom.metadata.component, ...sbom.components].map((component) => component["bom-ref"]);
  assert.equal(new Set(refs).size, refs.length);
  assert.deepEqual(sbom.dependencies.map(({ ref }) => ref).sort(), [...refs].sort());
  assert.deepEqual(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.includes(ref)), []);
});

Deno.test("sbom: lists every package of deno.json as a direct dependency, and Deno itself", async () => {
  const sbom = await committed();
  const direct = sbom.dependencies.find(({ ref }) => ref === sbom.metadata.component["bom-ref"])!.dependsOn;
  for (const specifier of Object.values(denoJson.imports)) {
    const purl = `pkg:npm/${specifier.slice("npm:".length).replace(/^@/, "%40")}`;
    assert.ok(direct.includes(purl), `${purl} is missing`);
  }
  assert.ok(direct.includes(`pkg:github/denoland/deno@v${Deno.version.deno}`));
});

Deno.test("sbom: the same lock gives the same document, another lock another serial number", async () => {
  const a = await sbomOf(lockOf({ "a@1.0.0": { integrity: HASH } }));
  const same = await sbomOf(lockOf({ "a@1.0.0": { integrity: HASH } }));
  const other = await sbomOf(lockOf({ "a@1.0.1": { integrity: HASH } }));
  assert.deepEqual(a, same);
  assert.notEqual(a.serialNumber, other.serialNumber);
});

Deno.test("sbom: a package chosen with several peers is one component with all its edges", async () => {
  const sbom = await sbomOf(lockOf({
    "f@2.0.0_p@1.0.0": { integrity: HASH, dependencies: ["p@1.0.0"] },
    "f@2.0.0_p@2.0.0": { integrity: HASH, dependencies: ["p@2.0.0"] },
    "p@1.0.0": { integrity: HASH },
    "p@2.0.0": { integrity: HASH },
  }));
  assert.deepEqual(sbom.components.map(({ purl }) => purl).slice(1), [
    "pkg:npm/f@2.0.0",
    "pkg:npm/p@1.0.0",
    "pkg:npm/p@2.0.0",
  ]);
  assert.deepEqual(sbom.dependencies.find(({ ref }) => ref === "pkg:npm/f@2.0.0")?.dependsOn, [
    "pkg:npm/p@1.0.0",
    "pkg:npm/p@2.0.0",
  ]);
});

Deno.test("sbom: a bare name is the one version in the lock, optional ones included", async () => {
  const sbom = await sbomOf(lockOf({
    "@s/a@1.0.0": { integrity: HASH, dependencies: ["b"], optionalDependencies: ["@s/c"] },
    "@s/c@3.0.0": { integrity: HASH },
    "b@2.0.0": { integrity: HASH },
  }, { "npm:@s/a@1.0.0": "1.0.0" }));
  const edges = (ref: string) => sbom.dependencies.find((row) => row.ref === ref)?.dependsOn;
  assert.deepEqual(edges("pkg:npm/%40s/a@1.0.0"), ["pkg:npm/%40s/c@3.0.0", "pkg:npm/b@2.0.0"]);
  assert.deepEqual(edges("pkg:generic/%40bulkhead/gateway@1.2.3"), [
    "pkg:github/denoland/deno@v2.9.6",
    "pkg:npm/%40s/a@1.0.0",
  ]);
});

const UNREADABLE: readonly { readonly name: string; readonly lock: DenoLock; readonly error: RegExp }[] = [
  { name: "a lock of another version", lock: { ...lockOf({}), version: "6" }, error: /has version 6, wanted 5/ },
  { name: "a strange key", lock: lockOf({ "nonsense": { integrity: HASH } }), error: /cannot read the package name/ },
  { name: "a weak hash", lock: lockOf({ "a@1.0.0": { integrity: "sha1-abc" } }), error: /wanted sha512/ },
  {
    name: "an ambiguous dependency",
    lock: lockOf({
      "a@1.0.0": { integrity: HASH, dependencies: ["b"] },
      "b@1.0.0": { integrity: HASH },
      "b@2.0.0": { integrity: HASH },
    }),
    error: /"b" names 2 packages/,
  },
];
for (const { name, lock, error } of UNREADABLE) {
  Deno.test(`sbom: refuses ${name}`, async () => {
    await assert.rejects(sbomOf(lock), error);
  });
}
