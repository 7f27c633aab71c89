import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mutate } from "../../tests/support/mutate.ts";
import { ProtocolError } from "../core/errors.ts";
import { FLAGS, FRAMES, Http2Reader, writeFrame } from "./codec_h2.ts";
import { DNS_LIMITS } from "./limits.ts";
import { Http2Connection, type Http2Event } from "./session_h2.ts";

const OK = Uint8Array.of(0x88);
const QUESTION = new Uint8Array(128);

/** Events in words. */
const told = (events: readonly Http2Event[]) =>
  events.map((event) => {
    switch (event.do) {
      case "send":
        return `send ${new Http2Reader().push(event.bytes).map(({ type, flags }) => `${type}/${flags}`).join()}`;
      case "answer":
        return `${event.stream}: ${event.status} ${Buffer.from(event.body).toString("hex")}`;
      case "fail":
        return `${event.stream} failed: ${event.why}`;
      case "retire":
        return "retire";
    }
  });

function asking(questions = 1): Http2Connection {
  const connection = new Http2Connection();
  for (let count = 0; count < questions; count++) {
    equal(connection.ask("dns.test", "/q", QUESTION)?.stream, count * 2 + 1);
  }
  return connection;
}

const join = (...frames: Uint8Array[]) => Uint8Array.from(frames.flatMap((frame) => [...frame]));
const goAway = (last: number) => writeFrame(FRAMES.goAway, 0, 0, Uint8Array.of(0, 0, 0, last, 0, 0, 0, 0));

