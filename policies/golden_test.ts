import { deepEqual, equal, match } from "node:assert/strict";
import { goldenFor, isGolden, judgeGolden, refuseGolden, wayOf } from "./golden.ts";
import type { GoldenProfile, GoldenSetting } from "./golden_types.ts";
import type { KeyTable } from "./device_key.ts";
import type { Evidence } from "./posture_types.ts";

const TABLE: KeyTable = {
  modules: ["tcpip", "custom", "web"],
  endings: ["_2"],
  groups: [
    { group: "lan", role: "manufacturer", lockout: ["off"], keys: ["WebUIEnabledLAN_tcpip"] },
    { group: "limits", role: "installer", safety: true, keys: ["InstallationThing_custom"] },
    { group: "modem", role: "installer", secret: true, keys: ["Apn_custom"] },
    { group: "roles", role: "operator", rolePassword: true, keys: ["OperatorWord_custom"] },
    { group: "lab", role: "dev", keys: ["Simulate_custom"] },
    { group: "log", role: "operator", keys: ["LogLevel_custom"] },
  ],
};
const setting = (more: Partial<GoldenSetting> = {}): GoldenSetting => ({
  ...{ id: "s", title: "t", source: "m", fixedBy: "gateway" },
  ways: { "ocpp1.6": { name: "Log", value: "INFO" }, driver: { name: "Log_custom", value: "Info" } },
  ...more,
});
const profile = (id: string, more: Partial<GoldenProfile> = {}): GoldenProfile => ({
  ...{ id, title: "t", about: "a", settings: [setting()] },
  ...more,
});
const value = (text: string): Evidence => ({ is: "value", value: text, at: 7 });

Deno.test("golden: the profile that names the model counts before one of the vendor, and that before one of any", () => {
  const any = profile("any"), vendor = profile("vendor", { vendors: ["bender"] });
  const model = profile("model", { vendors: ["bender"], models: ["CC61"] });
  const all = [any, vendor, model];
  equal(goldenFor(all, { vendor: "bender", model: "cc613 abc" })?.id, "model");
  equal(goldenFor(all, { vendor: "BENDER", model: "ICC1324" })?.id, "vendor");
  equal(goldenFor(all, { vendor: "bender" })?.id, "vendor");
  equal(goldenFor(all, { vendor: "alfen", model: "CC613" })?.id, "any");
  equal(goldenFor(all, {})?.id, "any");
  equal(goldenFor([vendor, model], { vendor: "benderX", model: "CC613" }), undefined);
  equal(
    goldenFor([profile("models", { models: ["cc61"] }), vendor], { vendor: "bender", model: "CC612" })?.id,
    "models",
  );
});

Deno.test("golden: a protocol has one way", () => {
  deepEqual([undefined, "ocpp1.6", "ocpp2.0.1", "ocpp2.1"].map(wayOf), [undefined, "ocpp1.6", "ocpp2", "ocpp2"]);
});

const COMPARED: readonly (readonly [wanted: string, has: string, isSame: boolean])[] = [
  ["false", "False", true],
  ["Off", "0", true],
  ["60", "60.0", true],
  ["60", "61", false],
  ["Energy,Power", "energy, power", true],
  ["Energy,Power", "Power,Energy", false],
  ["", "", true],
  ["", "0", false],
  ["0", "", false],
  ["INFO", "DEBUG", false],
];
for (const [wanted, has, isSame] of COMPARED) {
  Deno.test(`golden: "${has}" ${isSame ? "is" : "is not"} the wanted "${wanted}"`, () => {
    equal(isGolden({}, { name: "n", value: wanted }, has), isSame);
  });
}

Deno.test("golden: values that are as good as the written one need no change", () => {
  const accept = { atLeast: 10, atMost: 60 };
  deepEqual(["9", "10", "60", "61", "x"].map((has) => isGolden({ accept }, { name: "n", value: "30" }, has)), [
    ...[false, true, true, false, false],
  ]);
});

