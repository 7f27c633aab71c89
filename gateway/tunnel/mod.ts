import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { TUNNEL_WORKER } from "../core/tunnel_api.ts";

/**
 * The engineering tunnel: dials the declared ports of stations (`stations[].tunnelPorts`), and nothing else. People come
 * in through the console, which cannot dial; this Worker cannot listen.
 */
export const tunnel: Conduit<Site> = {
  name: "tunnel",
  workers: ({ console, stations }) => {
    const targets = stations.flatMap(({ address, tunnelPorts = [] }) =>
      address === undefined
        ? []
        : tunnelPorts.map((port) => `${address.includes(":") ? `[${address}]` : address}:${port}`)
    );
    if (!console || targets.length === 0) return [];
    return [{
      name: TUNNEL_WORKER,
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: [...new Set(targets)] },
      config: {},
      after: [],
      peers: ["console"],
    }];
  },
};
