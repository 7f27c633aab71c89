/** Opens, syncs and closes a folder, so that a rename in it survives a power cut. */
async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}

/**
 * Writes a file that is whole or absent after a power cut: temporary file beside it (mode 0600), fsync, rename, fsync of
 * the folder. A temporary file left by a crash is replaced.
 * @throws Deno.errors.* as the file system says
 */
export async function writeDurably(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${folder}/${name}.new`;
  await Deno.remove(temporary).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  }
  await Deno.rename(temporary, `${folder}/${name}`);
  await syncFolder(folder);
}

/** Creates a folder (and its parents) that only its owner may enter; an existing one is left as it is. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
}
