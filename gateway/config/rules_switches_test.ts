import { deepStrictEqual as equal } from "node:assert/strict";
import { pathText } from "./fault.ts";
import { SWITCHES_SITE_RULES } from "./rules_switches.ts";
import { Site } from "./schema.ts";

const USER = { user: "reader", authPasswordFile: "auth", privacyPasswordFile: "privacy" };
const OLD = { communityFile: "community", plaintext: "isolated-segment" };
const FILES = { auth: "12345678", privacy: "12345678\n", community: "c" };

function faults(switches: readonly object[], files: Record<string, string> = FILES): string[] {
  const site = Site.parse({ version: 1, site: { id: "g" }, switches });
  const materials = new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]));
  return SWITCHES_SITE_RULES.flatMap((rule) => rule.check(site, materials)).map(({ path, wrong }) =>
    `${pathText(path)}: ${wrong}`
  );
}
const one = (snmp: object, address = "10.20.0.2") => [{ id: "sw", address, snmp }];

const CASES: readonly (readonly [string, readonly object[], readonly string[]])[] = [
  ["a user of SNMPv3", one(USER), []],
  ["a community on an isolated segment", one(OLD), []],
  ["a community of this box itself", one({ communityFile: "community" }, "127.0.0.1"), []],
  ["a community without the sentence", one({ communityFile: "community" }), [
    "switches[0].snmp.communityFile: SNMPv2c is not encrypted",
  ]],
  ["both ways", one({ ...USER, ...OLD }), ["switches[0].snmp: has both a user and a community"]],
  ["neither way", one({}), ["switches[0].snmp: has no user, authPasswordFile, privacyPasswordFile"]],
  ["a user without privacy", one({ user: "reader", authPasswordFile: "auth" }), [
    "switches[0].snmp: has no privacyPasswordFile",
  ]],
  ["passwords without a user", one({ authPasswordFile: "auth", privacyPasswordFile: "privacy" }), [
    "switches[0].snmp: has no user",
  ]],
  ["the same id in other letters", [...one(USER), { id: "SW", address: "10.20.0.3", snmp: USER }], [
    "switches[1].id: the id is taken by switches[0]",
  ]],
  ["the same address and port", [...one(USER), { id: "sw2", address: "10.20.0.2", snmp: USER }], [
    "switches[1].address: it is that of switches[0]",
  ]],
  ["the same address, another port", [...one(USER), { id: "sw2", address: "10.20.0.2", port: 1161, snmp: USER }], []],
];
for (const [name, switches, wanted] of CASES) {
  Deno.test(`switches rules: ${name}`, () => equal(faults(switches), wanted));
}

for (
  const [key, file, text, isGood] of [
    ["authPasswordFile", "auth", "1234567", false],
    ["authPasswordFile", "auth", "1234567\n", false],
    ["authPasswordFile", "auth", "x".repeat(255), true],
    ["authPasswordFile", "auth", "x".repeat(256), false],
    ["privacyPasswordFile", "privacy", "1234567", false],
    ["communityFile", "community", "", false],
    ["communityFile", "community", "x".repeat(256), false],
  ] as const
) {
  Deno.test(`switches rules: ${key} with ${text.length} characters is ${isGood ? "taken" : "refused"}`, () => {
    const found = faults(one(key === "communityFile" ? OLD : USER), { ...FILES, [file]: text });
    const length = text.replace(/\n$/, "").length;
    equal(found, isGood ? [] : [`switches[0].snmp.${key}: ${file} holds ${length} characters`]);
  });
}

Deno.test("switches rules: a file that could not be read is another rule's fault", () =>
  equal(faults(one(USER), {}), []));
