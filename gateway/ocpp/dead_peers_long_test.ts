import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../../tests/support/ocpp_rig.ts";
import type { MirrorRoute } from "../core/mirror_api.ts";
import { MARK } from "./liveness.ts";
import { startOcpp } from "./service.ts";

interface RunningWorker {
  readonly listening: string;
  /** Reloads with another figure; 0: never. */
  pingEach(csmsPingSeconds: number): Promise<void>;
}

/** A Worker with these connections to a CSMS that falls silent, and time in the hand of the test. */
async function silent(
  mode: MirrorRoute["mode"] | "own",
  run: (csms: FakeCsms, time: ManualTime, worker: RunningWorker) => Promise<void>,
) {
  const main = new FakeCsms(), csms = new FakeCsms(), time = new ManualTime();
  const url = `ws://127.0.0.1:${await csms.listen()}/csms`, mainUrl = `ws://127.0.0.1:${await main.listen()}/main`;
  const route = { csms: "other", url, graceSeconds: 0 };
  const mirrors: MirrorRoute[] = mode === "own"
    ? []
    : [{ route, mode, actions: [], badges: "pass", whenMetered: "pause" }];
  const control = new FakeControl(({ stationId }) => admission(mainUrl, stationId, { mirrors }));
  control.route = route;
  const context = workerContext(control, [PLAIN]);
  const config = {
    ...{ ...context.config, pingSeconds: 0, csmsPingSeconds: 10 },
    ...mode === "own"
      ? { controllers: [{ csms: "other", id: "GW-1", protocol: "ocpp1.6" as const, firmwareVersion: "1" }] }
      : {},
  };
  const service = await startOcpp({ ...context, config, clock: time, timers: time });
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`);
  ok(station instanceof Peer, `refused with ${station}`);
  try {
    await run(csms, time, {
      listening: service.listening!["ocpp:plain"]!,
      pingEach: async (csmsPingSeconds) => await service.reconfigure!({ ...config, csmsPingSeconds }),
    });
  } finally {
    station.socket.terminate();
    const drained = service.drain(500);
    time.advance(6_000);
    await drained;
    for (const each of [main, csms]) await each.close();
  }
}

for (const mode of ["own", "read-only", "limited", "shadow"] as const) {
  Deno.test(`dead peers: a ${mode} connection is pinged, left when nothing comes back, and opened again`, async () => {
    await silent(mode, async (csms, time) => {
      await until(() => {
        time.advance(100);
        return csms.peers.length === 1;
      });
      const [first] = csms.peers;
      await until(() => {
        time.advance(1_000);
        return first!.pings.includes(String(MARK));
      });
      first!.socket.pause(); // half open: nothing comes back any more
      await until(() => {
        time.advance(1_000);
        return csms.peers.length === 2;
      });
      const again = csms.peers[1]!;
      await until(() => {
        time.advance(1_000);
        return again.pings.includes(String(MARK));
      });
      equal(again.closed, undefined);
    });
  });
}

Deno.test("dead peers: a reload with another figure counts for mirrors that are connected afterwards", async () => {
  await silent("read-only", async (csms, time, worker) => {
    await until(() => csms.peers.length === 1);
    await worker.pingEach(0);
    const station = await connectStation(`${worker.listening}/ocpp/CP002`);
    ok(station instanceof Peer, `refused with ${station}`);
    await until(() => csms.peers.length === 2);
    const [before, after] = csms.peers;
    await until(() => {
      time.advance(1_000);
      return before!.pings.length >= 2;
    });
    equal(after!.pings, []);
    station.socket.terminate();
  });
});
