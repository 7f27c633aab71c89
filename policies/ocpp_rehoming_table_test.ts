import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { decideRehoming, GUARDS, type RehomingFacts } from "./ocpp_rehoming.ts";
import { REHOMING_TABLE } from "./ocpp_rehoming_table.ts";

type Case = readonly [
  name: string,
  version: RehomingFacts["version"],
  from: RehomingFacts["from"],
  action: string,
  payload: unknown,
  handling: string | undefined,
  rule?: string,
];

const variable = (component: string, name: string, attributeValue?: string) => ({
  component: { name: component },
  variable: { name },
  ...attributeValue === undefined ? {} : { attributeValue },
});
const OWN = variable("SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef");
const STATIONS = variable("HeartbeatCtrlr", "Interval", "60");
const V2G = "V2GCertificate", STATION = "ChargingStationCertificate";
/** Plug & Charge of OCPP 1.6; ocpp_plug_and_charge_test.ts has the rest of it. */
const carry = (messageId?: string, certificateType?: string) => ({
  ...{ vendorId: "org.openchargealliance.iso15118pnc", messageId, data: { certificateType } },
});

/** The class of every message of this kind that an OCPP version has. */
const CASES: readonly Case[] = [
  // credentials and profile
  [
    "1.6 AuthorizationKey",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: "AuthorizationKey", value: "41" },
    "take",
    "ocpp.rehome.setting",
  ],
  [
    "1.6 key in another case",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: "authorizationKEY", value: "41" },
    "take",
  ],
  [
    "1.6 key with blanks around it",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: " AuthorizationKey\t", value: "" },
    "take",
  ],
  [
    "1.6 key with a NUL behind it",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: "AuthorizationKey\0x", value: "" },
    "take",
  ],
  ["1.6 SecurityProfile", "ocpp1.6", "csms", "ChangeConfiguration", { key: "SecurityProfile", value: "3" }, "take"],
  ["1.6 CpoName", "ocpp1.6", "csms", "ChangeConfiguration", { key: "CpoName", value: "Garage" }, "take"],
  ["1.6 EVlink address of the CSMS", "ocpp1.6", "csms", "ChangeConfiguration", {
    key: "ocppcentraladdress",
    value: "wss://x",
  }, "take"],
  ["1.6 Bender address of the CSMS", "ocpp1.6", "csms", "ChangeConfiguration", {
    key: "JsonOCPPBackendURL_tcpip",
    value: "",
  }, "take"],
  [
    "1.6 a key of the station",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: "HeartbeatInterval", value: "60" },
    undefined,
  ],
  [
    "1.6 a key that only resembles one",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: "AuthorizationKeyX" },
    undefined,
  ],
  [
    "1.6 a key that is no text",
    "ocpp1.6",
    "csms",
    "ChangeConfiguration",
    { key: ["AuthorizationKey"] },
    "refuse",
    "ocpp.rehome.ambiguous",
  ],
  ["1.6 reading all keys", "ocpp1.6", "csms", "GetConfiguration", {}, "take", "ocpp.rehome.read"],
  ["1.6 reading all keys by an empty list", "ocpp1.6", "csms", "GetConfiguration", { key: [] }, "take"],
  ["1.6 reading one of ours among others", "ocpp1.6", "csms", "GetConfiguration", {
    key: ["HeartbeatInterval", "securityprofile"],
  }, "take"],
  ["1.6 reading keys of the station", "ocpp1.6", "csms", "GetConfiguration", { key: ["HeartbeatInterval"] }, undefined],
  [
    "1.6 reading with a key that is no list",
    "ocpp1.6",
    "csms",
    "GetConfiguration",
    { key: "SecurityProfile" },
    "refuse",
  ],
  ["1.6 reading with a key that is no text", "ocpp1.6", "csms", "GetConfiguration", { key: [{}] }, "refuse"],
  [
    "2.0.1 BasicAuthPassword",
    "ocpp2.0.1",
    "csms",
    "SetVariables",
    { setVariableData: [OWN] },
    "take",
    "ocpp.rehome.setting",
  ],
  ["2.0.1 a mix", "ocpp2.0.1", "csms", "SetVariables", { setVariableData: [STATIONS, OWN] }, "take"],
  ["2.0.1 variables of the station", "ocpp2.0.1", "csms", "SetVariables", { setVariableData: [STATIONS] }, undefined],
  ["2.0.1 a variable whose name is no text", "ocpp2.0.1", "csms", "SetVariables", {
    setVariableData: [{ ...STATIONS, variable: { name: ["BasicAuthPassword"] } }],
  }, "refuse"],
  ["2.0.1 variables that are no list", "ocpp2.0.1", "csms", "SetVariables", { setVariableData: OWN }, "refuse"],
  ["2.0.1 no list of variables", "ocpp2.0.1", "csms", "SetVariables", {}, undefined],
  ["2.1 a password of a slot", "ocpp2.1", "csms", "SetVariables", {
    setVariableData: [variable("NetworkConfiguration", "BasicAuthPassword", "x")],
  }, "take"],
  [
    "2.0.1 reading SecurityProfile",
    "ocpp2.0.1",
    "csms",
    "GetVariables",
    { getVariableData: [variable("SecurityCtrlr", "SecurityProfile")] },
    "take",
    "ocpp.rehome.read",
  ],
  [
    "2.0.1 reading variables of the station",
    "ocpp2.0.1",
    "csms",
    "GetVariables",
    { getVariableData: [STATIONS] },
    undefined,
  ],
  ["2.0.1 priority of networks", "ocpp2.0.1", "csms", "SetVariables", {
    setVariableData: [variable("OCPPCommCtrlr", "NetworkConfigurationPriority", "1")],
  }, "take"],
  [
    "2.0.1 network profile",
    "ocpp2.0.1",
    "csms",
    "SetNetworkProfile",
    { configurationSlot: 1 },
    "take",
    "ocpp.rehome.network",
  ],
  ["2.1 network profile", "ocpp2.1", "csms", "SetNetworkProfile", { configurationSlot: 1 }, "take"],
  // certificates
  [
    "1.6 request for a CSR",
    "ocpp1.6",
    "csms",
    "ExtendedTriggerMessage",
    { requestedMessage: "SignChargePointCertificate" },
    "take",
    "ocpp.rehome.sign",
  ],
  [
    "1.6 request for a status",
    "ocpp1.6",
    "csms",
    "ExtendedTriggerMessage",
    { requestedMessage: "StatusNotification" },
    undefined,
  ],
  ["2.0.1 request for a CSR", "ocpp2.0.1", "csms", "TriggerMessage", {
    requestedMessage: "SignChargingStationCertificate",
  }, "take"],
  [
    "2.0.1 request for a V2G CSR",
    "ocpp2.0.1",
    "csms",
    "TriggerMessage",
    { requestedMessage: "SignV2GCertificate" },
    "relay",
    "ocpp.rehome.v2g",
  ],
  ["2.0.1 request for a combined CSR", "ocpp2.0.1", "csms", "TriggerMessage", {
    requestedMessage: "SignCombinedCertificate",
  }, "relay"],
  [
    "2.1 request for a V2G20 CSR",
    "ocpp2.1",
    "csms",
    "TriggerMessage",
    { requestedMessage: "SignV2G20Certificate" },
    "relay",
  ],
  [
    "2.0.1 request for a heartbeat",
    "ocpp2.0.1",
    "csms",
    "TriggerMessage",
    { requestedMessage: "Heartbeat" },
    undefined,
  ],
  [
    "1.6 signed certificate",
    "ocpp1.6",
    "csms",
    "CertificateSigned",
    { certificateChain: "x" },
    "take",
    "ocpp.rehome.certificate",
  ],
  ["2.0.1 signed certificate", "ocpp2.0.1", "csms", "CertificateSigned", {
    certificateType: "ChargingStationCertificate",
  }, "take"],
  ["2.0.1 signed certificate of an omitted type", "ocpp2.0.1", "csms", "CertificateSigned", {}, "take"],
  [
    "2.0.1 signed V2G certificate",
    "ocpp2.0.1",
    "csms",
    "CertificateSigned",
    { certificateType: "V2GCertificate" },
    "relay",
    "ocpp.rehome.v2g",
  ],
  [
    "2.1 signed V2G20 certificate",
    "ocpp2.1",
    "csms",
    "CertificateSigned",
    { certificateType: "V2G20Certificate" },
    "relay",
  ],
  [
    "1.6 root of the CSMS",
    "ocpp1.6",
    "csms",
    "InstallCertificate",
    { certificateType: "CentralSystemRootCertificate" },
    "take",
    "ocpp.rehome.root",
  ],
  [
    "1.6 root of the manufacturer",
    "ocpp1.6",
    "csms",
    "InstallCertificate",
    { certificateType: "ManufacturerRootCertificate" },
    "relay",
    "ocpp.rehome.station-root",
  ],
  [
    "2.0.1 root of the CSMS",
    "ocpp2.0.1",
    "csms",
    "InstallCertificate",
    { certificateType: "CSMSRootCertificate" },
    "take",
  ],
  ["2.0.1 V2G root", "ocpp2.0.1", "csms", "InstallCertificate", { certificateType: "V2GRootCertificate" }, "relay"],
  ["2.0.1 MO root", "ocpp2.0.1", "csms", "InstallCertificate", { certificateType: "MORootCertificate" }, "relay"],
  ["2.1 OEM root", "ocpp2.1", "csms", "InstallCertificate", { certificateType: "OEMRootCertificate" }, "relay"],
  [
    "1.6 deleting a root",
    "ocpp1.6",
    "csms",
    "DeleteCertificate",
    { certificateHashData: {} },
    "take",
    "ocpp.rehome.root-delete",
  ],
  ["2.0.1 deleting a root", "ocpp2.0.1", "csms", "DeleteCertificate", { certificateHashData: {} }, "take"],
  [
    "1.6 roots of the CSMS",
    "ocpp1.6",
    "csms",
    "GetInstalledCertificateIds",
    { certificateType: "CentralSystemRootCertificate" },
    "take",
    "ocpp.rehome.root-list",
  ],
  ["1.6 roots of the manufacturer", "ocpp1.6", "csms", "GetInstalledCertificateIds", {
    certificateType: "ManufacturerRootCertificate",
  }, "relay"],
  ["2.0.1 all certificates", "ocpp2.0.1", "csms", "GetInstalledCertificateIds", {}, "take"],
  ["2.0.1 all certificates by an empty list", "ocpp2.0.1", "csms", "GetInstalledCertificateIds", {
    certificateType: [],
  }, "take"],
  ["2.0.1 V2G and MO roots", "ocpp2.0.1", "csms", "GetInstalledCertificateIds", {
    certificateType: ["V2GRootCertificate", "MORootCertificate"],
  }, "relay"],
  ["2.0.1 a mix of roots", "ocpp2.0.1", "csms", "GetInstalledCertificateIds", {
    certificateType: ["V2GRootCertificate", "CSMSRootCertificate"],
  }, "take"],
  [
    "1.6 CSR of a station",
    "ocpp1.6",
    "station",
    "SignCertificate",
    { csr: "x" },
    "take",
    "ocpp.rehome.station-request",
  ],
  ["2.0.1 CSR of a station", "ocpp2.0.1", "station", "SignCertificate", {
    csr: "x",
    certificateType: "ChargingStationCertificate",
  }, "take"],
  [
    "2.0.1 V2G CSR of a station",
    "ocpp2.0.1",
    "station",
    "SignCertificate",
    { csr: "x", certificateType: "V2GCertificate" },
    "relay",
    "ocpp.rehome.v2g",
  ],
  ["2.0.1 CSR of an omitted type", "ocpp2.0.1", "station", "SignCertificate", { csr: "x" }, "relay", "ocpp.rehome.v2g"],
  // ISO 15118
  [
    "2.0.1 Authorize with a contract",
    "ocpp2.0.1",
    "station",
    "Authorize",
    { iso15118CertificateHashData: [] },
    "relay",
    "ocpp.rehome.iso15118",
  ],
  ["2.1 EV certificate", "ocpp2.1", "station", "Get15118EVCertificate", { exiRequest: "x" }, "relay"],
  ["2.0.1 OCSP", "ocpp2.0.1", "station", "GetCertificateStatus", {}, "relay"],
  ["1.6 Plug & Charge of the CSMS", "ocpp1.6", "csms", "DataTransfer", carry(), "relay"],
  ["1.6 Plug & Charge of the station", "ocpp1.6", "station", "DataTransfer", carry("SignCertificate", V2G), "relay"],
  ["1.6 a root inside", "ocpp1.6", "csms", "DataTransfer", carry("InstallCertificate", "CSMSRootCertificate"), "take"],
  ["1.6 a request inside", "ocpp1.6", "station", "DataTransfer", carry("SignCertificate", STATION), "take"],
  ["1.6 other data", "ocpp1.6", "csms", "DataTransfer", { vendorId: "acme" }, undefined],
  // what is no part of it
  [
    "the station asks for configuration",
    "ocpp1.6",
    "station",
    "ChangeConfiguration",
    { key: "AuthorizationKey" },
    undefined,
  ],
  ["a message of a transaction", "ocpp2.0.1", "station", "TransactionEvent", {}, undefined],
  ["1.6 words in 2.0.1", "ocpp2.0.1", "csms", "ChangeConfiguration", { key: "AuthorizationKey" }, undefined],
  ["2.0.1 words in 1.6", "ocpp1.6", "csms", "SetVariables", { setVariableData: [OWN] }, undefined],
  ["a name of the prototype", "ocpp1.6", "csms", "constructor", {}, undefined],
];

