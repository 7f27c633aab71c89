import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { acmeConfig, acmeNet } from "./worker_config.ts";

/** Gets the console's certificate from an ACME server; only there when `pki.acme` is configured. */
export const acme: Conduit<Site> = {
  name: "acme",
  workers(site, _box, files) {
    const config = acmeConfig(site, files);
    if (!config) return [];
    return [{
      name: "acme",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: acmeNet(config) },
      config,
      after: ["control"],
    }];
  },
};
