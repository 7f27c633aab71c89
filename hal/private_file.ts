import { HardwareError } from "../gateway/core/errors.ts";

/** Permission bits that let somebody else than the owner in. */
const OTHERS = 0o077;

/**
 * Reads a file that must be private: a plain file (no link), open to its owner only, in a folder open to its owner only.
 * Returns undefined when it does not exist.
 * @throws HardwareError HAL_KEY_UNSAFE when somebody else may read or replace it, HAL_KEY_BROKEN when it is too long,
 * HAL_KEY_UNAVAILABLE when it cannot be read
 */
export async function readPrivateFile(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = `${folder}/${name}`;
  try {
    const size = await sizeOfPrivateFile(folder, name);
    if (size > maxBytes) {
      throw new HardwareError(
        "HAL_KEY_BROKEN",
        `Cannot use key file "${path}": it has ${size} bytes, at most ${maxBytes} are possible`,
        { hint: "Restore the file from the sealed backup" },
      );
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof HardwareError) throw error;
    throw new HardwareError("HAL_KEY_UNAVAILABLE", `Cannot read key file "${path}"`, {
      hint: "The file must belong to the user that runs this process",
      cause: error,
    });
  }
}

/**
 * Looks at a private file without opening it; the result is its size in bytes.
 * @throws HardwareError HAL_KEY_UNSAFE, Deno.errors.NotFound when it does not exist
 */
export async function sizeOfPrivateFile(folder: string, name: string): Promise<number> {
  const path = `${folder}/${name}`;
  const info = await Deno.lstat(path);
  if (!info.isFile) throw unsafe(path, "it is not a plain file", "Replace it by the file itself, not a link");
  refuseOthers(path, info.mode, "chmod 600");
  refuseOthers(folder, (await Deno.lstat(folder)).mode, "chmod 700");
  return info.size;
}

function refuseOthers(path: string, mode: number | null, command: string): void {
  if (mode === null || (mode & OTHERS) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  throw unsafe(
    path,
    `its mode is ${shown}, so others than its owner may use it`,
    `Find out who had access, then: ${command} ${path}`,
  );
}

function unsafe(path: string, why: string, hint: string): HardwareError {
  return new HardwareError("HAL_KEY_UNSAFE", `Refuse to use "${path}": ${why}`, { hint });
}
