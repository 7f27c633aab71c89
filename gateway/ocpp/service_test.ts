import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import WebSocketClient from "ws";
import type { Json } from "../core/control_api.ts";
import { startOcpp } from "./service.ts";
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
} from "../../tests/support/ocpp_rig.ts";
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
  const control = new FakeControl(({ stationId }) =>
    admission(upstream, stationId, {
      ...changes,
      upstream: { csms: "main", graceSeconds: 0, ...changes.upstream, url: upstream },
    })
  );
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const url = `${service.listening!["ocpp:plain"]}/ocpp`;
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

Deno.test("ocpp service: the close code of the station reaches the CSMS, and the other way round", async () => {
  await withRig({}, async ({ station, csms, control }) => {
    const first = await station("A");
    await until(() => csms.peers.length === 1);
    first.socket.close(4001, "bye");
    await until(() => csms.peers[0]!.closed);
    equal(csms.peers[0]!.closed, { code: 4001, reason: "bye" });
    await until(() => control.left.length === 1);
    equal(control.left[0]!.why, "closed-by-station");
    const second = await station("B");
    await until(() => csms.peers.length === 2);
    csms.peers[1]!.socket.close(1000, "go");
    await until(() => second.closed);
    equal(second.closed, { code: 1000, reason: "go" });
  });
});

Deno.test("ocpp service: a lost CSMS leg closes the station's leg (LC4)", async () => {
  await withRig({}, async ({ station, csms }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    csms.peers[0]!.socket.terminate();
    await until(() => peer.closed);
    equal(peer.closed!.code, 1001);
  });
});

Deno.test("ocpp service: within graceSeconds the station's leg is kept and nothing is lost", async () => {
  await withRig({ upstream: { csms: "main", url: "", graceSeconds: 10 } }, async ({ station, csms }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    csms.peers[0]!.socket.terminate();
    await until(() => csms.peers[0]!.closed);
    peer.send('[2,"9","Heartbeat",{}]');
    await until(() => csms.peers.length === 2 && csms.peers[1]!.texts.length === 1);
    equal(csms.peers[1]!.texts, ['[2,"9","Heartbeat",{}]']);
    csms.peers[1]!.send('[3,"9",{"currentTime":"2026-01-01T00:00:00Z"}]');
    await until(() => peer.texts.length === 1);
    equal(peer.closed, undefined);
  });
});

Deno.test("ocpp service: refusals of control are HTTP statuses before 101", async () => {
  await withRig({}, async ({ url, control, csms }) => {
    control.admit = () => ({ admit: false, rule: "unknown", status: 404 });
    equal(await connectStation(`${url}/NOBODY`), 404);
    control.admit = () => ({ admit: false, rule: "credential", status: 401 });
    equal(await connectStation(`${url}/CP001`), 401);
    control.admit = () => ({ admit: false, rule: "busy", status: 503, retryAfterSeconds: 3 });
    equal(await connectStation(`${url}/CP001`), 503);
    equal(csms.peers.length, 0);
    equal(control.audited, [], "control audits its own decisions");
  });
});

Deno.test("ocpp service: without control nobody gets in", async () => {
  await withRig({}, async ({ url, control }) => {
    control.isGone = true;
    equal(await connectStation(`${url}/CP001`), 503);
  });
});

Deno.test("ocpp service: the CSMS is dialled before 101; its 404 is the station's 404, other failures are 503", async () => {
  await withRig({}, async ({ url, csms, control }) => {
    csms.refuse = 404;
    equal(await connectStation(`${url}/CP001`), 404);
    csms.refuse = 500;
    equal(await connectStation(`${url}/CP001`), 503);
    await until(() => control.left.length === 2, "sessions given back");
    equal(control.alarms.map(({ kind }) => kind), ["ocpp.csms.unreachable"]);
    csms.refuse = undefined;
    const peer = await connectStation(`${url}/CP001`);
    ok(peer instanceof Peer);
    await until(() => control.cleared.some(({ kind }) => kind === "ocpp.csms.unreachable"), "alarm cleared");
    peer.socket.terminate();
  });
});

Deno.test("ocpp service: no common subprotocol finishes the handshake without one and closes (LC13)", async () => {
  await withRig({}, async ({ url, csms, control }) => {
    const ending = async (offered: string[]) => {
      const socket = new WebSocketClient(`${url}/CP001`, offered);
      // A client that offered some gives up when it gets none, as browsers do (RFC 6455 section 4.1): seen in the answer.
      const { promise, resolve } = Promise.withResolvers<readonly (number | string | undefined)[]>();
      let answered: readonly (number | string | undefined)[] = [];
      socket.on("upgrade", ({ statusCode, headers }) => {
        answered = [statusCode, headers["sec-websocket-protocol"]];
      });
      socket.on("error", () => {});
      socket.on("close", (code) => resolve([...answered, code]));
      return await promise;
    };
    equal(await ending([]), [101, undefined, 1002]);
    // Control knows which versions this station may speak, and has recorded it.
    control.admit = () => ({ admit: false, rule: "admission.protocol", status: 403 });
    equal((await ending(["ocpp1.5"])).slice(0, 2), [101, undefined]);
    equal(csms.peers.length, 0);
  });
});

