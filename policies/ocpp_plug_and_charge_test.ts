import { deepStrictEqual as equal } from "node:assert/strict";
import { decideRehoming, type RehomingFacts } from "./ocpp_rehoming.ts";
import { isPlugAndCharge, PLUG_AND_CHARGE_VENDOR } from "./ocpp_plug_and_charge.ts";

type From = RehomingFacts["from"];

/** The rule for a DataTransfer of 1.6; `inner` is what its `data` says. */
function rule(from: From, payload: unknown, inner: unknown = {}, more: Partial<RehomingFacts> = {}) {
  const decision = decideRehoming({
    ...{ version: "ocpp1.6", from, action: "DataTransfer", payload, inner, isAmbiguous: false },
    ...{ stationTls: true, upstreamTls: true, stationCertificates: "site-ca", ...more },
  });
  return decision && `${decision.handling} ${decision.rule.replace("ocpp.rehome.", "")}`;
}
const carry = (messageId: unknown, more: Record<string, unknown> = {}) => ({
  vendorId: PLUG_AND_CHARGE_VENDOR,
  messageId,
  data: "as text",
  ...more,
});
const RELAY = "relay iso15118", TAKE = "take plug-and-charge", AMBIGUOUS = "refuse ambiguous";
const HASH = { hashAlgorithm: "SHA256", issuerNameHash: "a1", issuerKeyHash: "b2", serialNumber: "c3" };

/** All that the note has, and what is not in it, by what stands inside. */
const CASES: readonly (readonly [from: From, action: string, inner: unknown, wanted: string])[] = [
  ["csms", "InstallCertificate", { certificateType: "V2GRootCertificate" }, RELAY],
  ["csms", "InstallCertificate", { certificateType: "MORootCertificate" }, RELAY],
  ["csms", "InstallCertificate", { certificateType: "ManufacturerRootCertificate" }, RELAY],
  ["csms", "InstallCertificate", { certificateType: "CSMSRootCertificate" }, TAKE],
  ["csms", "InstallCertificate", { certificateType: " centralsystemrootcertificate" }, TAKE],
  ["csms", "InstallCertificate", { CertificateType: "CSMSRootCertificate" }, AMBIGUOUS],
  ["csms", "InstallCertificate", undefined, AMBIGUOUS],
  ["csms", "DeleteCertificate", { certificateHashData: HASH }, TAKE],
  ["csms", "DeleteCertificate", { certificateHashData: { ...HASH, SerialNumber: "1" } }, AMBIGUOUS],
  ["csms", "DeleteCertificate", undefined, AMBIGUOUS],
  ["csms", "CertificateSigned", { certificateChain: "x", certificateType: "V2GCertificate" }, RELAY],
  ["csms", "CertificateSigned", { certificateChain: "x" }, TAKE],
  ["csms", "CertificateSigned", { certificateChain: "x", certificateType: "ChargingStationCertificate" }, TAKE],
  ["csms", "GetInstalledCertificateIds", { certificateType: ["V2GRootCertificate", "MORootCertificate"] }, RELAY],
  ["csms", "GetInstalledCertificateIds", {}, TAKE],
  ["csms", "GetInstalledCertificateIds", { certificateType: ["MORootCertificate", "CSMSRootCertificate"] }, TAKE],
  ["csms", "TriggerMessage", { requestedMessage: "SignV2GCertificate" }, RELAY],
  ["csms", "TriggerMessage", { requestedMessage: "SignChargingStationCertificate" }, TAKE],
  ["csms", "SetVariables", {
    setVariableData: [{ component: { name: "SecurityCtrlr" }, variable: { name: "Identity" } }],
  }, TAKE],
  ["csms", "SetNetworkProfile", {}, TAKE],
  ["csms", "ChangeConfiguration", { key: "AuthorizationKey", value: "x" }, TAKE],
  ["csms", "ExtendedTriggerMessage", { requestedMessage: "SignChargePointCertificate" }, TAKE],
  ["csms", "DataTransfer", carry("DeleteCertificate"), TAKE],
  ["csms", "datatransfer", carry("DeleteCertificate"), TAKE],
  ["csms", "deletecertificate", { certificateHashData: HASH }, AMBIGUOUS],
  ["csms", "DeleteCertificate\0", { certificateHashData: HASH }, AMBIGUOUS],
  ["csms", "DeleteCertificate-Signed", { payload: "x" }, "refuse signed"],
  ["csms", "ChangeConfiguration", { key: "HeartbeatInterval" }, RELAY],
  ["csms", "AMessageOfTheMaker", undefined, RELAY],
  ["station", "SignCertificate", { csr: "x" }, RELAY],
  ["station", "SignCertificate", { csr: "x", certificateType: "V2GCertificate" }, RELAY],
  ["station", "SignCertificate", { csr: "x", certificateType: "ChargingStationCertificate" }, TAKE],
  ["station", "SignCertificate", undefined, AMBIGUOUS],
  ["station", "Authorize", undefined, RELAY],
  ["station", "Get15118EVCertificate", { exiRequest: "x" }, RELAY],
  ["station", "GetCertificateStatus", {}, RELAY],
];
for (const [from, action, inner, wanted] of CASES) {
  Deno.test(`Plug & Charge of 1.6: ${from} ${JSON.stringify(action)} ${JSON.stringify(inner)} is ${wanted}`, () => {
    equal(rule(from, carry(action), inner, inner === undefined ? { inner: undefined } : {}), wanted);
  });
}

