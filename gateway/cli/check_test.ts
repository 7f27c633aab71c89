import assert from "node:assert/strict";
import { runCheck } from "./check.ts";
import { runInit } from "./init.ts";

async function withSite(change: (text: string) => string, run: (file: string, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "check-" });
  try {
    await runInit({ dir: `${folder}/site` });
    const file = `${folder}/site/site.yaml`;
    await Deno.writeTextFile(file, change(await Deno.readTextFile(file)));
    await run(file, `${folder}/site`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("check: a good site is ok and its unsafe settings are still said", async () => {
  await withSite((text) => text, async (file) => {
    const { ok, text } = await runCheck({ config: file });
    assert.equal(ok, true);
    assert.match(text, /2 stations, 2 files named/);
    assert.match(text, /exception: OCPP on 127.0.0.1:8445 is not encrypted/);
    assert.match(text, /check: 0 faults, 0 warnings$/);
  });
});

Deno.test("check: faults of the configuration are listed with their places", async () => {
  await withSite((text) => text.replace("hostname: localhost", "hostnam: localhost"), async (file) => {
    const { ok, text, data } = await runCheck({ config: file });
    assert.equal(ok, false);
    assert.match(text, /site\.yaml:\d+:\d+ console\.hostnam: there is no such key here.*did you mean "hostname"\?/);
    assert.match(text, /check: 2 faults, 0 warnings$/);
    assert.equal((data as { faults: string[] }).faults.length, 2);
  });
});

Deno.test("check: a site.yaml that is not there is a fault, not a crash", async () => {
  const { ok, text } = await runCheck({ config: "/nonexistent/site.yaml" });
  assert.equal(ok, false);
  assert.match(text, /Cannot read the configuration[^]*hint: .*init DIR/);
});

Deno.test("check: looks at this box: modes of secrets, sockets, addresses", async () => {
  const more = "hal: { socket: ./hal.sock }\n";
  await withSite(
    (text) => text.replace("metricsListen: 127.0.0.1", "metricsListen: 192.0.2.77") + more,
    async (file, folder) => {
      await Deno.chmod(`${folder}/secrets/CP001`, 0o644);
      const { ok, data } = await runCheck({ config: file });
      assert.equal(ok, false);
      const { faults } = data as { faults: string[] };
      assert.equal(faults.length, 3, faults.join("\n"));
      assert.match(faults[0]!, /everybody on this box may use the secret "secrets\/CP001"/);
      assert.match(faults[1]!, /telemetry.metricsListen: this box has no address 192.0.2.77/);
      assert.match(faults[2]!, /hal.socket: there is no socket/);
    },
  );
});

Deno.test("check: a root key with the wrong mode, the wrong length or behind a link is named, an absent one is none", async () => {
  await withSite((text) => text, async (file, folder) => {
    const keys = `${folder}/data/keys`, key = `${keys}/root.key`;
    const faults = async () => ((await runCheck({ config: file })).data as { faults: string[] }).faults;
    await Deno.mkdir(`${folder}/data`, { mode: 0o700, recursive: true });
    await Deno.mkdir(keys, { mode: 0o700 });
    assert.deepEqual(await faults(), []);
    await Deno.writeFile(key, new Uint8Array(32), { mode: 0o600 });
    assert.deepEqual(await faults(), []);
    await Deno.chmod(key, 0o640);
    assert.match(
      (await faults()).join(),
      /site\.dataDir: Refuse to use ".*keys\/root\.key": its mode is 0640.*chmod 600/,
    );
    await Deno.chmod(key, 0o600);
    await Deno.chmod(keys, 0o755);
    assert.match((await faults()).join(), /data\/keys": its mode is 0755.*chmod 700/);
    await Deno.chmod(keys, 0o700);
    await Deno.truncate(key, 31);
    assert.match((await faults()).join(), /root\.key" has 31 bytes, wanted 32/);
    await Deno.remove(key);
    await Deno.symlink("/etc/hostname", key);
    assert.match((await faults()).join(), /root\.key": it is not a plain file/);
  });
});

Deno.test("check: asks whether the Workers of the site could be started", async () => {
  await withSite((text) => text, async (file) => {
    const seen: string[] = [];
    const workersOf = ({ site }: { site: { site: { id: string } } }) => {
      seen.push(site.site.id);
      return [];
    };
    assert.equal((await runCheck({ config: file }, { workersOf })).ok, true);
    assert.deepEqual(seen, ["site"]);
  });
});
