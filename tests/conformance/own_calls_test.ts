import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import type { Json } from "../../gateway/core/control_api.ts";
import { createRpcClient } from "../../gateway/demo/ocpp_rpc.ts";
import { OCPP_VERSIONS, type OcppVersion } from "../../gateway/ocpp/codec.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import { admission, FakeControl, PLAIN, until, workerContext } from "../support/ocpp_rig.ts";
import { CSMS_CA, RpcCsms } from "../support/rpc_csms.ts";

/**
 * Own calls of the gateway beside those of the CSMS, against an independent OCPP library in strict mode on both sides:
 * a reply that reached the wrong peer, or a second outstanding call, is a failure there and not only here.
 */
interface Wording {
  readonly own: readonly [action: string, payload: Json];
  readonly answer: Json;
  readonly broken: Json;
  readonly reset: Json;
}

const OLD: Wording = {
  own: ["GetConfiguration", { key: ["HeartbeatInterval"] }],
  answer: { configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "60" }] },
  broken: { key: 7 },
  reset: { type: "Soft" },
};
const asked = { component: { name: "OCPPCommCtrlr" }, variable: { name: "HeartbeatInterval" } };
const NEW: Wording = {
  own: ["GetVariables", { getVariableData: [asked] }],
  answer: { getVariableResult: [{ ...asked, attributeStatus: "Accepted", attributeValue: "60" }] },
  broken: { getVariableData: [] },
  reset: { type: "OnIdle" },
};
const wordsOf = (version: OcppVersion) => version === "ocpp1.6" ? OLD : NEW;

for (const version of OCPP_VERSIONS) {
  Deno.test(`own calls: a strict ${version} station answers the gateway and its CSMS at the same time`, async () => {
    const { own: [action, payload], answer, broken, reset } = wordsOf(version);
    const csms = new RpcCsms();
    const url = `wss://127.0.0.1:${await csms.listen()}/csms`;
    const upstream = { csms: "main", url, caPem: [CSMS_CA.certificate.certPem], graceSeconds: 0 };
    const control = new FakeControl(({ stationId }) => admission(url, stationId, { upstream, validation: "enforce" }));
    const service = await startOcpp(workerContext(control, [PLAIN]));
    const call = async (args: Json = payload, name = action) =>
      await service.handlers!["station.call"]!({ stationId: "CP001", action: name, payload: args, timeoutMs: 10_000 });
    const station = createRpcClient("CP001", version, {
      endpoint: `${service.listening!["ocpp:plain"]}/ocpp`,
      password: new TextEncoder().encode("0123456789abcdef"),
    });
    const order: string[] = [], faults: string[] = [];
    let running = 0, most = 0;
    station.on("strictValidationFailure", (event: { error: Error }) => void faults.push(event.error.message));
    station.on("badMessage", (event: { error: Error }) => void faults.push(event.error.message));
    const gate = Promise.withResolvers<void>();
    station.handle(async ({ method }) => {
      order.push(method);
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return method === action ? answer : { status: "Accepted" };
    });
    try {
      await station.connect();
      await until(() => csms.client !== undefined);
      const first = call(), second = call();
      const resets = Promise.all([1, 2, 3].map(() => csms.client!.call("Reset", reset)));
      await until(() => order.length === 1);
      // What the CSMS says after its first Reset shows that the Reset is at the gateway.
      await station.call("Heartbeat", {});
      gate.resolve();
      equal(await Promise.all([first, second]), [{ result: answer }, { result: answer }]);
      equal(await resets, [{ status: "Accepted" }, { status: "Accepted" }, { status: "Accepted" }]);
      // ocpp-rpc itself sends one call at a time: one Reset waited with the second own call, and went before it.
      equal(order.slice(0, 2), [action, "Reset"], "the CSMS goes before what waits");
      equal(order.toSorted(), [action, action, "Reset", "Reset", "Reset"].toSorted());
      equal(most, 1, "one outstanding");
      await rejects(call(broken), { code: "STATION_CALL_INVALID" });
      await rejects(call({}, "NoSuchAction"), { code: "STATION_CALL_INVALID" });
      equal([csms.faults, faults, order.length], [[], [], 5]);
      equal(csms.requests.map(({ method }) => method), ["Heartbeat"], "the CSMS saw nothing of it");
    } finally {
      gate.resolve();
      await station.close({ force: true });
      await service.drain(500);
      await csms.close();
    }
  });
}
