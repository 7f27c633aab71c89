import { deepEqual, equal, match } from "node:assert/strict";

// The gateway's own release, proved from outside: the script of deploy/release with openssl, tar and sha256sum of Debian.

const SCRIPT = new URL("../../deploy/release/bulkhead-release", import.meta.url).pathname;

interface Box {
  readonly folder: string;
  /** Runs the script; its exit code and what it said. */
  run(...args: string[]): Promise<{ code: number; said: string }>;
  /** A signed release as a tar file. */
  make(version: string, key?: string, change?: (dir: string) => Promise<void>): Promise<string>;
  active(): Promise<string>;
}

async function withBox(use: (box: Box) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const sh = async (command: string, ...args: string[]) => {
    const { success, stderr } = await new Deno.Command(command, { args, cwd: folder, stdout: "null", stderr: "piped" })
      .output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const env = {
    BULKHEAD_ROOT: `${folder}/opt`,
    BULKHEAD_RELEASE_KEYS: `${folder}/keys`,
    BULKHEAD_RELEASE_STATE: `${folder}/state`,
  };
  const box: Box = {
    folder,
    async run(...args) {
      const { code, stderr } = await new Deno.Command("sh", {
        args: [SCRIPT, ...args],
        env,
        stderr: "piped",
        stdout: "null",
      }).output();
      return { code, said: new TextDecoder().decode(stderr) };
    },
    async make(version, key = "key", change) {
      const dir = await Deno.makeTempDir({ dir: folder });
      await Deno.mkdir(`${dir}/gateway`);
      await Deno.writeTextFile(`${dir}/deno.json`, `{\n  "name": "x",\n  "version": "${version}",\n  "a": 1\n}\n`);
      await Deno.writeTextFile(`${dir}/gateway/a file.ts`, `export const v = "${version}";\n`);
      equal((await box.run("sign", dir, `${folder}/${key}`)).code, 0);
      await change?.(dir);
      await sh("tar", "-cf", `${folder}/${version}.tar`, "-C", dir, ".");
      return `${folder}/${version}.tar`;
    },
    active: async () => (await Deno.readTextFile(`${folder}/opt/deno.json`)).match(/"version": "(.*)"/)![1]!,
  };
  try {
    await Deno.mkdir(`${folder}/keys`);
    for (const key of ["key", "thief"]) {
      await sh("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
    }
    await sh("openssl", "pkey", "-in", "key", "-pubout", "-out", "keys/2026.pem");
    await use(box);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("release: signed by a known key it is installed and proved at every start (EV-06)", () =>
  withBox(async ({ run, make, active }) => {
    const installed = await run("install", await make("0.1.0"));
    deepEqual(installed.code, 0, installed.said);
    match(installed.said, /is version 0.1.0, signed by 2026.pem/);
    equal((await run("start")).code, 0);
    equal((await run("started")).code, 0);
    equal(await active(), "0.1.0");
  }));

const CHANGES: readonly (readonly [string, (dir: string) => Promise<void>, RegExp])[] = [
  [
    "one changed byte",
    (dir) => Deno.writeTextFile(`${dir}/gateway/a file.ts`, "export const v = 1;\n"),
    /was changed: .*a file.ts/,
  ],
  [
    "a file more",
    (dir) => Deno.writeTextFile(`${dir}/gateway/evil.ts`, ""),
    /other files than its release names: .*evil.ts/,
  ],
  ["a file less", (dir) => Deno.remove(`${dir}/gateway/a file.ts`), /other files than its release names: .*a file.ts/],
  ["a link", (dir) => Deno.symlink("/etc/passwd", `${dir}/gateway/b.ts`), /neither file nor folder/],
  ["no signature", (dir) => Deno.remove(`${dir}/RELEASE.sig`), /has no RELEASE and RELEASE.sig/],
  ["another list", async (dir) => {
    await Deno.writeTextFile(`${dir}/RELEASE`, (await Deno.readTextFile(`${dir}/RELEASE`)).replace("0.2.0", "0.9.0"));
  }, /is not signed by a key/],
];
for (const [name, change, wanted] of CHANGES) {
  Deno.test(`release: with ${name} it is not installed, and the one before it stays`, () =>
    withBox(async ({ run, make, active }) => {
      await run("install", await make("0.1.0"));
      const { code, said } = await run("install", await make("0.2.0", "key", change));
      equal(code, 1);
      match(said, wanted);
      equal(await active(), "0.1.0");
      equal((await run("start")).code, 0);
    }));
}

Deno.test("release: signed by a thief's key it is not installed", () =>
  withBox(async ({ run, make }) => {
    const { code, said } = await run("install", await make("0.1.0", "thief"));
    equal(code, 1);
    match(said, /is not signed by a key of/);
  }));

Deno.test("release: an older one is not installed, unless it is asked for", () =>
  withBox(async ({ run, make, active }) => {
    await run("install", await make("0.10.0"));
    const older = await make("0.9.0");
    match((await run("install", older)).said, /version 0.9.0 is older than 0.10.0: add --older/);
    equal(await active(), "0.10.0");
    equal((await run("install", older, "--older")).code, 0);
    equal(await active(), "0.9.0");
  }));

Deno.test("release: changed on the disk after it was installed, the gateway starts from the other slot, or not at all (EV-06)", () =>
  withBox(async ({ run, make, active, folder }) => {
    await run("install", await make("0.1.0"));
    await run("started");
    await run("install", await make("0.2.0"));
    await run("started");
    await Deno.writeTextFile(`${folder}/opt/gateway/a file.ts`, "evil\n");
    const { code, said } = await run("start");
    equal(code, 0);
    match(said, /was changed[\s\S]*started the release before it: 0.1.0/);
    equal(await active(), "0.1.0");
    match(await Deno.readTextFile(`${folder}/state/fallback`), /0.2.0 gave way to 0.1.0/);
    await Deno.writeTextFile(`${folder}/opt/gateway/a file.ts`, "evil\n");
    const none = await run("start");
    deepEqual([none.code, /nothing starts/.test(none.said)], [1, true], none.said);
  }));

Deno.test("release: a new one that never becomes ready gives way after three starts; one that did is kept for ever", () =>
  withBox(async ({ run, make, active }) => {
    await run("install", await make("0.1.0"));
    await run("start");
    await run("started");
    await run("install", await make("0.2.0"));
    for (let at = 0; at < 3; at++) {
      equal((await run("start")).code, 0);
      equal(await active(), "0.2.0");
    }
    match((await run("start")).said, /did not become ready in 3 starts[\s\S]*started the release before it: 0.1.0/);
    equal(await active(), "0.1.0");
    for (let at = 0; at < 5; at++) equal((await run("start")).code, 0);
    equal(await active(), "0.1.0");
  }));

Deno.test("release: a tar file that leads out of its folder is not unpacked", () =>
  withBox(async ({ run, folder }) => {
    await Deno.writeTextFile(`${folder}/evil`, "x");
    const { success } = await new Deno.Command("tar", {
      args: ["-P", "-cf", `${folder}/e.tar`, `${folder}/keys/../evil`],
      stderr: "null",
    }).output();
    equal(success, true);
    const { code, said } = await run("install", `${folder}/e.tar`);
    equal(code, 1);
    match(said, /lead out of it/);
  }));

Deno.test("release: wrong words are told what is wanted", () =>
  withBox(async ({ run }) => {
    deepEqual([(await run("frobnicate")).code, (await run()).code], [2, 2]);
    match((await run("start")).said, /is no link to a slot/);
  }));
