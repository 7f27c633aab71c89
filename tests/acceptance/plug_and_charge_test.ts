import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { hashOfRoot, readRoots } from "../../gateway/inventory/upstream/upstream_roots.ts";
import { PLUG_AND_CHARGE_VENDOR as vendorId } from "../../policies/ocpp_plug_and_charge.ts";
import { type RehomingRig, type RigStation, STATION_PASSWORD, withRehoming } from "../support/rehoming_rig.ts";
import { TestCa } from "../support/test_ca.ts";
import { waitFor } from "../support/wait_for.ts";

/** ISO 15118 through the gateway: what is between car, station and CSMS crosses it byte for byte (issue 3, item 4). */

const V2G = new TestCa("V2G root");
const SUB = V2G.intermediate("SECC sub CA");
const HASH = {
  hashAlgorithm: "SHA256",
  issuerNameHash: "a1".repeat(32),
  issuerKeyHash: "b2".repeat(32),
  serialNumber: "0c3d",
};
const OCSP = { ...HASH, responderURL: "http://ocsp.example/v2g" };
const CERTIFICATE = SUB.client("SECC").certPem;
const EXI = "gAAEAOYI0oJFrcgOQvPYOTg6dHLl6Tt9GBsX5g4=";
const SCHEMA = "urn:iso:15118:2:2013:MsgDef";

/** A call with the answer of its receiver, in the words of one version. */
interface Exchange {
  readonly from: "station" | "csms";
  readonly action: string;
  readonly payload: Record<string, unknown>;
  readonly answer: Record<string, unknown>;
}

const contract = { idToken: "DE8ACC12E46L89", type: "eMAID" };
const hashChain = [{ certificateType: "V2GRootCertificate", certificateHashData: HASH }];

/** OCPP 2.0.1 use cases C07, M01 to M06; 2.1 has the same messages. */
const NATIVE: readonly Exchange[] = [
  {
    from: "csms",
    action: "InstallCertificate",
    payload: { certificateType: "V2GRootCertificate", certificate: V2G.pem },
    answer: { status: "Accepted" },
  },
  {
    from: "csms",
    action: "InstallCertificate",
    payload: { certificateType: "MORootCertificate", certificate: V2G.pem },
    answer: { status: "Accepted" },
  },
  {
    from: "csms",
    action: "TriggerMessage",
    payload: { requestedMessage: "SignV2GCertificate" },
    answer: { status: "Accepted" },
  },
  {
    from: "station",
    action: "SignCertificate",
    payload: { csr: "-----BEGIN CERTIFICATE REQUEST-----", certificateType: "V2GCertificate" },
    answer: { status: "Accepted" },
  },
  {
    from: "csms",
    action: "CertificateSigned",
    payload: { certificateChain: CERTIFICATE + SUB.pem, certificateType: "V2GCertificate" },
    answer: { status: "Accepted" },
  },
  {
    from: "csms",
    action: "GetInstalledCertificateIds",
    payload: { certificateType: ["V2GRootCertificate", "MORootCertificate"] },
    answer: { status: "Accepted", certificateHashDataChain: hashChain },
  },
  {
    from: "station",
    action: "Authorize",
    payload: { idToken: contract, certificate: CERTIFICATE, iso15118CertificateHashData: [OCSP] },
    answer: { idTokenInfo: { status: "Accepted" }, certificateStatus: "Accepted" },
  },
  {
    from: "station",
    action: "Get15118EVCertificate",
    payload: { iso15118SchemaVersion: SCHEMA, action: "Install", exiRequest: EXI },
    answer: { status: "Accepted", exiResponse: EXI },
  },
  {
    from: "station",
    action: "GetCertificateStatus",
    payload: { ocspRequestData: OCSP },
    answer: { status: "Accepted", ocspResult: EXI },
  },
];

/** The same inside DataTransfer, as "Using ISO 15118 Plug & Charge with OCPP 1.6" has it. */
const WRAPPED: readonly Exchange[] = NATIVE.map(({ from, action, payload, answer }) => ({
  from,
  action: "DataTransfer",
  payload: { vendorId, messageId: action, data: JSON.stringify(payload) },
  answer: { status: "Accepted", data: JSON.stringify(answer) },
}));

async function exchange({ csms }: RehomingRig, station: RigStation, one: Exchange): Promise<Record<string, unknown>> {
  const receiver = one.from === "station" ? csms : station;
  receiver.answers.set(one.action, () => one.answer);
  try {
    if (one.from === "station") return await station.call(one.action, one.payload);
    return await csms.call(station.id, one.action, one.payload);
  } finally {
    receiver.answers.delete(one.action);
  }
}

