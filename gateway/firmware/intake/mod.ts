import type { Site } from "../../config/schema.ts";
import type { Conduit } from "../../core/conduit.ts";
import { firmwareDir, intakeConfig, intakeNet } from "./worker_config.ts";

/**
 * The intake of firmware: fetches, verifies, stores. No listener, no rights but its folder and the configured hosts.
 */
export const firmwareIntake: Conduit<Site> = {
  name: "firmware-intake",
  workers(site, box, files) {
    const config = intakeConfig(site, box, files);
    if (!config) return [];
    const folders = [firmwareDir(box)];
    return [{
      name: "firmware-intake",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: intakeNet(config), read: [...folders, config.sealed], write: folders },
      config,
      after: ["control"],
    }];
  },
};
