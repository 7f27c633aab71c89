import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ForwardingRig } from "../../../tests/support/forwarding_rig.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../../../tests/support/ocpp_rig.ts";
import { MARK } from "../liveness.ts";
import { startOcpp } from "../service.ts";

/** Control of one store-and-forward station. */
function controlOf(url: string): FakeControl {
  const upstream = { csms: "main", url, graceSeconds: 0, outage: { replayBoot: false, learnBadges: false } };
  const control = new FakeControl((attempt) => admission(url, attempt.stationId, { upstream }));
  const plain = control.call;
  const state = { protocol: "ocpp1.6", transactions: [], delivered: [], messages: 0, isFull: false };
  control.call = (async (method: string, args: never) => {
    if (method === "outage.state") return state;
    if (method === "outage.next") return {};
    if (method === "outage.learn") return undefined;
    return await plain(method as never, args);
  }) as FakeControl["call"];
  return control;
}

Deno.test("store-and-forward: a CSMS that fell silent is dialled again, and the new connection is given its own time", async () => {
  const csms = new FakeCsms(), time = new ManualTime();
  const control = controlOf(`ws://127.0.0.1:${await csms.listen()}/csms`);
  const context = workerContext(control, [PLAIN]);
  const config = { ...context.config, pingSeconds: 10 };
  const service = await startOcpp({ ...context, config, clock: time, timers: time });
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`);
  ok(station instanceof Peer, `refused with ${station}`);
  try {
    await until(() => csms.peers.length === 1);
    csms.peers[0]!.socket.pause(); // half open: nothing comes back
    time.advance(30_999);
    equal(csms.peers.length, 1);
    time.advance(1_001);
    await until(() => {
      time.advance(100);
      return csms.peers.length === 2;
    });
    const again = csms.peers[1]!;
    time.advance(8_000); // the CSMS has nothing to say, and need not
    await until(() => {
      time.advance(1_000);
      return again.pings.length > 0;
    });
    await until(() => again.pings.includes(String(MARK)));
    equal([csms.peers.length, again.closed, station.closed], [2, undefined, undefined]);
  } finally {
    station.socket.terminate();
    const drained = service.drain(500);
    time.advance(6_000);
    await drained;
    await csms.close();
  }
});

Deno.test("store-and-forward: a connection that stands anew is a sign of life of the CSMS", async () => {
  await using rig = await (await ForwardingRig.open()).connect();
  const pongs: string[] = [];
  rig.leg.on("pong", (data) => void pongs.push(String(data)));
  rig.isThere = false;
  rig.lose();
  await rig.settle();
  equal(pongs, []);
  await rig.back();
  equal(pongs, [String(MARK)]);
});