/** Messages of both kinds in the order in which one end sent them and the other end got them. */
function assertSameBytes({ csms }: RehomingRig, station: RigStation): void {
  const [near, far] = [station.wire.get(station.id)!, csms.wire.get(station.id)!];
  const texts = (wire: typeof near, outbound: boolean) =>
    wire.filter((message) => message.outbound === outbound).map(({ text }) => text);
  equal(texts(far, false), texts(near, true));
  equal(texts(near, false), texts(far, true));
}

for (const [id, exchanges] of [["S201", NATIVE], ["S21", NATIVE], ["S16", WRAPPED]] as const) {
  Deno.test(`product: Plug & Charge works through the gateway, byte for byte: ${id}`, () =>
    withRehoming(async (rig) => {
      const station = await rig.station(id);
      for (const one of exchanges) equal(await exchange(rig, station, one), one.answer, one.action);
      await waitFor("the last answer", () => rig.csms.wire.get(id)!.length === station.wire.get(id)!.length);
      assertSameBytes(rig, station);
      equal([station.faults, rig.csms.faults], [[], []]);
      equal((await rig.audited("ocpp.message.refused")).length, 0);
    }));
}

Deno.test("product: a combined certificate (omitted type) is the station's: its request and its chain pass on", () =>
  withRehoming(async (rig) => {
    const station = await rig.station("S201");
    const csr = "-----BEGIN CERTIFICATE REQUEST-----";
    equal(await station.call("SignCertificate", { csr }), { status: "Accepted" });
    equal(rig.csms.of("S201", "SignCertificate")[0]!.params, { csr });
    equal(await rig.csms.call("S201", "CertificateSigned", { certificateChain: CERTIFICATE }), { status: "Accepted" });
    equal(station.requests.map(({ method, params }) => [method, params]), [
      ["CertificateSigned", { certificateChain: CERTIFICATE }],
    ]);
    // the same for the certificate of the station leg would lock it out of the gateway
    const { status } = await rig.csms.call("S201", "CertificateSigned", {
      certificateChain: CERTIFICATE,
      certificateType: "ChargingStationCertificate",
    });
    equal([status, station.requests.length], ["Rejected", 1]);
    await waitFor("the record", async () => (await rig.audited("ocpp.message.refused")).length > 0);
  }));

Deno.test("product: roots of the CSMS are the gateway's, the station's own are the station's, and none is confused", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const [s16, s201] = [await rig.station("S16"), await rig.station("S201")];
    const next = new TestCa("The next CSMS root");
    for (const [id, type] of [["S16", "CentralSystemRootCertificate"], ["S201", "CSMSRootCertificate"]] as const) {
      const install = { certificateType: type, certificate: next.pem };
      equal((await csms.call(id, "InstallCertificate", install)).status, "Accepted");
      equal((await csms.call(id, "InstallCertificate", { ...install, certificate: "no PEM" })).status, "Rejected");
    }
    const { certificateHashData } = await csms.call("S16", "GetInstalledCertificateIds", {
      certificateType: "CentralSystemRootCertificate",
    });
    const [configured, added] = certificateHashData as Record<string, string>[];
    s201.answers.set("GetInstalledCertificateIds", () => ({ status: "Accepted", certificateHashDataChain: hashChain }));
    const all = await csms.call("S201", "GetInstalledCertificateIds", {});
    equal(all.certificateHashDataChain, [
      ...hashChain,
      { certificateType: "CSMSRootCertificate", certificateHashData: configured },
      { certificateType: "CSMSRootCertificate", certificateHashData: added },
    ]);
    equal((await csms.call("S201", "DeleteCertificate", { certificateHashData: configured })).status, "Failed");
    equal((await csms.call("S201", "DeleteCertificate", { certificateHashData: added })).status, "Accepted");
    equal((await csms.call("S201", "DeleteCertificate", { certificateHashData: HASH })).status, "Accepted");
    equal(s201.requests.map(({ method, params }) => [method, params]), [
      ["GetInstalledCertificateIds", {}],
      ["DeleteCertificate", { certificateHashData: HASH }],
    ]);
    equal(s16.requests, []);
    equal([csms.faults, s201.faults, s16.faults], [[], [], []]);
  }));

