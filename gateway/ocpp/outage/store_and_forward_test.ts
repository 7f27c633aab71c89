import { deepStrictEqual as equal, ok } from "node:assert/strict";
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
import type { OutageState } from "../../core/outage_api.ts";
import { messageDigest } from "../../inventory/outage/message_digest.ts";
import { startOcpp } from "../service.ts";

const KNOWN: OutageState = { protocol: "ocpp1.6", transactions: [], delivered: [], messages: 0, isFull: false };

/** Control of a store-and-forward station, with what it remembers of the CSMS. */
class OutageControl extends FakeControl {
  readonly kept: unknown[] = [];
  states = 0;
  /** What is known when the session has opened; absent: what was known before. */
  later: OutageState | undefined;

  constructor(url: string, state: OutageState) {
    const upstream = { csms: "main", url, graceSeconds: 0, outage: { replayBoot: false, learnBadges: false } };
    super((attempt) => admission(url, attempt.stationId, { upstream }));
    const plain = this.call;
    this.call = (async (method: string, args: never) => {
      if (method === "outage.state") return this.states++ === 0 ? state : this.later ?? state;
      if (method === "outage.keep") return this.kept.push(args) && { kept: true };
      if (method === "outage.next") return {};
      if (method === "outage.learn") return undefined;
      return await plain(method as never, args);
    }) as FakeControl["call"];
  }
}

/** What a station is told that connects while the CSMS answers `refuse`, or nobody listens. */
async function door(state: OutageState, refuse?: number, protocols = ["ocpp1.6"]) {
  const csms = new FakeCsms();
  const url = `ws://127.0.0.1:${await csms.listen()}/csms`;
  csms.refuse = refuse;
  if (refuse === undefined) await csms.close();
  const control = new OutageControl(url, state);
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`, { protocols });
  const end = async () => {
    if (station instanceof Peer) station.socket.terminate();
    await service.drain(1_000);
    if (refuse !== undefined) await csms.close();
  };
  return { station, control, end };
}

const REFUSED: readonly (readonly [name: string, state: OutageState, refuse: number | undefined, status: number])[] = [
  ["one that the CSMS never accepted", { ...KNOWN, protocol: undefined } as unknown as OutageState, undefined, 503],
  ["one that it accepted in another version only", { ...KNOWN, protocol: "ocpp2.1" }, undefined, 503],
  ["one of which no more can be kept", { ...KNOWN, isFull: true }, undefined, 503],
  ["one that the CSMS does not know any more", KNOWN, 404, 404],
  ["one whose credential the CSMS refuses", KNOWN, 401, 401],
];
for (const [name, state, refuse, status] of REFUSED) {
  Deno.test(`store-and-forward: while the CSMS is away ${name} is not let in`, async () => {
    const { station, end } = await door(state, refuse);
    equal(station, status);
    await end();
  });
}

for (const refuse of [undefined, 503]) {
  Deno.test(`store-and-forward: a known station is let in and stood in for while its CSMS ${refuse ?? "does not listen"}`, async () => {
    const { station, control, end } = await door(KNOWN, refuse);
    ok(station instanceof Peer, `refused with ${station}`);
    station.send([2, "1", "MeterValues", { connectorId: 1 }]);
    await until(() => station.texts.length === 1);
    equal([station.texts, control.kept.length], [['[3,"1",{}]'], 1]);
    await end();
  });
}

Deno.test("store-and-forward: what an older session learned while this one was opened is known to it: a transaction ends under the CSMS's id, nothing goes out twice", async () => {
  const csms = new FakeCsms();
  const url = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const meter = { connectorId: 1, transactionId: 2_000_000_000, meterValue: [] };
  const delivered = [{ digest: messageDigest("MeterValues", JSON.stringify([2, "m0", "MeterValues", meter])) }];
  const control = new OutageControl(url, KNOWN);
  control.later = { ...KNOWN, transactions: [{ local: 2_000_000_000, csms: 42 }], delivered };
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`);
  ok(station instanceof Peer, `refused with ${station}`);
  station.send([2, "m1", "MeterValues", meter]); // its answer was lost with the older session
  station.send([2, "e1", "StopTransaction", { transactionId: 2_000_000_000, meterStop: 9, timestamp: "x" }]);
  await until(() => csms.peers[0]?.texts.length === 1 && station.texts.length === 1);
  equal(JSON.parse(csms.peers[0]!.texts[0]!), [2, "e1", "StopTransaction", {
    transactionId: 42,
    meterStop: 9,
    timestamp: "x",
  }]);
  equal(station.texts, ['[3,"m1",{}]']);
  station.socket.terminate();
  await service.drain(1_000);
  await csms.close();
});

Deno.test("store-and-forward: control may have the leg to the CSMS opened anew; the station's stays, and a session of mirror-close is left alone", async () => {
  for (const onLoss of ["store-and-forward", "mirror-close"]) {
    const csms = new FakeCsms();
    const url = `ws://127.0.0.1:${await csms.listen()}/csms`;
    const control = onLoss === "mirror-close"
      ? new FakeControl((attempt) => admission(url, attempt.stationId))
      : new OutageControl(url, KNOWN);
    const service = await startOcpp(workerContext(control, [PLAIN]));
    const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`);
    ok(station instanceof Peer, `refused with ${station}`);
    const [live] = await service.handlers!["stations.live"]!({}) as unknown as { readonly session: string }[];
    const isRenewed = onLoss === "store-and-forward";
    equal(await service.handlers!["sessions.renew"]!({ session: live!.session }), { isRenewed });
    equal(await service.handlers!["sessions.renew"]!({ session: "nobody's" }), { isRenewed: false });
    if (isRenewed) await until(() => csms.peers.length === 2);
    equal([csms.peers.length, station.closed], [isRenewed ? 2 : 1, undefined]);
    station.socket.terminate();
    await service.drain(1_000);
    await csms.close();
  }
});
