import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { startOcpp } from "./service.ts";
import { admission, connectStation, FakeControl, FakeCsms, Peer, PLAIN, until, workerContext } from "./testing.ts";
import type { Admitted } from "./upgrade.ts";

interface Rig {
  readonly control: FakeControl;
  readonly csms: FakeCsms;
  readonly service: Awaited<ReturnType<typeof startOcpp>>;
  readonly url: string;
  station(id?: string): Promise<Peer>;
}

async function withRig(changes: Partial<Admitted>, run: (rig: Rig) => Promise<void>): Promise<void> {
  const csms = new FakeCsms();
  const upstream = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const control = new FakeControl(({ stationId }) => admission(upstream, stationId, {
    ...changes,
    upstream: { csms: "main", graceSeconds: 0, ...changes.upstream, url: upstream },
  }));
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const url = `${service.listening!["ocpp plain"]}/ocpp`;
  const stations: Peer[] = [];
  const station = async (id = "CP001") => {
    const peer = await connectStation(`${url}/${id}`);
    ok(peer instanceof Peer, `refused with ${peer}`);
    stations.push(peer);
    return peer;
  };
  try {
    await run({ control, csms, service, url, station });
  } finally {
    await service.drain(1_000);
    for (const { socket } of stations) socket.terminate();
    await csms.close();
  }
}

Deno.test("ocpp service: relays a call and its answer byte for byte", async () => {
  await withRig({}, async ({ station, csms, control }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    const far = csms.peers[0]!;
    equal(far.request!.url, "/csms/CP001");
    equal(far.socket.protocol, "ocpp1.6");
    const call = '[2, "1","BootNotification" ,{"chargePointModel":"m","chargePointVendor":"v\\u00e4","x":1.0}]';
    peer.send(call);
    await until(() => far.texts.length === 1);
    equal(far.texts[0], call);
    const answer = '[3,"1",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}]';
    far.send(answer);
    await until(() => peer.texts.length === 1);
    equal(peer.texts[0], answer);
    equal(control.attempts[0]!.stationId, "CP001");
  });
});
