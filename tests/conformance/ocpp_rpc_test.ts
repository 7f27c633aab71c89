import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { ListenerTrust } from "../../gateway/core/control_api.ts";
import { createRpcClient } from "../../gateway/demo/ocpp_rpc.ts";
import { OCPP_VERSIONS, type OcppVersion } from "../../gateway/ocpp/codec.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import type { OcppListener } from "../../gateway/ocpp/worker_config.ts";
import { admission, FakeControl, PLAIN, until, workerContext } from "../support/ocpp_rig.ts";
import { CSMS_CA, RpcCsms } from "../support/rpc_csms.ts";
import { TestCa } from "../support/test_ca.ts";

/**
 * An independent OCPP library (ocpp-rpc, strict mode) as station and as CSMS on both sides of the gateway: if a byte of
 * a message changed its meaning, one of the two would refuse it.
 */
const SITE_CA = new TestCa("Site CA");
const SERVER = SITE_CA.server(["127.0.0.1"]);
const STATION = SITE_CA.client("CP001");
const PASSWORD = new TextEncoder().encode("0123456789abcdef");
const TLS: OcppListener = { name: "tls", host: "127.0.0.1", port: 0, tls: true, paths: ["/ocpp"] };
const TRUST: ListenerTrust = {
  identities: [{ keyType: "ec", names: ["127.0.0.1"], certPem: SERVER.certPem, keyPem: SERVER.keyPem }],
  clientCas: [SITE_CA.certificate.certPem],
  denied: { fingerprints: [], serials: [] },
  organizations: [],
};
const NOW = "2026-01-01T00:00:00.000Z";

/** A charging session in the words of each version. */
function session(version: OcppVersion): readonly (readonly [action: string, payload: unknown])[] {
  if (version === "ocpp1.6") {
    return [
      ["BootNotification", { chargePointVendor: "Bender", chargePointModel: "CC613" }],
      ["StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" }],
      ["Authorize", { idTag: "04A1B2C3" }],
      ["StartTransaction", { connectorId: 1, idTag: "04A1B2C3", meterStart: 0, timestamp: NOW }],
      ["MeterValues", { connectorId: 1, meterValue: [{ timestamp: NOW, sampledValue: [{ value: "1" }] }] }],
      ["StopTransaction", { transactionId: 7, meterStop: 10, timestamp: NOW }],
    ];
  }
  const idToken = { idToken: "04A1B2C3", type: "ISO14443" };
  const event = (eventType: string, seqNo: number, triggerReason: string) => ({
    eventType,
    seqNo,
    triggerReason,
    timestamp: NOW,
    transactionInfo: { transactionId: "t-1" },
    idToken,
  });
  return [
    ["BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "Bender", model: "CC613" } }],
    ["StatusNotification", { timestamp: NOW, connectorStatus: "Available", evseId: 1, connectorId: 1 }],
    ["Authorize", { idToken }],
    ["TransactionEvent", event("Started", 0, "Authorized")],
    ["TransactionEvent", event("Updated", 1, "MeterValuePeriodic")],
    ["TransactionEvent", event("Ended", 2, "EVDeparted")],
  ];
}

for (const version of OCPP_VERSIONS) {
  for (const profile of [1, 2, 3] as const) {
    Deno.test(`ocpp-rpc in strict mode: ${version} over security profile ${profile}`, async () => {
      const csms = new RpcCsms();
      const url = `wss://127.0.0.1:${await csms.listen()}/csms`;
      const upstream = { csms: "main", url, caPem: [CSMS_CA.certificate.certPem], graceSeconds: 0 };
      const control = new FakeControl(({ stationId }) => {
        return admission(url, stationId, { upstream, securityProfile: profile, validation: "enforce" });
      });
      control.trust = TRUST;
      const listener = profile === 1 ? PLAIN : TLS;
      const service = await startOcpp(workerContext(control, [listener]));
      const endpoint = `${service.listening![`ocpp:${listener.name}`]}/ocpp`;
      const station = createRpcClient("CP001", version, {
        endpoint,
        ...(profile === 3 ? {} : { password: PASSWORD }),
        ...(profile === 1 ? {} : { caPem: SITE_CA.certificate.certPem }),
        ...(profile === 3 ? { certPem: STATION.certPem, keyPem: STATION.keyPem } : {}),
      });
      station.handle(({ method }) => method === "Reset" ? { status: "Accepted" } : {});
      try {
        await station.connect();
        equal(station.protocol, version);
        for (const [action, payload] of session(version)) await station.call(action, payload);
        equal(csms.requests.map(({ method, params }) => [method, params]), session(version).map((one) => [...one]));
        await until(() => csms.client !== undefined);
        const reset = version === "ocpp1.6" ? { type: "Soft" } : { type: "Immediate" };
        const three = await Promise.all([1, 2, 3].map(() => csms.client!.call("Reset", reset)));
        equal(three, [{ status: "Accepted" }, { status: "Accepted" }, { status: "Accepted" }]);
        equal(csms.faults, []);
        const [attempt] = control.attempts;
        equal(attempt!.certificate?.commonName, profile === 3 ? "CP001" : undefined);
        equal(attempt!.basic && atob(attempt!.basic.password), profile === 3 ? undefined : "0123456789abcdef");
        ok(control.audited.every(({ event }) => event.startsWith("ocpp.session")), JSON.stringify(control.audited));
      } finally {
        await station.close({ force: true });
        await service.drain(500);
        await csms.close();
      }
    });
  }
}
