import { deepEqual, equal, rejects } from "node:assert/strict";
import { wipeFile, wipeFolder, wipePath } from "./wipe_file.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const size of [0, 1, 65_536, 65_537, 200_000]) {
  Deno.test(`wipe: a file of ${size} bytes is zeros before it is gone`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/secret`, other = `${folder}/other-name`;
      await Deno.writeFile(path, new Uint8Array(size).fill(7));
      await Deno.link(path, other); // a second name shows what became of the bytes
      equal(await wipeFile(path), true);
      await rejects(Deno.lstat(path), Deno.errors.NotFound);
      deepEqual(await Deno.readFile(other), new Uint8Array(size));
    }));
}

Deno.test("wipe: a file that is not there is no fault, one that may not be written is", () =>
  inFolder(async (folder) => {
    equal(await wipeFile(`${folder}/none`), false);
    await rejects(wipeFile(folder)); // a folder is no file
  }));

Deno.test("wipe: a folder goes with all below it; what a link names stays as it was", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data/deep/deeper`, { recursive: true });
    for (const name of ["a", "deep/b", "deep/deeper/c"]) await Deno.writeTextFile(`${folder}/data/${name}`, "secret");
    await Deno.writeTextFile(`${folder}/outside`, "not ours");
    await Deno.symlink(`${folder}/outside`, `${folder}/data/link`);
    equal(await wipeFolder(`${folder}/data`), 3);
    await rejects(Deno.lstat(`${folder}/data`), Deno.errors.NotFound);
    equal(await Deno.readTextFile(`${folder}/outside`), "not ours");
    equal(await wipeFolder(`${folder}/data`), 0);
  }));

Deno.test("wipe: a file that was made read-only goes, too; a link goes and what it names stays; what is not there is none", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/outside`, "not ours");
    await Deno.writeTextFile(`${folder}/image`, "published", { mode: 0o400 });
    await Deno.symlink(`${folder}/outside`, `${folder}/link`);
    deepEqual(
      [await wipePath(`${folder}/image`), await wipePath(`${folder}/link`), await wipePath(`${folder}/none`)],
      [1, 0, 0],
    );
    deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["outside"]);
    equal(await Deno.readTextFile(`${folder}/outside`), "not ours");
  }));
