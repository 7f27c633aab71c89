import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Clock, systemClock } from "../../gateway/core/clock.ts";
import type { StationAttempt } from "../../gateway/core/control_api.ts";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";
import { readLooseTarget } from "../../gateway/ocpp/loose_target.ts";
import { readTarget } from "../../gateway/ocpp/upgrade_request.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import type { Admitted } from "../../gateway/ocpp/upgrade.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../support/ocpp_rig.ts";
import { rawUpgrade } from "../support/raw_upgrade.ts";

/** A gateway whose control admits every station with these settings, and a CSMS that takes the versions named. */
async function withDoor(
  changes: Partial<Admitted>,
  run: (rig: { url: string; port: number; csms: FakeCsms; control: FakeControl }) => Promise<void>,
  pick?: (offered: Set<string>) => string | false,
  clock: Clock = systemClock,
): Promise<void> {
  const csms = new FakeCsms(undefined, pick);
  const upstream = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const control = new FakeControl(({ stationId }) => admission(upstream, stationId, changes));
  const service = await startOcpp({ ...workerContext(control, [PLAIN]), clock });
  const base = service.listening!["ocpp:plain"]!;
  try {
    await run({ url: `${base}/ocpp`, port: Number(new URL(base).port), csms, control });
  } finally {
    await service.drain(500);
    await csms.close();
  }
}

async function open(url: string, options: Parameters<typeof connectStation>[1] = {}): Promise<Peer> {
  const peer = await connectStation(url, options);
  ok(peer instanceof Peer, `refused with ${peer}`);
  return peer;
}

Deno.test("quirk Q1: no subprotocol is finished and closed with 1002, and the record names the quirk", () =>
  withDoor({}, async ({ url, control, csms }) => {
    const station = await open(`${url}/CP001`, { protocols: [] });
    await until(() => station.closed);
    equal(station.closed!.code, 1002);
    equal(csms.peers.length, 0);
    const refused = control.audited.find(({ rule }) => rule === "ocpp.subprotocol");
    match(String(refused?.detail?.why), /quirk assume-protocol may help/);
    match(control.left[0]!.why, /quirk assume-protocol may help/);
  }));

Deno.test("quirk Q1: with assume-protocol its first configured version is spoken to the CSMS, none to the station", () =>
  withDoor({ quirks: ["assume-protocol"], protocols: ["ocpp1.6"] }, async ({ url, csms }) => {
    const station = await open(`${url}/CP001`, { protocols: [] });
    await until(() => csms.peers.length === 1);
    equal([station.socket.protocol, csms.peers[0]!.socket.protocol], ["", "ocpp1.6"]);
    station.send('[2,"1","Heartbeat",{}]');
    await until(() => csms.peers[0]!.texts.length === 1);
    station.socket.terminate();
  }));

Deno.test("quirk Q2: the version is agreed anew at every connection, from the station's own list", async () => {
  const offered: string[][] = [];
  const pick = (all: Set<string>) => {
    offered.push([...all]);
    return all.has("ocpp1.6") ? "ocpp1.6" : [...all][0]!;
  };
  await withDoor({}, async ({ url }) => {
    const first = await open(`${url}/CP001`, { protocols: ["ocpp2.1", "ocpp1.6", "soap"] });
    equal(first.socket.protocol, "ocpp1.6");
    const second = await open(`${url}/CP001`, { protocols: ["ocpp2.0.1"] });
    equal(second.socket.protocol, "ocpp2.0.1");
    equal(offered, [["ocpp2.1", "ocpp1.6"], ["ocpp2.0.1"]]);
    for (const { socket } of [first, second]) socket.terminate();
  }, pick);
});

Deno.test("quirk Q3: an upgrade without Connection: Upgrade is refused with 400 and recorded", () =>
  withDoor({}, async ({ port, control, csms }) => {
    equal(await rawUpgrade(port, "/ocpp/CP001", { Connection: undefined }), 400);
    equal(await rawUpgrade(port, "/ocpp/CP001", { Connection: "keep-alive" }), 400);
    equal(await rawUpgrade(port, "/ocpp/CP001", { Connection: "keep-alive, Upgrade" }), 101);
    await until(() => control.audited.some(({ rule }) => rule === "ocpp.request.malformed"));
    const why = control.audited.find(({ rule }) => rule === "ocpp.request.malformed")!.detail!.why;
    match(String(why), /without the header Connection: Upgrade/);
    equal(csms.peers.length, 1);
  }));

Deno.test("quirk Q4: an id is percent-decoded once, judged so, and sent on percent-encoded; a broken one is 404", () =>
  withDoor({}, async ({ url, port, control, csms }) => {
    const station = await open(`${url}/RDAM%7C123`);
    const spaced = await open(`${url}/RDAM%20123`);
    equal(control.attempts.map(({ stationId }) => stationId), ["RDAM|123", "RDAM 123"]);
    equal(csms.peers.map(({ request }) => request!.url), ["/csms/RDAM%7C123", "/csms/RDAM%20123"]);
    for (const path of ["/ocpp/CP%2", "/ocpp/CP%zz", "/ocpp/CP%2F1", "/ocpp/CP%252F1", "/ocpp/CP%00", "/ocpp/%2e%2e"]) {
      equal(await rawUpgrade(port, path), 404, path);
    }
    for (const { socket } of [station, spaced]) socket.terminate();
  }));

