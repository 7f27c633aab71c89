import assert from "node:assert/strict";
import { HardwareError } from "../../gateway/core/errors.ts";
import { systemRandom, systemTimers } from "../../gateway/core/timers.ts";
import { Pkcs11KeyStore } from "../../hal/pkcs11_key_store.ts";
import { makeSoftwareToken, type SoftwareToken } from "../../hal/testing/software_token.ts";
import { createToolRunner, type ToolRunner } from "../../hal/tool.ts";

const run = createToolRunner(systemTimers);

interface Parts {
  readonly folder: string;
  readonly token: SoftwareToken;
  make(change?: { run?: ToolRunner; tokenLabel?: string }): Pkcs11KeyStore;
  writePin(pin: string, mode?: number): Promise<void>;
}

/** A software token (SoftHSM2, no root needed) and a key store on it. */
async function withToken(work: (parts: Parts) => Promise<void>): Promise<void> {
  const base = await Deno.makeTempDir();
  const folder = `${base}/keys`;
  try {
    const token = await makeSoftwareToken(base);
    const { module, tokenLabel, environment } = token;
    const writePin = async (pin: string, mode = 0o600) => {
      await Deno.writeTextFile(`${base}/pin`, pin, { mode });
      await Deno.chmod(`${base}/pin`, mode);
    };
    await writePin(`${token.pin}\n`);
    const pinFile = { folder: base, name: "pin" };
    const common = { folder, module, tokenLabel, environment, pinFile, random: systemRandom, run };
    await work({ folder, token, writePin, make: (change) => new Pkcs11KeyStore({ ...common, ...change }) });
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

const fails = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof HardwareError && error.code === code && text.test(error.message) && error.hint !== undefined;

Deno.test("pkcs11 key store: makes key pair and root key at first use and opens it again after a restart", () =>
  withToken(async ({ make, folder }) => {
    const key = await make().loadRootKey();
    assert.equal(key.length, 32);
    assert.deepEqual(await make().loadRootKey(), key);
    const wrapped = await Deno.readFile(`${folder}/root.p11`);
    assert.equal(wrapped.length, 384); // RSA-3072
    assert.equal((await Deno.stat(`${folder}/root.p11`)).mode! & 0o777, 0o600);
  }));

Deno.test("pkcs11 key store: the private key can never leave the token (EV-09)", () =>
  withToken(async ({ make, token }) => {
    await make().loadRootKey();
    const args = ["--module", token.module, "--token-label", token.tokenLabel, "--login", "--pin", "env:PIN", "-O"];
    const env = { ...token.environment, PIN: token.pin };
    const listing = new TextDecoder().decode(await run({ program: "pkcs11-tool", args, env }));
    assert.match(listing, /Private Key Object; RSA[^]*sensitive[^]*never extractable/);
  }));

Deno.test("pkcs11 key store: PIN and key are never among a program's arguments", () =>
  withToken(async ({ make, token }) => {
    const seen: string[] = [];
    const key = await make({ run: (call) => (seen.push(...call.args), run(call)) }).loadRootKey();
    assert.ok(!seen.includes(token.pin) && !seen.join(" ").includes(key.toHex()));
  }));

Deno.test("pkcs11 key store: a wrong PIN is tried once and never again", () =>
  withToken(async ({ make, writePin }) => {
    await writePin("00000000");
    let calls = 0;
    const store = make({ run: (call) => (calls++, run(call)) });
    await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /refuses the PIN/));
    await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /refuses the PIN/));
    assert.equal(calls, 1);
  }));

Deno.test("pkcs11 key store: a PIN file that others may read is refused", () =>
  withToken(async ({ make, token, writePin }) => {
    await writePin(token.pin, 0o640);
    await assert.rejects(make().loadRootKey(), fails("HAL_KEY_UNSAFE", /0640/));
  }));

Deno.test("pkcs11 key store: an empty PIN file is named", () =>
  withToken(async ({ make, writePin }) => {
    await writePin("\n");
    await assert.rejects(make().loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /PIN file.*empty/));
  }));

Deno.test("pkcs11 key store: a changed file is refused and kept", () =>
  withToken(async ({ make, folder }) => {
    await make().loadRootKey();
    const wrapped = await Deno.readFile(`${folder}/root.p11`);
    wrapped[100]! ^= 1;
    await Deno.writeFile(`${folder}/root.p11`, wrapped);
    await assert.rejects(make().loadRootKey(), fails("HAL_KEY_BROKEN", /root\.p11/));
    assert.deepEqual(await Deno.readFile(`${folder}/root.p11`), wrapped);
  }));

Deno.test("pkcs11 key store: a token that is not plugged in is named, and no key is made", () =>
  withToken(async ({ make, folder }) => {
    await assert.rejects(make({ tokenLabel: "other" }).loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /Token "other"/));
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  }));

Deno.test("pkcs11 key store: a wrapped key without its key pair is refused, never replaced", () =>
  withToken(async ({ make, folder }) => {
    await Deno.mkdir(folder, { mode: 0o700 });
    await Deno.writeFile(`${folder}/root.p11`, new Uint8Array(384).fill(1), { mode: 0o600 });
    await assert.rejects(make().loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /does not hold key/));
    assert.equal((await Deno.readFile(`${folder}/root.p11`))[0], 1);
  }));
