import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { identityConfig, identityNet } from "./worker_config.ts";

/** Asks the identity provider and the LDAP server; only there when `people` names one. */
export const identity: Conduit<Site> = {
  name: "identity",
  workers(site, _box, files) {
    const config = identityConfig(site, files);
    if (!config) return [];
    return [{
      name: "identity",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: identityNet(config) },
      config,
      after: ["control"],
    }];
  },
};