Deno.test("Plug & Charge of 1.6: the vendor is known however it is spelled, and no other vendor is", () => {
  const root = { certificateType: "CSMSRootCertificate" };
  for (
    const vendorId of [PLUG_AND_CHARGE_VENDOR.toUpperCase(), ` ${PLUG_AND_CHARGE_VENDOR}\0x`, [PLUG_AND_CHARGE_VENDOR]]
  ) {
    equal(isPlugAndCharge({ vendorId }), true);
    equal(rule("csms", carry("InstallCertificate", { vendorId }), root), TAKE, String(vendorId));
  }
  for (const vendorId of ["org.openchargealliance.iso15118pnc2", "acme", "", 7, null, {}]) {
    equal(rule("csms", carry("InstallCertificate", { vendorId }), root), undefined, String(vendorId));
  }
  equal([isPlugAndCharge(undefined), isPlugAndCharge("x"), isPlugAndCharge([])], [false, false, false]);
});

Deno.test("Plug & Charge of 1.6: what a station could read otherwise is not passed on to it", () => {
  const odd: readonly unknown[] = [
    { VendorId: PLUG_AND_CHARGE_VENDOR, messageId: "GetCertificateStatus" },
    { vendorId: "acme", vendorID: PLUG_AND_CHARGE_VENDOR, messageId: "DeleteCertificate" },
    carry("GetInstalledCertificateIds", { MessageId: "DeleteCertificate" }),
    carry("InstallCertificate", { Data: "{}" }),
    carry(["DeleteCertificate"], { "me\u017fsageId": "x" }),
    carry(["InstallCertificate", "DeleteCertificate"]),
    carry({ toString: "DeleteCertificate" }),
    carry(7),
  ];
  for (const payload of odd) equal(rule("csms", payload), AMBIGUOUS, JSON.stringify(payload));
  // of two equal members the first is hidden: it could have been the vendor
  equal(rule("csms", { vendorId: "acme" }, {}, { isAmbiguous: true }), AMBIGUOUS);
  equal(rule("csms", carry("AMessageOfTheMaker"), {}, { isAmbiguous: true }), AMBIGUOUS);
  for (const action of ["datatransfer", "DATATRANSFER\t"]) {
    equal(rule("csms", carry("DeleteCertificate"), { certificateHashData: HASH }, { action }), AMBIGUOUS);
    equal(rule("csms", { vendorId: "acme" }, {}, { action }), undefined);
  }
});

Deno.test("Plug & Charge of 1.6: a station's own odd spelling is passed on, unless it could be for the station leg", () => {
  equal(rule("station", { VendorId: PLUG_AND_CHARGE_VENDOR, messageId: "Authorize" }), undefined);
  equal(rule("station", carry("Authorize", { Data: "{}" })), RELAY);
  equal(rule("station", carry("Authorize"), {}, { isAmbiguous: true }), RELAY);
  equal(rule("station", { vendorId: "acme" }, {}, { isAmbiguous: true }), undefined);
  equal(rule("station", carry("SignCertificate", { Data: "{}" })), AMBIGUOUS);
  equal(rule("station", carry("SignCertificate"), {}, { isAmbiguous: true }), AMBIGUOUS);
});

Deno.test("Plug & Charge of 1.6: LC15 is that of the message inside, and a station whose certificates are signed elsewhere goes there", () => {
  const root = { certificateType: "V2GRootCertificate" };
  for (const leg of [{ stationTls: false }, { upstreamTls: false }]) {
    equal(rule("csms", carry("InstallCertificate"), root, leg), "refuse plaintext");
  }
  equal(
    rule("csms", carry("DeleteCertificate"), { certificateHashData: HASH }, { upstreamTls: false }),
    "refuse plaintext",
  );
  const request = { csr: "x", certificateType: "ChargingStationCertificate" };
  equal(rule("station", carry("SignCertificate"), request, { stationCertificates: "elsewhere" }), RELAY);
});

Deno.test("Plug & Charge of 1.6: the same words in another version are none of it", () => {
  for (const version of ["ocpp2.0.1", "ocpp2.1"] as const) {
    equal(rule("csms", carry("DeleteCertificate"), { certificateHashData: HASH }, { version }), undefined);
  }
});
