import { equal } from "node:assert/strict";
import { decideRehoming, isRehomingAction, type RehomingFacts } from "./ocpp_rehoming.ts";
import { KEYS_16, VARIABLES_2 } from "./ocpp_rehoming_keys.ts";

/** A name as a careless station may read it, and a CSMS that means harm may write it. */
const SPELLINGS: readonly (readonly [how: string, spell: (name: string) => string])[] = [
  ["as it stands", (name) => name],
  ["in upper case", (name) => name.toUpperCase()],
  ["in mixed case", (name) => name.replace(/[a-z]/g, (letter, at) => at % 2 === 0 ? letter.toUpperCase() : letter)],
  ["with blanks before it", (name) => `  ${name}`],
  ["with a tab behind it", (name) => `${name}\t`],
  ["with a line break behind it", (name) => `${name}\r\n`],
  ["with a NUL and more behind it", (name) => `${name}\0.x`],
  ["with a no-break space behind it", (name) => `${name}\u00a0`],
  ["with a byte order mark before it", (name) => `\ufeff${name}`],
  ["with a long s", (name) => name.replace("s", "\u017f")],
  ["with a Kelvin sign", (name) => name.replace("k", "\u212a")],
  ["in full width", (name) => name.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))],
];

const facts = (version: RehomingFacts["version"], action: string, payload: unknown): RehomingFacts => ({
  ...{ version, from: "csms", action, payload, isAmbiguous: false, stationTls: true, upstreamTls: true },
  stationCertificates: "site-ca",
});
const item = (name: string) => {
  const [component, variable] = name.split(".") as [string, string];
  return { component: { name: component }, variable: { name: variable }, attributeValue: "x" };
};
const OTHER = item("HeartbeatCtrlr.Interval");

for (const [how, spell] of SPELLINGS) {
  Deno.test(`re-homing: every key of the CSMS leg is taken, spelled ${how}`, () => {
    for (const key of KEYS_16.keys()) {
      const name = spell(key);
      const write = decideRehoming(facts("ocpp1.6", "ChangeConfiguration", { key: name, value: "x" }));
      equal(write?.handling, "take", `writing ${JSON.stringify(name)}`);
      for (const list of [[name], ["HeartbeatInterval", name], [name, "HeartbeatInterval", "a", "b"]]) {
        const read = decideRehoming(facts("ocpp1.6", "GetConfiguration", { key: list }));
        equal(read?.handling, "take", `reading ${JSON.stringify(list)}`);
      }
    }
  });
  Deno.test(`re-homing: every variable of the CSMS leg is taken wherever it stands in the list, spelled ${how}`, () => {
    for (const full of [...VARIABLES_2.keys(), "networkconfiguration.ocppcsmsurl", "networkconfiguration.identity"]) {
      const name = full.split(".").map(spell).join(".");
      const parts = full.split(".");
      const own = { ...item(name), component: { name: spell(parts[0]!) }, variable: { name: spell(parts[1]!) } };
      for (const version of ["ocpp2.0.1", "ocpp2.1"] as const) {
        for (const list of [[own], [OTHER, own], [own, OTHER], [OTHER, OTHER, OTHER, own]]) {
          const set = decideRehoming(facts(version, "SetVariables", { setVariableData: list }));
          equal(set?.handling, "take", `${version} writing ${name}`);
          const get = decideRehoming(facts(version, "GetVariables", { getVariableData: list }));
          equal(get?.handling, "take", `${version} reading ${name}`);
        }
      }
    }
  });
}

Deno.test("re-homing: names that only contain or resemble one are the station's, so that nothing else is kept from it", () => {
  for (const key of KEYS_16.keys()) {
    for (const name of [`x${key}`, `${key}x`, `${key}_2`, key.slice(1), `my.${key}`, key.replace(/o/g, "0")]) {
      if (KEYS_16.has(name)) continue;
      if (name === key) continue; // it has no "o"
      equal(decideRehoming(facts("ocpp1.6", "ChangeConfiguration", { key: name, value: "x" })), undefined, name);
    }
  }
});

Deno.test("re-homing: names that are no text are refused wherever they stand, never guessed", () => {
  for (const odd of [7, true, {}, [], ["securityprofile"], { toString: "securityprofile" }]) {
    const rule = (version: RehomingFacts["version"], action: string, payload: unknown) =>
      decideRehoming(facts(version, action, payload))?.rule;
    equal(rule("ocpp1.6", "ChangeConfiguration", { key: odd }), "ocpp.rehome.ambiguous");
    equal(rule("ocpp1.6", "GetConfiguration", { key: ["a", odd] }), "ocpp.rehome.ambiguous");
    for (const part of [{ component: { name: odd } }, { variable: { name: odd } }]) {
      const list = [OTHER, { ...OTHER, ...part }];
      equal(rule("ocpp2.0.1", "SetVariables", { setVariableData: list }), "ocpp.rehome.ambiguous");
      equal(rule("ocpp2.1", "GetVariables", { getVariableData: list }), "ocpp.rehome.ambiguous");
    }
  }
});

