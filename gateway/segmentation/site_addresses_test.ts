import { deepEqual, equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { dialAddresses, listenAddresses } from "./site_addresses.ts";

const SITE = Site.parse({
  version: 1,
  site: { id: "lab" },
  console: {
    listen: "10.99.0.2:8443",
    hostname: "gw.example",
    devicePages: { listen: "10.99.0.2:8447", ports: "9401-9410" },
  },
  stations: [
    {
      id: "CP001",
      ui: {
        url: "https://10.20.0.11",
        driver: "bender",
        alsoAt: ["http://10.20.0.11:81"],
        plaintext: "isolated-segment",
      },
    },
    { id: "CP.2", ui: { url: "https://10.20.0.12:8443/x", driver: "alfen" } },
  ],
  ocpp: {
    listeners: [{ listen: "10.20.0.1:8445", plaintext: "isolated-segment" }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }],
  },
});

Deno.test("site addresses: device pages listen at their port and at one for each page", () => {
  const pages = listenAddresses(SITE).filter(({ key }) => key.startsWith("console."));
  deepEqual(pages.map(({ key, host, port }) => `${key} ${host}:${port}`), [
    "console.listen 10.99.0.2:8443",
    "console.devicePages.listen 10.99.0.2:8447",
    "console.devicePages.ports.CP001 10.99.0.2:9401",
    "console.devicePages.ports.CP001 10.99.0.2:9402",
    "console.devicePages.ports.CP.2 10.99.0.2:9403",
  ]);
});

Deno.test("site addresses: controllers are dialled directly, whatever the uplink's proxy is; a CSMS is not", () => {
  const dialled = dialAddresses(SITE).map(({ key, host, port, isProxied }) => [key, host, port, isProxied]);
  deepEqual(dialled.filter(([key]) => String(key).startsWith("stations.")), [
    ["stations.CP001.ui.url", "10.20.0.11", 443, false],
    ["stations.CP001.ui.alsoAt.0", "10.20.0.11", 81, false],
    ["stations.CP.2.ui.url", "10.20.0.12", 8_443, false],
  ]);
  equal(dialled.find(([key]) => String(key).startsWith("ocpp.csms"))![3], true);
});

Deno.test("site addresses: without a door nothing listens for pages", () => {
  const site = Site.parse({ version: 1, site: { id: "lab" }, console: { listen: "10.99.0.2:8443", hostname: "gw" } });
  deepEqual(listenAddresses(site).map(({ key }) => key), ["console.listen"]);
});
