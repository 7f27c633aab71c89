import { deepEqual, equal } from "node:assert/strict";
import type { Decision } from "./decision.ts";
import type { KeyTable } from "./device_key.ts";
import { classifyPage, decidePage } from "./device_page.ts";
import { refuseImport, refuseOcppSetting, type Setting, settingsOfOcpp } from "./device_setting.ts";

const TABLE: KeyTable = {
  modules: ["tcpip", "custom", "web", "ocpp", "vehicleif"],
  endings: ["_2", "_default"],
  groups: [
    { group: "lan", role: "manufacturer", lockout: ["0", "off"], keys: ["WebUIEnabledLAN_tcpip"] },
    { group: "lan", role: "installer", lockout: ["*"], keys: ["NetworkConfigStaticAddress_tcpip"] },
    { group: "ocpp", role: "installer", lockout: ["*"], keys: ["JsonOCPPBackendURL_tcpip"] },
    { group: "dev", role: "dev", keys: ["AllowFirmwareDowngrade_custom", "SSH*"] },
    { group: "limits", role: "operator", keys: ["OperatorCurrentLimit_vehicleif"] },
    { group: "passwords", role: "manufacturer", secret: true, rolePassword: true, keys: ["*Pwd*"] },
  ],
};
const rule = (decision: Decision | undefined) => decision?.effect === "deny" ? decision.rule : undefined;
const change = (key: unknown, value: unknown = "1") => ["ChangeConfiguration", { key, value }] as const;
const set = (...data: readonly (readonly [name: string, value: unknown])[]) =>
  ["SetVariables", {
    setVariableData: data.map(([name, attributeValue]) => ({
      component: { name: "X" },
      variable: { name },
      attributeValue,
    })),
  }] as const;

Deno.test("device setting: what one OCPP message writes, of both versions", () => {
  deepEqual(settingsOfOcpp(...change("A", "1")), [["A", "1"]]);
  deepEqual(settingsOfOcpp(...set(["A", "1"], ["B", "2"])), [["A", "1"], ["B", "2"]]);
  deepEqual(settingsOfOcpp("GetConfiguration", { key: ["A"] }), []);
});

const ODD: readonly [action: string, payload: unknown, settings: readonly Setting[]][] = [
  ["ChangeConfiguration", null, []],
  ["ChangeConfiguration", [], []],
  ["ChangeConfiguration", { key: 5 }, []],
  ["ChangeConfiguration", { key: "A" }, [["A", ""]]],
  ["ChangeConfiguration", { key: "A", value: 0 }, [["A", "0"]]],
  ["SetVariables", {}, []],
  ["SetVariables", { setVariableData: {} }, []],
  ["SetVariables", { setVariableData: [null, 5, { variable: 1 }, { variable: { name: "A" } }] }, [["A", ""]]],
];
for (const [action, payload, settings] of ODD) {
  Deno.test(`device setting: ${action} with ${JSON.stringify(payload)} is read, whatever it is`, () => {
    deepEqual(settingsOfOcpp(action, payload), settings);
  });
}

const OCPP: readonly [what: string, message: readonly [string, unknown], rule: string | undefined][] = [
  ["a limit", change("OperatorCurrentLimit", "16"), undefined],
  ["what nobody knows", change("SomethingNew"), undefined],
  ["a password, which the CSMS may set", change("OperatorPwdPlain"), undefined],
  ["the laboratory's", change("AllowFirmwareDowngrade"), "ocpp.setting.dev"],
  ["in another case", change("ALLOWFIRMWAREDOWNGRADE"), "ocpp.setting.dev"],
  ["with its module", change("AllowFirmwareDowngrade_custom"), "ocpp.setting.dev"],
  ["of the second connector", change("AllowFirmwareDowngrade_custom_2"), "ocpp.setting.dev"],
  ["by pattern", change("SSHAccessUsb"), "ocpp.setting.dev"],
  ["the pages off", change("WebUIEnabledLAN", "Off"), "ocpp.setting.lockout"],
  ["the pages on", change("WebUIEnabledLAN", "On"), undefined],
  ["another address", change("NetworkConfigStaticAddress", "10.0.0.1"), "ocpp.setting.lockout"],
  ["as a number", change("WebUIEnabledLAN", 0), "ocpp.setting.lockout"],
  ["second of two", set(["OperatorCurrentLimit", "16"], ["SSHAccessUsb", "On"]), "ocpp.setting.dev"],
  ["the CSMS's address, which rehoming takes", change("JsonOCPPBackendURL", "wss://x"), undefined],
  ["the CSMS's address with its module", change("JsonOCPPBackendURL_tcpip", "wss://x"), undefined],
];
for (const [what, message, wanted] of OCPP) {
  Deno.test(`device setting: over OCPP ${what} is ${wanted ?? "let through"}`, () => {
    equal(rule(refuseOcppSetting(...message, TABLE)), wanted);
  });
}

