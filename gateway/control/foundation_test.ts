import { equal, rejects, throws } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { exists } from "./backup/restore_target.ts";
import { lockDataFolder } from "./foundation.ts";

/** A site in `folder`, its store here or elsewhere. */
function configOf(folder: string, store: object) {
  const site = Site.parse({ version: 1, site: { id: "lab" }, store });
  return { site, box: { configFile: `${folder}/site.yaml`, configDir: folder, dataDir: `${folder}/data` } };
}

Deno.test("control: a data folder whose store is elsewhere is locked too, by name, until it is given back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const config = configOf(folder, { url: "https://kv.example/", accessTokenFile: "secrets/kv" });
    const unlock = lockDataFolder(config);
    throws(() => lockDataFolder(config), {
      code: "STORE_LOCKED",
      message: `Cannot take the data folder "${folder}/data": another process owns it`,
    });
    unlock();
    lockDataFolder(config)();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("control: a store on the local disk is its own lock, so nothing is made here", async () => {
  const folder = await Deno.makeTempDir();
  lockDataFolder(configOf(folder, {}))();
  equal(await exists(`${folder}/data`), false);
  await rejects(Deno.stat(`${folder}/data`), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
});
