const BLOCK = 65_536;

/**
 * Writes zeros over a file, syncs it and removes it; one that is not there is no fault. What a disk with its own
 * translation (flash) or a copying file system keeps of the old blocks is not reached: what stands in such files is sealed
 * under keys that end elsewhere.
 * @returns whether there was one
 */
export async function wipeFile(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { write: true });
    const { size } = await file.stat(), zeros = new Uint8Array(Math.min(size, BLOCK));
    for (let left = size; left > 0;) left -= await file.write(zeros.subarray(0, Math.min(left, BLOCK)));
    await file.sync();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  await Deno.remove(path);
  return true;
}

/** Wipes every file below a folder, then removes the folder; links are removed, not followed. @returns how many files */
export async function wipeFolder(folder: string): Promise<number> {
  let files = 0;
  try {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) files += await wipeFolder(path);
      else if (isSymlink || !(await Deno.lstat(path)).isFile) await Deno.remove(path);
      else files += Number(await wipeFile(path));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return files;
    throw error;
  }
  await Deno.remove(folder);
  return files;
}
