import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import { TimeConfig } from "./config.ts";
import { TIME_LIMITS } from "./limits.ts";
import { timeSettings } from "./settings.ts";

const FILES = { bytes: () => new Uint8Array(), text: (path: string) => `<${path}>` };
const settings = (time?: object, address = "10.20.0.1/24") =>
  timeSettings(
    Site.parse({
      version: 1,
      site: { id: "g" },
      network: { zones: [{ id: "ot", role: "ot", interface: "eth1", address }] },
      ...time ? { time } : {},
    }),
    FILES,
  );

Deno.test("time settings: a site without the section leaves the clock alone", () => equal(settings(), undefined));

Deno.test("time settings: servers as chrony needs them, with the text of their CA", () => {
  const upstream = [
    { nts: "time.example" },
    { nts: "ntp.corp.example", port: 4_461, caFile: "corp.pem" },
    { ntp: "10.99.0.5", plaintext: "isolated-segment" },
  ];
  equal(settings({ upstream })?.servers, [
    { host: "time.example", nts: true },
    { host: "ntp.corp.example", nts: true, port: 4_461, ca: "<corp.pem>" },
    { host: "10.99.0.5", nts: false },
  ]);
});

for (
  const [address, network] of [
    ["10.20.0.1/24", "10.20.0.0/24"],
    ["10.20.3.7/22", "10.20.0.0/22"],
    ["10.20.0.129/25", "10.20.0.128/25"],
    ["10.20.0.1/32", "10.20.0.1/32"],
    ["10.20.0.1/16", "10.20.0.0/16"],
    ["192.168.5.14/30", "192.168.5.12/30"],
  ] as const
) {
  Deno.test(`time settings: a zone at ${address} is served as ${network}`, () => {
    equal(settings({ serve: ["ot"], upstream: [] }, address)?.serve, [network]);
  });
}

Deno.test("time settings: a box without a clock of its own says so", () => {
  equal([settings({})?.realTimeClock, settings({ realTimeClock: false })?.realTimeClock], [true, false]);
});

Deno.test("time settings: a CA that was not read is a fault, not a server without one", () => {
  const site = Site.parse({
    version: 1,
    site: { id: "g" },
    time: { upstream: [{ nts: "a.example", caFile: "gone.pem" }] },
  });
  const none = {
    bytes: () => new Uint8Array(),
    text: (path: string): string => {
      throw new ConfigError("CFG_UNREADABLE", `Cannot read "${path}"`);
    },
  };
  throws(() => timeSettings(site, none), { code: "CFG_UNREADABLE" });
});

const good = (section: object) => TimeConfig.safeParse(section).success;
const SECTIONS: readonly (readonly [string, object, boolean])[] = [
  ["nothing", {}, true],
  ["a server", { upstream: [{ nts: "time.example" }] }, true],
  ["a server by address", { upstream: [{ nts: "192.0.2.1" }] }, true],
  ["a server that is no host", { upstream: [{ nts: "time example" }] }, false],
  ["a server that chrony would read as more", { upstream: [{ nts: "time.example iburst" }] }, false],
  ["port 0", { upstream: [{ nts: "time.example", port: 0 }] }, false],
  ["port 65536", { upstream: [{ nts: "time.example", port: 65_536 }] }, false],
  ["an unknown key", { upstream: [{ nts: "time.example", pool: true }] }, false],
  ["a clock that may be off by nothing", { stationOffsetSeconds: 0 }, false],
  ["a clock that may be off by a minute", { stationOffsetSeconds: 60 }, true],
];
for (const [name, section, wanted] of SECTIONS) {
  Deno.test(`time section: ${name} is ${wanted ? "taken" : "refused"}`, () => equal(good(section), wanted));
}

Deno.test("time section: as many servers as chrony is told of, and one more", () => {
  const many = (count: number) => ({ upstream: Array.from({ length: count }, (_, at) => ({ nts: `t${at}.example` })) });
  equal([good(many(TIME_LIMITS.servers)), good(many(TIME_LIMITS.servers + 1))], [true, false]);
});
