import assert from "node:assert/strict";
import { diskReaders } from "../config/disk_readers.ts";
import { loadSite } from "../config/load.ts";
import { GatewayError } from "../core/errors.ts";
import { runCheck } from "./check.ts";
import { runInit } from "./init.ts";

async function inTempFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "init-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("init: writes a site that loads and passes check on loopback", async () => {
  await inTempFolder(async (folder) => {
    const { text } = await runInit({ dir: `${folder}/garage-12` });
    assert.match(text, /What to do next/);
    const { site } = await loadSite(`${folder}/garage-12/site.yaml`, diskReaders);
    assert.equal(site.site.id, "garage-12");
    assert.equal(site.console?.listen, "127.0.0.1:8443");
    assert.deepEqual(site.ocpp?.listeners.map(({ listen }) => listen), ["127.0.0.1:8444", "127.0.0.1:8445"]);
    assert.equal(site.telemetry?.metricsListen, "127.0.0.1:9464");
    const result = await runCheck({ config: `${folder}/garage-12/site.yaml` });
    assert.deepEqual(result.data, {
      ok: true,
      site: "garage-12",
      faults: [],
      warnings: [],
      exceptions: [
        "OCPP on 127.0.0.1:8445 is not encrypted (plaintext: isolated-segment)",
        'CSMS "main" is reached without encryption at ws://127.0.0.1:9000/ocpp',
      ],
    });
  });
});

Deno.test("init: secrets differ from each other and every time, and only the owner may read them", async () => {
  await inTempFolder(async (folder) => {
    const seen = new Set<string>();
    for (const site of ["a", "b"]) {
      await runInit({ dir: `${folder}/${site}` });
      for (const id of ["CP001", "CP002"]) {
        const file = `${folder}/${site}/secrets/${id}`;
        assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
        const text = await Deno.readTextFile(file);
        assert.match(text, /^[a-z2-9]{28}\n$/);
        seen.add(text);
      }
      assert.equal((await Deno.stat(`${folder}/${site}/secrets`)).mode! & 0o777, 0o700);
      assert.equal((await Deno.stat(`${folder}/${site}/data`)).mode! & 0o777, 0o700);
    }
    assert.equal(seen.size, 4);
  });
});

Deno.test("init: passwords come from the randomness it is given and do not appear in its answer", async () => {
  await inTempFolder(async (folder) => {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(33), fraction: () => 0 };
    const result = await runInit({ dir: `${folder}/x` }, random);
    assert.equal(await Deno.readTextFile(`${folder}/x/secrets/CP001`), `${"b".repeat(28)}\n`);
    assert.ok(!JSON.stringify(result).includes("bbbb"));
  });
});

for (const existing of ["site.yaml", "secrets/CP002", "data"]) {
  Deno.test(`init: overwrites nothing when ${existing} exists, and writes nothing else`, async () => {
    await inTempFolder(async (folder) => {
      await Deno.mkdir(`${folder}/secrets`);
      await Deno.writeTextFile(`${folder}/${existing}`, "mine");
      await assert.rejects(
        runInit({ dir: folder }),
        (error) => error instanceof GatewayError && error.code === "CLI_EXISTS" && error.message.includes(existing),
      );
      assert.equal(await Deno.readTextFile(`${folder}/${existing}`), "mine");
      const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
      assert.deepEqual(names, [...new Set(["secrets", existing.split("/")[0]!])].sort());
    });
  });
}

for (const [name, id] of [["garage 12", "garage-12"], ["-x", "x"], ["äöü", "starter"]] as const) {
  Deno.test(`init: a folder "${name}" gives the site id ${id}`, async () => {
    await inTempFolder(async (folder) => {
      await runInit({ dir: `${folder}/${name}` });
      assert.equal((await loadSite(`${folder}/${name}/site.yaml`, diskReaders)).site.site.id, id);
    });
  });
}
