import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { CHRONY_CONFIG, writeChronyFiles } from "./chrony_config.ts";
import { readChronyReport } from "./chrony_report.ts";
import { HAL_LIMITS } from "./limits.ts";
import { check } from "./schema.ts";
import { TimeReport, TimeSettings } from "./time_service.ts";

const FULL: TimeSettings = {
  servers: [{ host: "time.example", nts: true }, {
    host: "10.99.0.5",
    nts: true,
    port: 4_461,
    ca: "-----BEGIN CERTIFICATE-----\n",
  }],
  serve: ["10.20.0.0/24", "10.30.0.0/24"],
  realTimeClock: false,
};

const linesOf = (settings: TimeSettings) =>
  writeChronyFiles(settings, "/etc/chrony/bulkhead").get(CHRONY_CONFIG)!.split("\n");

Deno.test("chrony: proven servers alone, the OT side served, orphan mode, no real-time clock", () => {
  equal(linesOf(FULL).slice(1, -1), [
    "server time.example iburst nts",
    "server 10.99.0.5 iburst nts ntsport 4461 certset 2",
    "ntstrustedcerts 2 /etc/chrony/bulkhead/ca-2.pem",
    "authselectmode require",
    "ntsdumpdir /var/lib/chrony",
    "nocerttimecheck 1",
    "makestep 1.0 3",
    "rtcsync",
    "allow 10.20.0.0/24",
    "allow 10.30.0.0/24",
    "local stratum 10 orphan",
    "ratelimit interval 1 burst 16",
    "clientloglimit 1048576",
  ]);
  const files = writeChronyFiles(FULL, "/x");
  equal([...files.keys()], ["ca-2.pem", CHRONY_CONFIG], "the configuration comes last");
});

Deno.test("chrony: with an unproven server both kinds count; without servers and zones neither is said", () => {
  const mixed = {
    ...FULL,
    servers: [...FULL.servers, { host: "10.99.0.6", nts: false }],
    serve: [],
    realTimeClock: true,
  };
  ok(linesOf(mixed).includes("authselectmode mix"));
  ok(linesOf(mixed).includes("server 10.99.0.6 iburst"));
  const none = linesOf({ servers: [], serve: [], realTimeClock: true }).join("\n");
  ok(!/authselectmode|allow|local|nocerttimecheck/.test(none));
});

const BAD: readonly [what: string, settings: unknown][] = [
  ["a host with a second line", { ...FULL, servers: [{ host: "a\nallow all", nts: true }] }],
  ["a host with a space", { ...FULL, servers: [{ host: "a nts", nts: true }] }],
  ["a host that begins with a dash", { ...FULL, servers: [{ host: "-a", nts: true }] }],
  ["a network that is a word", { ...FULL, serve: ["all"] }],
  ["a network with a second line", { ...FULL, serve: ["10.0.0.0/8\nallow"] }],
  ["a CA with other letters", { ...FULL, servers: [{ host: "a", nts: true, ca: 'mailonchange root@x 0 "' }] }],
  ["one server too many", { ...FULL, servers: Array(HAL_LIMITS.timeServers + 1).fill({ host: "a", nts: true }) }],
  ["one letter too many in a CA", {
    ...FULL,
    servers: [{ host: "a", nts: true, ca: "A".repeat(HAL_LIMITS.timeCaChars + 1) }],
  }],
  ["an unknown key", { ...FULL, mailonchange: "x" }],
];

for (const [what, settings] of BAD) {
  Deno.test(`chrony: ${what} is refused before anything is written`, () =>
    void throws(() => check(TimeSettings, settings), { code: "HAL_BAD_VALUE" }));
}

Deno.test("chrony: as many servers and letters as the limits", () => {
  const server = { host: "a", nts: true, ca: "A".repeat(HAL_LIMITS.timeCaChars) };
  equal(
    check(TimeSettings, { ...FULL, servers: Array(HAL_LIMITS.timeServers).fill(server) }).servers.length,
    HAL_LIMITS.timeServers,
  );
});

/** As chronyc 4.3 wrote it in a namespace with an authenticated server, and with one that is away. */
const REPORT =
  `0A580001,10.88.0.1,6,1795259189.372419284,-0.000003282,0.000000347,0.000000738,-0.514,0.006,4.078,0.000010669,0.000008278,1.0,Normal
^,*,time.example,5,0,77,0,0.000000087,0.000000434,0.000005370
^,?,other.example,0,6,0,4294967295,0.000000000,0.000000000,0.000000000
#,x,PPS0,0,4,377,11,-0.5,0.1,0.1
time.example,NTS,1,15,256,3,0,0,8,100
other.example,NTS,0,0,0,4294967295,4,0,0,0
PPS0,-,0,0,0,4294967295,0,0,0,0
`;

Deno.test("chrony report: clock, servers and their proof", () => {
  const report = readChronyReport(REPORT, 12);
  equal(report, {
    ageSeconds: 12,
    tracking: { stratum: 6, offsetSeconds: 0.000003282, leap: "Normal" },
    sources: [
      {
        host: "time.example",
        state: "selected",
        isReachable: true,
        offsetSeconds: 8.7e-8,
        nts: { cookies: 8, attempts: 0 },
      },
      {
        host: "other.example",
        state: "unreachable",
        isReachable: false,
        offsetSeconds: 0,
        nts: { cookies: 0, attempts: 4 },
      },
      { host: "PPS0", state: "false-ticker", isReachable: true, offsetSeconds: -0.5 },
    ],
  });
  equal(check(TimeReport, report), report);
});

Deno.test("chrony report: nothing, half a line, other lines, and words for numbers", () => {
  for (
    const text of [
      "",
      "0A580001,10.88",
      "506 Cannot talk to daemon\n",
      "a,b,c\n,,,\n",
      "0A580001,x,far,0,soon,0,0,0,0,0,0,0,0,Normal",
    ]
  ) {
    equal(readChronyReport(text, 0), { ageSeconds: 0, sources: [] }, text);
  }
  equal(readChronyReport("^,!,a,x,0,zz,0,soon,0,0", 0).sources, [{
    host: "a",
    state: "unusable",
    isReachable: false,
    offsetSeconds: 0,
  }]);
});

Deno.test("chrony report: at most so many sources, of any length of text", () => {
  const many = Array.from({ length: HAL_LIMITS.timeSources + 1 }, (_, at) => `^,+,h${at},2,6,377,1,0,0,0`).join("\n");
  equal(readChronyReport(many, 0).sources.length, HAL_LIMITS.timeSources);
  ok(check(TimeReport, readChronyReport(`${"x,".repeat(100_000)}\n^,+,${"h".repeat(500)},2,6,377,1,0,0,0`, 0)));
});