Deno.test("golden: OCPP decides before the page; where it has no answer the page does", () => {
  const bad = judgeGolden(setting(), { "ocpp1.6": value("DEBUG"), driver: value("Info") });
  deepEqual(bad, {
    ...{ setting: "s", way: "ocpp1.6", name: "Log", wanted: "INFO", state: "drifted", has: "DEBUG", at: 7 },
    why: "Log is DEBUG, wanted INFO",
  });
  const page = judgeGolden(setting(), { "ocpp1.6": { is: "absent", at: 1 }, driver: value("INFO") });
  deepEqual([page.state, page.way, page.why], ["same", "driver", "Log_custom is INFO"]);
  const away = judgeGolden(setting(), { "ocpp1.6": { is: "unknown", why: "away" }, driver: value("Debug") });
  deepEqual([away.state, away.way, away.wanted], ["drifted", "driver", "Info"]);
});

Deno.test("golden: what cannot be read is not known, with each reason once; what the station lacks is not there", () => {
  const away: Evidence = { is: "unknown", why: "away" };
  deepEqual(judgeGolden(setting(), { "ocpp1.6": away, driver: away }), { setting: "s", state: "unknown", why: "away" });
  const both = judgeGolden(setting(), { "ocpp1.6": away, driver: { is: "unknown", why: "busy" } });
  equal(both.why, "away; busy");
  equal(judgeGolden(setting(), { "ocpp1.6": { is: "absent", at: 1 } }).state, "absent");
  equal(
    judgeGolden(setting(), { "ocpp1.6": { is: "absent", at: 1 }, driver: away }).state,
    "unknown",
    "it may be there",
  );
  match(judgeGolden(setting(), {}).why, /no way/);
  match(judgeGolden(setting(), { ocpp2: value("x") }).why, /no way/, "the setting is not reached by this way");
  match(judgeGolden(setting(), { "ocpp1.6": value("") }).why, /is empty, wanted INFO/);
});

const REFUSED: readonly (readonly [way: "driver" | "ocpp1.6" | "ocpp2", name: string, rule: string | undefined])[] = [
  ["ocpp1.6", "LogLevel", undefined],
  ["ocpp1.6", "AllowOfflineTxForUnknownId", undefined],
  ["ocpp1.6", "UnknownToAll", undefined],
  ["ocpp1.6", "SecurityProfile", "golden.rehomed"],
  ["ocpp1.6", " ocppCentralAddress ", "golden.rehomed"],
  ["ocpp1.6", "JsonOCPPBackendURL", "golden.rehomed"],
  ["driver", "JsonOCPPBackendURL_tcpip", "golden.rehomed"],
  ["driver", "ChargePointID_ocpp", "golden.rehomed"],
  ["ocpp1.6", "AuthorizationKey", "golden.rehomed"],
  ["ocpp2", "OCPPCommCtrlr.NetworkConfigurationPriority", "golden.rehomed"],
  ["ocpp2", "NetworkConfiguration.OcppCsmsUrl", "golden.rehomed"],
  ["ocpp2", "SecurityCtrlr.BasicAuthPassword", "golden.rehomed"],
  ["ocpp2", "SecurityCtrlr.SharedKey", "golden.secret"],
  ["ocpp2", "TxCtrlr.StopTxOnInvalidId", undefined],
  ["driver", "OperatorPwdPlain_custom", "golden.secret"],
  ["driver", "SIMCardPinNumber_modem", "golden.secret"],
  ["driver", "Apn_custom", "golden.secret"],
  ["driver", "OperatorWord_custom", "golden.secret"],
  ["ocpp1.6", "maxintensitysocket", "golden.safety"],
  ["ocpp1.6", "OperatorCurrentLimit_2", "golden.safety"],
  ["ocpp1.6", "degradedmodesetpointmono", "golden.safety"],
  ["driver", "InstallationThing_custom", "golden.safety"],
  ["ocpp1.6", "InstallationThing", "golden.safety"],
  ["driver", "WebUIEnabledLAN_tcpip", "golden.device"],
  ["driver", "Simulate_custom", "golden.device"],
];
for (const [way, name, rule] of REFUSED) {
  Deno.test(`golden: ${way} ${name.trim()} ${rule ? `is refused by ${rule}` : "may be wanted"}`, () => {
    const decision = refuseGolden(way, { name, value: "off" }, [TABLE]);
    equal(decision?.effect === "deny" ? decision.rule : undefined, rule);
  });
}

Deno.test("golden: a value that does not shut the gateway out may be wanted of a setting whose other value would", () => {
  equal(refuseGolden("driver", { name: "WebUIEnabledLAN_tcpip", value: "on" }, [TABLE]), undefined);
});
