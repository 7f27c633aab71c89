import { describeError } from "../../../core/errors.ts";
import { type ImageVault, uploadsDir } from "../../../core/firmware_api.ts";
import { firmwareDir } from "../../../firmware/intake/worker_config.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";
import type { ControlContext, ControlFeature } from "../../contract.ts";
import { imageCommands } from "./commands.ts";
import { ImageRecords } from "./image_records.ts";
import { RepositoryWatch } from "./repository_watch.ts";
import { INTAKE_WORKER, Vault } from "./vault.ts";

const TICK_MS = 60_000;

/** The images of the site. */
export interface ImageFeature extends ControlFeature {
  readonly vault: ImageVault;
  /** Reads repositories that are due and forgets old uploads; runs by itself every minute. */
  tick(): Promise<void>;
}

/** Opens the records; the Worker says what is on the disk when it is there. */
export async function createImageFeature(context: ControlContext): Promise<ImageFeature> {
  const { log, timers } = context;
  const records = await ImageRecords.open(context.store, `${firmwareDir(context.box)}/papers`);
  const vault = new Vault(context, records);
  const watch = new RepositoryWatch(context, vault);
  let isThere = false;
  const tick = async () => {
    if (!isThere) return;
    await forgetUploads(uploadsDir(context.box), context.clock.now());
    await watch.tick();
  };
  const inBackground = (work: () => Promise<void>) => {
    work().catch((error) => log.error("firmware.images.failed", { msg: describeError(error) }));
  };
  const stop = timers.every(TICK_MS, () => inBackground(tick));
  return {
    name: "firmware-images",
    vault,
    tick,
    commands: imageCommands({ context, vault, watch }),
    workerJoined: async (worker) => {
      if (!worker.startsWith(INTAKE_WORKER)) return;
      await vault.reconcile();
      isThere = true;
      inBackground(tick);
    },
    workerLeft: async (worker) => {
      if (worker.startsWith(INTAKE_WORKER)) isThere = false;
    },
    stop: async () => stop(),
  };
}

/** Files that nobody took a decision about. */
async function forgetUploads(folder: string, now: number): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    const { mtime } = await Deno.stat(path);
    if (now - (mtime?.getTime() ?? 0) > FIRMWARE_LIMITS.uploadMs) await Deno.remove(path);
  }
}
