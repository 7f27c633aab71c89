import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mutate } from "../../tests/support/mutate.ts";
import { ProtocolError } from "../core/errors.ts";
import { contentOf, FLAGS, FRAMES, Http2Reader, requestHeaders, statusOf, writeFrame } from "./codec_h2.ts";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));

Deno.test("dns http2: frames in one piece and byte by byte", () => {
  const stream = Uint8Array.from([
    ...writeFrame(FRAMES.settings, 0, 0, new Uint8Array(6)),
    ...writeFrame(FRAMES.data, FLAGS.endStream, 5, Uint8Array.of(1, 2, 3)),
  ]);
  equal(Buffer.from(stream).toString("hex"), "000006040000000000000000000000" + "000003000100000005010203");
  const whole = new Http2Reader().push(stream).map((
    { type, flags, stream, payload },
  ) => [type, flags, stream, payload.length]);
  equal(whole, [[4, 0, 0, 6], [0, 1, 5, 3]]);
  const reader = new Http2Reader();
  equal([...stream].flatMap((byte) => reader.push(Uint8Array.of(byte))).map(({ type }) => type), [4, 0]);
});

Deno.test("dns http2: a frame at the limit is read, one byte more is refused by its head", () => {
  equal(new Http2Reader().push(writeFrame(0, 0, 1, new Uint8Array(16_384)))[0]?.payload.length, 16_384);
  throws(() => new Http2Reader().push(bytesOf("004001 00 00 00000001")), { code: "DNS_MALFORMED" });
});

Deno.test("dns http2: content without padding and priority", () => {
  const frame = (type: number, flags: number, hex: string) => ({ type, flags, stream: 1, payload: bytesOf(hex) });
  equal([...contentOf(frame(FRAMES.data, 0, "0102"))], [1, 2]);
  equal([...contentOf(frame(FRAMES.data, FLAGS.padded, "020102 0000"))], [1, 2]);
  equal([...contentOf(frame(FRAMES.headers, FLAGS.priority, "0000000010 88"))], [0x88]);
  equal([...contentOf(frame(FRAMES.headers, FLAGS.padded | FLAGS.priority, "01 0000000010 88 00"))], [0x88]);
  // the priority bit means nothing on data
  equal(contentOf(frame(FRAMES.data, FLAGS.priority, "0102")).length, 2);
  throws(() => contentOf(frame(FRAMES.data, FLAGS.padded, "03 0102")), { code: "DNS_MALFORMED" });
  throws(
    () =>
      contentOf(frame(FRAMES.data, FLAGS.padded, "")).length === 0 || contentOf(frame(FRAMES.data, FLAGS.padded, "")),
    {
      code: "DNS_MALFORMED",
    },
  );
});

Deno.test("dns http2: the headers of a question", () => {
  const block = Buffer.from(requestHeaders("dns.test", "/dns-query", "application/dns-message", 128));
  equal(block.subarray(0, 2).toString("hex"), "8387");
  equal(block.subarray(2, 4 + 8).toString("latin1"), "\x01\x08dns.test");
  for (
    const part of ["\x04\x0a/dns-query", "\x0f\x0d\x03128", "\x0f\x10\x17application/dns-message", "\x0f\x04\x17app"]
  ) {
    ok(block.includes(Buffer.from(part, "latin1")), part);
  }
  const long = Buffer.from(requestHeaders("dns.test", `/${"x".repeat(299)}`, "a/b", 1));
  // 300 = 127 + 173; 173 = 0b1_0101101 in seven-bit pieces, lowest first
  ok(long.includes(Buffer.from("047fad01" + "2f78", "hex")));
});

const STATUSES: readonly [what: string, hex: string, status: number | undefined][] = [
  ["indexed 200", "88", 200],
  ["indexed 404", "8d", 404],
  ["indexed 500, other fields behind it", "8e 5f 03 612f62", 500],
  ["behind a change of the table's size", "20 88", 200],
  ["literal, kept in the table", "48 03 343239", 429],
  ["literal, not kept", "08 03 353032", 502],
  ["literal, never kept", "18 03 353033", 503],
  ["literal in Huffman code: 302", "48 82 6402", 302],
  ["literal in Huffman code: 200", "48 82 1001", 200],
  ["literal in Huffman code: 503", "08 83 6c0cff", 503],
  ["another field first", "5f 03 612f62", undefined],
  ["an index beyond the static table", "be", undefined],
  ["no number", "48 03 616263", undefined],
  ["cut", "48 03", undefined],
  ["Huffman code of no digits", "48 82 ffff", undefined],
  ["nothing", "", undefined],
  ["nothing but a change of the table's size", "20", undefined],
];

for (const [what, hex, status] of STATUSES) {
  Deno.test(`dns http2: status ${status ?? "unknown"}: ${what}`, () => equal(statusOf(bytesOf(hex)), status));
}

Deno.test("dns http2: 10,000 mutated streams are frames, content and statuses, or a ProtocolError (seed 9113)", () => {
  const streams = [
    writeFrame(FRAMES.headers, FLAGS.padded | FLAGS.priority | FLAGS.endHeaders, 1, bytesOf("01 0000000010 88 00")),
    writeFrame(FRAMES.headers, FLAGS.endHeaders, 1, bytesOf("08 83 6c0cff 5f 03 612f62")),
    writeFrame(FRAMES.data, FLAGS.padded | FLAGS.endStream, 1, bytesOf("020102 0000")),
  ];
  let read = 0;
  for (const stream of mutate(streams, { count: 10_000, seed: 9_113 })) {
    try {
      for (const frame of new Http2Reader().push(stream)) {
        const content = contentOf(frame);
        ok(content.length <= frame.payload.length);
        const status = statusOf(content);
        ok(status === undefined || status >= 100 && status <= 599, String(status));
        read++;
      }
    } catch (error) {
      ok(error instanceof ProtocolError, String(error));
    }
  }
  ok(read > 1_000, `only ${read} were still frames`);
});
