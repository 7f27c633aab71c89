import { resolve } from "node:path";
import type { Site } from "../config/schema.ts";
import type { Box, WorkerSpec } from "../core/conduit.ts";
import { goldenProfiles } from "../posture/golden/golden_files.ts";
import { shippedGuides } from "../posture/guides.ts";
import { controlSocketPath } from "./data_paths.ts";
import type { ControlConfig } from "./service.ts";
import { siteFiles } from "./site_files.ts";

/**
 * Control's Worker: it owns the store and the keys. Its lists allow the data folder, its unix socket and hald's, and no
 * TCP or UDP at all, unless the store is a KV Connect endpoint.
 */
export function controlWorker(site: Site, box: Box, files: ControlConfig["files"], version: string): WorkerSpec {
  const socket = controlSocketPath(box);
  const hald = site.hal?.socket;
  const targets = site.backup?.targets.flatMap(({ folder }) => folder ?? []) ?? [];
  const folders = [box.dataDir, ...targets.map((folder) => resolve(box.configDir, folder))];
  // read here: the reader of YAML wants an environment variable, which control may not have
  const config: ControlConfig = {
    site,
    box,
    files,
    version,
    guides: shippedGuides().all,
    golden: ownGolden(site, files),
  };
  return {
    name: "control",
    module: new URL("./worker.ts", import.meta.url),
    permissions: {
      net: [`unix:${socket}`, ...hald === undefined ? [] : [`unix:${hald}`], ...storeHosts(site)],
      read: [...folders, ...hald === undefined ? [] : [hald]],
      write: [...folders, ...hald === undefined ? [] : [hald]],
      sys: ["statfs"],
      ...site.store.url === undefined ? {} : { env: ["DENO_KV_ACCESS_TOKEN"] },
    },
    config,
    after: [],
  };
}

function ownGolden({ posture }: Site, files: ControlConfig["files"]): ControlConfig["golden"] {
  const texts = siteFiles(() => files);
  return goldenProfiles(Object.fromEntries(posture.golden.map(({ goldenFile: file }) => [file, texts.text(file)])));
}

function storeHosts({ store }: Site): string[] {
  return store.url === undefined ? [] : [new URL(store.url).host];
}