Deno.test("quirk Q4: an id of 48 characters passes, one of 49 is 404", () =>
  withDoor({}, async ({ url, port }) => {
    const long = "C".repeat(OCPP_LIMITS.stationIdChars);
    (await open(`${url}/${long}`)).socket.terminate();
    equal(await rawUpgrade(port, `/ocpp/${long}C`), 404);
    equal(await rawUpgrade(port, "/ocpp/CP:1"), 404);
  }));

/** Paths of the field and the id that loose-path reads in them. */
const LOOSE: readonly (readonly [path: string, id: string | undefined])[] = [
  ["/ocpp//CP001", "CP001"],
  ["//ocpp/CP001", "CP001"],
  ["/ocpp/CP001//", "CP001"],
  ["/ocpp/site/CP001", "CP001"],
  ["/ocppCP001", "CP001"],
  ["/ws://host/ocpp/CP_1/SERIAL", "SERIAL"],
  ["/wss://host:9000/ocpp/CP%7C1", "CP|1"],
  ["/ocpp/", undefined],
  ["/ocpp/..", undefined],
  ["/other/CP001", undefined],
  ["/ocppx/CP001", undefined],
  ["/ocpp/../CP001", undefined],
  ["/ocpp/%2e/CP001", undefined],
  ["/ws://host/CP001", undefined],
  ["/ocpp/a/%2e%2e", undefined],
];

for (const [path, id] of LOOSE) {
  Deno.test(`quirk Q5: ${path} is ${id === undefined ? "404 with and without" : `${id} with`} loose-path`, () => {
    equal(readLooseTarget(path, ["/ocpp"]), id);
    equal(readTarget(path, ["/ocpp"]), { status: 404, rule: "ocpp.request.path" });
  });
}

Deno.test("quirk Q5: a trailing slash needs no quirk, and as many segments as may be looked at are", () => {
  equal(readTarget("/ocpp/CP001/", ["/ocpp"]), { stationId: "CP001" });
  const path = (segments: number) => `/ocpp${"/x".repeat(segments - 2)}/CP001`;
  equal(readLooseTarget(path(OCPP_LIMITS.looseSegments), ["/ocpp"]), "CP001");
  equal(readLooseTarget(path(OCPP_LIMITS.looseSegments + 1), ["/ocpp"]), "x");
  equal(readLooseTarget("/CP001", [""]), "CP001");
  equal(readLooseTarget("/a/b/c/CP001", ["/a/b"]), "CP001");
});

Deno.test("quirk Q5: control is told that the request needs loose-path, and the CSMS sees a clean path", () =>
  withDoor({}, async ({ port, control, csms }) => {
    equal(await rawUpgrade(port, "/ocpp//site//CP001"), 101);
    equal(control.attempts[0]!.needs, ["loose-path"]);
    equal(csms.peers[0]!.request!.url, "/csms/CP001");
    control.admit = () => ({ admit: false, rule: "admission.quirk", status: 404 });
    equal(await rawUpgrade(port, "/ocpp//site//CP001"), 404);
  }));

Deno.test("quirk Q6: every character of identifierString may stand in an id", () =>
  withDoor({}, async ({ url, control }) => {
    const id = "aZ09*-_=+|@.x";
    const station = await open(`${url}/${encodeURIComponent(id)}`);
    equal(control.attempts[0]!.stationId, id);
    station.socket.terminate();
  }));

Deno.test("quirk Q8: a password of any bytes reaches control as bytes, split at the first colon", () =>
  withDoor({}, async ({ port, control }) => {
    const password = Buffer.from([0x3a, 0xff, 0x00, 0x80, 0x3a, 0x0a, 0xc3, 0x28, 1, 2, 3, 4, 5, 6, 7, 8]);
    const authorization = `Basic ${Buffer.concat([Buffer.from("CP001:"), password]).toString("base64")}`;
    equal(await rawUpgrade(port, "/ocpp/CP001", { Authorization: authorization }), 101);
    const { basic } = control.attempts[0] as StationAttempt;
    equal([Buffer.from(basic!.user, "base64").toString(), Buffer.from(basic!.password, "base64")], ["CP001", password]);
  }));

Deno.test("quirk Q24: a storm from one address meets 429 or 503 with Retry-After before any CSMS is dialled", () =>
  withDoor(
    {},
    async ({ port, csms }) => {
      const statuses = await Promise.all(
        Array.from({ length: OCPP_LIMITS.sourceAttemptsBurst + 20 }, (_, i) => rawUpgrade(port, `/ocpp/CP${i}`)),
      );
      const refused = statuses.filter((status) => status === 429 || status === 503).length;
      ok(refused >= 20, `${refused} refused`);
      ok(csms.peers.length <= OCPP_LIMITS.sourceAttemptsBurst);
    },
    undefined,
    { now: systemClock.now, monotonic: () => 0 },
  )); // no time passes in which it may try again, however slow the machine
