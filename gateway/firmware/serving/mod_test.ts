import { deepEqual, equal } from "node:assert/strict";
import type { Site } from "../../config/schema.ts";
import { FirmwareConfig } from "../config.ts";
import { firmwareServing, passiveOf } from "./mod.ts";
import type { ServingConfig } from "./worker_config.ts";

const BOX = { configFile: "/site.yaml", configDir: "/", dataDir: "/data" };
const FILES = { bytes: () => new Uint8Array(), text: () => "" };
const workersOf = (firmware: unknown) =>
  firmwareServing.workers({ firmware: firmware && FirmwareConfig.parse(firmware) } as Site, BOX, FILES);

Deno.test("firmware serving: absent, or without an address, nothing listens", () => {
  deepEqual(workersOf(undefined), []);
  deepEqual(workersOf({}), []);
});

Deno.test("firmware serving: HTTPS alone is one Worker that reads images, writes uploads and reaches nobody", () => {
  const [worker, ...more] = workersOf({ listen: "10.20.0.1:8446" });
  deepEqual(more, []);
  deepEqual(worker?.permissions, {
    net: ["10.20.0.1:8446"],
    read: ["/data/firmware/verified", "/data/uploads"],
    write: ["/data/uploads"],
  });
  deepEqual((worker?.config as ServingConfig).rates, { site: 8_192 * 1_024, station: 1_024 * 1_024 });
});

Deno.test("firmware serving: FTP and SFTP have a Worker of their own, with each data port by itself and half the rate", () => {
  const workers = workersOf({
    listen: "10.20.0.1:8446",
    bandwidth: { siteKilobytesPerSecond: 100, stationKilobytesPerSecond: 10 },
    exceptions: [
      { protocol: "http", listen: "10.20.0.1:8447", models: ["esp/*"], plaintext: "isolated-segment" },
      {
        protocol: "ftp",
        listen: "[fd00::1]:21",
        models: ["*"],
        plaintext: "isolated-segment",
        passivePorts: "50000-50002",
      },
      { protocol: "sftp", listen: "10.20.0.1:2222", models: ["compleo/eBox"] },
    ],
  });
  deepEqual(workers.map(({ name }) => name), ["firmware", "firmware-files"]);
  deepEqual(workers.map(({ permissions }) => permissions.net), [
    ["10.20.0.1:8446", "10.20.0.1:8447"],
    ["[fd00::1]:21", "[fd00::1]:50000", "[fd00::1]:50001", "[fd00::1]:50002", "10.20.0.1:2222"],
  ]);
  for (const { config } of workers) {
    deepEqual((config as ServingConfig).rates, { site: 50 * 1_024, station: 10 * 1_024 });
  }
  deepEqual((workers[1]?.config as ServingConfig).listeners.map(({ name, passive }) => [name, passive]), [
    ["firmware:ftp", { first: 50_000, last: 50_002 }],
    ["firmware:sftp", undefined],
  ]);
});

Deno.test("firmware serving: data ports as numbers", () => {
  deepEqual(passiveOf("50000-50009"), { first: 50_000, last: 50_009 });
  equal(
    FirmwareConfig.safeParse({ exceptions: [{ protocol: "ftp", listen: "1.2.3.4:21", models: [] }] }).success,
    false,
  );
});
