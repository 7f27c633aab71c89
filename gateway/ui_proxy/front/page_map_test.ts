import { deepEqual, equal } from "node:assert/strict";
import type { UiProxyWorkerConfig } from "../worker_config.ts";
import { PageMap } from "./page_map.ts";

const DEVICE = { driver: "bender", start: "/", oldPages: "blocked", aliases: ["192.168.123.123"] } as const;
const CONFIG: UiProxyWorkerConfig = {
  host: "10.99.0.2",
  port: 8_447,
  hostname: "GW.Example",
  consoleOrigin: "https://gw.example:8443",
  siteName: "Lab",
  spoolDir: "/nowhere",
  uploadBytes: 1_000_000,
  downloadsDir: "/nowhere",
  pages: [
    { station: "CP001", device: "http://10.20.0.11", port: 80, host: "cp001.gw.example", ownPort: 9_401 },
    { station: "CP001", device: "http://10.20.0.11:81", port: 81, host: "cp001--p81.gw.example", ownPort: 9_402 },
    { station: "CP002", device: "https://10.20.0.12", port: 443, host: "cp002.gw.example" },
  ],
  devices: { CP001: DEVICE, CP002: { ...DEVICE, driver: "alfen" } },
};

const found = (host: string, port: number, config = CONFIG) => {
  const page = new PageMap(config).find(host, port);
  return page && [page.page.station, page.page.port, page.origin, page.first, page.cookie];
};

const PAGES: readonly [name: string, host: string, port: number, wanted: readonly unknown[]][] = [
  ["by name", "cp001.gw.example:8447", 8_447, [
    "CP001",
    80,
    "https://cp001.gw.example:8447",
    "https://cp001.gw.example:8447",
    "__Host-bulkhead-device",
  ]],
  ["in any case", "CP001.GW.example:8447", 8_447, [
    "CP001",
    80,
    "https://cp001.gw.example:8447",
    "https://cp001.gw.example:8447",
    "__Host-bulkhead-device",
  ]],
  ["another port of the device", "cp001--p81.gw.example:8447", 8_447, [
    "CP001",
    81,
    "https://cp001--p81.gw.example:8447",
    "https://cp001.gw.example:8447",
    "__Host-bulkhead-device",
  ]],
  ["by an address and a port", "10.99.0.2:9402", 9_402, [
    "CP001",
    81,
    "https://10.99.0.2:9402",
    "https://10.99.0.2:9401",
    "__Host-bulkhead-device-9402",
  ]],
  ["by IPv6", "[fd00::1]:9401", 9_401, [
    "CP001",
    80,
    "https://[fd00::1]:9401",
    "https://[fd00::1]:9401",
    "__Host-bulkhead-device-9401",
  ]],
  ["by the console's name and a port", "gw.example:9401", 9_401, [
    "CP001",
    80,
    "https://gw.example:9401",
    "https://gw.example:9401",
    "__Host-bulkhead-device-9401",
  ]],
];

for (const [name, host, port, wanted] of PAGES) {
  Deno.test(`page map: ${name}`, () => deepEqual(found(host, port), wanted));
}

const NOBODY: readonly [name: string, host: string, port: number][] = [
  ["a name that no page has", "cp003.gw.example:8447", 8_447],
  ["a longer name", "x.cp001.gw.example:8447", 8_447],
  ["a shorter name", "p001.gw.example:8447", 8_447],
  ["the console's own name at the port of names", "gw.example:8447", 8_447],
  ["an address at the port of names", "10.99.0.2:8447", 8_447],
  ["a stranger's name at a port of a page (DNS rebinding)", "evil.example:9401", 9_401],
  ["a page's name at a port of a page", "cp001.gw.example:9401", 9_401],
  ["another port in the name than that of the connection", "cp001.gw.example:9999", 8_447],
  ["no port in the name", "cp001.gw.example", 8_447],
  ["a port of the range that no page has", "10.99.0.2:9403", 9_403],
  ["nonsense", "%%%", 8_447],
  ["nothing", "", 8_447],
  ["a name with a trailing dot", "cp001.gw.example.:8447", 8_447],
];

for (const [name, host, port] of NOBODY) {
  Deno.test(`page map: nobody's: ${name}`, () => equal(found(host, port), undefined));
}

Deno.test("page map: at port 443 browsers leave the port out", () => {
  const config = { ...CONFIG, port: 443 };
  equal(found("cp002.gw.example", 443, config)![2], "https://cp002.gw.example");
  equal(found("cp002.gw.example:443", 443, config)![2], "https://cp002.gw.example");
});

Deno.test("page map: the device's addresses lead to what this browser sees", () => {
  const map = new PageMap(CONFIG), base = "http://10.20.0.11/";
  const byName = map.find("cp001.gw.example:8447", 8_447)!.origins;
  equal(byName.translate("http://10.20.0.11:81/x", base), "https://cp001--p81.gw.example:8447/x");
  equal(byName.translate("http://192.168.123.123/x", base), "https://cp001.gw.example:8447/x");
  equal(byName.translate("https://10.20.0.12/", base), undefined, "another station's");
  const byPort = map.find("10.99.0.2:9401", 9_401)!.origins;
  equal(byPort.translate("http://10.20.0.11:81/x", base), "https://10.99.0.2:9402/x");
});