const FILES: readonly [what: string, settings: readonly Setting[], role: "operator" | "manufacturer", rule?: string][] =
  [
    ["the operator's own", [["OperatorCurrentLimit_vehicleif", "16"]], "operator"],
    ["nothing", [], "operator"],
    ["its own password", [["OperatorPwdPlain_custom", "x"]], "operator", "import.setting.password"],
    ["a password for the manufacturer", [["OperatorPwdPlain_custom", "x"]], "manufacturer", "import.setting.password"],
    ["a password of another case", [["operatorPWDplain_CUSTOM", "x"]], "manufacturer", "import.setting.password"],
    ["a password that nobody knows", [["NewPwd_custom", "x"]], "manufacturer", "import.setting.password"],
    [
      "a setting twice",
      [["OperatorCurrentLimit_vehicleif", "16"], ["OperatorCurrentLimit_vehicleif", "32"]],
      "manufacturer",
      "import.setting.repeated",
    ],
    [
      "a setting twice, by another case",
      [["OperatorCurrentLimit_vehicleif", "16"], ["operatorcurrentlimit_VEHICLEIF", "16"]],
      "manufacturer",
      "import.setting.repeated",
    ],
    [
      "a setting twice, once without its module",
      [["OperatorCurrentLimit_vehicleif", "16"], ["OperatorCurrentLimit", "16"]],
      "manufacturer",
      "import.setting.repeated",
    ],
    [
      "a setting and the one of the second connector",
      [["OperatorCurrentLimit_vehicleif", "16"], ["OperatorCurrentLimit_vehicleif_2", "16"]],
      "operator",
    ],
    ["two that nobody knows", [["New_custom", "x"], ["Newer_custom", "x"]], "manufacturer"],
    [
      "one that nobody knows twice",
      [["New_custom", "x"], ["NEW_custom", "y"]],
      "manufacturer",
      "import.setting.repeated",
    ],
    ["what nobody knows", [["New_custom", "x"]], "operator", "import.setting.role"],
    ["the laboratory's", [["SSHAccess_custom", "x"]], "manufacturer", "import.setting.dev"],
    ["the way to the CSMS", [["JsonOCPPBackendURL_tcpip", "x"]], "manufacturer", "import.setting.lockout"],
  ];
for (const [what, settings, role, wanted] of FILES) {
  Deno.test(`device setting: a file with ${what}, as ${role}`, () =>
    equal(rule(refuseImport(settings, TABLE, role)), wanted));
}

Deno.test("device setting: page, REST, OCPP and file refuse the same settings with the same words", () => {
  const table = {
    rows: [{ id: "w", path: "/json/settings.json", methods: ["POST"], role: "user" as const, settings: {} }],
    keys: TABLE,
  };
  const access = {
    grant: "g",
    role: "manufacturer" as const,
    capabilities: ["view", "edit", "secrets"] as const,
    legacy: "allowed" as const,
    grantsLegacy: true,
  };
  for (const [name, value] of [["SSHAccessUsb", "On"], ["WebUIEnabledLAN_tcpip", "off"]] as const) {
    const page = classifyPage({ method: "POST", path: "/json/settings.json", parameters: [[name, value]] }, table);
    const answers = [
      decidePage(page, access),
      refuseOcppSetting("ChangeConfiguration", { key: name, value }, TABLE),
      refuseImport([[name, value]], TABLE, "manufacturer"),
    ];
    const words = answers.map((answer) => answer?.effect === "deny" ? answer.reason : "let through");
    equal(new Set(words).size, 1, words.join("; "));
    const rules = answers.map((answer) => rule(answer)!.replace(/^[a-z]+\./, ""));
    equal(new Set(rules).size, 1);
  }
});
