import { deepEqual, equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { uiProxy } from "./mod.ts";
import type { UiProxyWorkerConfig } from "./worker_config.ts";

const BOX = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };
const FILES = { bytes: () => new Uint8Array(0), text: (path: string) => `<${path}>` };
const LISTEN = "10.99.0.2:8447";

/** The Worker of a site with three stations, of which two have pages; `ui` changes the first one's. */
function worker(devicePages?: Record<string, unknown>, ui: Record<string, unknown> = {}) {
  const url = "https://10.20.0.11/start/page";
  const site = Site.parse({
    version: 1,
    site: { id: "garage", name: "Garage" },
    console: { listen: "10.99.0.2:8443", hostname: "gw.example", ...devicePages ? { devicePages } : {} },
    hal: { socket: "hal.sock" },
    stations: [
      {
        id: "CP001",
        ui: {
          ...{ url, driver: "bender", alsoAt: ["http://10.20.0.11:81"], plaintext: "isolated-segment" },
          ...{ aliases: ["192.168.123.123"], ...ui },
        },
      },
      { id: "CP002", ui: { url: "https://[fd00::12]:8443", driver: "form", formFile: "form.yaml" } },
      { id: "CP003" },
    ],
  });
  return uiProxy.workers(site, BOX, FILES)[0];
}

const configOf = (...args: Parameters<typeof worker>) => worker(...args)!.config as UiProxyWorkerConfig;

Deno.test("ui proxy: without a door there is no Worker", () => equal(worker(), undefined));

Deno.test("ui proxy: its Worker opens its ports, dials these controllers and keeps uploads, and nothing else", () => {
  const { name, after, peers, permissions } = worker({ listen: LISTEN, ports: "9401-9402" })!;
  deepEqual(permissions, {
    net: [
      "10.99.0.2:8447",
      "10.99.0.2:9401",
      "10.99.0.2:9402",
      "10.20.0.11:443",
      "10.20.0.11:81",
      "[fd00::12]:8443",
      "10.20.0.11:80", // where a controller answers whose HTTPS was switched off
      "[fd00::12]:80",
    ],
    read: ["/s/data/ui-uploads", "/s/data/device-files"],
    write: ["/s/data/ui-uploads", "/s/data/device-files"],
  });
  deepEqual([name, after, peers], ["ui_proxy", [], undefined]);
});

Deno.test("ui proxy: with a vault of firmware it reads the verified images and nothing else of it", () => {
  const site = Site.parse({
    version: 1,
    site: { id: "garage" },
    console: { listen: "10.99.0.2:8443", hostname: "gw.example", devicePages: { listen: LISTEN } },
    stations: [{ id: "CP001", ui: { url: "https://10.20.0.11", driver: "charx" } }],
    firmware: { vendors: [{ vendor: "phoenix" }] },
  });
  const { permissions, config } = uiProxy.workers(site, BOX, FILES)[0]!;
  deepEqual(permissions.read, ["/s/data/ui-uploads", "/s/data/device-files", "/s/data/firmware/verified"]);
  deepEqual(permissions.write, ["/s/data/ui-uploads", "/s/data/device-files"]);
  equal((config as UiProxyWorkerConfig).imagesDir, "/s/data/firmware/verified");
});

Deno.test("ui proxy: a controller with old TLS gives it a way to hald, by the same path everywhere; no other does", () => {
  equal(configOf({ listen: LISTEN }).haldSocket, undefined);
  const old = { oldTls: "by-openssl-helper" }, { permissions } = worker({ listen: LISTEN }, old)!;
  deepEqual(permissions.net!.at(-1), "unix:/s/hal.sock");
  deepEqual(
    [permissions.read, permissions.write],
    Array(2).fill(["/s/data/ui-uploads", "/s/data/device-files", "/s/hal.sock"]),
  );
  const { haldSocket, devices } = configOf({ listen: LISTEN }, old);
  deepEqual([haldSocket, devices["CP001"]!.oldTls], ["/s/hal.sock", true]);
});

Deno.test("ui proxy: it is told of its pages and devices, and of nothing secret", () => {
  const secret = { accounts: [{ role: "operator", passwordFile: "secrets/x" }], pinFile: "pin" };
  const config = configOf({ listen: "[fd00::2]:8447", contact: "Control room, 112", uploadMegabytes: 200 }, secret);
  const { pages, devices, ...rest } = config;
  deepEqual(rest, {
    host: "fd00::2",
    port: 8_447,
    hostname: "gw.example",
    consoleOrigin: "https://gw.example:8443",
    siteName: "Garage",
    contact: "Control room, 112",
    uploadBytes: 200_000_000,
    spoolDir: "/s/data/ui-uploads",
    downloadsDir: "/s/data/device-files",
  });
  deepEqual(pages.map(({ host }) => host), ["cp001.gw.example", "cp001--p81.gw.example", "cp002.gw.example"]);
  deepEqual(devices, {
    CP001: { driver: "bender", start: "/start/page", oldPages: "blocked", aliases: ["192.168.123.123"] },
    CP002: { driver: "form", start: "/", oldPages: "blocked", aliases: [], form: "<form.yaml>" },
  });
});
