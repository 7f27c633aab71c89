import { deepEqual, equal } from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { TestCa } from "../../tests/support/test_ca.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { UplinkDialer } from "../uplink/open_leg.ts";
import { DIRECT } from "../uplink/settings.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { type ProbeStep, probeUpstream } from "./upstream_probe.ts";

const CA = new TestCa("CSMS CA"), SERVER = CA.server(["127.0.0.1"]);

Deno.test("probe: a CSMS that takes a connection and never answers is told as such at the limit, with the steps before it", async () => {
  let asked = 0;
  const server: Server = createServer({ cert: SERVER.certPem, key: SERVER.keyPem }, () => asked++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/ocpp`;
  const time = new ManualTime(), route = { csms: "main", url, graceSeconds: 0, caPem: [CA.pem] };
  let steps: readonly ProbeStep[] | undefined;
  const probed = probeUpstream(route, "CP001", time, new UplinkDialer(DIRECT, time)).then((told) => steps = told);
  await waitFor("the request", () => asked === 1);
  time.advance(OCPP_LIMITS.dialTimeoutMs - 1);
  await Promise.resolve();
  equal(steps, undefined);
  time.advance(1);
  await probed;
  deepEqual(steps!.map(({ step, ok }) => `${step} ${ok}`), ["name true", "tcp true", "tls true", "http false"]);
  equal(steps!.at(-1)!.detail, "no answer in 10 s");
  await new Promise((resolve) => server.close(resolve)); // which waits for every connection to be gone
  equal(time.armed, 0);
});
