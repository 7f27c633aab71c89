import { deepEqual, equal } from "node:assert/strict";
import { readPortRange } from "../ui_proxy/config.ts";
import { UI_PROXY_LIMITS } from "../ui_proxy/limits.ts";
import { originOf, pagesPort, planPages } from "./device_pages.ts";
import { Site } from "./schema.ts";

function siteOf(devicePages: unknown): Site {
  return Site.parse({
    version: 1,
    site: { id: "lab" },
    console: { listen: "127.0.0.1:8443", hostname: "GW.Example", ...devicePages ? { devicePages } : {} },
    stations: [
      {
        id: "CP001",
        ui: {
          url: "https://10.20.0.11/start",
          driver: "bender",
          alsoAt: ["http://10.20.0.11:81"],
          plaintext: "isolated-segment",
        },
      },
      { id: "CP002" },
      { id: "CP003", ui: { url: "http://10.20.0.13", driver: "basic", name: "hall", plaintext: "isolated-segment" } },
    ],
  });
}

Deno.test("device pages: one origin per controller and port, in the order of the site", () => {
  const site = siteOf({ listen: "127.0.0.1:8447", ports: "9401-9402" });
  deepEqual(planPages(site), [
    { station: "CP001", device: "https://10.20.0.11", port: 443, host: "cp001.gw.example", ownPort: 9_401 },
    { station: "CP001", device: "http://10.20.0.11:81", port: 81, host: "cp001--p81.gw.example", ownPort: 9_402 },
    { station: "CP003", device: "http://10.20.0.13", port: 80, host: "hall.gw.example" },
  ]);
  equal(pagesPort(site), 8_447);
});

Deno.test("device pages: none without a door", () => {
  deepEqual(planPages(siteOf(undefined)), []);
  deepEqual(planPages(Site.parse({ version: 1, site: { id: "lab" } })), []);
  equal(pagesPort(siteOf(undefined)), undefined);
});

Deno.test("device pages: origins are as browsers write them", () => {
  equal(originOf("cp001.gw.example", 8_447), "https://cp001.gw.example:8447");
  equal(originOf("cp001.gw.example", 443), "https://cp001.gw.example");
  equal(originOf("fd00::1", 9_401), "https://[fd00::1]:9401");
  equal(originOf("[fd00::1]", 9_401), "https://[fd00::1]:9401");
});

Deno.test("device pages: port ranges at their bounds", () => {
  const most = UI_PROXY_LIMITS.ports;
  deepEqual(readPortRange("9401-9440"), { first: 9_401, last: 9_440 });
  deepEqual(readPortRange(`1024-${1_024 + most - 1}`), { first: 1_024, last: 1_024 + most - 1 });
  deepEqual(readPortRange("65535-65535"), { first: 65_535, last: 65_535 });
  for (const bad of [`1024-${1_024 + most}`, "1023-1024", "9440-9401", "65535-65536", "9401", "9401-", "a-b", ""]) {
    equal(readPortRange(bad), undefined, bad);
  }
});