/** Messages of the CSMS leg with one member under another spelling of its name, alone and beside the right one. */
const MISSPELT: readonly (readonly [version: RehomingFacts["version"], action: string, payload: unknown])[] = [
  ["ocpp1.6", "ChangeConfiguration", { Key: "AuthorizationKey", Value: "x" }],
  ["ocpp1.6", "ChangeConfiguration", { key: "HeartbeatInterval", KEY: "AuthorizationKey", value: "x" }],
  ["ocpp1.6", "ChangeConfiguration", { key: "HeartbeatInterval", "key\0": "AuthorizationKey", value: "x" }],
  ["ocpp1.6", "GetConfiguration", { key: ["HeartbeatInterval"], Key: ["SecurityProfile"] }],
  ["ocpp1.6", "ExtendedTriggerMessage", { RequestedMessage: "SignChargePointCertificate" }],
  ["ocpp1.6", "InstallCertificate", { CertificateType: "CentralSystemRootCertificate" }],
  ["ocpp1.6", "DeleteCertificate", { CertificateHashData: {} }],
  ["ocpp2.0.1", "DeleteCertificate", { certificateHashData: { SerialNumber: "1" } }],
  ["ocpp2.0.1", "CertificateSigned", {
    certificateType: "V2GCertificate",
    certificatetype: "ChargingStationCertificate",
  }],
  ["ocpp2.0.1", "TriggerMessage", { requestedmessage: "SignChargingStationCertificate" }],
  ["ocpp2.0.1", "SetVariables", { SetVariableData: [item("SecurityCtrlr.BasicAuthPassword")] }],
  ["ocpp2.1", "SetVariables", { setVariableData: [OTHER, { ...OTHER, Component: { name: "SecurityCtrlr" } }] }],
  ["ocpp2.1", "SetVariables", { setVariableData: [{ ...OTHER, variable: { Name: "BasicAuthPassword" } }] }],
  ["ocpp2.1", "GetVariables", {
    getVariableData: [{ ...OTHER, component: { name: "a", "na\uff4de": "SecurityCtrlr" } }],
  }],
];
for (const [version, action, payload] of MISSPELT) {
  Deno.test(`re-homing: ${version} ${action} ${JSON.stringify(payload).slice(0, 60)} is refused: a station may forgive the spelling`, () => {
    equal(decideRehoming(facts(version, action, payload))?.rule, "ocpp.rehome.ambiguous");
  });
}

Deno.test("re-homing: custom data of a vendor may hold any name", () => {
  const customData = { vendorId: "v", Key: "AuthorizationKey", setVariableData: [item("SecurityCtrlr.Identity")] };
  equal(decideRehoming(facts("ocpp1.6", "ChangeConfiguration", { key: "HeartbeatInterval", customData })), undefined);
  equal(decideRehoming(facts("ocpp2.1", "SetVariables", { setVariableData: [OTHER], customData })), undefined);
});

Deno.test("re-homing: an action under another spelling of its name is refused, not passed on as one that nobody knows", () => {
  for (
    const action of ["changeconfiguration", "CHANGECONFIGURATION", " ChangeConfiguration", "ChangeConfiguration\0x"]
  ) {
    equal(isRehomingAction("csms", action), true, action);
    const payload = { key: "AuthorizationKey", value: "x" };
    equal(decideRehoming(facts("ocpp1.6", action, payload))?.rule, "ocpp.rehome.ambiguous", action);
  }
  equal(decideRehoming(facts("ocpp2.0.1", "SetVariables-signed", {}))?.rule, "ocpp.rehome.ambiguous");
  equal(decideRehoming(facts("ocpp2.0.1", "setnetworkprofile", {}))?.rule, "ocpp.rehome.ambiguous");
  // what the gateway takes in no version is passed on however it is spelled
  equal(decideRehoming({ ...facts("ocpp2.0.1", "authorize", {}), from: "station" }), undefined);
  equal(decideRehoming(facts("ocpp2.0.1", "changeconfiguration", {})), undefined);
  equal(isRehomingAction("csms", "Reset"), false);
  equal(isRehomingAction("station", "changeconfiguration"), false);
});
