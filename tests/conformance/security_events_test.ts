import { deepStrictEqual as equal } from "node:assert/strict";
import { createRpcClient } from "../../gateway/demo/ocpp_rpc.ts";
import { OCPP_VERSIONS } from "../../gateway/ocpp/codec.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import { admission, FakeControl, PLAIN, until, workerContext } from "../support/ocpp_rig.ts";
import { CSMS_CA, RpcCsms } from "../support/rpc_csms.ts";

for (const version of OCPP_VERSIONS) {
  Deno.test(`security events: one of ocpp-rpc over ${version} reaches the CSMS and the gateway's list`, async () => {
    const csms = new RpcCsms();
    const url = `wss://127.0.0.1:${await csms.listen()}/csms`;
    const upstream = { csms: "main", url, caPem: [CSMS_CA.certificate.certPem], graceSeconds: 0 };
    const control = new FakeControl(({ stationId }) => admission(url, stationId, { upstream, validation: "enforce" }));
    const service = await startOcpp(workerContext(control, [PLAIN]));
    const endpoint = `${service.listening!["ocpp:plain"]}/ocpp`;
    const password = new TextEncoder().encode("0123456789abcdef");
    const station = createRpcClient("CP001", version, { endpoint, password });
    const event = { type: "TamperDetectionActivated", timestamp: "2026-01-01T00:00:00Z", techInfo: "lid, pin=4711" };
    try {
      await station.connect();
      await station.call("SecurityEventNotification", event);
      equal(csms.requests.map(({ method, params }) => [method, params]), [["SecurityEventNotification", event]]);
      await until(() => control.securityEvents.length === 1);
      const { type, info } = control.securityEvents[0]!;
      equal([type, info], ["TamperDetectionActivated", "lid, pin=[stripped]"]);
    } finally {
      await station.close({ force: true });
      await service.drain(500);
      await csms.close();
    }
  });
}