Deno.test("product: variables of both legs in one request: each to its owner, the station's as they were written", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const [s16, s201] = [await rig.station("S16"), await rig.station("S201")];
    const named = (component: string, name: string) => ({ component: { name: component }, variable: { name } });
    const [profile, secret, interval] = [
      named("SecurityCtrlr", "SecurityProfile"),
      named("SecurityCtrlr", "BasicAuthPassword"),
      named("HeartbeatCtrlr", "Interval"),
    ];
    s201.answers.set("GetVariables", () => ({
      getVariableResult: [{ attributeStatus: "Accepted", attributeValue: "300", ...interval }],
    }));
    const read = await csms.call("S201", "GetVariables", { getVariableData: [profile, interval, secret] });
    equal(read.getVariableResult, [
      { attributeStatus: "Accepted", attributeValue: "2", ...profile },
      { attributeStatus: "Accepted", attributeValue: "300", ...interval },
      { attributeStatus: "Rejected", ...secret },
    ]);
    equal(s201.requests.map(({ params }) => params), [{ getVariableData: [interval] }]);
    // a station that does not answer for its part: nothing of the request is done
    s201.answers.set("SetVariables", () => {
      throw Object.assign(new Error("busy"), { rpcErrorCode: "InternalError" });
    });
    const items = [{ ...interval, attributeValue: "60" }, { ...secret, attributeValue: "another-password-1" }];
    ok(await csms.call("S201", "SetVariables", { setVariableData: items }).then(() => false, () => true));
    equal((await rig.audited("station.upstream.changed")).length, 0);
    // 1.6: all keys, with those of the CSMS leg as the CSMS knows them
    s16.answers.set("GetConfiguration", () => ({
      configurationKey: [
        { key: "HeartbeatInterval", readonly: false, value: "300" },
        { key: "SecurityProfile", readonly: false, value: "0" },
        { key: "ocppcentraladdress", readonly: false, value: "wss://the-gateway/ocpp" },
        { key: "AuthorizationKey", readonly: false, value: STATION_PASSWORD },
      ],
    }));
    equal((await csms.call("S16", "GetConfiguration", {})).configurationKey, [
      { key: "HeartbeatInterval", readonly: false, value: "300" },
      { key: "SecurityProfile", readonly: false, value: "2" },
      { key: "ocppcentraladdress", readonly: true, value: rig.csmsUrl },
      { key: "AuthorizationKey", readonly: false },
      { key: "CpoName", readonly: false, value: "Bulkhead" },
    ]);
    equal([csms.faults, s201.faults, s16.faults], [[], [], []]);
  }));

Deno.test("product: a signed message of the CSMS leg is refused with its rule, one for the station passes untouched", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const station = await rig.station("S201");
    const jws = (payload: unknown) => ({
      payload: btoa(JSON.stringify(payload)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
      signatures: [{ protected: "eyJhbGciOiJFUzI1NiJ9", signature: "AAAA" }],
    });
    const send = (action: string, payload: unknown) => csms.raw("S201", action, jws(payload));
    const item = { component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" } };
    const refused = await send("SetVariables-Signed", {
      setVariableData: [{ ...item, attributeValue: "x".repeat(20) }],
    });
    equal(refused.slice(0, 3).concat(refused[4]), [4, refused[1], "SecurityError", { rule: "ocpp.rehome.signed" }]);
    const passed = await send("InstallCertificate-Signed", {
      certificateType: "V2GRootCertificate",
      certificate: V2G.pem,
    });
    equal(passed[0], 4); // this station knows no signed messages: it says so itself
    const [last] = station.wire.get("S201")!.filter(({ outbound }) => !outbound).slice(-1);
    ok(
      last!.text.includes('"InstallCertificate-Signed"') &&
        last!.text.includes(jws({ certificateType: "V2GRootCertificate", certificate: V2G.pem }).payload),
    );
    await waitFor("the record", async () => {
      const lines = await rig.audited("ocpp.message.refused");
      return lines.some((line) => JSON.stringify(line).includes("ocpp.rehome.signed"));
    });
  }));

Deno.test("product: a CSMS changes its root: with the one that it installed before, nobody at the site notices", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const station = await rig.station("S16");
    const next = new TestCa("The root after this one");
    const install = { certificateType: "CentralSystemRootCertificate", certificate: next.pem };
    equal(await csms.call("S16", "InstallCertificate", install), { status: "Accepted" });
    csms.present(next);
    csms.cut();
    await waitFor("the CSMS to have its leg again", () => csms.shown.length === 2 && csms.clients.has("S16"));
    equal(await station.call("Heartbeat", {}), { currentTime: "2026-01-01T00:00:00.000Z" });
    equal(station.closed, false);
    csms.present(new TestCa("A root that nobody announced"));
    csms.cut();
    await waitFor("the station to be told", () => station.closed);
    equal(csms.faults, []);
  }));

