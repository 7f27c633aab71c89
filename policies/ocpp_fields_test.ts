import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import { fold, hasFields, NO_FIELDS, readFields } from "./ocpp_fields.ts";

const URL_ACTIONS = ["UpdateFirmware", "SignedUpdateFirmware", "GetDiagnostics", "GetLog", "PublishFirmware"];

Deno.test("ocpp fields: every URL of a message is found, however deep and under whichever case", () => {
  for (const action of URL_ACTIONS) {
    const payload = {
      location: "https://a.example/",
      firmware: { Location: "ftp://b.example" },
      log: [{ remoteLocation: 7 }],
    };
    const { hosts, schemes } = readFields("csms", action, payload);
    equal([hosts, schemes], [["a.example", "b.example", null], ["https", "ftp", null]], action);
  }
  const { hosts } = readFields("csms", "SetNetworkProfile", {
    connectionData: { ocppCsmsUrl: "wss://csms.example/x" },
  });
  equal(hosts, ["csms.example"]);
});

Deno.test("ocpp fields: a member name with a NUL or blanks behind it counts as the name a C string would be", () => {
  equal(readFields("csms", "GetLog", { "location\0x": "https://a.example/" }).hosts, ["a.example"]);
  equal(readFields("csms", "GetLog", { " location ": "https://a.example/" }).hosts, ["a.example"]);
  equal(fold("Location\0x"), "location");
});

Deno.test("ocpp fields: values of settings count as URLs only when they look like one", () => {
  const of = (value: unknown) => readFields("csms", "ChangeConfiguration", { key: "k", value }).hosts;
  equal([of("60"), of("wss://csms.example/x"), of("wss://a@b@c"), of(7)], [[], ["csms.example"], [null], []]);
  // a URL to a program that goes by WHATWG's standard, and to nobody else
  for (const odd of ["wss:csms.example", "WSS:\\\\csms.example", " ht\ttp:/csms.example", "\nftp:csms.example"]) {
    equal(of(odd), [null], odd);
  }
  equal([of("12:30"), of("http"), of("a:b"), of("C:/x")], [[], [], [], []]);
  const data = [{ component: { name: "c" }, variable: { name: "v" }, attributeValue: "http://x.example" }];
  equal(readFields("csms", "SetVariables", { setVariableData: data }).hosts, ["x.example"]);
});

Deno.test("ocpp fields: keys of 1.6 are compared without case and blanks; what is no plain text cannot be read", () => {
  const of = (payload: unknown) => readFields("csms", "ChangeConfiguration", payload).keys;
  equal(of({ key: " AuthorizationKey" }), [["authorizationkey"]]);
  equal(of({ key: "Authorization\u212Aey" }), [null], "a Kelvin sign is no K");
  equal(of({ key: "AuthorizationKey\0" }), [null]);
  equal([of({}), of({ key: 7 }), of({ Key: "a" }), of({ key: "a", KEY: "b" })], [[null], [null], [null], [null]]);
});

