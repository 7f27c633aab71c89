import { deepStrictEqual as equal, notEqual, ok } from "node:assert/strict";
import {
  admission,
  connectStation,
  DeafCsms,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../../../tests/support/ocpp_rig.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { WorkerContext } from "../../core/conduit.ts";
import type { MirrorRoute } from "../../core/mirror_api.ts";
import { systemTimers } from "../../core/timers.ts";
import { startOcpp } from "../service.ts";
import type { OcppWorkerConfig } from "../worker_config.ts";
import { MIRROR_LIMITS } from "./limits.ts";

interface Rig {
  readonly control: FakeControl;
  readonly primary: FakeCsms;
  readonly mirror: FakeCsms;
  readonly mirrorUrl: string;
  readonly station: Peer;
  readonly service: Awaited<ReturnType<typeof startOcpp>>;
}

interface RigOptions {
  readonly route?: Partial<MirrorRoute>;
  readonly url?: string;
  readonly graceSeconds?: number;
  readonly context?: Partial<WorkerContext<OcppWorkerConfig>>;
  readonly isMirrorAway?: boolean;
}

/** One station, its CSMS, and a mirror. */
async function withRig(options: RigOptions, run: (rig: Rig) => Promise<void>): Promise<void> {
  const primary = new FakeCsms(), mirror = new FakeCsms();
  const url = `ws://127.0.0.1:${await primary.listen()}/main`;
  const port = await mirror.listen();
  const mirrorUrl = options.url ?? `ws://127.0.0.1:${port}/mirror`;
  if (options.isMirrorAway) mirror.refuse = 503;
  const route: MirrorRoute = {
    route: { csms: "ems", url: mirrorUrl, graceSeconds: 0 },
    mode: "read-only",
    actions: [],
    badges: "pass",
    whenMetered: "pause",
    ...options.route,
  };
  const control = new FakeControl(({ stationId }) =>
    admission(url, stationId, {
      mirrors: [route],
      upstream: { csms: "main", url, graceSeconds: options.graceSeconds ?? 0 },
    })
  );
  const service = await startOcpp({ ...workerContext(control, [PLAIN]), ...options.context });
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`);
  ok(station instanceof Peer, `refused with ${station}`);
  try {
    await until(() => primary.peers.length === 1);
    await run({ control, primary, mirror, mirrorUrl, station, service });
  } finally {
    await service.drain(1_000);
    station.socket.terminate();
    await primary.close();
    await mirror.close();
  }
}

const heartbeat = (id: number | string) => `[2,"${id}","Heartbeat",{}]`;

Deno.test("mirrors: a copy has the bytes as received, its answer goes nowhere, the station and its CSMS see nothing of it", async () => {
  await withRig({}, async ({ primary, mirror, station }) => {
    const call = '[2, "7","MeterValues" ,{"connectorId":1,"meterValue":[{"timestamp":"t","sampledValue":' +
      '[{"value":"OCMF|{\\"ID\\":\\"x\\"}|{}","format":"SignedData"},{"value":"1.50"}]}],"vendor":1.0}]';
    station.send(call);
    await until(() => mirror.peers[0]?.texts.length === 1 && primary.peers[0]!.texts.length === 1);
    equal([mirror.peers[0]!.texts, primary.peers[0]!.texts], [[call], [call]]);
    equal([mirror.peers[0]!.request!.url, mirror.peers[0]!.socket.protocol], ["/mirror/CP001", "ocpp1.6"]);
    mirror.peers[0]!.send('[3,"7",{"from":"mirror"}]');
    primary.peers[0]!.send('[3,"7",{"from":"primary"}]');
    await until(() => station.texts.length === 1);
    station.send(heartbeat(8));
    await until(() => mirror.peers[0]!.texts.length === 2);
    equal(station.texts, ['[3,"7",{"from":"primary"}]']);
    station.socket.close(1000);
    await until(() => mirror.peers[0]!.closed && primary.peers[0]!.closed);
  });
});

Deno.test("mirrors: answers and calls of the CSMS are not copied, and a mirror's own call is refused", async () => {
  await withRig({}, async ({ primary, mirror, station, control }) => {
    await until(() => mirror.peers.length === 1);
    primary.peers[0]!.send('[2,"p","Reset",{"type":"Soft"}]');
    await until(() => station.texts.length === 1);
    station.send('[3,"p",{"status":"Accepted"}]');
    await until(() => primary.peers[0]!.texts.length === 1);
    mirror.peers[0]!.send('[2,"m","Reset",{"type":"Hard"}]');
    await until(() => mirror.peers[0]!.texts.length === 1);
    const rule = "ocpp.mirror.read-only";
    equal(JSON.parse(mirror.peers[0]!.texts[0]!), [4, "m", "SecurityError", "This connection may only read", { rule }]);
    equal(station.texts.length, 1);
    const refusal = control.audited.find(({ event }) => event === "ocpp.mirror.refused")!;
    equal([refusal.who, refusal.target, refusal.rule, refusal.outcome], ["ems", "CP001", rule, "refused"]);
  });
});

Deno.test("mirrors: badges are masked for a mirror that may not see them, and only there", async () => {
  await withRig({ route: { badges: "mask" } }, async ({ primary, mirror, station }) => {
    const call = '[2,"1","Authorize",{"idTag":"DEADBEEF"}]';
    station.send(call);
    station.send('[2,"2","DataTransfer",{"vendorId":"x","data":"DEADBEEF"}]');
    await until(() => mirror.peers[0]?.texts.length === 1 && primary.peers[0]!.texts.length === 2);
    equal(primary.peers[0]!.texts[0], call);
    notEqual(mirror.peers[0]!.texts[0], call);
    ok(!mirror.peers[0]!.texts.join().includes("DEADBEEF"));
  });
});

Deno.test("mirrors: a limited secondary's call reaches the station with an id of the gateway; the CSMS sees neither it nor its answer", async () => {
  const route = { mode: "limited", actions: ["TriggerMessage"] } as const;
  await withRig({ route }, async ({ primary, mirror, station, control }) => {
    await until(() => mirror.peers.length === 1);
    mirror.peers[0]!.send('[2,"m","TriggerMessage",{"requestedMessage":"Heartbeat"}]');
    await until(() => station.texts.length === 1);
    const [type, id, action, payload] = JSON.parse(station.texts[0]!);
    equal([type, action, payload], [2, "TriggerMessage", { requestedMessage: "Heartbeat" }]);
    notEqual(id, "m");
    primary.peers[0]!.send(`[2,"m","GetLocalListVersion",{}]`);
    station.send(JSON.stringify([3, id, { status: "Accepted" }]));
    await until(() => mirror.peers[0]!.texts.length === 1 && station.texts.length === 2);
    equal(mirror.peers[0]!.texts, ['[3,"m",{"status":"Accepted"}]']);
    equal(
      JSON.parse(station.texts[1]!).slice(0, 3),
      [2, "m", "GetLocalListVersion"],
      "the same id, the CSMS's own call",
    );
    station.send('[3,"m",{"listVersion":1}]');
    await until(() => primary.peers[0]!.texts.length === 1);
    equal([primary.peers[0]!.texts, mirror.peers[0]!.texts.length], [['[3,"m",{"listVersion":1}]'], 1]);
    mirror.peers[0]!.send('[2,"n","Reset",{"type":"Hard"}]');
    await until(() => mirror.peers[0]!.texts.length === 2);
    equal(JSON.parse(mirror.peers[0]!.texts[1]!)[2], "SecurityError");
    equal(station.texts.length, 2);
    const commanded = control.audited.find(({ event }) => event === "ocpp.mirror.commanded")!;
    equal([commanded.who, commanded.target, commanded.detail!["action"]], ["ems", "CP001", "TriggerMessage"]);
  });
});

Deno.test("T9: either upstream may vanish: cut B, then A, and neither notices the other", async () => {
  await withRig({ graceSeconds: 10 }, async ({ primary, mirror, station, control }) => {
    await until(() => mirror.peers.length === 1);
    mirror.peers[0]!.socket.terminate(); // cut B
    await until(() => control.alarms.some(({ kind }) => kind === "ocpp.mirror.away"));
    station.send(heartbeat(1));
    await until(() => primary.peers[0]!.texts.length === 1);
    primary.peers[0]!.send('[3,"1",{"currentTime":"x"}]');
    await until(() => station.texts.length === 1);
    await until(() => mirror.peers.length === 2, "B is dialled again");
    await until(() => mirror.peers[1]!.texts.length === 1, "what B missed");
    primary.peers[0]!.socket.terminate(); // cut A: within its grace
    await until(() => primary.peers[0]!.closed);
    station.send(heartbeat(2));
    mirror.peers[1]!.send('[3,"1",{}]');
    await until(() => mirror.peers[1]!.texts.length === 2, "B goes on while A is away");
    await until(
      () => primary.peers.length === 2 && primary.peers[1]!.texts.length === 1,
      "A is back with what it missed",
    );
    equal([station.closed, mirror.peers[1]!.closed, mirror.peers.length], [undefined, undefined, 2]);
    equal(control.cleared.some(({ kind }) => kind === "ocpp.mirror.away"), true);
  });
});

Deno.test("T9: without grace a lost A closes the station, and with it B; both cut at once is no other end", async () => {
  await withRig({}, async ({ primary, mirror, station }) => {
    await until(() => mirror.peers.length === 1);
    primary.peers[0]!.socket.terminate();
    mirror.peers[0]!.socket.terminate();
    await until(() => station.closed);
    equal([station.closed!.code, primary.peers.length, mirror.peers.length], [1001, 1, 1]);
  });
});

Deno.test("mirrors: one that is away from the start gets what waited, oldest first, when it comes", async () => {
  await withRig({ isMirrorAway: true }, async ({ primary, mirror, station }) => {
    for (let i = 0; i < 3; i++) station.send(heartbeat(i));
    await until(() => primary.peers[0]!.texts.length === 3);
    mirror.refuse = undefined;
    for (let i = 0; i < 3; i++) {
      await until(() => mirror.peers[0]?.texts.length === i + 1);
      mirror.peers[0]!.send(`[3,"${i}",{}]`);
    }
    equal(mirror.peers[0]!.texts, [0, 1, 2].map(heartbeat));
  });
});

Deno.test("mirrors: the primary's message never waits for a mirror: those of mirrors leave in a later turn", async () => {
  const held: (() => void)[] = [];
  const timers = {
    ...systemTimers,
    after: (ms: number, run: () => void) => ms === 0 ? (held.push(run), () => {}) : systemTimers.after(ms, run),
  };
  await withRig({ context: { timers } }, async ({ primary, mirror, station, service }) => {
    const live = async () => await service.handlers!["mirrors.live"]!({}) as { readonly state: string }[];
    // Open on this side too: what was said before goes with the opening.
    await waitFor("the mirror", async () => (await live())[0]?.state === "open");
    for (let i = 0; i < 50; i++) station.send(heartbeat(i));
    await until(() => primary.peers[0]!.texts.length === 50, "all are relayed while no mirror was served");
    equal(mirror.peers[0]!.texts.length, 0);
    equal(held.length, 1, "one turn for all that waits");
    held[0]!();
    await until(() => mirror.peers[0]!.texts.length === 1);
  });
});

Deno.test("mirrors: one that reads nothing is cut, and the primary gets every message in order meanwhile", async () => {
  using deaf = new DeafCsms();
  await withRig({ url: deaf.url }, async ({ primary, station, control, service }) => {
    await deaf.accept();
    const padding = "x".repeat(100_000);
    // A CALL each turn: only unanswered ones wait, so SENDs are not needed; the deaf peer gets one per answer time.
    for (let i = 0; i < 40; i++) station.send(JSON.stringify([2, String(i), "Heartbeat", { padding }]));
    await until(() => primary.peers[0]!.texts.length === 40);
    equal(primary.peers[0]!.texts.map((text) => JSON.parse(text)[1]), Array.from({ length: 40 }, (_, i) => String(i)));
    await until(() => control.alarms.some(({ kind }) => kind === "ocpp.mirror.dropped"), "its queue is bounded");
    const live = await service.handlers!["mirrors.live"]!({}) as { queued: number }[];
    ok(live[0]!.queued <= MIRROR_LIMITS.queueBytes / padding.length + 1, `${live[0]!.queued} wait`);
    equal(station.closed, undefined);
  });
});

Deno.test("mirrors: a socket that fills up is cut at its limit and dialled again", async () => {
  using deaf = new DeafCsms();
  const protocols = ["ocpp2.1"];
  const primary = new FakeCsms();
  const url = `ws://127.0.0.1:${await primary.listen()}/main`;
  const route = { route: { csms: "ems", url: deaf.url, graceSeconds: 0 }, mode: "read-only" } as const;
  const mirrors = [{ ...route, actions: [], badges: "pass", whenMetered: "pause" } as const];
  const control = new FakeControl(({ stationId }) => admission(url, stationId, { mirrors }));
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`, { protocols });
  ok(station instanceof Peer, `refused with ${station}`);
  const accepted = deaf.accept("ocpp2.1");
  try {
    await accepted;
    const send = JSON.stringify([6, "s", "NotifyPeriodicEventStream", { padding: "x".repeat(200_000) }]);
    let sent = 0;
    await until(() => {
      if (sent < 400 && station.socket.bufferedAmount === 0) {
        station.send(send);
        sent++;
      }
      return control.alarms.some(({ kind, detail }) =>
        kind === "ocpp.mirror.away" && /does not read/.test(detail ?? "")
      );
    }, "the mirror is cut");
    await until(() => primary.peers[0]!.texts.length === sent);
    equal(station.closed, undefined);
  } finally {
    await service.drain(1_000);
    station.socket.terminate();
    await primary.close();
  }
});

Deno.test("mirrors: on a metered uplink only those that ask for it are connected", async () => {
  const metered = { bypass: [], keepAliveSeconds: 240, metered: true };
  for (const [whenMetered, expected] of [["pause", 0], ["send", 1]] as const) {
    const config = {
      ...workerContext(new FakeControl(() => ({ admit: false, rule: "", status: 404 })), [PLAIN]).config,
      uplink: metered,
    };
    await withRig({ route: { whenMetered }, context: { config } }, async ({ mirror, station, primary, service }) => {
      station.send(heartbeat(1));
      await until(() => primary.peers[0]!.texts.length === 1);
      equal((await service.handlers!["mirrors.live"]!({}) as unknown[]).length, expected);
      if (expected === 1) await until(() => mirror.peers.length === 1);
      equal(mirror.peers.length, expected);
    });
  }
});

Deno.test("mirrors: a shadow's answers are compared with the primary's and reported without payloads", async () => {
  await withRig({ route: { mode: "shadow" } }, async ({ primary, mirror, station, control }) => {
    const answer = async (id: string, text: string, mine: string, other: string) => {
      station.send(text);
      await until(() =>
        primary.peers[0]!.texts.some((one) => one.includes(id)) &&
        mirror.peers[0]?.texts.some((one) => one.includes(id))
      );
      primary.peers[0]!.send(mine);
      mirror.peers[0]!.send(other);
    };
    await answer("id-1", heartbeat("id-1"), '[3,"id-1",{"currentTime":"a"}]', '[3,"id-1",{"currentTime":"b"}]');
    await answer(
      "id-2",
      '[2,"id-2","Authorize",{"idTag":"X"}]',
      '[3,"id-2",{"idTagInfo":{"status":"Accepted"}}]',
      '[3,"id-2",{"idTagInfo":{"status":"Invalid"}}]',
    );
    await until(() => control.compared.reduce((sum, { same, different }) => sum + same + different, 0) === 2);
    const samples = control.compared.flatMap(({ samples }) => samples);
    equal(samples, [{ action: "Authorize", field: "idTagInfo.status", primary: "Accepted", shadow: "Invalid" }]);
    equal(station.texts.length, 2);
  });
});

Deno.test("mirrors: control may change those of a live session; those that stay keep their connection", async () => {
  await withRig({}, async ({ mirror, mirrorUrl, service, control, station, primary }) => {
    await until(() => mirror.peers.length === 1);
    await until(() => control.entered.length === 1);
    const { session } = control.entered[0]!;
    const routeTo = (csms: string, mode: MirrorRoute["mode"]): MirrorRoute => ({
      route: { csms, url: mirrorUrl, graceSeconds: 0 },
      mode,
      actions: [],
      badges: "pass",
      whenMetered: "pause",
    });
    const same = routeTo("ems", "read-only"), added = routeTo("new", "shadow");
    const set = service.handlers!["mirrors.set"]!;
    await set({ session, mirrors: [same, added] });
    await until(() => mirror.peers.length === 2);
    equal(mirror.peers[0]!.closed, undefined);
    await set({ session, mirrors: [{ ...same, badges: "mask" }, added] });
    await until(() => mirror.peers[0]!.closed && mirror.peers.length === 3, "a changed one is connected anew");
    await set({ session, mirrors: [] });
    await until(() => mirror.peers.every(({ closed }) => closed !== undefined));
    equal(mirror.peers[0]!.closed!.code, 1001);
    await set({ session: "gone", mirrors: [same] });
    station.send(heartbeat(1));
    await until(() => primary.peers[0]!.texts.length === 1);
    equal(mirror.peers.length, 3);
  });
});
