import { deepStrictEqual as equal, notStrictEqual as differs, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
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
import { clientFrame as frame, RawStation, upgradeHead } from "../support/raw_station.ts";
import { waitFor } from "../support/wait_for.ts";

interface Rig {
  readonly csms: FakeCsms;
  readonly port: number;
  readonly control: FakeControl;
}

/**
 * The two kinds of legs: frames of our own, and `ws` where compression was agreed. A station chooses by its offer, a CSMS
 * by its answer to the first connection.
 */
const KINDS = ["frames", "ws"] as const;
type Kind = typeof KINDS[number];

const DEFLATE_OFFER = "Sec-WebSocket-Extensions: permessage-deflate";
const headOf = (kind: Kind): string => upgradeHead(kind === "ws" ? [DEFLATE_OFFER] : []);

async function withRig(run: (rig: Rig) => Promise<void>, kind: Kind = "frames"): Promise<void> {
  const csms = new FakeCsms(undefined, undefined, kind === "ws");
  const url = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const control = new FakeControl(({ stationId }) => admission(url, stationId));
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const port = Number(new URL(service.listening!["ocpp:plain"]!).port);
  try {
    const asking = await connectStation(`ws://127.0.0.1:${port}/ocpp/ASKS`);
    if (asking instanceof Peer) asking.socket.close();
    await until(() => csms.peers[0]?.closed, "the connection that asked the CSMS for compression to end");
    csms.peers.length = 0;
    control.attempts.length = 0;
    await run({ csms, port, control });
  } finally {
    await service.drain(500);
    await csms.close();
  }
}

Deno.test("websocket: these tests really meet both kinds of legs", async () => {
  for (const kind of KINDS) {
    await withRig(async ({ port, csms }) => {
      using station = await RawStation.open(port, headOf(kind));
      await until(() => csms.peers.length === 1);
      equal(/sec-websocket-extensions: permessage-deflate/i.test(station.text), kind === "ws");
      equal(csms.peers[0]!.socket.extensions !== "", kind === "ws");
      equal(csms.peers[0]!.request!.headers["sec-websocket-extensions"] !== undefined, kind === "ws");
    }, kind);
  }
});

const HEARTBEAT = '[2,"1","Heartbeat",{}]';
const bytes = (...values: number[]) => Uint8Array.from(values);

const REFUSED: readonly [name: string, sent: Uint8Array, code: number][] = [
  ["an unmasked frame", frame(0x81, HEARTBEAT, false), 1002],
  ["RSV1 although no compression was agreed", frame(0xc1, HEARTBEAT), 1002],
  ["RSV2", frame(0xa1, HEARTBEAT), 1002],
  ["RSV3", frame(0x91, HEARTBEAT), 1002],
  ["a reserved opcode", frame(0x83, HEARTBEAT), 1002],
  ["a reserved control opcode", frame(0x8b, ""), 1002],
  ["a fragmented ping", frame(0x09, "x"), 1002],
  ["a ping of 126 bytes", frame(0x89, "p".repeat(126)), 1002],
  ["a continuation of nothing", frame(0x80, HEARTBEAT), 1002],
  ["a second text before the first has ended", bytes(...frame(0x01, "["), ...frame(0x81, "]")), 1002],
  ["text that is not UTF-8", frame(0x81, bytes(0x5b, 0xff, 0xfe, 0x5d)), 1007],
  ["UTF-8 of a lone surrogate", frame(0x81, bytes(0xed, 0xa0, 0x80)), 1007],
  ["a close frame with one byte", frame(0x88, "x"), 1002],
  ["a close code that nobody may send", frame(0x88, bytes(0x03, 0xed)), 1002],
  ["a length beyond 53 bits", bytes(0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4), 1009],
  ["a binary message", frame(0x82, HEARTBEAT), 1003],
  ["one byte more than a message may have", frame(0x81, "x".repeat(OCPP_LIMITS.messageBytes + 1)), 1009],
];
/** Where RSV1 says that a message is compressed, what is none is found out by unpacking it. */
const COMPRESSED = "RSV1 although no compression was agreed";

const cases = KINDS.flatMap((kind) => REFUSED.map(([name, sent, code]) => ({ kind, name, sent, code })));
for (const { kind, name, sent, code } of cases.filter(({ kind, name }) => kind === "frames" || name !== COMPRESSED)) {
  Deno.test(`websocket (${kind}): ${name} closes with ${code} and does not reach the CSMS`, async () => {
    await withRig(async ({ port, csms }) => {
      using station = await RawStation.open(port, headOf(kind));
      await station.write(sent);
      await waitFor("a close frame", () => station.closeCode);
      equal(station.closeCode, code);
      station.connection.close();
      await until(() => csms.peers[0]?.closed, "the CSMS leg to close");
      equal(csms.peers[0]!.texts, []);
    }, kind);
  });
}

Deno.test("websocket: a message of exactly the limit passes", async (t) => {
  for (const kind of KINDS) {
    await t.step(kind, () =>
      withRig(async ({ port, csms }) => {
        using station = await RawStation.open(port, headOf(kind));
        const head = '[2,"1","DataTransfer",{"vendorId":"v","data":"', tail = '"}]';
        const text = head + "d".repeat(OCPP_LIMITS.messageBytes - head.length - tail.length) + tail;
        await station.write(frame(0x81, text));
        await until(() => csms.peers[0]?.texts.length === 1);
        equal(csms.peers[0]!.texts[0], text);
      }, kind));
  }
});

Deno.test("websocket: fragments arrive as one message, a ping between them is answered (Q18)", async (t) => {
  for (const kind of KINDS) {
    await t.step(kind, () =>
      withRig(async ({ port, csms }) => {
        using station = await RawStation.open(port, headOf(kind));
        await station.write(frame(0x01, HEARTBEAT.slice(0, 5)));
        await station.write(frame(0x89, "alive"));
        await station.write(frame(0x00, ""));
        await station.write(frame(0x80, HEARTBEAT.slice(5)));
        await until(() => csms.peers[0]?.texts.length === 1);
        equal(csms.peers[0]!.texts, [HEARTBEAT]);
        await waitFor("a pong", () => station.frames.length >= 7);
        equal(String.fromCharCode(...station.frames.slice(2, 7)), "alive");
      }, kind));
  }
});

Deno.test("websocket: a message cut at every byte arrives whole", async (t) => {
  for (const kind of KINDS) {
    await t.step(kind, () =>
      withRig(async ({ port, csms }) => {
        using station = await RawStation.open(port, headOf(kind));
        for (const byte of frame(0x81, HEARTBEAT)) await station.write(bytes(byte));
        await until(() => csms.peers[0]?.texts.length === 1);
        equal(csms.peers[0]!.texts, [HEARTBEAT]);
      }, kind));
  }
});

const head = (text: string) => new TextEncoder().encode(text);

Deno.test("websocket: a message sent together with the request is not lost", async (t) => {
  for (const kind of KINDS) {
    await t.step(kind, () =>
      withRig(async ({ port, csms }) => {
        using _station = await RawStation.open(port, bytes(...head(headOf(kind)), ...frame(0x81, HEARTBEAT)));
        await until(() => csms.peers[0]?.texts.length === 1);
        equal(csms.peers[0]!.texts, [HEARTBEAT]);
      }, kind));
  }
});

Deno.test("websocket: a CSMS's broken frame ends both legs and does not reach the station", async (t) => {
  for (const kind of KINDS) {
    await t.step(kind, () =>
      withRig(async ({ port, csms }) => {
        using station = await RawStation.open(port, headOf(kind));
        await until(() => csms.peers.length === 1);
        const { socket } = csms.peers[0]!.request!;
        socket.write(bytes(0x83, 0x01, 0x78)); // a reserved opcode
        await waitFor("a close frame", () => station.closeCode);
        equal(station.frames.length, 2 + station.frames[1]!, "a close frame and nothing else");
      }, kind));
  }
});

Deno.test("invariant 7: a flood sent together with the request is cut off before 101", async () => {
  await withRig(async ({ port, csms }) => {
    const flood = frame(0x81, "x".repeat(60_000));
    using station = await RawStation.open(port, bytes(...head(upgradeHead()), ...flood, ...flood));
    differs(station.status, "101");
    equal(csms.peers.flatMap(({ texts }) => texts), []);
  });
});

const DOORS: readonly [name: string, head: string, status: string][] = [
  ["two Host headers", upgradeHead(["Host: other"]), "400"],
  ["a body", upgradeHead(["Content-Length: 5"]), "400"],
  ["chunked and a length", upgradeHead(["Content-Length: 5", "Transfer-Encoding: chunked"]), "400"],
  ["a folded header", upgradeHead(["X-A: 1", " folded"]), "400"],
  ["a header name with a blank", upgradeHead(["Authorization : Basic QTpi"]), "400"],
  ["an absolute target", upgradeHead([], "http://gw/ocpp/CP001"), "400"],
  ["a path that climbs", upgradeHead([], "/ocpp/../ocpp/CP001"), "404"],
  ["a doubly encoded id", upgradeHead([], "/ocpp/CP%252f001"), "404"],
  ["a line feed in the target", upgradeHead([], "/ocpp/CP\n001"), "400"],
  ["TRACE", upgradeHead().replace("GET", "TRACE"), "405"],
  ["no upgrade at all", "GET /ocpp/CP001 HTTP/1.1\r\nHost: gw\r\n\r\n", "426"],
  ["headers beyond the limit", upgradeHead([`X-A: ${"a".repeat(20_000)}`]), "431"],
  ["no HTTP", "\u0000\u0001\u0002\r\n\r\n", "400"],
];
for (const [name, sent, status] of DOORS) {
  Deno.test(`invariant 8: ${name} is refused before 101`, async () => {
    await withRig(async ({ port, csms, control }) => {
      using station = await RawStation.open(port, sent);
      ok([status, "400"].includes(station.status ?? "400"), `${station.status}`);
      equal([csms.peers.length, control.attempts.length], [0, 0]);
    });
  });
}

Deno.test("ocpp relay: what arrives is what was sent, byte for byte, in both directions", async () => {
  await withRig(async ({ port, csms }) => {
    const station = await connectStation(`ws://127.0.0.1:${port}/ocpp/CP001`);
    ok(station instanceof Peer);
    await until(() => csms.peers.length === 1);
    const far = csms.peers[0]!;
    const blank = fc.constantFrom("", " ", "\n", "\t ", "\r\n");
    const number = fc.constantFrom("1.0", "1e3", "-0", "0.10", "12345678901234567890", "1E-7");
    const text = fc.string({ unit: "grapheme", maxLength: 30 }).map((value) => JSON.stringify(value));
    const escaped = fc.string({ maxLength: 8 }).map((value) =>
      `"${[...value].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`
    );
    const value = fc.oneof(number, text, escaped, fc.constantFrom("null", "true", "[ ]", "{ }", "[1.0 , 2]"));
    const member = fc.tuple(fc.oneof(text, escaped), blank, blank, value).map(([key, a, b, v]) =>
      `${key}${a}:${b}${v}`
    );
    const payload = fc.tuple(fc.array(member, { maxLength: 8 }), blank)
      .map(([members, b]) => `{${b}${members.join(`,${b}`)}${b}}`);
    let id = 0;
    await fc.assert(
      fc.asyncProperty(payload, payload, blank, async (asked, answered, b) => {
        const call = `[${b}2,${b}"${++id}",${b}"DataTransfer"${b},${asked}]`;
        const result = `[3${b},"${id}",${b}${answered}${b}]`;
        far.texts.length = 0;
        station.texts.length = 0;
        station.send(call);
        await until(() => far.texts.length === 1);
        far.send(result);
        await until(() => station.texts.length === 1);
        equal([far.texts[0], station.texts[0]], [call, result]);
      }),
      { seed: 20260101, numRuns: 100 },
    );
    station.socket.terminate();
  });
});

Deno.test("ocpp relay: 10,000 seeded mutations of a message: no crash, none altered, the neighbour undisturbed", async () => {
  await withRig(async ({ port, csms }) => {
    const neighbour = await connectStation(`ws://127.0.0.1:${port}/ocpp/NEIGHBOUR`);
    ok(neighbour instanceof Peer);
    await until(() => csms.peers.length === 1);
    const calm = csms.peers[0]!;
    let seed = 20260101;
    const random = (below: number) => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) % below;
    const base =
      '[2,"123","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]';
    const sent = new Set<string>();
    let station: Peer | number = 0;
    for (let i = 0; i < 10_000; i++) {
      if (!(station instanceof Peer) || station.closed) {
        station = await connectStation(`ws://127.0.0.1:${port}/ocpp/ODD`);
        ok(station instanceof Peer, `${station}`);
      }
      const changed = Buffer.from(base);
      for (let times = random(3); times >= 0; times--) changed[random(changed.length)] = 32 + random(95);
      sent.add(changed.toString());
      station.send(changed.toString());
      if (i % 500 !== 499) continue;
      neighbour.send(`[2,"n${i}","Heartbeat",{}]`);
      await until(() => calm.texts.includes(`[2,"n${i}","Heartbeat",{}]`), "the neighbour's heartbeat");
    }
    const arrived = csms.peers.slice(1).flatMap(({ texts }) => texts);
    ok(arrived.length > 1_000, `${arrived.length} arrived`);
    equal(arrived.filter((text) => !sent.has(text)), []);
    equal(neighbour.closed, undefined);
    neighbour.socket.terminate();
    if (station instanceof Peer) station.socket.terminate();
  });
});