Deno.test("ocpp service: a station without subprotocol is taken with the quirk assume-protocol (Q1)", async () => {
  await withRig({ quirks: ["assume-protocol"], protocols: ["ocpp1.6"] }, async ({ url, csms }) => {
    const peer = await connectStation(`${url}/CP001`, { protocols: [] });
    ok(peer instanceof Peer);
    equal(peer.socket.protocol, "");
    await until(() => csms.peers.length === 1);
    equal(csms.peers[0]!.socket.protocol, "ocpp1.6");
    peer.socket.close();
    await until(() => csms.peers[0]!.closed);
  });
});

Deno.test("ocpp service: the station's list is offered upstream and only what the CSMS picked is accepted (Q2)", async () => {
  await withRig({}, async ({ url, csms }) => {
    const peer = await connectStation(`${url}/CP001`, { protocols: ["ocpp9.9", "ocpp2.0.1", "ocpp1.6"] });
    ok(peer instanceof Peer);
    equal(csms.peers[0]!.request!.headers["sec-websocket-protocol"], "ocpp2.0.1,ocpp1.6");
    equal(peer.socket.protocol, "ocpp2.0.1");
    peer.socket.close();
    await until(() => csms.peers[0]!.closed);
  });
});

Deno.test("ocpp service: pings travel end to end", async () => {
  await withRig({}, async ({ station, csms }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    peer.socket.ping("are you there");
    await until(() => peer.pongs.length === 1);
    equal(csms.peers[0]!.pings, ["are you there"]);
    equal(peer.pongs, ["are you there"]);
    csms.peers[0]!.socket.ping("and you");
    await until(() => csms.peers[0]!.pongs.length === 1);
    equal(peer.pings, ["and you"]);
  });
});

Deno.test("ocpp service: permessage-deflate is negotiated on both legs, and not with the quirk no-deflate", async () => {
  await withRig({}, async ({ station, csms, control }) => {
    const peer = await station();
    ok(peer.socket.extensions.includes("permessage-deflate"));
    await until(() => csms.peers.length === 1);
    ok(csms.peers[0]!.socket.extensions.includes("permessage-deflate"));
    const call = JSON.stringify([2, "1", "DataTransfer", { vendorId: "v", data: "abc".repeat(2_000) }]);
    peer.send(call);
    await until(() => csms.peers[0]!.texts.length === 1);
    equal(csms.peers[0]!.texts[0], call);
    const admit = control.admit;
    control.admit = (attempt) => ({ ...admit(attempt) as Admitted, quirks: ["no-deflate"] });
    equal((await station("B")).socket.extensions, "");
  });
});

Deno.test("ocpp service: a peer that does not read is cut off within the cap (invariant 7)", async () => {
  using deaf = new DeafCsms();
  await withRig({}, async ({ station, control }) => {
    control.admit = ({ stationId }) => admission(deaf.url, stationId);
    const [peer] = await Promise.all([station(), deaf.accept()]);
    const filler = "1".repeat(60_000);
    for (let sent = 0; !peer.closed && sent < 300; sent++) { // 18 MB: the kernel takes some of it
      const text = `[2,"${sent}","MeterValues",{"connectorId":1,"meterValue":[],"x":"${filler}"}]`;
      await new Promise((resolve) => peer.socket.send(text, resolve));
    }
    await until(() => control.left.length === 1);
    equal(control.left[0]!.why, "not-reading");
  });
});

Deno.test("ocpp service: a newer admitted connection takes the place of the older one", async () => {
  await withRig({}, async ({ station, csms, control }) => {
    const first = await station();
    await until(() => csms.peers.length === 1);
    const second = await station();
    await until(() => first.closed);
    equal(first.closed!.code, 1000);
    equal(second.closed, undefined);
    await until(() => control.left.length === 1);
    equal(control.left[0]!.why, "replaced");
    equal(control.entered.length, 2);
  });
});

Deno.test("ocpp service: a newer connection whose CSMS is away leaves the older one alone (O-25)", async () => {
  await withRig({}, async ({ station, csms, url }) => {
    const first = await station();
    await until(() => csms.peers.length === 1);
    csms.refuse = 500;
    equal(await connectStation(`${url}/CP001`), 503);
    first.send('[2,"1","Heartbeat",{}]');
    await until(() => csms.peers[0]!.texts.length === 1);
    equal(first.closed, undefined);
  });
});

Deno.test("ocpp service: a probe is answered by a station that lives, and not by one that is gone or unknown (O-25)", async () => {
  await withRig({}, async ({ station, csms, service }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    const [{ session }] = service.handlers!["stations.live"]!({}) as [{ session: string }];
    const probe = (args: { session: string; withinMs: number }) => service.handlers!["sessions.probe"]!(args);
    equal(await probe({ session, withinMs: 5_000 }), { alive: true });
    equal(csms.peers[0]!.pongs, [], "the pong is the gateway's own");
    equal(await probe({ session: "other", withinMs: 5_000 }), { alive: false });
    peer.socket.terminate();
    equal(await probe({ session, withinMs: 5_000 }), { alive: false });
  });
});

