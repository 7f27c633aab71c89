import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { courierConfig, courierNet } from "./worker_config.ts";

/** The courier: carries audit, alarms and telemetry to the configured hosts, and answers Prometheus. */
export const courier: Conduit<Site> = {
  name: "courier",
  workers(site, _box, files) {
    const config = courierConfig(site, files);
    const net = courierNet(config);
    if (net.length === 0) return [];
    return [{
      name: "courier",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net },
      config,
      after: ["control"],
    }];
  },
};
