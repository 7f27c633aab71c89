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
import { RelayRig } from "../../../tests/support/relay_rig.ts";
import type { Clock } from "../../core/clock.ts";
import { systemClock } from "../../core/clock.ts";
import { startOcpp } from "../service.ts";
import type { Admitted } from "../upgrade.ts";
import type { Relay } from "../relay.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import { MOVING_LIMITS } from "./limits.ts";
import { Moving } from "./moving.ts";

interface Rig {
  readonly control: FakeControl;
  readonly csms: FakeCsms;
  readonly station: Peer;
  readonly service: Awaited<ReturnType<typeof startOcpp>>;
  /** Moves the monotonic clock. */
  later(ms: number): void;
  release(): Promise<readonly string[]>;
}

async function withRig(changes: Partial<Admitted>, run: (rig: Rig) => Promise<void>): Promise<void> {
  const csms = new FakeCsms();
  const url = `ws://127.0.0.1:${await csms.listen()}/x`;
  const control = new FakeControl(({ stationId }) => admission(url, stationId, changes));
  let ahead = 0;
  const clock: Clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + ahead };
  const service = await startOcpp({ ...workerContext(control, [PLAIN]), clock });
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`);
  ok(station instanceof Peer, `refused with ${station}`);
  try {
    await until(() => csms.peers.length === 1 && control.entered.length === 1);
    const sessions = [control.entered[0]!.session];
    const ask = service.handlers!["sessions.release"]!;
    const release = async () => (await ask({ sessions, why: "it moves" })).released;
    await run({ control, csms, station, service, later: (ms) => ahead += ms, release });
  } finally {
    await service.drain(1_000);
    station.socket.terminate();
    await csms.close();
  }
}

const START =
  '[2,"s","StartTransaction",{"connectorId":1,"idTag":"T","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]';

Deno.test("moving: an idle session is released with 1012, and the session's end says why", async () => {
  await withRig({}, async ({ control, station, csms, release }) => {
    equal((await release()).length, 1);
    await until(() => station.closed && csms.peers[0]!.closed);
    equal([station.closed!.code, station.closed!.reason, control.left[0]!.why], [1012, "it moves", "moved"]);
    equal(await release(), [], "it is gone");
  });
});

Deno.test("moving: a session is kept from a transaction's first message to the answer to its last", async () => {
  await withRig({}, async ({ control, station, csms, release, service }) => {
    const far = csms.peers[0]!;
    const answered = async (text: string) => {
      const before = station.texts.length;
      far.send(text);
      await until(() => station.texts.length > before);
    };
    station.send(START);
    await until(() => far.texts.length === 1);
    equal(await release(), []);
    await answered('[3,"s",{"transactionId":5,"idTagInfo":{"status":"Accepted"}}]');
    equal(await release(), []);
    equal(await service.handlers!["transactions.live"]!({}), [{ stationId: "CP001", open: ["connector 1"] }]);
    station.send('[2,"e","StopTransaction",{"transactionId":5,"meterStop":1,"timestamp":"2026-01-01T00:00:00Z"}]');
    await until(() => far.texts.length === 2);
    equal(await release(), [], "the station may have to repeat it to this CSMS");
    await answered('[3,"e",{}]');
    equal((await release()).length, 1);
    equal(control.transactions, [{ stationId: "CP001", open: ["connector 1"] }, { stationId: "CP001", open: [] }]);
  });
});

Deno.test("moving: what control knew before is believed", async () => {
  await withRig({ transactions: ["connector 2"] }, async ({ release }) => equal(await release(), []));
});

Deno.test("moving: a call without its answer holds a session for a while, not for ever", async () => {
  await withRig({}, async ({ station, csms, release, later }) => {
    station.send('[2,"h","Heartbeat",{}]');
    await until(() => csms.peers[0]!.texts.length === 1);
    equal(await release(), []);
    later(MOVING_LIMITS.quietMs);
    equal((await release()).length, 1);
  });
});

Deno.test("moving: a boot says that nothing is missing from the list, and that the new CSMS accepts the station", async () => {
  await withRig({ isNewCsms: true }, async ({ control, station, csms }) => {
    station.send('[2,"b","BootNotification",{"chargePointVendor":"v","chargePointModel":"m"}]');
    await until(() => csms.peers[0]!.texts.length === 1);
    csms.peers[0]!.send('[3,"b",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":300}]');
    await until(() => control.accepted.length === 1);
    const { session } = control.entered[0]!;
    equal(control.accepted, [{ session, verdict: "accepted", why: "its BootNotification was accepted" }]);
    equal(control.transactions, [{ stationId: "CP001", open: [], booted: true }]);
  });
});

Deno.test("moving: a station that boots again and again is told of once a minute", async () => {
  await withRig({}, async ({ control, station, csms, later }) => {
    const boot = async (id: string, sent: number) => {
      station.send(`[2,"${id}","BootNotification",{"chargePointVendor":"v","chargePointModel":"m"}]`);
      await until(() => csms.peers[0]!.texts.length === sent);
    };
    await boot("1", 1);
    await boot("2", 2);
    equal(control.transactions.length, 1);
    later(MOVING_LIMITS.bootReportMs);
    await boot("3", 3);
    equal(control.transactions, Array(2).fill({ stationId: "CP001", open: [], booted: true }));
  });
});

Deno.test("moving: a station that does not boot at its new CSMS is asked to; one that will not is accepted by any answer", async () => {
  await withRig({ isNewCsms: true }, async ({ control, station, csms, later }) => {
    later(MOVING_LIMITS.bootWaitMs);
    await until(() => station.texts.length === 1);
    const [type, id, action, payload] = JSON.parse(station.texts[0]!);
    equal([type, action, payload], [2, "TriggerMessage", { requestedMessage: "BootNotification" }]);
    station.send(JSON.stringify([3, id, { status: "NotImplemented" }]));
    station.send('[2,"h","Heartbeat",{}]');
    await until(() => csms.peers[0]!.texts.length === 1);
    csms.peers[0]!.send('[3,"h",{"currentTime":"2026-01-01T00:00:00Z"}]');
    await until(() => control.accepted.length === 1);
    equal(control.accepted[0]!.verdict, "accepted");
  });
});

Deno.test("moving: what the gateway answers in the place of a CSMS that is away accepts nobody", () => {
  const control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 }));
  let state = "standing-in";
  const moving = new Moving({ context: workerContext(control, []) } as unknown as RelayPartTools);
  const rig = new RelayRig({
    csmsState: () => state,
    observers: moving.observer.map(({ name, message }) => ({
      name,
      message: (_relay, seen) => message!(shown(), seen),
    })),
  });
  const shown = () => ({ options: { ...rig.relay.options, isNewCsms: true } }) as unknown as Relay;
  moving.observer[0]!.opened!(shown());
  const boot = (id: string) => {
    rig.station.say([2, id, "BootNotification", { chargePointVendor: "v", chargePointModel: "m" }]);
    rig.csms.say([3, id, { status: "Accepted", currentTime: "2026-01-01T00:00:00Z", interval: 300 }]);
  };
  boot("1");
  equal(control.accepted, []);
  state = "through";
  boot("2");
  equal(control.accepted.map(({ verdict }) => verdict), ["accepted"]);
});
