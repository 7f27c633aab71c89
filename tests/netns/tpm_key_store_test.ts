import assert from "node:assert/strict";
import { HardwareError } from "../../gateway/core/errors.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { startSoftwareTpm } from "../../hal/testing/software_tpm.ts";
import { createToolRunner, type ToolRunner } from "../../hal/tool.ts";
import { TpmKeyStore } from "../../hal/tpm_key_store.ts";

const run = createToolRunner(systemTimers);

/** A software TPM (swtpm, no root needed) and a key store on it. */
async function withTpm(
  work: (
    parts: { folder: string; tcti: string; make: (pcrs?: string, runner?: ToolRunner) => TpmKeyStore },
  ) => Promise<void>,
): Promise<void> {
  const base = await Deno.makeTempDir();
  await using tpm = await startSoftwareTpm(`${base}/tpm`);
  const folder = `${base}/keys`;
  const make = (pcrs?: string, runner = run) =>
    new TpmKeyStore({ folder, tcti: tpm.tcti, random: systemRandom, run: runner, ...pcrs ? { pcrs } : {} });
  try {
    await work({ folder, tcti: tpm.tcti, make });
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

const fails = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof HardwareError && error.code === code && text.test(error.message) && error.hint !== undefined;
const extendPcr7 = (tcti: string) =>
  run({ program: "tpm2_pcrextend", args: [`7:sha256=${"01".repeat(32)}`], env: { TPM2TOOLS_TCTI: tcti } });

Deno.test("tpm key store: makes a key at first use and opens it again after a restart", () =>
  withTpm(async ({ make, folder }) => {
    const key = await make().loadRootKey();
    assert.equal(key.length, 32);
    assert.deepEqual(await make().loadRootKey(), key);
    const blob = await Deno.readFile(`${folder}/root.tpm`);
    assert.ok(!blob.toHex().includes(key.toHex()) && !new TextDecoder().decode(blob).includes(key.toBase64()));
    assert.equal((await Deno.stat(`${folder}/root.tpm`)).mode! & 0o777, 0o600);
  }));

Deno.test("tpm key store: bound to PCR 7 it opens until the boot chain changes (EV-09)", () =>
  withTpm(async ({ make, tcti, folder }) => {
    const key = await make("sha256:7").loadRootKey();
    assert.deepEqual(await make("sha256:7").loadRootKey(), key);
    await extendPcr7(tcti);
    const before = await Deno.readFile(`${folder}/root.tpm`);
    await assert.rejects(make("sha256:7").loadRootKey(), fails("HAL_KEY_BROKEN", /measured boot differs/));
    assert.deepEqual(await Deno.readFile(`${folder}/root.tpm`), before);
  }));

Deno.test("tpm key store: loads at the same time give one key and leave no object in the chip", () =>
  withTpm(async ({ make, tcti }) => {
    const store = make();
    const keys = await Promise.all(Array.from({ length: 5 }, () => store.loadRootKey()));
    for (const key of keys) assert.deepEqual(key, keys[0]);
    const handles = await run({ program: "tpm2_getcap", args: ["handles-transient"], env: { TPM2TOOLS_TCTI: tcti } });
    assert.ok(handles.length <= "- 0x80000000\n".length, new TextDecoder().decode(handles));
  }));

Deno.test("tpm key store: a blob of another chip is refused and kept", () =>
  withTpm(async ({ make, folder }) => {
    await make().loadRootKey();
    await withTpm(async ({ make: makeOther, folder: otherFolder }) => {
      await makeOther().loadRootKey();
      await Deno.copyFile(`${folder}/root.tpm`, `${otherFolder}/root.tpm`);
      await assert.rejects(makeOther().loadRootKey(), fails("HAL_KEY_BROKEN", /another chip/));
    });
  }));

for (
  const text of [
    "",
    "{}",
    '{"form":2,"pcrs":"","public":"AA==","private":"AA=="}',
    '{"form":1,"pcrs":"; id","public":"AA==","private":"AA=="}',
  ]
) {
  Deno.test(`tpm key store: refuses a blob like ${text || "nothing"}`, () =>
    withTpm(async ({ make, folder }) => {
      await Deno.mkdir(folder, { mode: 0o700 });
      await Deno.writeTextFile(`${folder}/root.tpm`, text, { mode: 0o600 });
      await assert.rejects(make().loadRootKey(), fails("HAL_KEY_BROKEN", /not a sealed key/));
    }));
}

Deno.test("tpm key store: without a chip it says so and writes nothing", async () => {
  const folder = `${await Deno.makeTempDir()}/keys`;
  const store = new TpmKeyStore({ folder, tcti: "swtpm:path=/nowhere", random: systemRandom, run });
  await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /TPM does not answer/));
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
});

Deno.test("tpm key store: the key is never among a program's arguments", () =>
  withTpm(async ({ make }) => {
    const seen: string[] = [];
    const spy: ToolRunner = (call) => (seen.push(...call.args), run(call));
    const key = await make("sha256:0,7", spy).loadRootKey();
    const shown = seen.join(" ");
    assert.ok(!shown.includes(key.toHex()) && !shown.includes(key.toBase64()));
  }));

Deno.test("tpm key store: describes what binds the key", () =>
  withTpm(({ make }) => {
    assert.match(make().describe().note, /not measured/);
    assert.match(make("sha256:7").describe().protectedBy, /PCR sha256:7/);
    return Promise.resolve();
  }));
