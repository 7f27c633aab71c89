import { deepEqual, equal } from "node:assert/strict";
import { DEVICE_ROLES } from "./access_types.ts";
import { classifyKey, coversRole, type KeyTable, locksOut } from "./device_key.ts";
import { POLICY_LIMITS } from "./limits.ts";

const TABLE: KeyTable = {
  modules: ["web", "custom", "tcpip", "semp_gateway"],
  endings: ["_2", "_default"],
  groups: [
    { group: "language", role: "user", keys: ["WebUILanguage_web"] },
    { group: "limits", role: "installer", safety: true, keys: ["CurrentLimit_vehicle", "Limit_web"] },
    { group: "password", role: "operator", secret: true, keys: ["OperatorPwdPlain_custom"] },
    { group: "password", role: "operator", keys: ["EnforcePwdChange_custom"] },
    { group: "password", role: "manufacturer", secret: true, keys: ["*Pwd*", "*Password"] },
    { group: "lan", role: "manufacturer", lockout: ["off", "0"], keys: ["WebUIEnabledLAN_tcpip"] },
    { group: "address", role: "installer", lockout: ["*"], keys: ["NetworkConfig_mode_tcpip"] },
    { group: "meters", role: "operator", keys: ["Port_semp_gateway", "Mode_custom"] },
    { group: "laboratory", role: "dev", keys: ["SSH*", "Mode_web"] },
  ],
};

const classify = (name: string) => classifyKey(name, TABLE);

const SAME: readonly (readonly [how: string, name: string, key: string])[] = [
  ["as the maker writes it", "WebUILanguage_web", "WebUILanguage_web"],
  ["in another case", "WEBUILANGUAGE_WEB", "WebUILanguage_web"],
  ["with blanks around", " WebUILanguage_web\t", "WebUILanguage_web"],
  ["without its module, as OCPP has it", "WebUILanguage", "WebUILanguage_web"],
  ["without a module of two words", "port", "Port_semp_gateway"],
  ["without a module, though the key has words of its own", "NetworkConfig_mode", "NetworkConfig_mode_tcpip"],
  ["of the second connector", "CurrentLimit_vehicle_2", "CurrentLimit_vehicle"],
  ["of the factory", "CurrentLimit_vehicle_default", "CurrentLimit_vehicle"],
  ["with several endings", "CurrentLimit_vehicle_2_default_2", "CurrentLimit_vehicle"],
  ["of the second connector, in another case", "currentlimit_VEHICLE_2", "CurrentLimit_vehicle"],
];
for (const [how, name, key] of SAME) {
  Deno.test(`device key: known ${how}`, () => {
    const found = classify(name);
    equal(found.key, key);
    equal(found.known, true);
  });
}

const UNKNOWN = [
  "",
  "_2",
  "NoSuchKey",
  "WebUILanguage_we",
  "xWebUILanguage_web",
  "NetworkConfig",
  "WebUILanguage_tcpip",
];
for (const name of UNKNOWN) {
  Deno.test(`device key: ${JSON.stringify(name)} is nobody's but the manufacturer's`, () => {
    deepEqual(classify(name), { key: name, group: "unknown", known: false, role: "manufacturer" });
  });
}

Deno.test("device key: a key that is written out counts before a pattern that also fits", () => {
  deepEqual(classify("EnforcePwdChange_custom"), {
    key: "EnforcePwdChange_custom",
    group: "password",
    known: true,
    role: "operator",
  });
  equal(classify("OperatorPwdPlain").role, "operator");
});

Deno.test("device key: a password by its name is the manufacturer's and secret, wherever the word stands", () => {
  for (const name of ["SomePwd_x", "pwd", "xPWDy", "GuestPassword"]) {
    const found = classify(name);
    equal(found.role, "manufacturer", name);
    equal(found.secret, true, name);
  }
  equal(classify("PasswordHint").known, false);
});

Deno.test("device key: a pattern at the end takes what begins so, a pattern at the front what ends so", () => {
  equal(classify("SSHEnabled").role, "dev");
  equal(classify("sshRoot_2").role, "dev");
  equal(classify("noSSH").known, false);
});

Deno.test("device key: of two settings that a short name could mean, the strictest counts", () => {
  equal(classify("Mode").role, "dev");
  equal(classify("Mode_custom").role, "operator");
  equal(classify("Mode_web").role, "dev");
});

Deno.test("device key: secret, safety and lock-out make the stricter of two with the same role", () => {
  const table: KeyTable = {
    modules: ["a", "b", "c", "d"],
    endings: [],
    groups: [
      { group: "plain", role: "operator", keys: ["K_a"] },
      { group: "secret", role: "operator", secret: true, keys: ["K_b"] },
      { group: "safety", role: "operator", safety: true, keys: ["K_c"] },
      { group: "lockout", role: "operator", lockout: ["*"], keys: ["K_d"] },
    ],
  };
  const without = (group: string) => ({ ...table, groups: table.groups.filter((one) => one.group !== group) });
  equal(classifyKey("K", table).group, "lockout");
  equal(classifyKey("K", without("lockout")).group, "safety");
  equal(classifyKey("K", { ...without("lockout"), groups: table.groups.slice(0, 2) }).group, "secret");
});

Deno.test("device key: each role covers itself and those below, and nobody covers the laboratory", () => {
  for (const [has, role] of DEVICE_ROLES.entries()) {
    for (const [needs, other] of DEVICE_ROLES.entries()) equal(coversRole(role, other), has >= needs);
    equal(coversRole(role, "dev"), false);
  }
});

Deno.test("device key: values that would shut the gateway out, whatever their case and the blanks around", () => {
  const lan = classify("WebUIEnabledLAN");
  for (const value of ["off", "OFF", " Off ", "0"]) equal(locksOut(lan, value), true, value);
  for (const value of ["on", "1", "offline", ""]) equal(locksOut(lan, value), false, value);
  equal(locksOut(classify("NetworkConfig_mode_tcpip"), "anything"), true);
  equal(locksOut(classify("WebUILanguage"), "off"), false);
});

Deno.test("device key: endings as many as a message has room for are read, and a longer name is nobody's", () => {
  equal(classify(`CurrentLimit_vehicle${"_2".repeat(130_000)}`).key, "CurrentLimit_vehicle");
  equal(classify(`x${"_default".repeat(32_000)}`).known, false);
  equal(classify(`SSH${"x".repeat(260_000)}`).group, "laboratory");
  const name = (chars: number) => "K".repeat(chars);
  const table = (chars: number) => ({
    ...TABLE,
    groups: [{ group: "long", role: "dev", keys: [name(chars)] }] as const,
  });
  const isKnown = (chars: number) => classifyKey(name(chars), table(chars)).known;
  deepEqual([isKnown(POLICY_LIMITS.keyChars), isKnown(POLICY_LIMITS.keyChars + 1)], [true, false]);
});

Deno.test("device key: a table is gone through once, however many keys are asked for", () => {
  let reads = 0;
  const table: KeyTable = {
    ...TABLE,
    get groups() {
      reads++;
      return TABLE.groups;
    },
  };
  for (let i = 0; i < 1_000; i++) classifyKey(`Unknown${i}_2`, table);
  deepEqual([classifyKey("limit", table).key, reads], ["Limit_web", 1]);
});
