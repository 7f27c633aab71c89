import { deepEqual, equal, rejects } from "node:assert/strict";
import { copyToFolder, surplusOf } from "./folder_target.ts";

const name = (day: number, site = "g12") => `bulkhead-${site}-202601${String(day).padStart(2, "0")}T000000Z.backup.age`;

async function withFolder(run: (folder: string, file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/made`, "sealed");
    await run(`${folder}/target`, `${folder}/made`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("backup folder: made when it is missing, for its owner only, and the copy too", () =>
  withFolder(async (folder, file) => {
    await copyToFolder({ folder, site: "g12", keep: 2 }, file, name(1));
    equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
    equal((await Deno.stat(`${folder}/${name(1)}`)).mode! & 0o777, 0o600);
    equal(await Deno.readTextFile(`${folder}/${name(1)}`), "sealed");
    deepEqual(names(folder), [name(1)]);
  }));

Deno.test("backup folder: as many as wanted stay, one more lets the oldest go, files of others never", () =>
  withFolder(async (folder, file) => {
    const target = { folder, site: "g12", keep: 2 };
    await Deno.mkdir(folder);
    for (const foreign of ["notes.txt", name(1, "g120")]) await Deno.writeTextFile(`${folder}/${foreign}`, "x");
    for (const day of [1, 2]) await copyToFolder(target, file, name(day));
    deepEqual(names(folder), [name(1), name(2), name(1, "g120"), "notes.txt"].sort());
    await copyToFolder(target, file, name(3));
    deepEqual(names(folder), [name(2), name(3), name(1, "g120"), "notes.txt"].sort());
  }));

Deno.test("backup folder: a copy that fails leaves no half file and removes no older backup", () =>
  withFolder(async (folder, file) => {
    const target = { folder, site: "g12", keep: 1 };
    await copyToFolder(target, file, name(1));
    await rejects(copyToFolder(target, `${file}.gone`, name(2)), { code: "BACKUP_FAILED" });
    // A folder under the final name: the rename fails when all bytes are already there.
    await Deno.mkdir(`${folder}/${name(3)}/x`, { recursive: true });
    await rejects(copyToFolder(target, file, name(3)), { code: "BACKUP_FAILED" });
    deepEqual(names(folder), [name(1), name(3)]);
  }));

Deno.test("backup folder: half a file of a crash is written over", () =>
  withFolder(async (folder, file) => {
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/${name(1)}.part`, "half a file that is longer than the whole one");
    await copyToFolder({ folder, site: "g12", keep: 1 }, file, name(1));
    deepEqual(names(folder), [name(1)]);
    equal(await Deno.readTextFile(`${folder}/${name(1)}`), "sealed");
  }));

Deno.test("backup folder: a target that is no folder is named in the error", () =>
  withFolder(async (folder, file) => {
    await Deno.writeTextFile(folder, "a file");
    await rejects(copyToFolder({ folder, site: "g12", keep: 1 }, file, name(1)), (error: Error) => {
      return error.message.includes(folder) && (error as { code?: string }).code === "BACKUP_FAILED";
    });
  }));

for (
  const { keep, wanted } of [
    { keep: 5, wanted: [] },
    { keep: 3, wanted: [] },
    { keep: 2, wanted: [name(1)] },
    { keep: 0, wanted: [name(1), name(2), name(3)] },
  ]
) {
  Deno.test(`backup folder: of three backups ${wanted.length} are too many when ${keep} are wanted`, () => {
    const all = [name(3), "x", name(1), `${name(1)}.part`, name(2), name(9, "other")];
    deepEqual(surplusOf(all, "g12", keep), wanted);
  });
}
