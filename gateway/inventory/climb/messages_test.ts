import { deepEqual, equal } from "node:assert/strict";
import type { Json } from "../../core/control_api.ts";
import { OCPP_VERSIONS } from "../../ocpp/codec.ts";
import { loadSchemaCheck } from "../../ocpp/validation.ts";
import * as messages from "./messages.ts";

const CHAIN = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

for (const version of OCPP_VERSIONS) {
  Deno.test(`climb messages: every message to a station of ${version} fits its schema`, async () => {
    const check = await loadSchemaCheck(version);
    const is16 = version === "ocpp1.6";
    const own = is16
      ? [
        messages.setAddress("CentralURL", "wss://10.20.0.1:8444/ocpp"),
        messages.readKey("CentralURL"),
        messages.setProfile16(3),
      ]
      : [
        messages.setNetworkProfile(version, 2, "wss://10.20.0.1:8444/ocpp", 2),
        messages.setPriority("2,1"),
        messages.readPriority,
      ];
    const all = [
      ...own,
      messages.installRoot(version, CHAIN),
      messages.setPassword(version, "00".repeat(20)),
      messages.reset(version),
      messages.triggerSigning(version),
      messages.triggerStatus(version),
      messages.certificateSigned(version, CHAIN),
      messages.certificateSigned(version, CHAIN, 7),
      messages.ping(version),
    ];
    deepEqual(
      all.map(({ action, payload }) => [action, check.call(action, payload)]),
      all.map(({ action }) => [action, undefined]),
    );
  });
}

const variable = (attributeStatus: string) => ({ result: { setVariableResult: [{ attributeStatus }] } });
const READINGS: readonly [messages.Reading["is"], Parameters<typeof messages.readAnswer>[0]][] = [
  ["accepted", { result: { status: "Accepted" } }],
  ["accepted", { result: { status: "Scheduled" } }],
  ["accepted", variable("Accepted")],
  ["reboot", { result: { status: "RebootRequired" } }],
  ["reboot", variable("RebootRequired")],
  ["refused", { result: { status: "Rejected" } }],
  ["refused", { result: { status: "Failed" } }],
  ["refused", variable("Rejected")],
  ["refused", { result: null }],
  ["refused", { result: {} }],
  ["unsupported", { result: { status: "NotSupported" } }],
  ["unsupported", { result: { status: "NotImplemented" } }],
  ["unsupported", variable("UnknownVariable")],
  ["unsupported", { error: { code: "NotImplemented", description: "" } }],
  ["refused", { error: { code: "InternalError", description: "no" } }],
];

for (const [is, answer] of READINGS) {
  Deno.test(`climb messages: ${JSON.stringify(answer)} is ${is}`, () => {
    equal(messages.readAnswer(answer).is, is);
  });
}

Deno.test("climb messages: a free slot goes in front, the ones before stay as the way back", () => {
  deepEqual(messages.nextSlot("1"), { slot: 2, priority: "2,1" });
  deepEqual(messages.nextSlot("2, 1"), { slot: 3, priority: "3,2,1" });
  deepEqual(messages.nextSlot("1,2,3"), { slot: 4, priority: "4,1,2,3" });
  deepEqual(messages.nextSlot(undefined), { slot: 1, priority: "1" });
  deepEqual(messages.nextSlot("x,,0"), { slot: 1, priority: "1" });
});

Deno.test("climb messages: values are found by name, in any case, and only where the station has them", () => {
  const keys: Json = { configurationKey: [{ key: "OcppCentralAddress", readonly: false, value: "ws://a" }] };
  equal(messages.keyValue(keys, "ocppcentraladdress"), "ws://a");
  equal(messages.keyValue({ unknownKey: ["x"] }, "x"), undefined);
  equal(messages.keyValue(null, "x"), undefined);
  const read = (attributeStatus: string) =>
    messages.variableValue({ getVariableResult: [{ attributeStatus, attributeValue: "1" }] });
  equal(read("Accepted"), "1");
  equal(read("UnknownVariable"), undefined);
  equal(messages.variableValue({}), undefined);
});

Deno.test("climb messages: only a request for the station's own certificate is read", () => {
  deepEqual(messages.readSignCertificate({ csr: "x" }), { csr: "x" });
  deepEqual(messages.readSignCertificate({ csr: "x", certificateType: "ChargingStationCertificate", requestId: 3 }), {
    csr: "x",
    requestId: 3,
  });
  equal(messages.readSignCertificate({ csr: "x", certificateType: "V2GCertificate" }), undefined);
  equal(messages.readSignCertificate({ csr: 7 }), undefined);
  equal(messages.readSignCertificate(null), undefined);
});
