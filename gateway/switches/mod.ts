import type { Site } from "../config/schema.ts";
import { secretBytes } from "../config/materials.ts";
import type { Conduit, SiteFiles } from "../core/conduit.ts";
import type { SwitchConfig } from "./config.ts";
import type { SwitchesWorkerConfig, WatchedSwitch } from "./worker_config.ts";

/** The switches of the site, read by SNMP: one Worker that reaches their management addresses and nothing else. */
export const switches: Conduit<Site> = {
  name: "switches",
  workers({ switches = [] }, _box, files) {
    if (switches.length === 0) return [];
    const config: SwitchesWorkerConfig = { switches: switches.map((one) => watched(one, files)) };
    return [{
      name: "switches",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: ["0.0.0.0:0", ...new Set(switches.map(({ address, port }) => `${address}:${port}`))] },
      config,
      after: [],
    }];
  },
};

function watched({ id, address, port, readSeconds, snmp }: SwitchConfig, files: SiteFiles): WatchedSwitch {
  const secret = (file: string) => new TextDecoder().decode(secretBytes(files.bytes(file)));
  const { user, hash, authPasswordFile, privacyPasswordFile, communityFile } = snmp;
  const security = communityFile !== undefined ? { community: secret(communityFile) } : { // a rule has checked that the keys of one kind are all there
    user: user!,
    hash,
    authPassword: secret(authPasswordFile!),
    privacyPassword: secret(privacyPasswordFile!),
  };
  return { id, address, port, readSeconds, security };
}
