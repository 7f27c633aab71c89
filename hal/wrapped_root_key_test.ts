import { deepEqual, equal, rejects } from "node:assert/strict";
import { HardwareError } from "../gateway/core/errors.ts";
import { systemRandom } from "../gateway/core/timers.ts";
import { type KeyWrapping, WrappedRootKey } from "./wrapped_root_key.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const flip = (bytes: Bytes): Bytes => bytes.map((byte) => byte ^ 0xff);

/** A wrapping in a folder of its own that turns every bit around. */
async function withKey(
  change: Partial<KeyWrapping>,
  test: (key: WrappedRootKey, folder: string, calls: string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const calls: string[] = [];
  const note = (word: string, bytes: Bytes) => (calls.push(word), Promise.resolve(flip(bytes)));
  const wrapping: KeyWrapping = {
    ...{ folder: `${folder}/keys`, file: "root.test", random: systemRandom },
    wrap: (key) => note("wrap", key),
    unwrap: (wrapped) => note("unwrap", wrapped),
    broken: (why) => new HardwareError("HAL_KEY_BROKEN", why),
    ...change,
  };
  try {
    await test(new WrappedRootKey(wrapping), `${folder}/keys`, calls);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("wrapped root key: is made once, proven to open before it is kept, and the same afterwards, however many ask at once", () =>
  withKey({}, async (key, folder, calls) => {
    const [first, second] = await Promise.all([key.load(), key.load()]);
    deepEqual(first, second);
    deepEqual(calls, ["wrap", "unwrap", "unwrap"]);
    deepEqual(flip(await Deno.readFile(`${folder}/root.test`)), first);
    equal((await Deno.stat(`${folder}/root.test`)).mode! & 0o777, 0o600);
  }));

const BROKEN: readonly { name: string; unwrap: KeyWrapping["unwrap"]; message: RegExp }[] = [
  { name: "gives other bytes back", unwrap: (bytes) => Promise.resolve(bytes), message: /other bytes came back/ },
  {
    name: "gives too few bytes back",
    unwrap: () => Promise.resolve(new Uint8Array(31)),
    message: /31 bytes, wanted 32/,
  },
];
for (const { name, unwrap, message } of BROKEN) {
  Deno.test(`wrapped root key: a token that ${name} is not trusted with it, and nothing is written`, () =>
    withKey({ unwrap }, async (key, folder) => {
      await rejects(key.load(), { code: "HAL_KEY_BROKEN", message });
      await rejects(Deno.stat(folder), Deno.errors.NotFound);
    }));
}

Deno.test("wrapped root key: after a failure the next load tries again", () => {
  let isAway = true;
  const wrap = (key: Bytes) => isAway ? Promise.reject(new Error("away")) : Promise.resolve(flip(key));
  return withKey({ wrap }, async (key) => {
    await rejects(key.load(), /away/);
    isAway = false;
    equal((await key.load()).length, 32);
  });
});
