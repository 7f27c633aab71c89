import { deepEqual, equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { uiProxy } from "./mod.ts";
import type { UiProxyWorkerConfig } from "./worker_config.ts";

const BOX = { configFile: "/etc/bulkhead/site.yaml", configDir: "/etc/bulkhead", dataDir: "/data" };
const FILES = { bytes: () => new Uint8Array(0), text: () => "title: x" };

function spec(ui: Record<string, unknown> = {}) {
  const site = Site.parse({
    version: 1,
    site: { id: "lab" },
    console: { listen: "127.0.0.1:8443", hostname: "gw.example", devicePages: { listen: "127.0.0.1:8447" } },
    hal: { socket: "hal.sock" },
    stations: [{ id: "CP001", ui: { url: "https://10.20.0.11", driver: "bender", ...ui } }, { id: "CP002" }],
  });
  return uiProxy.workers(site, BOX, FILES)[0]!;
}

Deno.test("ui proxy: its Worker reaches the controllers, its own door and its spool, and nothing else", () => {
  deepEqual(spec().permissions, {
    net: ["127.0.0.1:8447", "10.20.0.11:443"],
    read: ["/data/ui-uploads"],
    write: ["/data/ui-uploads"],
  });
  equal((spec().config as UiProxyWorkerConfig).haldSocket, undefined);
});

Deno.test("ui proxy: a controller with old TLS gives it a way to hald, by the same path everywhere", () => {
  const { permissions, config } = spec({ oldTls: "by-openssl-helper" });
  deepEqual(permissions.net, ["127.0.0.1:8447", "10.20.0.11:443", "unix:/etc/bulkhead/hal.sock"]);
  deepEqual(permissions.write, ["/data/ui-uploads", "/etc/bulkhead/hal.sock"]);
  const { haldSocket, devices } = config as UiProxyWorkerConfig;
  deepEqual([haldSocket, devices["CP001"]!.oldTls], ["/etc/bulkhead/hal.sock", true]);
});

Deno.test("ui proxy: no secret of a controller goes to the Worker with its configuration", () => {
  const { config } = spec({ accounts: [{ role: "operator", passwordFile: "secrets/x" }], pinFile: "pin" });
  equal(JSON.stringify(config).includes("secrets/x"), false);
});
