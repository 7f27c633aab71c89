import { deepStrictEqual as equal } from "node:assert/strict";
import { pathText } from "./fault.ts";
import { FIRMWARE_RULES } from "./rules_firmware.ts";
import { Site } from "./schema.ts";

const ZONES = [
  { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
  { id: "wan", role: "uplink", interface: "eth0", address: "192.0.2.7/24" },
];
const LISTEN = "10.20.0.1:8446";
const FTP = {
  protocol: "ftp",
  listen: "10.20.0.1:21",
  models: ["esp/*"],
  plaintext: "isolated-segment",
  passivePorts: "50000-50009",
};
const HTTP = { protocol: "http", listen: "10.20.0.1:8447", models: ["beny/*"], plaintext: "isolated-segment" };
const SFTP = { protocol: "sftp", listen: "10.20.0.1:2222", models: ["compleo/*"] };

function faults(firmware: object): string[] {
  const stations = [{ id: "CP001" }];
  const site = Site.parse({ version: 1, site: { id: "g" }, network: { zones: ZONES }, stations, firmware });
  return FIRMWARE_RULES.flatMap((rule) => rule.check(site, new Map())).map(({ path, wrong }) =>
    `${pathText(path)}: ${wrong}`
  );
}

const CASES: readonly (readonly [name: string, firmware: object, wanted: readonly string[]])[] = [
  ["nothing served", {}, []],
  ["all of it", { listen: LISTEN, exceptions: [FTP, HTTP, SFTP] }, []],
  ["loopback", { listen: "127.0.0.1:8446" }, []],
  ["the uplink's address", { listen: "192.0.2.7:8446" }, [
    "firmware.listen: 192.0.2.7:8446 is not inside a zone of role ot",
  ]],
  ["every address", { listen: LISTEN, exceptions: [{ ...SFTP, listen: "0.0.0.0:22" }] }, [
    "firmware.exceptions[0].listen: 0.0.0.0:22 is not inside a zone of role ot",
  ]],
  ["one place twice", { listen: LISTEN, exceptions: [{ ...HTTP, listen: LISTEN }] }, [
    "firmware.exceptions[0].listen: it is listened on already",
  ]],
  ["an exception without HTTPS", { exceptions: [SFTP] }, ["firmware.exceptions[0]: there is no firmware.listen"]],
  ["http that is not named as plain", { listen: LISTEN, exceptions: [{ ...HTTP, plaintext: undefined }] }, [
    "firmware.exceptions[0]: http is not encrypted",
  ]],
  ["sftp that is named as plain", { listen: LISTEN, exceptions: [{ ...SFTP, plaintext: "isolated-segment" }] }, [
    "firmware.exceptions[0]: plaintext stands beside sftp",
  ]],
  ["ftp without data ports", { listen: LISTEN, exceptions: [{ ...FTP, passivePorts: undefined }] }, [
    "firmware.exceptions[0]: ftp has no data ports",
  ]],
  ["http with data ports", { listen: LISTEN, exceptions: [{ ...HTTP, passivePorts: "50000-50001" }] }, [
    "firmware.exceptions[0]: it has data ports",
  ]],
  ["as many data ports as may be", { listen: LISTEN, exceptions: [{ ...FTP, passivePorts: "50000-50031" }] }, []],
  ["one data port more", { listen: LISTEN, exceptions: [{ ...FTP, passivePorts: "50000-50032" }] }, [
    "firmware.exceptions[0].passivePorts: 50000-50032 cannot be used",
  ]],
  ["data ports backwards", { listen: LISTEN, exceptions: [{ ...FTP, passivePorts: "50009-50000" }] }, [
    "firmware.exceptions[0].passivePorts: 50009-50000 cannot be used",
  ]],
  ["data ports that are none", { listen: LISTEN, exceptions: [{ ...FTP, passivePorts: "65530-65540" }] }, [
    "firmware.exceptions[0].passivePorts: 65530-65540 cannot be used",
  ]],
  ["a protocol twice", { listen: LISTEN, exceptions: [SFTP, { ...SFTP, listen: "10.20.0.1:2223" }] }, [
    "firmware.exceptions[1].protocol: exceptions[0] is for the same protocol",
  ]],
  ["security logs", {
    listen: LISTEN,
    securityLogs: { exceptions: [{ stations: ["CP001"], everyHours: 24 }, { models: ["esp/*"], everyHours: "never" }] },
  }, []],
  ["security logs without a way here", { securityLogs: {} }, ["firmware.securityLogs: there is no firmware.listen"]],
  ["an exception for nobody", { listen: LISTEN, securityLogs: { exceptions: [{ everyHours: 24 }] } }, [
    "firmware.securityLogs.exceptions[0]: it names nobody",
  ]],
  ["an exception for a station that is not there", {
    listen: LISTEN,
    securityLogs: { exceptions: [{ stations: ["CP001", "CP01"], everyHours: 24 }] },
  }, ['firmware.securityLogs.exceptions[0].stations[1]: there is no station "CP01"']],
];
for (const [name, firmware, wanted] of CASES) {
  Deno.test(`firmware in site.yaml: ${name}`, () => equal(faults(firmware), wanted));
}
