import { deepEqual, equal, ok } from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { DEMO_LIMITS } from "./limits.ts";
import { httpRequest, isAlert, sendRaw, upgradeHeaders } from "./raw_client.ts";

/** A server that does with each connection what the test says; `port` 0 is closed. */
async function withServer(
  serve: (socket: Socket) => void,
  run: (port: number, time: ManualTime, accepted: () => number) => Promise<void>,
): Promise<void> {
  let accepted = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const time = new ManualTime();
  try {
    await run((server.address() as AddressInfo).port, time, () => accepted);
    equal(time.armed, 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const HOST = "127.0.0.1";
const BYTES = new TextEncoder().encode("x");

for (
  const { name, answer, status, end } of [
    { name: "an HTTP head", answer: "HTTP/1.1 404 Not Found\r\n\r\n", status: 404, end: "answered" },
    { name: "a TLS alert", answer: "\x15\x03\x01\x00\x02\x02\x28", status: undefined, end: "answered" },
    { name: "half a head", answer: "HTTP/1.1 200 OK\r\nServer: x", status: undefined, end: "closed" },
    { name: "words that are no HTTP", answer: "220 smtp ready\r\n\r\n", status: undefined, end: "closed" },
  ]
) {
  Deno.test(`raw client: ${name} is ${end}`, () =>
    withServer((socket) => socket.end(answer, "latin1"), async (port, time) => {
      const got = await sendRaw({ host: HOST, port }, BYTES, time);
      deepEqual([got.status, got.end, got.reached], [status, end, true]);
    }));
}

Deno.test("raw client: a peer that closes without a word, and one that is not there, are told apart", () =>
  withServer((socket) => socket.destroy(), async (port, time) => {
    const closed = await sendRaw({ host: HOST, port }, BYTES, time);
    deepEqual([closed.reached, closed.status, closed.bytes.length], [true, undefined, 0]);
    const away = await sendRaw({ host: HOST, port: 1 }, BYTES, time);
    equal(away.reached, false);
    ok(typeof away.end === "object" && /refused/i.test(away.end.error));
  }));

Deno.test("raw client: silence is waited for 5 s, not a millisecond more", () =>
  withServer(() => {}, async (port, time, accepted) => {
    let end: unknown;
    const sent = sendRaw({ host: HOST, port }, BYTES, time).then((answer) => end = answer.end);
    await waitFor("the connection", () => accepted() === 1);
    time.advance(DEMO_LIMITS.attackMs - 1);
    await Promise.resolve();
    equal(end, undefined);
    time.advance(1);
    await sent;
    equal(end, "silent");
  }));

Deno.test("raw client: of an endless answer 64 KiB are kept, at most one piece more", () => {
  const piece = new Uint8Array(16 * 1024);
  return withServer((socket) => {
    let sent = 0;
    const more = () => {
      while (sent++ < 64 && socket.write(piece));
      if (sent >= 64) socket.end();
      else socket.once("drain", more);
    };
    more();
  }, async (port, time) => {
    const { bytes } = await sendRaw({ host: HOST, port }, BYTES, time);
    ok(bytes.length >= DEMO_LIMITS.attackAnswerBytes);
    ok(bytes.length < 64 * piece.length / 2, `${bytes.length} bytes were kept`);
  });
});

Deno.test("raw client: a request goes out exactly as given", () => {
  const sent = new TextDecoder().decode(httpRequest("/ocpp/CP%00", [["Host", "a"], ["host", "b"]]));
  equal(sent, "GET /ocpp/CP%00 HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n");
});

Deno.test("raw client: upgrade headers carry a password only when there is one, byte by byte", () => {
  const names = (headers: readonly (readonly [string, string])[]) => headers.map(([name]) => name);
  ok(!names(upgradeHeaders("ocpp1.6")).includes("Authorization"));
  const [, value] = upgradeHeaders("ocpp1.6", { user: "CP1", password: new Uint8Array([0x61, 0xff]) }).at(-1)!;
  deepEqual([...atob(value.slice("Basic ".length))].map((char) => char.charCodeAt(0)), [67, 80, 49, 58, 0x61, 0xff]);
});

Deno.test("raw client: an alert is one from seven bytes on", () => {
  const alert = new Uint8Array([0x15, 3, 3, 0, 2, 2, 40]);
  ok(isAlert(alert));
  ok(!isAlert(alert.subarray(0, 6)));
  ok(!isAlert(new Uint8Array([0x16, 3, 3, 0, 2, 2, 40])));
});
