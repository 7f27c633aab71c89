import { deepStrictEqual as equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { uiProxy } from "./mod.ts";
import type { UiProxyWorkerConfig } from "./worker_config.ts";

const BOX: Box = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };
const FILES: SiteFiles = { bytes: () => new Uint8Array(), text: (path) => `<${path}>` };

function workers(devicePages?: Record<string, unknown>) {
  const site = Site.parse({
    version: 1,
    site: { id: "garage", name: "Garage" },
    console: { listen: "10.99.0.2:8443", hostname: "gw.example", ...devicePages ? { devicePages } : {} },
    stations: [
      {
        id: "CP001",
        ui: {
          url: "https://10.20.0.11/start/page",
          driver: "bender",
          alsoAt: ["http://10.20.0.11:81"],
          plaintext: "isolated-segment",
          aliases: ["192.168.123.123"],
        },
      },
      { id: "CP002", ui: { url: "https://[fd00::12]:8443", driver: "form", formFile: "form.yaml" } },
      { id: "CP003" },
    ],
  });
  return uiProxy.workers(site, BOX, FILES);
}

Deno.test("ui_proxy conduit: without a door there is no Worker", () => equal(workers(), []));

Deno.test("ui_proxy conduit: the Worker may open its ports, dial these controllers and keep uploads, nothing else", () => {
  const [worker] = workers({ listen: "10.99.0.2:8447", ports: "9401-9402" });
  equal(worker!.permissions, {
    net: [
      "10.99.0.2:8447",
      "10.99.0.2:9401",
      "10.99.0.2:9402",
      "10.20.0.11:443",
      "10.20.0.11:81",
      "[fd00::12]:8443",
    ],
    read: ["/s/data/ui-uploads"],
    write: ["/s/data/ui-uploads"],
  });
  equal([worker!.name, worker!.after, worker!.peers], ["ui_proxy", [], undefined]);
});

Deno.test("ui_proxy conduit: it is told of its pages and devices, and of nothing secret", () => {
  const [worker] = workers({ listen: "[fd00::2]:8447", contact: "Control room, 112" });
  const { pages, devices, ...rest } = worker!.config as UiProxyWorkerConfig;
  equal(rest, {
    host: "fd00::2",
    port: 8_447,
    hostname: "gw.example",
    consoleOrigin: "https://gw.example:8443",
    siteName: "Garage",
    contact: "Control room, 112",
    spoolDir: "/s/data/ui-uploads",
  });
  equal(pages.map(({ host }) => host), ["cp001.gw.example", "cp001--p81.gw.example", "cp002.gw.example"]);
  equal(devices, {
    CP001: { driver: "bender", start: "/start/page", oldPages: "blocked", aliases: ["192.168.123.123"] },
    CP002: { driver: "form", start: "/", oldPages: "blocked", aliases: [], form: "<form.yaml>" },
  });
});