Deno.test("product: LC15, over a leg in plain text no certificate is managed, and the refusal is recorded", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const [s16, s201] = [await rig.station("S16"), await rig.station("S201")];
    const refused = async (work: Promise<unknown>) => {
      const error = await work.then(() => undefined, (fault) => fault as { readonly rpcErrorCode?: string });
      equal(error?.rpcErrorCode, "SecurityError");
    };
    await refused(
      csms.call("S201", "InstallCertificate", { certificateType: "V2GRootCertificate", certificate: V2G.pem }),
    );
    await refused(csms.call("S201", "CertificateSigned", { certificateChain: "x", certificateType: "V2GCertificate" }));
    await refused(s201.call("SignCertificate", { csr: "x", certificateType: "V2GCertificate" }));
    await refused(s16.call("SignCertificate", { csr: "x" }));
    await refused(csms.call("S16", "DeleteCertificate", { certificateHashData: HASH }));
    const data = { vendorId, messageId: "InstallCertificate", data: "{}" };
    await refused(csms.call("S16", "DataTransfer", data));
    equal([...s16.requests, ...s201.requests], []);
    // its own CSMS leg has TLS: there the gateway takes what is for it
    const own = { certificateType: "CSMSRootCertificate", certificate: V2G.pem };
    equal(await csms.call("S201", "InstallCertificate", own), { status: "Accepted" });
    await waitFor("the records", async () => {
      const lines = await rig.audited("ocpp.message.refused");
      return lines.some((line) => JSON.stringify(line).includes("ocpp.rehome.plaintext"));
    });
  }, { securityProfile: 1 }));

Deno.test("product: 1.6 Plug & Charge touches nothing of the legs: no root of the gateway goes, in no spelling", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const station = await rig.station("S16");
    const gateways = hashOfRoot(readRoots([rig.siteCaPem])[0]!);
    const carry = async (messageId: string, data: unknown) => {
      const text = typeof data === "string" ? data : JSON.stringify(data);
      const { status, data: answer } = await csms.call("S16", "DataTransfer", { vendorId, messageId, data: text });
      return [status, answer === undefined ? undefined : JSON.parse(String(answer))];
    };
    const named = { certificateHashData: gateways };
    equal(await carry("DeleteCertificate", named), ["Accepted", { status: "Failed" }]);
    const root = { certificateType: "CSMSRootCertificate", certificate: V2G.pem };
    equal(await carry("InstallCertificate", root), ["Accepted", { status: "Rejected" }]);
    const chain = { certificateType: "ChargingStationCertificate", certificateChain: CERTIFICATE };
    equal(await carry("CertificateSigned", chain), ["Accepted", { status: "Rejected" }]);
    const trigger = { requestedMessage: "SignChargingStationCertificate" };
    equal(await carry("TriggerMessage", trigger), ["Accepted", { status: "NotImplemented" }]);
    equal(await carry("SetNetworkProfile", {}), ["UnknownMessageId", undefined]);
    const text = JSON.stringify(named);
    const odd: readonly unknown[] = [
      { messageId: "deletecertificate", data: text },
      { messageId: "DeleteCertificate ", data: text },
      { messageId: "DeleteCertificate", data: JSON.stringify(text) },
      { messageId: "DeleteCertificate", data: text.replace("issuerNameHash", "IssuerNameHash") },
      { messageId: "DeleteCertificate", data: `{"certificateHashData":${JSON.stringify(HASH)},${text.slice(1)}` },
      { messageId: "GetCertificateStatus", MessageId: "DeleteCertificate", data: text },
    ];
    for (const one of odd) {
      const answer = await csms.raw("S16", "DataTransfer", { vendorId, ...one as Record<string, unknown> });
      equal([answer[0], answer[2], answer[4]], [4, "SecurityError", { rule: "ocpp.rehome.ambiguous" }], String(one));
    }
    equal(station.requests, []);
    // what is the station's reaches it as it was written, and its own request for the station leg is the gateway's
    station.answers.set("DataTransfer", ({ messageId }) => {
      const both = [{ certificateType: "CSMSRootCertificate", certificateHashData: gateways }, ...hashChain];
      const listed = { status: "Accepted", certificateHashDataChain: both };
      return {
        status: "Accepted",
        data: JSON.stringify(messageId === "DeleteCertificate" ? { status: "NotFound" } : listed),
      };
    });
    const spaced = `{ "certificateHashData" : ${JSON.stringify(HASH)} }`;
    equal(await carry("DeleteCertificate", spaced), ["Accepted", { status: "NotFound" }]);
    equal(station.requests.map(({ params }) => params["data"]), [spaced]);
    const listed = { status: "Accepted", certificateHashDataChain: hashChain };
    equal(await carry("GetInstalledCertificateIds", {}), ["Accepted", listed]);
    const request = { csr: "x", certificateType: "ChargingStationCertificate" };
    const asked = { vendorId, messageId: "SignCertificate", data: JSON.stringify(request) };
    equal(await station.call("DataTransfer", asked), { status: "Accepted", data: '{"status":"Rejected"}' });
    equal(csms.of("S16", "DataTransfer"), []);
    equal(station.faults, []);
    await waitFor("the records", async () => {
      const lines = await rig.audited("ocpp.message.refused");
      return ["ocpp.rehome.plug-and-charge", "ocpp.rehome.ambiguous"]
        .every((rule) => lines.some((line) => JSON.stringify(line).includes(rule)));
    });
  }));
