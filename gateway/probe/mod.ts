import { isWildcard, parseIp } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { PROBE_WORKER } from "../core/probe_api.ts";
import type { ProbeWorkerConfig } from "./worker_config.ts";

/** Looks at stations from outside, in a Worker that reaches their own addresses and nothing else. */
export const probe: Conduit<Site> = {
  name: PROBE_WORKER,
  workers({ posture, stations }) {
    if (posture.probe === undefined) return [];
    const own = stations.flatMap(({ id, address }) => isProbed(address) ? [[id, address] as const] : []);
    if (own.length === 0) return [];
    const config: ProbeWorkerConfig = { stations: Object.fromEntries(own) };
    return [{
      name: PROBE_WORKER,
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: [...new Set(own.map(([, address]) => address))] },
      config,
      after: [],
    }];
  },
};

/** Only IPv4: a Worker's list has no way to name all ports of an IPv6 address. */
function isProbed(address: string | undefined): address is string {
  return address !== undefined && parseIp(address)?.length === 4 && !isWildcard(address);
}
