import assert from "node:assert/strict";
import { systemRandom } from "../gateway/core/timers.ts";
import { HardwareError } from "../gateway/core/errors.ts";
import { FileKeyStore } from "./file_key_store.ts";
import { HAL_LIMITS } from "./limits.ts";

async function inFolder(run: (folder: string, store: FileKeyStore) => Promise<void>): Promise<void> {
  const base = await Deno.makeTempDir();
  const folder = `${base}/keys`;
  try {
    await run(folder, new FileKeyStore({ folder, random: systemRandom }));
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

async function write(folder: string, bytes: number, mode = 0o600): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await Deno.writeFile(`${folder}/root.key`, new Uint8Array(bytes).fill(1), { mode });
  await Deno.chmod(`${folder}/root.key`, mode);
}

const fails = (code: string, text: RegExp) => (error: unknown): boolean =>
  error instanceof HardwareError && error.code === code && text.test(error.message) && error.hint !== undefined;

Deno.test("file key store: makes 32 bytes at first use and returns the same for ever", () =>
  inFolder(async (folder, store) => {
    const first = await store.loadRootKey();
    assert.equal(first.length, 32);
    assert.deepEqual(await store.loadRootKey(), first);
    assert.deepEqual(await new FileKeyStore({ folder, random: systemRandom }).loadRootKey(), first);
    assert.notDeepEqual(first, new Uint8Array(32));
  }));

Deno.test("file key store: file 0600 in a folder 0700, nothing temporary left", () =>
  inFolder(async (folder, store) => {
    await store.loadRootKey();
    assert.equal((await Deno.stat(`${folder}/root.key`)).mode! & 0o777, 0o600);
    assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name), ["root.key"]);
  }));

Deno.test("file key store: loads at the same time make one key", () =>
  inFolder(async (_, store) => {
    const [a, b, c] = await Promise.all([store.loadRootKey(), store.loadRootKey(), store.loadRootKey()]);
    assert.deepEqual(a, b);
    assert.deepEqual(b, c);
  }));

Deno.test("file key store: a temporary file left by a crash is replaced, never used", () =>
  inFolder(async (folder, store) => {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.writeFile(`${folder}/root.key.new`, new Uint8Array(9), { mode: 0o600 });
    assert.equal((await store.loadRootKey()).length, 32);
  }));

for (const mode of [0o644, 0o640, 0o604, 0o660]) {
  Deno.test(`file key store: refuses a key file of mode ${mode.toString(8)}`, () =>
    inFolder(async (folder, store) => {
      await write(folder, 32, mode);
      await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNSAFE", /mode is 06/));
    }));
}

Deno.test("file key store: refuses a folder that others may enter", () =>
  inFolder(async (folder, store) => {
    await write(folder, 32);
    await Deno.chmod(folder, 0o755);
    await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNSAFE", /keys".*0755/));
  }));

Deno.test("file key store: refuses a link in place of the key", () =>
  inFolder(async (folder, store) => {
    await write(folder, 32);
    await Deno.rename(`${folder}/root.key`, `${folder}/elsewhere`);
    await Deno.symlink(`${folder}/elsewhere`, `${folder}/root.key`);
    await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNSAFE", /not a plain file/));
  }));

for (const size of [0, 31, 33, HAL_LIMITS.keyFileBytes, HAL_LIMITS.keyFileBytes + 1]) {
  Deno.test(`file key store: refuses a key of ${size} bytes and never replaces it`, () =>
    inFolder(async (folder, store) => {
      await write(folder, size);
      await assert.rejects(store.loadRootKey(), fails("HAL_KEY_BROKEN", new RegExp(`${size} bytes`)));
      assert.equal((await Deno.stat(`${folder}/root.key`)).size, size);
    }));
}

Deno.test("file key store: a folder that cannot be made is a clear error", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(folder, "");
    const store = new FileKeyStore({ folder: `${folder}/below`, random: systemRandom });
    await assert.rejects(store.loadRootKey(), fails("HAL_KEY_UNAVAILABLE", /root.key/));
  }));

Deno.test("file key store: works in a Worker that may only touch its own folder", () =>
  inFolder(async (folder) => {
    const worker = new Worker(new URL("./testing/key_store_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: { read: [folder], write: [folder] } },
    });
    try {
      const length = await new Promise((resolve, reject) => {
        worker.onmessage = (event) => resolve(event.data);
        worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
        worker.postMessage(folder);
      });
      assert.equal(length, 32);
    } finally {
      worker.terminate();
    }
  }));

Deno.test("file key store: describes itself without the key", () =>
  inFolder(async (folder, store) => {
    await store.loadRootKey();
    const described = store.describe();
    assert.equal(described.kind, "file");
    assert.match(described.protectedBy, new RegExp(folder));
  }));
