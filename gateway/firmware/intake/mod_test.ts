import { deepEqual, equal } from "node:assert/strict";
import { parse } from "yaml";
import { Site } from "../../config/schema.ts";
import { firmwareIntake } from "./mod.ts";
import { uploadsDir } from "../../core/firmware_api.ts";
import type { IntakeConfig } from "./worker_config.ts";

const BOX = { configFile: "/etc/site.yaml", configDir: "/etc", dataDir: "/data" };
const FILES = {
  text: (path: string) => `text of ${path}`,
  bytes: (path: string) => new TextEncoder().encode(`text of ${path}`),
};
const workersOf = (yaml: string) =>
  firmwareIntake.workers(Site.parse(parse(`version: 1\nsite: { id: g }\n${yaml}`)), BOX, FILES);

Deno.test("firmware intake: absent from the configuration it does not exist", () => deepEqual(workersOf(""), []));

Deno.test("firmware intake: its rights are its folder and the hosts of site.yaml, no more", () => {
  const [spec, ...more] = workersOf(`firmware:
  rootFile: root.json
  sources: [{ id: hq, url: "https://hq.example/repo", caFile: hq.pem }, { id: b, url: "https://[fd00::1]:8443/" }]
  fetchHosts: [{ host: Files.Vendor.example }, { host: "10.0.0.5", address: on-site, schemes: [ftp] }]
`);
  equal(more.length, 0);
  deepEqual(spec!.permissions, {
    net: ["10.0.0.5", "[fd00::1]:8443", "files.vendor.example", "hq.example:443"],
    read: ["/data/firmware", "/data/uploads"], // logs of stations, which it carries upward
    write: ["/data/firmware"],
  });
  const config = spec!.config as IntakeConfig;
  deepEqual([config.root, config.sources[0]!.ca], ["text of root.json", "text of hq.pem"]);
  equal(uploadsDir(BOX), "/data/firmware/uploads");
});

Deno.test("firmware intake: behind a proxy it may reach the proxy instead of the repositories", () => {
  const [spec] = workersOf(`network: { uplink: { proxy: { url: "http://proxy.example:3128" } } }
firmware: { rootFile: r, sources: [{ id: hq, url: "https://hq.example/" }] }
`);
  deepEqual(spec!.permissions.net, ["proxy.example:3128"]);
});

Deno.test("firmware intake: a vendor's profile goes along with its files and limits by value", () => {
  const [spec] = workersOf(`firmware:
  quotaMegabytes: 10
  vendors: [{ vendor: bender, manufacturerRootsFile: b.pem, evidence: ["vendor-sha256 + two-person"], maxMegabytes: 2, floor: "5.20" }]
`);
  const { vendors, quotaBytes } = spec!.config as IntakeConfig;
  equal(quotaBytes, 10_000_000);
  const [{ roots, evidence, maxBytes, floor }] = vendors as [IntakeConfig["vendors"][number]];
  deepEqual([roots, evidence, maxBytes, floor], [
    "text of b.pem",
    [["vendor-sha256", "two-person"]],
    2_000_000,
    "5.20",
  ]);
});