Deno.test("ocpp service: control closes sessions by station and by session", async () => {
  await withRig({}, async ({ station, service }) => {
    const first = await station("A"), second = await station("B");
    const live = () => service.handlers!["stations.live"]!({}) as { session: string; stationId: string }[];
    await until(() => live().length === 2);
    equal(await service.handlers!["stations.close"]!({ stationIds: ["A", "a"], why: "revoked" }), { closed: 1 });
    await until(() => first.closed);
    equal(first.closed, { code: 1008, reason: "revoked" });
    equal(await service.handlers!["sessions.close"]!({ sessions: [live()[0]!.session], why: "x" }), { closed: 1 });
    await until(() => second.closed);
  });
});

Deno.test("ocpp service: a drain tells both peers 1001 and stops accepting", async () => {
  await withRig({}, async ({ station, csms, service, url }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    await service.drain(2_000);
    await until(() => peer.closed && csms.peers[0]!.closed);
    equal([peer.closed!.code, csms.peers[0]!.closed!.code], [1001, 1001]);
    await connectStation(`${url}/CP001`).then(() => ok(false, "accepted"), () => undefined);
  });
});

Deno.test("ocpp service: the flight recorder exports handshake and messages without badges", async () => {
  await withRig({}, async ({ station, csms, service }) => {
    const peer = await station();
    await until(() => csms.peers.length === 1);
    peer.send('[2,"1","Authorize",{"idTag":"DEADBEEF"}]');
    await until(() => csms.peers[0]!.texts.length === 1);
    ok(csms.peers[0]!.texts[0]!.includes("DEADBEEF"));
    const { lines } = await service.handlers!["flight.export"]!({ stationId: "CP001" });
    const kinds = lines.trim().split("\n").map((line) => JSON.parse(line).kind);
    equal(kinds, ["open", "station"]);
    ok(!lines.includes("DEADBEEF") && lines.includes("Authorize"));
  });
});

Deno.test("ocpp service: facts of a boot go to control", async () => {
  await withRig({}, async ({ station, csms, control, service }) => {
    const peer = await station();
    peer.send('[2,"1","BootNotification",{"chargePointVendor":"Bender","chargePointModel":"CC613"}]');
    await until(() => csms.peers[0]?.texts.length === 1);
    await service.drain(500);
    const facts = Object.assign({}, ...control.seen.map((one) => one.facts));
    equal([facts.vendor, facts.model, facts.protocol], ["Bender", "CC613", "ocpp1.6"]);
  });
});

Deno.test("ocpp service: new paths are taken over, a moved listener is refused and the old state stays", async () => {
  await withRig({}, async ({ station, service, url }) => {
    const config = { listeners: [PLAIN], maxMessageBytes: 262_144, pingSeconds: 60, callTimeoutSeconds: 30 };
    const moved = { ...config, listeners: [{ ...PLAIN, port: 1 }] };
    await rejects(service.reconfigure!(moved), { code: "CFG_INVALID" });
    await station();
    await service.reconfigure!({ ...config, listeners: [{ ...PLAIN, paths: ["/legacy"] }] });
    equal(await connectStation(`${url}/CP001`), 404);
    const peer = await connectStation(`${url.replace(/ocpp$/, "legacy")}/CP001`);
    ok(peer instanceof Peer);
    equal(service.health(), { state: "ok" });
    peer.socket.terminate();
  });
});

Deno.test("ocpp service: station.call reaches the station alone, and its answer control alone", async () => {
  await withRig({}, async ({ station, csms, service }) => {
    const call = service.handlers!["station.call"]!;
    const ask = { stationId: "CP001", action: "GetConfiguration", payload: { key: ["a"] }, timeoutMs: 5_000 };
    equal(await call(ask), { noAnswer: "away" });
    const peer = await station();
    const answer = call(ask);
    await until(() => peer.texts.length === 1);
    const [, id, action, payload] = JSON.parse(peer.texts[0]!);
    equal([action, payload], ["GetConfiguration", { key: ["a"] }]);
    peer.send([3, id, { unknownKey: ["a"] }]);
    equal(await answer, { result: { unknownKey: ["a"] } });
    const refused = call(ask);
    await until(() => peer.texts.length === 2);
    peer.send([4, JSON.parse(peer.texts[1]!)[1], "NotSupported", "no", {}]);
    equal(await refused, { error: { code: "NotSupported", description: "no" } });
    equal(csms.peers[0]!.texts, []);
  });
});

Deno.test("ocpp service: station.call refuses what breaks the schema of the version that the station speaks", async () => {
  await withRig({}, async ({ station, service }) => {
    const peer = await station();
    const ask = { stationId: "CP001", timeoutMs: 5_000 };
    const call = async (action: string, payload: Json) =>
      await service.handlers!["station.call"]!({ ...ask, action, payload });
    await rejects(call("GetVariables", {}), { code: "STATION_CALL_INVALID", message: /ocpp1.6 has no action/ });
    await rejects(call("Reset", { type: "Soon" }), { code: "STATION_CALL_INVALID", message: /\/type breaks enum/ });
    equal(peer.texts, []);
  });
});
