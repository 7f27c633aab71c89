import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { GatewayError } from "../core/errors.ts";
import { callCsms, controllerRoute } from "./csms_calls.ts";
import { INVENTORY_LIMITS } from "./limits.ts";

const ASK = { csms: "main", action: "Heartbeat", payload: {}, timeoutMs: 1_000 };

function workersWith(names: readonly string[], answer: () => unknown) {
  const asked: unknown[] = [];
  const get = (worker: string) => ({
    call: (method: string, args: unknown, options: unknown) => {
      asked.push([worker, method, args, options]);
      return Promise.resolve().then(answer);
    },
  });
  return { asked, workers: { of: () => names, names: () => names, get } as never };
}
const fails = (code: "CTL_REFUSED" | "RPC_DEADLINE" | "RPC_PEER_GONE") => () => {
  throw new GatewayError(code, "no");
};

Deno.test("callCsms: asks the first Worker, which holds these connections", async () => {
  const { asked, workers } = workersWith(["ocpp-0", "ocpp-1"], () => ({ result: {} }));
  deepEqual(await callCsms({ workers }, ASK), { result: {} });
  deepEqual(asked, [["ocpp-0", "controller.call", ASK, { deadlineMs: 6_000 }]]);
});

Deno.test("callCsms: no Worker is away, one that ends or hangs leaves no promise behind", async () => {
  deepEqual(await callCsms(workersWith([], () => ({})), ASK), { noAnswer: "away" });
  deepEqual(await callCsms(workersWith(["ocpp-0"], fails("RPC_PEER_GONE")), ASK), { noAnswer: "ended" });
  deepEqual(await callCsms(workersWith(["ocpp-0"], fails("RPC_DEADLINE")), ASK), { noAnswer: "timeout" });
  await rejects(callCsms(workersWith(["ocpp-0"], fails("CTL_REFUSED")), ASK), { code: "CTL_REFUSED" });
});

Deno.test("callCsms: a timeout at the limit is taken, one past it is refused", async () => {
  const parts = workersWith(["ocpp-0"], () => ({ result: {} }));
  const { callTimeoutMs } = INVENTORY_LIMITS;
  deepEqual(await callCsms(parts, { ...ASK, timeoutMs: callTimeoutMs }), { result: {} });
  await rejects(callCsms(parts, { ...ASK, timeoutMs: callTimeoutMs + 1 }), { code: "STATION_CALL_INVALID" });
});

Deno.test("controller route: the gateway's own credential, and none where it has no identity", () => {
  const csms = (own: object | undefined) => ({
    id: "main",
    url: "wss://csms.example/ocpp",
    caFile: "ca.pem",
    ...own ? { localController: own } : {},
  });
  const context = (own: object | undefined) => ({
    site: Site.parse({
      version: 1,
      site: { id: "lab" },
      ocpp: { listeners: [{ listen: "127.0.0.1:8444", tls: {} }], csms: [csms(own)] },
    }),
    files: { bytes: () => new TextEncoder().encode("secret\n"), text: (path: string) => `text of ${path}` },
  });
  const own = { id: "GW-1", passwordFile: "pw", certificate: { certFile: "c", keyFile: "k" } };
  deepEqual(controllerRoute(context(own), "main"), {
    csms: "main",
    url: "wss://csms.example/ocpp",
    graceSeconds: 0,
    caPem: ["text of ca.pem"],
    basic: { user: btoa("GW-1"), password: btoa("secret") },
    clientCertificate: { certPem: "text of c", keyPem: "text of k" },
  });
  equal(controllerRoute(context({ id: "GW-1" }), "main").basic, undefined);
  throws(() => controllerRoute(context(undefined), "main"), { code: "CTL_REFUSED" });
  throws(() => controllerRoute(context(own), "other"), { code: "CTL_REFUSED" });
});