function facts(version: RehomingFacts["version"], from: RehomingFacts["from"], action: string, payload: unknown) {
  return {
    ...{ version, from, action, payload, isAmbiguous: false, stationTls: true, upstreamTls: true },
    stationCertificates: "site-ca" as const,
    inner: (payload as { readonly data?: unknown } | undefined)?.data ?? {},
  };
}

for (const [name, version, from, action, payload, handling, rule] of CASES) {
  Deno.test(`re-homing: ${name} is ${handling ?? "not concerned"}`, () => {
    const decision = decideRehoming(facts(version, from, action, payload));
    equal(decision?.handling, handling);
    if (rule !== undefined) equal(decision?.rule, rule);
  });
  Deno.test(`re-homing: ${name}, signed, is passed on or refused, never changed`, () => {
    const signed = decideRehoming(facts(version, from, `${action}-Signed`, payload));
    // by its hash a root is the station's or not: only control can tell, which passes it on or refuses
    const wanted = handling === "take" && action !== "DeleteCertificate" ? "refuse" : handling;
    equal(signed?.handling, wanted);
    if (wanted === "refuse" && handling === "take") equal(signed?.rule, "ocpp.rehome.signed");
  });
  if (handling === "take") {
    Deno.test(`re-homing: ${name} is refused when it has equal keys or cannot be read`, () => {
      const plain = facts(version, from, action, payload);
      equal(decideRehoming({ ...plain, isAmbiguous: true })?.rule, "ocpp.rehome.ambiguous");
      equal(decideRehoming({ ...plain, payload: undefined })?.rule, "ocpp.rehome.ambiguous");
    });
  }
}

Deno.test("re-homing: every row and guard says why, and no row is hidden by an earlier one", () => {
  for (const { rule, because } of REHOMING_TABLE) {
    ok(/^ocpp\.rehome\.[a-z0-9-]+$/.test(rule) && because.length > 20, rule);
  }
  for (const reason of Object.values(GUARDS)) ok(reason.length > 20);
  const used = new Set(
    CASES.map(([, version, from, action, payload]) => decideRehoming(facts(version, from, action, payload))?.reason),
  );
  for (const { because, actions } of REHOMING_TABLE) ok(used.has(because), `${actions}: ${because}`);
});
