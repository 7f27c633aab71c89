import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { auditParts, configParts, partName, referencedFiles } from "./collect.ts";
import { isPartName } from "./manifest.ts";

Deno.test("backup collect: every value of a key that ends in File, and rules, each once", () => {
  const site = {
    console: { certFile: "a.pem", keyFile: "a.key", hostname: "not.a.file" },
    lists: [{ caFile: "a.pem" }, { caFile: "b.pem" }, null, 7],
    ocpp: { rules: "rules.yaml", csms: [{ passwordFile: "p" }] },
    file: "not this",
    fileName: "nor this",
  };
  deepEqual(referencedFiles(site), ["a.pem", "a.key", "b.pem", "rules.yaml", "p"]);
  deepEqual(referencedFiles(undefined), []);
});

for (
  const { path, wanted } of [
    { path: "certs/a.pem", wanted: "config/certs/a.pem" },
    { path: "/etc/bulkhead/certs/a.pem", wanted: "config/certs/a.pem" },
    { path: "./certs/../b.pem", wanted: "config/b.pem" },
    { path: "../other/a.pem", wanted: "absolute/etc/other/a.pem" },
    { path: "/run/secrets/key", wanted: "absolute/run/secrets/key" },
    { path: "/etc/bulkhead-other/a.pem", wanted: "absolute/etc/bulkhead-other/a.pem" },
  ]
) {
  Deno.test(`backup collect: "${path}" stands in the backup as ${wanted}, which may be unpacked`, () => {
    equal(partName(path, "/etc/bulkhead"), wanted);
    equal(isPartName(wanted), true);
  });
}

Deno.test("backup collect: the configuration goes in as it was loaded, a file named twice once", async () => {
  const files = { text: () => "", bytes: (path: string) => new TextEncoder().encode(`loaded ${path}`) };
  const box = { configFile: "/etc/bulkhead/site.yaml", configDir: "/etc/bulkhead", dataDir: "/var/lib/bulkhead" };
  const parts = configParts({ a: { certFile: "c.pem" }, b: { certFile: "./c.pem" } }, box, files);
  deepEqual(parts.map(({ name }) => name), ["config/site.yaml", "config/c.pem"]);
  const content = await Array.fromAsync(parts[0]!.read());
  equal(new TextDecoder().decode(content[0]), "loaded /etc/bulkhead/site.yaml");
});

Deno.test("backup collect: a file that was not loaded fails loudly", () => {
  const bytes = (path: string): never => {
    throw new Error(`"${path}" was not loaded`);
  };
  const box = { configFile: "/e/site.yaml", configDir: "/e", dataDir: "/d" };
  throws(() => configParts({}, box, { text: () => "", bytes }), /site\.yaml" was not loaded/);
});

Deno.test("backup collect: audit segments come in order, folders are passed over, none is no fault", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    deepEqual(await auditParts({ dataDir }), []);
    await Deno.mkdir(`${dataDir}/audit/lost+found`, { recursive: true });
    for (const name of ["0002.jsonl", "0001.jsonl"]) await Deno.writeTextFile(`${dataDir}/audit/${name}`, name);
    deepEqual((await auditParts({ dataDir })).map(({ name }) => name), ["audit/0001.jsonl", "audit/0002.jsonl"]);
    await Deno.remove(`${dataDir}/audit`, { recursive: true });
    await Deno.writeTextFile(`${dataDir}/audit`, "no folder");
    await rejects(auditParts({ dataDir }));
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
