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
} from "../../tests/support/ocpp_rig.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { startOcpp } from "./service.ts";

const PART = 131_072, PARTS = OCPP_LIMITS.floodBytes / PART;

/** A CALLRESULT that nobody asked for, which is not sent on; it counts one part. */
const FILLER = (() => {
  const head = '[3,"nobody asked",{"x":"', tail = '"}]';
  return head + "x".repeat(PART - OCPP_LIMITS.messageOverheadBytes - head.length - tail.length) + tail;
})();

Deno.test("ocpp flood: a station that sends too many bytes is cut off, coming back brings nothing, others go on", async () => {
  const csms = new FakeCsms();
  const upstream = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const control = new FakeControl(({ stationId }) => admission(upstream, stationId));
  let now = 1_000; // the Worker's clock: no allowance grows while it stands
  const clock = { now: () => Date.now(), monotonic: () => now };
  const service = await startOcpp({ ...workerContext(control, [PLAIN]), clock });
  const open: Peer[] = [];
  const connect = async (id: string) => {
    const peer = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/${id}`);
    ok(peer instanceof Peer, `refused with ${peer}`);
    open.push(peer);
    return peer;
  };
  try {
    const flooding = await connect("CP001"), other = await connect("CP002");
    for (let sent = 0; sent < PARTS; sent++) flooding.send(FILLER);
    other.send('[2,"1","Heartbeat",{}]');
    await until(() => csms.peers.some(({ texts }) => texts.length === 1), "the other station's message comes through");
    equal(flooding.closed, undefined, "what the limit allows is read");
    flooding.send('[2,"2","Heartbeat",{}]');
    await until(() => flooding.closed);
    equal(flooding.closed, { code: 1008, reason: "too many bytes" });
    await until(() => control.left.length === 1);
    equal(control.audited.filter(({ rule }) => rule === "ocpp.rate").map(({ target, outcome }) => [target, outcome]), [
      ["CP001", "refused"],
    ]);

    const again = await connect("CP001");
    again.send('[2,"3","Heartbeat",{}]');
    await until(() => again.closed);
    equal(again.closed!.code, 1008);

    now += 1_000;
    const later = await connect("CP001");
    later.send('[2,"4","Heartbeat",{}]');
    await until(() => csms.peers.some(({ texts }) => texts.includes('[2,"4","Heartbeat",{}]')));
    equal([later.closed, other.closed], [undefined, undefined]);
    equal(csms.peers.flatMap(({ texts }) => texts).filter((text) => /"[23]","Heartbeat"/.test(text)), []);
  } finally {
    await service.drain(1_000);
    for (const { socket } of open) socket.terminate();
    await csms.close();
  }
});