Deno.test("ocpp fields: variables of 2.x go by their own name and by that of their component", () => {
  const item = { component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" } };
  const of = (setVariableData: unknown) => readFields("csms", "SetVariables", { setVariableData }).keys;
  equal(of([item]), [["basicauthpassword", "securityctrlr.basicauthpassword"]]);
  equal(of([item, { variable: {} }]), [["basicauthpassword", "securityctrlr.basicauthpassword"], null]);
  equal(of("x"), [null]);
  equal(of([{ ...item, Variable: { name: "Other" } }]), [null], "two spellings of one member");
});

Deno.test("ocpp fields: DataTransfer tells vendor and message; no message id is an empty one, no vendor cannot be read", () => {
  const of = (payload: unknown) => {
    const { vendorIds, messageIds } = readFields("station", "DataTransfer", payload);
    return [...vendorIds, ...messageIds];
  };
  equal(of({ vendorId: "Com.Example", messageId: "Ping" }), ["com.example", "ping"]);
  equal(of({ vendorId: "com.example" }), ["com.example", ""]);
  equal(of({ messageId: 4 }), [null, null]);
});

Deno.test("ocpp fields: single fields are read from CALLs of the CSMS, as words and numbers", () => {
  const { fields } = readFields("csms", "ClearChargingProfile", {
    type: "Hard",
    connectorId: 1,
    evse: { id: 2 },
    csChargingProfiles: { chargingProfilePurpose: "TxProfile" },
    requestedMessage: "two words",
  });
  equal(fields, {
    type: "Hard",
    connectorId: "1",
    evseId: "2",
    chargingProfilePurpose: "TxProfile",
    requestedMessage: null,
  });
  equal(readFields("station", "StatusNotification", { connectorId: 1 }), NO_FIELDS);
  for (const payload of [{ TYPE: "Soft", type: "Hard" }, { type: "Hard", TYPE: "Soft" }, { Type: "Hard" }]) {
    equal(readFields("csms", "Reset", payload).fields.type, null, JSON.stringify(payload));
  }
});

Deno.test("ocpp fields: of a payload that can be read in two ways nothing is believed", () => {
  equal(readFields("csms", "UpdateFirmware", undefined).hosts, [null]);
  equal(readFields("csms", "UpdateFirmware", undefined).schemes, [null]);
  equal(readFields("csms", "SetVariables", undefined).keys, [null]);
  equal(readFields("station", "DataTransfer", undefined).vendorIds, [null]);
  equal(readFields("csms", "Reset", undefined).fields.type, null);
  equal(readFields("csms", "Reset", undefined).hosts, []);
});

Deno.test("ocpp fields: nothing is believed of an action in another spelling", () => {
  for (
    const action of ["updatefirmware", "UpdateFirmware ", "UPDATEFIRMWARE", "updateFirmware-signed", "UpdateFirmware\0"]
  ) {
    equal(readFields("csms", action, { location: "https://fw.example" }).hosts, [null], action);
  }
  equal(readFields("csms", "UpdateFirmwares", { location: "https://fw.example" }).hosts, []);
});

Deno.test("ocpp fields: as many values as the limit are read, with one more nothing is believed", () => {
  const locations = (count: number) => ({
    list: Array.from({ length: count }, () => ({ location: "https://a.example" })),
  });
  equal(readFields("csms", "GetLog", locations(POLICY_LIMITS.fieldValues)).hosts.length, POLICY_LIMITS.fieldValues);
  equal(readFields("csms", "GetLog", locations(POLICY_LIMITS.fieldValues + 1)).hosts, [null]);
  const data = (count: number) => ({
    setVariableData: Array(count).fill({ component: { name: "c" }, variable: { name: "v" } }),
  });
  equal(readFields("csms", "SetVariables", data(POLICY_LIMITS.fieldValues)).keys.length, POLICY_LIMITS.fieldValues);
  equal(readFields("csms", "SetVariables", data(POLICY_LIMITS.fieldValues + 1)).keys, [null]);
});

Deno.test("ocpp fields: nesting and names beyond the limit cannot be read", () => {
  const nested = (levels: number): unknown =>
    levels === 0 ? { location: "https://a.example" } : { in: nested(levels - 1) };
  equal(readFields("csms", "GetLog", nested(POLICY_LIMITS.fieldDepth)).hosts, ["a.example"]);
  equal(readFields("csms", "GetLog", nested(POLICY_LIMITS.fieldDepth + 1)).hosts, [null]);
  const key = (chars: number) => readFields("csms", "ChangeConfiguration", { key: "k".repeat(chars) }).keys[0];
  ok(key(POLICY_LIMITS.fieldChars));
  equal(key(POLICY_LIMITS.fieldChars + 1), null);
});

Deno.test("ocpp fields: only some messages of a station have fields", () => {
  equal([hasFields("csms", "Reset"), hasFields("station", "DataTransfer"), hasFields("station", "MeterValues")], [
    true,
    true,
    false,
  ]);
});

Deno.test("ocpp fields: payloads of any shape are read without a fault", () => {
  for (
    const payload of [null, 7, "x", [], [[]], { location: null }, { setVariableData: [null, 7, []] }, { firmware: [] }]
  ) {
    for (
      const action of [
        ...URL_ACTIONS,
        "SetVariables",
        "ChangeConfiguration",
        "DataTransfer",
        "Reset",
        "constructor",
        "__proto__",
      ]
    ) {
      ok(readFields("csms", action, payload));
    }
  }
});
