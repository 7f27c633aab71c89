import assert from "node:assert/strict";
import { diskReaders } from "./disk_readers.ts";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "readers-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("config disk: reads a whole file, and one byte more than the limit at most", async () => {
  await withFolder(async (folder) => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const content = new Uint8Array([...bytes, ...bytes, ...bytes]);
    await Deno.writeFile(`${folder}/a`, content);
    assert.deepEqual(await diskReaders.readFile(`${folder}/a`, 1_000_000), content);
    assert.equal((await diskReaders.readFile(`${folder}/a`, content.length)).length, content.length);
    assert.equal((await diskReaders.readFile(`${folder}/a`, 100_000)).length, 100_001);
    await Deno.writeFile(`${folder}/empty`, new Uint8Array());
    assert.equal((await diskReaders.readFile(`${folder}/empty`, 10)).length, 0);
  });
});

Deno.test("config disk: folders, devices, pipes and missing files are refused without waiting", async () => {
  await withFolder(async (folder) => {
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    await assert.rejects(diskReaders.readFile(folder, 10), /It is a folder/);
    await assert.rejects(diskReaders.readFile("/dev/zero", 10), /not a regular file/);
    await assert.rejects(diskReaders.readFile(`${folder}/pipe`, 10), /not a regular file/);
    await assert.rejects(diskReaders.readFile(`${folder}/none`, 10), Deno.errors.NotFound);
  });
});
