import { parseHostPort } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import type { ConsoleWorkerConfig } from "./service.ts";

/** What the package ws reads when it is loaded; it throws otherwise (facts: isolates). */
const WS_ENV = ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE", "NODE_DEBUG"];

/** The console: pages and REST API for people, in a Worker without keys, store or any upstream. */
export const consoleConduit: Conduit<Site> = {
  name: "console",
  workers: ({ console, site }) => {
    if (!console) return [];
    const { host, port } = parseHostPort(console.listen)!; // the schema has judged it
    const config: ConsoleWorkerConfig = {
      host,
      port,
      hostname: console.hostname,
      site: { id: site.id, name: site.name ?? site.id, timeZone: site.timeZone },
    };
    return [{
      name: "console",
      module: new URL("./worker.ts", import.meta.url),
      permissions: { net: [console.listen], env: WS_ENV },
      config,
      after: [],
    }];
  },
};
