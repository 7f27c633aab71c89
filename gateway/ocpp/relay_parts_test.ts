import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { connectStation, FakeControl, Peer, PLAIN, workerContext } from "../../tests/support/ocpp_rig.ts";
import { type RelayPart, takersOf } from "./relay_parts.ts";
import { startOcpp } from "./service.ts";
import type { Taker } from "./taker.ts";

const taker: Taker = () => Promise.resolve({ payload: {} });

Deno.test("ocpp parts: two parts cannot answer for the same rule", () => {
  equal([...takersOf([{ takers: { a: taker } }, {}, { takers: { b: taker } }]).keys()], ["a", "b"]);
  throws(() => takersOf([{ takers: { a: taker } }, { takers: { a: taker } }]), /rule "a"/);
});

Deno.test("ocpp parts: a part is reconfigured and drained with its Worker, and serves its own methods", async () => {
  const told: string[] = [];
  const part: RelayPart = {
    handlers: { "handshake.last": () => ({}), "stations.live": () => "never: the conduit's own methods win" },
    reconfigure: (config) => void told.push(`ping ${config.pingSeconds}`),
    drain: async () => void await Promise.resolve(told.push("drained")),
  };
  const context = workerContext(new FakeControl(() => ({ admit: false, rule: "r", status: 404 })), [PLAIN]);
  const service = await startOcpp(context, () => [part]);
  equal(await service.handlers!["stations.live"]!({}), []);
  await service.reconfigure!({ ...context.config, pingSeconds: 7 });
  equal(await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/X`) instanceof Peer, false);
  await service.drain(1_000);
  equal(told, ["ping 7", "drained"]);
});
