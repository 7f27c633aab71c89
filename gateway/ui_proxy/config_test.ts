import { deepEqual, equal } from "node:assert/strict";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { DevicePagesConfig, PageLabel, StationUi } from "./config.ts";
import { DRIVERS } from "./drivers/mod.ts";
import { DRIVER_NAMES } from "../../profiles/controllers/driver_names.ts";

Deno.test("ui config: every driver can be named and every name is a driver", () => {
  deepEqual([...DRIVERS.keys(), "form"].sort(), [...DRIVER_NAMES]);
});

Deno.test("ui config: labels", () => {
  for (const good of ["a", "bay-07", "a--b", "p81", `a${"b".repeat(53)}c`]) {
    equal(PageLabel.safeParse(good).success, true, good);
  }
  for (const bad of ["", "-a", "a-", "A", "a.b", "a_b", "a--p81", "x--p81--p9", `a${"b".repeat(54)}c`]) {
    equal(PageLabel.safeParse(bad).success, false, bad);
  }
});

Deno.test("ui config: stations", () => {
  const parsed = StationUi.parse({ url: "https://10.20.0.11", driver: "alfen" });
  deepEqual(parsed, {
    url: "https://10.20.0.11",
    driver: "alfen",
    accounts: [],
    alsoAt: [],
    aliases: [],
    oldPages: "blocked",
  });
  const bad: Record<string, unknown>[] = [
    { url: "ftp://10.20.0.11" },
    { url: "https://user:secret@10.20.0.11" },
    { url: "https://10.20.0.11/?a=1" },
    { driver: "unknown" },
    { aliases: ["not a host"] },
    { oldPages: "maybe" },
    { plaintext: true },
    { alsoAt: ["10.20.0.11:81"] },
    { accounts: [{ role: "root", passwordFile: "x" }] },
    { accounts: [{ role: "user" }] },
    { oldTls: true },
    { unknown: 1 },
  ];
  for (const change of bad) {
    equal(
      StationUi.safeParse({ url: "https://10.20.0.11", driver: "alfen", ...change }).success,
      false,
      JSON.stringify(change),
    );
  }
});

Deno.test("ui config: the door", () => {
  equal(DevicePagesConfig.safeParse({ listen: "127.0.0.1:8447", ports: "9401-9440" }).success, true);
  equal(DevicePagesConfig.safeParse({ listen: "gw.example:8447" }).success, false);
  equal(DevicePagesConfig.safeParse({ listen: "127.0.0.1:8447", ports: "1-2" }).success, false);
  const most = UI_PROXY_LIMITS.uploadMegabytes;
  for (
    const [uploadMegabytes, good] of [[0, false], [1, true], [1.5, false], [most, true], [most + 1, false]] as const
  ) {
    const { success } = DevicePagesConfig.safeParse({ listen: "127.0.0.1:8447", uploadMegabytes });
    equal(success, good, `${uploadMegabytes} MB`);
  }
});
