import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import type { Json } from "../../gateway/core/control_api.ts";
import { OCPP_VERSIONS } from "../../gateway/ocpp/codec.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import { FakeControl, PLAIN, until, workerContext } from "../support/ocpp_rig.ts";
import { CSMS_CA, RpcCsms } from "../support/rpc_csms.ts";
import { waitFor } from "../support/wait_for.ts";

for (const version of OCPP_VERSIONS) {
  Deno.test(`local controller: a strict CSMS of ${version} sees a station without EVSEs, and gets its calls (LC3)`, async () => {
    const csms = new RpcCsms();
    const port = await csms.listen();
    const control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 }));
    const password = btoa("controller-password");
    control.route = {
      csms: "main",
      url: `wss://127.0.0.1:${port}/csms`,
      caPem: [CSMS_CA.certificate.certPem],
      basic: { user: btoa("GW-1"), password },
      graceSeconds: 0,
    };
    const context = workerContext(control, [PLAIN]);
    const controllers = [{ csms: "main", id: "GW-1", protocol: version, firmwareVersion: "0.1.0" }];
    const service = await startOcpp({ ...context, config: { ...context.config, controllers } });
    const call = async (action: string, payload: Json, name = "main") =>
      await service.handlers!["controller.call"]!({ csms: name, action, payload, timeoutMs: 5_000 });
    try {
      await until(() => csms.requests.some(({ method }) => method === "BootNotification"));
      await until(() => control.audited.some(({ event }) => event === "ocpp.controller.booted"));
      equal(csms.client!.identity, "GW-1");
      const [action, payload] = version === "ocpp1.6"
        ? ["GetConfiguration", {}] as const
        : ["GetBaseReport", { requestId: 1, reportBase: "FullInventory" }] as const;
      const answer = await csms.client!.call(action, payload);
      ok(
        version === "ocpp1.6"
          ? "configurationKey" in (answer as object)
          : (answer as { status: string }).status === "Accepted",
      );
      if (version !== "ocpp1.6") await until(() => csms.requests.some(({ method }) => method === "NotifyReport"));
      const heartbeat = await call("Heartbeat", {});
      ok("result" in heartbeat);
      await rejects(call("Heartbeat", { surplus: 1 }), { code: "STATION_CALL_INVALID" });
      await rejects(call("Heartbeat", {}, "other"), { code: "CTL_REFUSED" });
      equal(csms.faults, []);
      const first = csms.client;
      await first!.close({ force: true });
      await waitFor("the gateway to come back", () => csms.client !== first && csms.client !== undefined);
      await service.reconfigure!({ ...context.config });
      await rejects(call("Heartbeat", {}), { code: "CTL_REFUSED" });
    } finally {
      await service.drain(500);
      await csms.close();
    }
  });
}
