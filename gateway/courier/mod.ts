import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { backupFolder } from "./backup_folder.ts";
import { courierConfig, courierNet } from "./worker_config.ts";

/** The courier: carries audit, alarms, telemetry and backups to the configured hosts, and answers Prometheus. */
export const courier: Conduit<Site> = {
  name: "courier",
  workers(site, box, files) {
    const config = courierConfig(site, files);
    const net = courierNet(config);
    if (net.length === 0) return [];
    return [{
      name: "courier",
      module: new URL("./worker.ts", import.meta.url),
      permissions: config.backups.length === 0 ? { net } : { net, read: [backupFolder(box)] },
      config,
      after: ["control"],
    }];
  },
};
