import { join, resolve } from "node:path";
import { originOf, planPages } from "../config/device_pages.ts";
import { parseSocketAddress } from "../config/ip.ts";
import type { Site } from "../config/schema.ts";
import type { Conduit } from "../core/conduit.ts";
import { dataFolders } from "../core/data_folders.ts";
import { UI_PROXY_WORKER } from "../core/device_api.ts";
import type { UiProxyWorkerConfig } from "./worker_config.ts";

/** Pages of controllers behind the gateway's login, in a Worker that reaches these controllers and nothing else. */
export const uiProxy: Conduit<Site> = {
  name: UI_PROXY_WORKER,
  workers: (site, box, files) => {
    const { console, stations } = site, door = console?.devicePages;
    if (!door) return [];
    const { host, port } = parseSocketAddress(door.listen)!; // the schema has judged it
    const pages = planPages(site), spool = join(box.dataDir, "ui-uploads");
    const { verifiedImages, downloads } = dataFolders(box);
    const images = site.firmware === undefined ? [] : [verifiedImages];
    // Only a site with such a controller gives this Worker a way to hald.
    const hald = stations.some(({ ui }) => ui?.oldTls !== undefined) ? site.hal?.socket : undefined;
    const haldSocket = hald === undefined ? [] : [resolve(box.configDir, hald)];
    const config: UiProxyWorkerConfig = {
      host,
      port,
      hostname: console.hostname,
      consoleOrigin: originOf(console.hostname, parseSocketAddress(console.listen)!.port),
      siteName: site.site.name ?? site.site.id,
      ...(door.contact === undefined ? {} : { contact: door.contact }),
      uploadBytes: door.uploadMegabytes * 1_000_000,
      spoolDir: spool,
      downloadsDir: downloads,
      ...(images[0] === undefined ? {} : { imagesDir: images[0] }),
      ...(haldSocket[0] === undefined ? {} : { haldSocket: haldSocket[0] }),
      pages,
      devices: Object.fromEntries(stations.flatMap(({ id, ui }) => {
        if (!ui) return [];
        const { driver, oldPages, oldTls, aliases, url, formFile } = ui;
        const form = formFile === undefined ? {} : { form: files.text(formFile) };
        const old = oldTls === undefined ? {} : { oldTls: true as const };
        return [[id, { driver, oldPages, aliases, start: new URL(url).pathname, ...old, ...form }]];
      })),
    };
    const text = host.includes(":") ? `[${host}]` : host;
    const own = pages.flatMap(({ ownPort }) => ownPort === undefined ? [] : [`${text}:${ownPort}`]);
    const controllers = pages.map(({ device, port: itsPort }) => `${new URL(device).hostname}:${itsPort}`);
    // whoever switches HTTPS off at a controller is found out there
    const plain = pages.filter(({ device }) => device.startsWith("https:")).map(({ device }) =>
      `${new URL(device).hostname}:80`
    );
    return [{
      name: UI_PROXY_WORKER,
      module: new URL("./worker.ts", import.meta.url),
      permissions: {
        net: [...new Set([door.listen, ...own, ...controllers, ...plain, ...haldSocket.map((path) => `unix:${path}`)])],
        read: [spool, downloads, ...images, ...haldSocket],
        write: [spool, downloads, ...haldSocket],
      },
      config,
      after: [],
    }];
  },
};
