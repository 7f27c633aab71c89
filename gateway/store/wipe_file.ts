const BLOCK = 65_536;

/**
 * Writes zeros over a file, syncs it and removes it; one that is not there is no fault. What a disk with its own
 * translation (flash) or a copying file system keeps of the old blocks is not reached: what stands in such files is sealed
 * under keys that end elsewhere.
 * @returns whether there was one
 */
export async function wipeFile(path: string): Promise<boolean> {
  try {
    using file = await openToWrite(path);
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

/** Also one that was made read-only on purpose, as long as it is our own. */
async function openToWrite(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await Deno.chmod(path, 0o600);
    return await Deno.open(path, { write: true });
  }
}

/** Wipes a file or everything below a folder; a link or socket is removed, not followed. @returns how many files */
export async function wipePath(path: string): Promise<number> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
  if (found.isDirectory) return await wipeFolder(path);
  if (found.isFile) return Number(await wipeFile(path));
  await Deno.remove(path);
  return 0;
}

/** Wipes every file below a folder, then removes the folder; links are removed, not followed. @returns how many files */
export async function wipeFolder(folder: string): Promise<number> {
  let files = 0;
  try {
    for await (const { name } of Deno.readDir(folder)) files += await wipePath(`${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return files;
    throw error;
  }
  await Deno.remove(folder).catch((error) => {
    if (!(error instanceof Deno.errors.Busy)) throw error; // something is mounted there: it stays, empty
  });
  return files;
}
