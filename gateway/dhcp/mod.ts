import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { dhcpWorkerConfig } from "./worker_config.ts";

/**
 * DHCP for the OT zones: one Worker that may use hald's socket, and a concentrator where a zone has one. It opens no port
 * itself: hald receives and sends the packets.
 */
export const dhcp: Conduit<Site> = {
  name: "dhcp",
  workers(site, box, files) {
    const config = dhcpWorkerConfig(site, box, files);
    if (!config) return [];
    const tunnels = config.zones.flatMap(({ tunnel }) => tunnel ? [`${tunnel.host}:${tunnel.port}`] : []);
    return [{
      name: "dhcp",
      module: new URL("./worker.ts", import.meta.url),
      permissions: {
        net: [`unix:${config.hald}`, ...new Set(tunnels)],
        read: [config.hald],
        write: [config.hald],
      },
      config,
      after: [],
    }];
  },
};
