import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../../../tests/support/ocpp_rig.ts";
import { admission } from "../../../tests/support/ocpp_rig.ts";
import { badgeHash } from "../../core/badge_hash.ts";
import { parseFrame } from "../codec.ts";
import { startOcpp } from "../service.ts";
import type { CallVerdict, Judge } from "../session.ts";
import { withBlockedBadges } from "./blocked_badges.ts";

const KEY = new Uint8Array(32).fill(3);
const blocked = (...badges: string[]) => ({
  key: Buffer.from(KEY).toString("base64"),
  hashes: badges.map((badge) => badgeHash(badge, KEY)),
});

/** Control that knows blocked badges. */
class BadgeControl extends FakeControl {
  list = blocked();
  judged: unknown[] = [];
  listed: unknown[] = [];

  constructor(csms: string) {
    super((attempt) => admission(csms, attempt.stationId));
    const plain = this.call;
    this.call = (async (method: string, args: never) => {
      if (method === "badges.blocked") return this.list;
      if (method === "badges.judge") return void this.judged.push(args);
      if (method === "badges.listed") return void this.listed.push(args);
      return await plain(method as never, args);
    }) as FakeControl["call"];
  }
}

/** A Worker between one station and its CSMS, with the badges that are blocked when it starts. */
async function withBlocked(
  badges: readonly string[],
  test: (rig: {
    readonly csms: FakeCsms;
    readonly control: BadgeControl;
    readonly service: Awaited<ReturnType<typeof startOcpp>>;
    readonly station: Peer;
  }) => Promise<void>,
): Promise<void> {
  const csms = new FakeCsms();
  const control = new BadgeControl(`ws://127.0.0.1:${await csms.listen()}/csms`);
  control.list = blocked(...badges);
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`) as Peer;
  try {
    await test({ csms, control, service, station });
  } finally {
    station.socket.terminate();
    await service.drain(1_000);
    await csms.close();
  }
}

Deno.test("T2: a blocked badge is refused at a connected station at once, though its CSMS would accept it; everything else passes", () =>
  withBlocked([], async ({ control, csms, service, station }) => {
    const authorize = (id: string, idTag: string) => station.send([2, id, "Authorize", { idTag }]);
    authorize("1", "04A1");
    await until(() => csms.peers[0]?.texts.length === 1);
    await service.handlers!["badges.changed"]!(blocked("04A1"));
    authorize("2", "04a1");
    await until(() => station.texts.length === 1);
    equal(JSON.parse(station.texts[0]!), [3, "2", { idTagInfo: { status: "Blocked" } }]);
    equal(control.judged, [{ stationId: "CP001", csms: "main", badge: "04a1", isJustApproved: false }]);
    authorize("3", "04A2");
    station.send([2, "4", "StartTransaction", { connectorId: 1, idTag: "04A1" }]);
    await until(() => csms.peers[0]?.texts.length === 3);
    equal(csms.peers[0]!.texts.map((text) => JSON.parse(text)[1]), ["1", "3", "4"]);
    await service.handlers!["badges.changed"]!(blocked());
    authorize("5", "04A1");
    await until(() => csms.peers[0]?.texts.length === 4);
  }));

Deno.test("T2: a Worker that starts knows the blocked badges before its first station is let in", () =>
  withBlocked(["04A1"], async ({ csms, station }) => {
    station.send([2, "1", "Authorize", { idTag: "04A1" }]);
    await until(() => station.texts.length === 1);
    equal(JSON.parse(station.texts[0]!)[2], { idTagInfo: { status: "Blocked" } });
    equal(csms.peers[0]!.texts, []);
  }));

const PASSED: CallVerdict = { pass: true, rule: "ocpp.forward" };
const REFUSED: CallVerdict = { pass: false, rule: "ocpp.rate", code: "GenericError", reason: "too many" };
const judge = (verdict: CallVerdict): Judge => ({ call: () => verdict, result: () => undefined });
const state = { repeated: false, overRate: false, overPending: false };

Deno.test("blocked badges: idToken of 2.x and signed calls count too, what the policy refuses stays refused, the CSMS's calls pass", () => {
  const own = withBlockedBadges(judge(PASSED), "ocpp2.0.1", { has: (badge) => badge === "B" });
  const call = (action: string, payload: unknown) => parseFrame(JSON.stringify([2, "1", action, payload]));
  const idToken = { idToken: "B", type: "ISO14443" };
  equal(own.call("station", call("Authorize", { idToken }), state), { pass: false, take: true, rule: "badge.blocked" });
  equal(own.call("station", call("Authorize", { idToken: { ...idToken, idToken: "C" } }), state), PASSED);
  equal(own.call("station", call("Authorize", {}), state), PASSED);
  equal(own.call("station", call("TransactionEvent", { idToken }), state), PASSED);
  equal(own.call("csms", call("Authorize", { idToken }), state), PASSED);
  const refusing = withBlockedBadges(judge(REFUSED), "ocpp2.0.1", { has: () => true });
  equal(refusing.call("station", call("Authorize", { idToken }), state), REFUSED);
});

const REMOTE_STARTS = [
  ["ocpp1.6", "RemoteStartTransaction", { idTag: "b", connectorId: 1 }],
  ["ocpp1.6", "RemoteStartTransaction-Signed", { idTag: "B" }],
  ["ocpp2.0.1", "RequestStartTransaction", { idToken: { idToken: "B", type: "Central" }, remoteStartId: 1 }],
  ["ocpp2.1", "RequestStartTransaction", { idToken: { idToken: "B", type: "Central" }, remoteStartId: 1 }],
  ["ocpp1.6", "ReserveNow", { idTag: "B", connectorId: 1, reservationId: 1 }],
  ["ocpp2.0.1", "ReserveNow", { idToken: { idToken: "B", type: "ISO14443" }, id: 1 }],
  ["ocpp2.1", "ReserveNow", { idToken: { idToken: "B", type: "ISO14443" }, id: 1 }],
  ["ocpp2.1", "RequestBatterySwap", { idToken: { idToken: "B", type: "ISO14443" }, requestId: 1 }],
] as const;
for (const [version, action, payload] of REMOTE_STARTS) {
  Deno.test(`EV-24: ${action} of the CSMS for a blocked badge is taken and refused, ${version}`, () => {
    const own = withBlockedBadges(judge(PASSED), version, { has: (badge) => badge.toUpperCase() === "B" });
    const call = (given: unknown) => parseFrame(JSON.stringify([2, "1", action, given]));
    equal(own.call("csms", call(payload), state), { pass: false, take: true, rule: "badge.blocked-start" });
    equal(own.call("csms", call({ ...payload, idTag: "C", idToken: { idToken: "C" } }), state), PASSED);
    equal(own.call("csms", call({}), state), PASSED, "who names no badge is not judged by one");
    equal(own.call("station", call(payload), state), PASSED, "no station sends it");
  });
}

Deno.test("EV-24: a remote start for a blocked badge never reaches the station, and the CSMS is told Rejected", () =>
  withBlocked(["04A1"], async ({ control, csms, station }) => {
    await until(() => csms.peers.length === 1);
    csms.peers[0]!.send([2, "a", "RemoteStartTransaction", { idTag: "04a1", connectorId: 1 }]);
    await until(() => csms.peers[0]!.texts.length === 1);
    equal(JSON.parse(csms.peers[0]!.texts[0]!), [3, "a", { status: "Rejected" }]);
    csms.peers[0]!.send([2, "b", "RemoteStartTransaction", { idTag: "04A2", connectorId: 1 }]);
    await until(() => station.texts.length === 1);
    equal(JSON.parse(station.texts[0]!)[1], "b");
    equal((control.judged as { badge: string; ordered: string }[]).map(({ badge, ordered }) => [badge, ordered]), [
      ["04a1", "RemoteStartTransaction"],
    ]);
  }));

Deno.test("EV-24: a list of the CSMS that names a blocked badge reaches the station byte for byte, with its version, and control is told", () =>
  withBlocked(["04A1"], async ({ control, csms, station }) => {
    await until(() => csms.peers.length === 1);
    const accepted = { idTagInfo: { status: "Accepted" } };
    const list = [{ idTag: "04a1", ...accepted }, { idTag: "04A2", ...accepted }, { idTag: "04A1" }];
    const text = JSON.stringify([2, "a", "SendLocalList", {
      ...{ listVersion: 7, updateType: "Differential", localAuthorizationList: list },
    }]);
    csms.peers[0]!.socket.send(text);
    await until(() => station.texts.length === 1 && control.listed.length === 1);
    equal(station.texts, [text]);
    equal(control.listed, [{ stationId: "CP001", csms: "main", badges: ["04a1"], count: 1 }]);
  }));
