import { parseHostPort } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import { dataFolders } from "../core/data_folders.ts";
import type { Box, Conduit } from "../core/conduit.ts";
import { uploadsDir } from "../core/firmware_api.ts";
import type { DropRules } from "./upload/drop_folder.ts";
import type { ConsoleWorkerConfig } from "./service.ts";

const MEGABYTE = 1_000_000;
/** What the package ws reads when it is loaded; it throws otherwise (facts: isolates). */
const WS_ENV = ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE", "NODE_DEBUG"];

/** The drop folder of firmware, which the console fills and control empties. */
function dropRules({ vendors, quotaMegabytes }: NonNullable<Site["firmware"]>, box: Pick<Box, "dataDir">): DropRules {
  return {
    folder: uploadsDir(box),
    imageBytes: Math.max(0, ...vendors.map(({ maxMegabytes }) => maxMegabytes)) * MEGABYTE,
    quotaBytes: quotaMegabytes * MEGABYTE,
  };
}

/** Folders of firmware: one that it fills, and two of which it gives files to people. */
function firmwareFolders(firmware: NonNullable<Site["firmware"]>, box: Pick<Box, "dataDir">) {
  const { handOuts, verifiedImages: images } = dataFolders(box);
  return { uploads: dropRules(firmware, box), handOuts, images };
}

/** The console: pages and REST API for people, in a Worker without keys, store or any upstream. */
export const consoleConduit: Conduit<Site> = {
  name: "console",
  workers: ({ console, site, firmware }, box) => {
    if (!console) return [];
    const { host, port } = parseHostPort(console.listen)!; // the schema has judged it
    const config: ConsoleWorkerConfig = {
      host,
      port,
      hostname: console.hostname,
      site: { id: site.id, name: site.name ?? site.id, timeZone: site.timeZone },
      ...firmware ? firmwareFolders(firmware, box) : {},
    };
    const drop = config.uploads ? [config.uploads.folder] : [];
    return [{
      name: "console",
      module: new URL("./worker.ts", import.meta.url),
      permissions: {
        net: [console.listen],
        env: WS_ENV,
        read: [...drop, ...[config.handOuts, config.images].filter((folder) => folder !== undefined)],
        write: drop,
      },
      config,
      after: [],
    }];
  },
};
