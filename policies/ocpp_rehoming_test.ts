import { deepStrictEqual as equal } from "node:assert/strict";
import { decideRehoming, itemsOf, type RehomingFacts, settingOfKey, settingOfVariable } from "./ocpp_rehoming.ts";
import { KEYS_16, VARIABLES_2 } from "./ocpp_rehoming_keys.ts";

const variable = (component: string, name: string, attributeValue?: string) => ({
  component: { name: component },
  variable: { name },
  ...attributeValue === undefined ? {} : { attributeValue },
});

function facts(version: RehomingFacts["version"], from: RehomingFacts["from"], action: string, payload: unknown) {
  return {
    ...{ version, from, action, payload, isAmbiguous: false, stationTls: true, upstreamTls: true },
    stationCertificates: "site-ca" as const,
  };
}

Deno.test("re-homing: LC15, no certificate is managed over a leg in plain text", () => {
  const legs = (stationTls: boolean, upstreamTls: boolean) => ({ stationTls, upstreamTls });
  const judge = (from: "csms" | "station", action: string, payload: unknown, on: ReturnType<typeof legs>) =>
    decideRehoming({ ...facts("ocpp2.0.1", from, action, payload), ...on })?.rule;
  const v2g = { certificateType: "V2GCertificate" }, root = { certificateType: "V2GRootCertificate" };
  for (const on of [legs(false, true), legs(true, false)]) {
    equal(judge("csms", "InstallCertificate", root, on), "ocpp.rehome.plaintext");
    equal(judge("csms", "CertificateSigned", v2g, on), "ocpp.rehome.plaintext");
    equal(judge("station", "SignCertificate", v2g, on), "ocpp.rehome.plaintext");
  }
  const own = { certificateType: "CSMSRootCertificate" };
  equal(judge("csms", "InstallCertificate", own, legs(false, true)), "ocpp.rehome.root");
  equal(judge("csms", "InstallCertificate", own, legs(true, false)), "ocpp.rehome.plaintext");
  const request = { certificateType: "ChargingStationCertificate" };
  equal(judge("station", "SignCertificate", request, legs(true, false)), "ocpp.rehome.station-request");
  equal(judge("station", "SignCertificate", request, legs(false, true)), "ocpp.rehome.plaintext");
  equal(judge("station", "Authorize", {}, legs(false, false)), "ocpp.rehome.iso15118");
  const trigger = { requestedMessage: "SignChargingStationCertificate" };
  equal(judge("csms", "TriggerMessage", trigger, legs(false, true)), "ocpp.rehome.sign");
  equal(judge("csms", "TriggerMessage", trigger, legs(true, false)), "ocpp.rehome.plaintext");
});

Deno.test("re-homing: LC15 holds for Plug & Charge of OCPP 1.6, too", () => {
  const data = (messageId: string) => ({ vendorId: "org.openchargealliance.iso15118pnc", messageId });
  const judge = (messageId: string) =>
    decideRehoming({
      ...facts("ocpp1.6", "csms", "DataTransfer", data(messageId)),
      inner: { certificateType: "V2GCertificate" },
      stationTls: false,
    })
      ?.handling;
  equal(["InstallCertificate", "CertificateSigned", "TriggerMessage"].map(judge), ["refuse", "refuse", "relay"]);
});

Deno.test("re-homing: requests of stations whose certificates are signed elsewhere are passed on", () => {
  const request = facts("ocpp2.0.1", "station", "SignCertificate", { certificateType: "ChargingStationCertificate" });
  equal(decideRehoming({ ...request, stationCertificates: "elsewhere" })?.handling, "relay");
});

Deno.test("re-homing: equal keys in a message that is only relayed change nothing", () => {
  const authorize = facts("ocpp2.0.1", "station", "Authorize", {});
  equal(decideRehoming({ ...authorize, isAmbiguous: true })?.handling, "relay");
});

Deno.test("re-homing: keys and variables are known whatever their case", () => {
  for (const [key, setting] of KEYS_16) equal(settingOfKey(key.toUpperCase()), setting, key);
  for (const [name, setting] of VARIABLES_2) {
    const [component, own] = name.toUpperCase().split(".");
    equal(settingOfVariable(variable(component!, own!)), setting, name);
  }
  equal(settingOfVariable(variable("NetworkConfiguration", "OcppCsmsUrl")), "network");
  equal([settingOfVariable(undefined), settingOfVariable({}), settingOfKey(7)], [undefined, undefined, undefined]);
});

Deno.test("re-homing: the list of a request is found under its own name only", () => {
  equal(itemsOf("GetConfiguration", { key: ["a"] }), ["a"]);
  equal(itemsOf("SetVariables-Signed", { setVariableData: [1] }), [1]);
  equal([itemsOf("SetVariables", { getVariableData: [1] }), itemsOf("Reset", {})], [undefined, undefined]);
});