Deno.test("dns http2: begins with the preface and settings without table and push", () => {
  const start = Buffer.from(new Http2Connection().start());
  equal(start.subarray(0, 24).toString("latin1"), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  equal(start.subarray(24).toString("hex"), "00000c040000000000" + "000100000000" + "000200000000");
});

Deno.test("dns http2: an answer in one frame and in several", () => {
  const connection = asking(2);
  const events = connection.receive(join(
    writeFrame(FRAMES.headers, FLAGS.endHeaders, 3, OK),
    writeFrame(FRAMES.data, 0, 3, Uint8Array.of(1)),
    writeFrame(FRAMES.headers, FLAGS.endHeaders, 1, OK),
    writeFrame(FRAMES.data, FLAGS.endStream, 1, Uint8Array.of(9)),
    writeFrame(FRAMES.data, FLAGS.endStream, 3, Uint8Array.of(2)),
  ));
  equal(told(events), ["send 8/0", "send 8/0", "1: 200 09", "send 8/0", "3: 200 0102"]);
});

Deno.test("dns http2: headers in pieces, an interim answer and trailers", () => {
  const connection = asking();
  const events = connection.receive(join(
    writeFrame(FRAMES.headers, FLAGS.endHeaders, 1, Buffer.from("4803313033", "hex")),
    writeFrame(FRAMES.headers, 0, 1, new Uint8Array()),
    writeFrame(FRAMES.continuation, FLAGS.endHeaders, 1, OK),
    writeFrame(FRAMES.data, 0, 1, Uint8Array.of(7)),
    writeFrame(FRAMES.headers, FLAGS.endHeaders | FLAGS.endStream, 1, Uint8Array.of(0x8d)),
  ));
  equal(told(events), ["send 8/0", "1: 200 07"]);
});

Deno.test("dns http2: an answer without body", () => {
  const block = writeFrame(FRAMES.headers, FLAGS.endHeaders | FLAGS.endStream, 1, Uint8Array.of(0x8d));
  equal(told(asking().receive(block)), ["1: 404 "]);
});

Deno.test("dns http2: settings and pings are answered, their answers are not", () => {
  const connection = asking();
  const ping = new Uint8Array(8);
  equal(told(connection.receive(writeFrame(FRAMES.settings, 0, 0, new Uint8Array()))), ["send 4/1"]);
  equal(told(connection.receive(writeFrame(FRAMES.settings, FLAGS.ack, 0, new Uint8Array()))), []);
  equal(told(connection.receive(writeFrame(FRAMES.ping, 0, 0, ping))), ["send 6/1"]);
  equal(told(connection.receive(writeFrame(FRAMES.ping, FLAGS.ack, 0, ping))), []);
  equal(told(connection.receive(writeFrame(77, 0, 0, ping))), [], "unknown kinds");
});

Deno.test("dns http2: what the server takes: streams, its window, and more of it", () => {
  const two = new Http2Connection();
  two.receive(writeFrame(FRAMES.settings, 0, 0, Uint8Array.of(0, 3, 0, 0, 0, 2)));
  two.ask("a", "/", QUESTION);
  two.ask("a", "/", QUESTION);
  equal(two.ask("a", "/", QUESTION), undefined);
  const small = new Http2Connection();
  small.receive(writeFrame(FRAMES.settings, 0, 0, Uint8Array.of(0, 4, 0, 0, 0, 127)));
  equal(small.ask("a", "/", QUESTION), undefined);
  small.receive(writeFrame(FRAMES.settings, 0, 0, Uint8Array.of(0, 4, 0, 0, 0, 128)));
  equal(small.ask("a", "/", QUESTION)?.stream, 1);
  const used = new Http2Connection();
  const all = (from: Http2Connection) => {
    for (let count = 0;; count++) {
      const asked = from.ask("a", "/", QUESTION);
      if (!asked) return count;
      from.receive(writeFrame(FRAMES.headers, FLAGS.endHeaders | FLAGS.endStream, asked.stream, OK));
    }
  };
  equal(all(used), Math.floor(65_535 / 128));
  used.receive(writeFrame(FRAMES.windowUpdate, 0, 0, Uint8Array.of(0, 0, 1, 0)));
  equal(all(used), 2);
});

Deno.test("dns http2: a refused question fails alone; a farewell fails those that the server has not taken", () => {
  const connection = asking(3);
  equal(told(connection.receive(writeFrame(FRAMES.reset, 0, 1, new Uint8Array(4)))), [
    "1 failed: it refused the question",
  ]);
  equal(told(connection.receive(goAway(3))), ["5 failed: it closed the connection", "retire"]);
  equal(connection.ask("a", "/", QUESTION), undefined);
  const last = writeFrame(FRAMES.headers, FLAGS.endHeaders | FLAGS.endStream, 3, OK);
  equal(told(connection.receive(last)), ["3: 200 "]);
});

Deno.test("dns http2: an answer at the limit is read, one byte more is not", () => {
  const parts = (bytes: number) => {
    const frames = [writeFrame(FRAMES.headers, FLAGS.endHeaders, 1, OK)];
    for (let left = bytes; left > 0; left -= 16_384) {
      const flags = left <= 16_384 ? FLAGS.endStream : 0;
      frames.push(writeFrame(FRAMES.data, flags, 1, new Uint8Array(Math.min(left, 16_384))));
    }
    return join(...frames);
  };
  const last = (bytes: number) => asking().receive(parts(bytes)).at(-1)!;
  const whole = last(DNS_LIMITS.messageBytes);
  equal(whole.do === "answer" && whole.body.length, DNS_LIMITS.messageBytes);
  equal(told([last(DNS_LIMITS.messageBytes + 1)]), [
    `1 failed: its answer has more than ${DNS_LIMITS.messageBytes} bytes`,
  ]);
});

const BROKEN: readonly [what: string, frames: Uint8Array][] = [
  ["a push", writeFrame(FRAMES.push, FLAGS.endHeaders, 1, new Uint8Array(8))],
  ["a ping of another length", writeFrame(FRAMES.ping, 0, 0, new Uint8Array(7))],
  ["settings of another length", writeFrame(FRAMES.settings, 0, 0, new Uint8Array(5))],
  ["a window update of another length", writeFrame(FRAMES.windowUpdate, 0, 0, new Uint8Array(3))],
  ["a farewell of another length", writeFrame(FRAMES.goAway, 0, 0, new Uint8Array(7))],
  ["a continuation of nothing", writeFrame(FRAMES.continuation, 0, 1, OK)],
  ["headers cut by data", join(writeFrame(FRAMES.headers, 0, 1, OK), writeFrame(FRAMES.data, 0, 1, OK))],
  [
    "headers that go on elsewhere",
    join(writeFrame(FRAMES.headers, 0, 1, OK), writeFrame(FRAMES.continuation, 0, 3, OK)),
  ],
  [
    "headers without end",
    join(writeFrame(FRAMES.headers, 0, 1, new Uint8Array(16_384)), writeFrame(FRAMES.continuation, 0, 1, OK)),
  ],
];

for (const [what, frames] of BROKEN) {
  Deno.test(`dns http2: ${what} ends the connection`, () => {
    throws(() => asking().receive(frames), { code: "DNS_MALFORMED" });
  });
}

Deno.test("dns http2: answers to nothing do nothing", () => {
  const stray = join(
    writeFrame(FRAMES.headers, FLAGS.endHeaders, 7, OK),
    writeFrame(FRAMES.data, FLAGS.endStream, 7, OK),
    writeFrame(FRAMES.reset, 0, 7, new Uint8Array(4)),
  );
  equal(told(asking().receive(stray)), ["send 8/0"]);
});

Deno.test("dns http2: 3,000 mutated conversations end in events or ProtocolError", () => {
  const talk = join(
    writeFrame(FRAMES.settings, 0, 0, Uint8Array.of(0, 3, 0, 0, 0, 100)),
    writeFrame(FRAMES.headers, FLAGS.endHeaders | FLAGS.padded, 1, Uint8Array.of(1, 0x88, 0)),
    writeFrame(FRAMES.data, FLAGS.endStream, 1, Uint8Array.of(1, 2, 3)),
    writeFrame(FRAMES.ping, 0, 0, new Uint8Array(8)),
    goAway(1),
  );
  for (const bytes of mutate([talk], { count: 3_000, seed: 8_484 })) {
    try {
      asking(2).receive(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
});
