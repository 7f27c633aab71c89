import { connectHald } from "../../hal/client.ts";
import { FileKeyStore } from "../../hal/file_key_store.ts";
import type { BackupManifest } from "../control/backup/manifest.ts";
import { systemClock } from "../core/clock.ts";
import { systemRandom, systemTimers } from "../core/timers.ts";

/** The root key of the key store that a site.yaml names, on this box, while no gateway runs. */
export async function loadRootKey(
  { keyStore, halSocket }: Pick<BackupManifest, "halSocket" | "keyStore">,
  keysFolder: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (keyStore === "file") return await new FileKeyStore({ folder: keysFolder, random: systemRandom }).loadRootKey();
  const hald = connectHald(halSocket, { clock: systemClock, timers: systemTimers });
  try {
    return await (await hald.keyStore()).loadRootKey();
  } finally {
    hald.close();
  }
}
