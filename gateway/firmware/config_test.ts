import { deepEqual, equal, match } from "node:assert/strict";
import { FirmwareConfig } from "./config.ts";
import { FIRMWARE_LIMITS } from "./limits.ts";

const faultOf = (value: unknown): string => {
  const result = FirmwareConfig.safeParse(value);
  return result.success
    ? ""
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
};

Deno.test("firmware config: a vendor needs its name only; the defaults ask for TUF or the vendor's own signature", () => {
  const { vendors, preset, quotaMegabytes } = FirmwareConfig.parse({ vendors: [{ vendor: "bender" }] });
  deepEqual(vendors[0], {
    vendor: "bender",
    revokedSerials: [],
    algorithms: ["RSA-PSS-SHA256", "ECDSA-SHA256"],
    salt: "any",
    evidence: ["tuf", "ocpp-signature"],
    onUnverified: "refuse",
    formats: [],
    maxMegabytes: 512,
  });
  deepEqual([preset, quotaMegabytes], ["two-of-three", 8_192]);
});

Deno.test("firmware config: security logs are asked for when a site says so, each week unless it says otherwise", () => {
  equal(FirmwareConfig.parse({}).securityLogs, undefined);
  deepEqual(FirmwareConfig.parse({ securityLogs: {} }).securityLogs, {
    ...{ everyHours: 168, exceptions: [], atOnce: 1, missingPeriods: 2 },
    ...{ keepFiles: 12, keepDays: 400, quotaMegabytes: 512 },
  });
});

Deno.test("firmware config: PKCS#1 v1.5 counts only where it is named", () => {
  equal(
    FirmwareConfig.parse({ vendors: [{ vendor: "a" }] }).vendors[0]!.algorithms.includes("RSA-PKCS1-SHA256"),
    false,
  );
  equal(faultOf({ vendors: [{ vendor: "a", algorithms: ["RSA-PKCS1-SHA256"] }] }), "");
});

const BAD: readonly (readonly [string, unknown, RegExp])[] = [
  [
    "ECSchnorr, with its reason",
    { vendors: [{ vendor: "a", algorithms: ["ECSchnorr-SHA256"] }] },
    /no package can check/,
  ],
  ["MD5, with its reason", { vendors: [{ vendor: "a", algorithms: ["MD5"] }] }, /proves nothing against an attacker/],
  ["SHA-1, with its reason", { vendors: [{ vendor: "a", algorithms: ["RSA-PKCS1-SHA1"] }] }, /SHA-1 collides/],
  ["an algorithm nobody knows", { vendors: [{ vendor: "a", algorithms: ["ROT13"] }] }, /one of ECDSA-SHA256/],
  ["no algorithm", { vendors: [{ vendor: "a", algorithms: [] }] }, /algorithms/],
  ["a proof nobody knows", { vendors: [{ vendor: "a", evidence: ["md5"] }] }, /proofs joined by "\+"/],
  ["a proof named twice", { vendors: [{ vendor: "a", evidence: ["tuf + tuf"] }] }, /proofs joined/],
  ["no proof at all", { vendors: [{ vendor: "a", evidence: [] }] }, /evidence/],
  ["a serial that is not hex", { vendors: [{ vendor: "a", revokedSerials: ["12:34"] }] }, /serial number in hex/],
  ["a repository without TLS", { sources: [{ id: "hq", url: "http://x.example/" }] }, /https:\/\//],
  ["a host with its port", { fetchHosts: [{ host: "files.example:21" }] }, /a host name or IP address/],
  ["a host key that is none", { fetchHosts: [{ host: "files.example", hostKey: "MD5:00" }] }, /ssh-keygen/],
  ["logs every day and a bit", { securityLogs: { everyHours: 24.5 } }, /everyHours/],
  ["logs more often than hourly", { securityLogs: { everyHours: 0 } }, /everyHours/],
  ["logs at no time", { securityLogs: { exceptions: [{ models: ["a/*"], everyHours: "always" }] } }, /or never/],
  [
    "logs of a model with a blank",
    { securityLogs: { exceptions: [{ models: ["a b"], everyHours: 1 }] } },
    /vendor\/model/,
  ],
  ["a key nobody knows", { vendorz: [] }, /vendorz/],
];
for (const [name, value, wanted] of BAD) {
  Deno.test(`firmware config: refuses ${name}`, () => match(faultOf(value), wanted));
}

Deno.test("firmware config: lists are taken up to their limits, one entry more is not", () => {
  const vendors = (count: number) => ({ vendors: Array.from({ length: count }, (_, at) => ({ vendor: `v${at}` })) });
  const hosts = (count: number) => ({
    fetchHosts: Array.from({ length: count }, (_, at) => ({ host: `h${at}.example` })),
  });
  const serials = (count: number) => ({ vendors: [{ vendor: "a", revokedSerials: Array(count).fill("0a") }] });
  const exceptions = (count: number, stations = 1) => ({
    securityLogs: {
      exceptions: Array.from({ length: count }, () => ({ stations: Array(stations).fill("CP001"), everyHours: 24 })),
    },
  });
  for (
    const [make, limit] of [
      [exceptions, FIRMWARE_LIMITS.logExceptions],
      [(count: number) => exceptions(1, count), FIRMWARE_LIMITS.logStations],
      [vendors, FIRMWARE_LIMITS.vendors],
      [hosts, FIRMWARE_LIMITS.fetchHosts],
      [serials, FIRMWARE_LIMITS.revokedSerials],
    ] as const
  ) {
    equal(faultOf(make(limit)), "");
    match(faultOf(make(limit + 1)), /Too big|<=/);
  }
});
