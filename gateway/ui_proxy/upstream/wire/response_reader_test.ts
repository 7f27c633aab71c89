import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { UI_PROXY_LIMITS } from "../../limits.ts";
import { type ResponseHead, ResponseReader } from "./response_reader.ts";

/** What a reader made of some bytes. */
interface Read {
  readonly head: ResponseHead | undefined;
  readonly body: string;
  /** What came behind the answer; undefined: the answer is not over. */
  readonly rest: string | undefined;
  readonly isWhole: boolean;
}

/** Gives the bytes in pieces of this size, then the end of the connection. */
function read(text: string, { size = Infinity, isHead = false, ends = true } = {}): Read {
  let head: ResponseHead | undefined, body = "", rest: string | undefined;
  const reader = new ResponseReader({
    head: (given) => head = given,
    piece: (bytes) => {
      ok(bytes.length > 0, "an empty piece");
      body += bytes.toString("latin1");
    },
    end: (given) => rest = given.toString("latin1"),
  }, isHead);
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length && rest === undefined; at += size) reader.push(bytes.subarray(at, at + size));
  return { head, body, rest, isWhole: ends ? reader.close() : false };
}

const LINES = (...lines: readonly string[]) => `${lines.join("\r\n")}\r\n\r\n`;
const OK = "HTTP/1.1 200 OK";

const WHOLE: readonly [name: string, text: string, body: string, status?: number, isHead?: boolean][] = [
  ["a length", `${LINES(OK, "Content-Length: 5")}hello`, "hello"],
  ["a length of nothing", LINES(OK, "Content-Length: 0"), ""],
  ["the same length twice", `${LINES(OK, "Content-Length: 5", "content-length:5")}hello`, "hello"],
  ["chunks", `${LINES(OK, "Transfer-Encoding: chunked")}5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\n`, "hello!"],
  [
    "chunks in capitals, with a trailer",
    `${LINES(OK, "TRANSFER-ENCODING: Chunked")}A\r\n0123456789\r\n0\r\nX: y\r\n\r\n`,
    "0123456789",
  ],
  ["chunks with LF alone", `${LINES(OK, "Transfer-Encoding: chunked")}5\nhello\n0\n\n`, "hello"],
  ["until the end", `${LINES(OK)}hello`, "hello"],
  ["until an end without anything", LINES(OK), ""],
  ["HTTP/1.0", `${LINES("HTTP/1.0 200 OK", "Content-Type: text/html")}old`, "old"],
  ["LF alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "hi"],
  ["both kinds of lines", "HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nhi", "hi"],
  ["no reason", `${LINES("HTTP/1.1 200", "Content-Length: 2")}hi`, "hi"],
  ["a reason of nothing", `${LINES("HTTP/1.1 200 ", "Content-Length: 2")}hi`, "hi"],
  ["a status that nobody knows", `${LINES("HTTP/1.1 999 Odd", "Content-Length: 2")}hi`, "hi", 999],
  ["empty lines before it", `\r\n\n${LINES(OK, "Content-Length: 2")}hi`, "hi"],
  [
    "interim answers before it",
    `${LINES("HTTP/1.1 100 Continue")}${LINES("HTTP/1.1 103 Early", "Link: x")}${LINES(OK, "Content-Length: 2")}hi`,
    "hi",
  ],
  ["an answer to HEAD", LINES(OK, "Content-Length: 500"), "", 200, true],
  ["an answer to HEAD that says chunked", LINES(OK, "Transfer-Encoding: chunked"), "", 200, true],
  ["204 with a length", LINES("HTTP/1.1 204 No Content", "Content-Length: 3"), "", 204],
  ["304 with a length", LINES("HTTP/1.1 304 Not Modified", "Content-Length: 3"), "", 304],
  ["bytes beyond ASCII", `${LINES(OK, "X-Place: Stra\xdfe", "Content-Length: 2")}\xff\x00`, "\xff\x00"],
];

for (const [name, text, body, status = 200, isHead = false] of WHOLE) {
  Deno.test(`answers of devices: ${name}`, () => {
    for (const size of [Infinity, 1, 2, 3, 7]) {
      const found = read(text, { size, isHead });
      deepEqual([found.head?.status, found.body, found.isWhole], [status, body, true], `pieces of ${size}`);
    }
  });
}

Deno.test("answers of devices: names and values stay as received, the length is told where it is known", () => {
  const found = read(`${LINES(OK, "Set-Cookie: a=b", "set-cookie:  c=d ", "X-Empty:", "Content-Length: 2")}hi`).head!;
  deepEqual(found.rawHeaders, ["Set-Cookie", "a=b", "set-cookie", "c=d", "X-Empty", "", "Content-Length", "2"]);
  equal(found.length, 2);
  equal(read(LINES(OK, "Transfer-Encoding: chunked")).head!.length, undefined);
  equal(read(LINES(OK)).head!.length, undefined);
  equal(read(LINES(OK, "Content-Length: 9"), { isHead: true }).head!.length, 0);
});

const KEPT: readonly [keeps: boolean, ...lines: readonly string[]][] = [
  [true, OK, "Content-Length: 0"],
  [true, OK, "Content-Length: 0", "Connection: Keep-Alive"],
  [false, OK, "Content-Length: 0", "Connection: close"],
  [false, OK, "Content-Length: 0", "Connection: x, Close"],
  [false, OK],
  [true, OK, "Transfer-Encoding: chunked"],
  [false, "HTTP/1.0 200 OK", "Content-Length: 0"],
  [true, "HTTP/1.0 200 OK", "Content-Length: 0", "Connection: keep-alive"],
  [true, "HTTP/1.1 204 Nothing"],
];
for (const [keeps, ...lines] of KEPT) {
  Deno.test(`answers of devices: after ${lines.join(" | ")} the connection is ${keeps ? "kept" : "not kept"}`, () => {
    equal(read(LINES(...lines)).head!.keepsAlive, keeps);
  });
}

const REFUSED: readonly [name: string, text: string, why: RegExp][] = [
  ["both lengths", LINES(OK, "Content-Length: 3", "Transfer-Encoding: chunked"), /both/],
  ["two lengths", LINES(OK, "Content-Length: 3", "Content-Length: 4"), /two lengths/],
  ["a list of two lengths", LINES(OK, "Content-Length: 3, 4"), /two lengths/],
  ["a length with a sign", LINES(OK, "Content-Length: +3"), /none/],
  ["a length in hexadecimal", LINES(OK, "Content-Length: 0x3"), /none/],
  ["a length without end", LINES(OK, `Content-Length: ${"9".repeat(16)}`), /none/],
  ["another coding", LINES(OK, "Transfer-Encoding: gzip, chunked"), /coding/],
  ["a coding twice", LINES(OK, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), /coding/],
  ["a blank in a name", LINES(OK, "Bad Name: x"), /header field/],
  ["a blank before the colon", LINES(OK, "Content-Length : 3"), /header field/],
  ["a folded line", LINES(OK, "X: a", " b"), /header field/],
  ["a field without a colon", LINES(OK, "nothing"), /header field/],
  ["a field without a name", LINES(OK, ": x"), /header field/],
  ["a zero byte", LINES(OK, "X: a\0b"), /header field/],
  ["a carriage return inside", LINES(OK, "X: a\rContent-Length: 5"), /header field/],
  ["HTTP/0.9", LINES("no head at all"), /HTTP\/1/],
  ["HTTP/2", LINES("HTTP/2 200"), /HTTP\/1/],
  ["a status of two digits", LINES("HTTP/1.1 20"), /HTTP\/1/],
  ["a chunk without a length", `${LINES(OK, "Transfer-Encoding: chunked")}x\r\n`, /chunk/],
  ["a chunk with a sign", `${LINES(OK, "Transfer-Encoding: chunked")}+5\r\nhello\r\n`, /chunk/],
  ["a chunk of more than 32 bits", `${LINES(OK, "Transfer-Encoding: chunked")}100000000\r\n`, /chunk/],
  ["a chunk that goes on", `${LINES(OK, "Transfer-Encoding: chunked")}2\r\nabc\r\n`, /chunk/],
  [
    "a chunk that goes on for long",
    `${LINES(OK, "Transfer-Encoding: chunked")}2\r\nab${"c".repeat(9)}`,
    /between chunks/,
  ],
];
for (const [name, text, why] of REFUSED) {
  Deno.test(`answers of devices: ${name}: nothing of it goes on`, () => {
    for (const size of [Infinity, 1, 5]) {
      throws(() => read(text, { size }), (error: Error & { code: string }) => {
        return error.code === "UI_DEVICE_STRANGE" && why.test(error.message);
      }, `pieces of ${size}`);
    }
  });
}

const CUT: readonly [name: string, text: string][] = [
  ["a length", `${LINES(OK, "Content-Length: 5")}hell`],
  ["a chunk", `${LINES(OK, "Transfer-Encoding: chunked")}5\r\nhel`],
  ["the chunks", `${LINES(OK, "Transfer-Encoding: chunked")}5\r\nhello\r\n`],
  ["the last chunk's end", `${LINES(OK, "Transfer-Encoding: chunked")}0\r\n`],
];
for (const [name, text] of CUT) {
  Deno.test(`answers of devices: an end in the middle of ${name} is no whole answer`, () => {
    equal(read(text).isWhole, false);
    equal(read(text, { size: 1 }).isWhole, false);
  });
}

Deno.test("answers of devices: an end in the head is told apart from one before it", () => {
  equal(read("").isWhole, false);
  throws(() => read("HTTP/1.1 200 OK\r\nContent-Le"), { code: "UI_DEVICE_STRANGE" });
  const reader = new ResponseReader({ head() {}, piece() {}, end() {} }, false);
  equal(reader.isUntouched, true);
  reader.push(Buffer.from(LINES("HTTP/1.1 100 Continue")));
  equal(reader.isUntouched, false, "an interim answer is one");
});

Deno.test("answers of devices: another protocol begins behind 101, another answer behind an answer", () => {
  const switched = read(`${LINES("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket")}\x81\x02hi`, {
    ends: false,
  });
  deepEqual([switched.head!.status, switched.body, switched.rest], [101, "", "\x81\x02hi"]);
  const two = `${LINES(OK, "Content-Length: 2")}hi${LINES(OK, "Content-Length: 3")}two`;
  equal(read(two, { ends: false }).rest, two.slice(LINES(OK, "Content-Length: 2").length + 2));
  const chunked = read(`${LINES(OK, "Transfer-Encoding: chunked")}0\r\n\r\nmore`, { ends: false });
  equal(chunked.rest, "more");
});

Deno.test("answers of devices: a head at its limit is read, one byte more is not", () => {
  const { deviceAnswerHeadBytes: most, deviceAnswerFields: fields, interimAnswers, chunkLineBytes } = UI_PROXY_LIMITS;
  const start = `${OK}\r\nContent-Length: 0\r\nX: `,
    head = (bytes: number) => `${start}${"a".repeat(bytes - start.length - 4)}\r\n\r\n`;
  for (const size of [Infinity, 1_000]) {
    equal(read(head(most), { size }).isWhole, true);
    throws(() => read(head(most + 1), { size }), /a head of more than/);
  }
  throws(() => read("a".repeat(most + 1), { ends: false }), /a head of more than/);
  const many = (count: number) => LINES(OK, "Content-Length: 0", ...Array.from({ length: count - 1 }, () => "X: y"));
  equal(read(many(fields)).isWhole, true);
  throws(() => read(many(fields + 1)), /too many header fields/);
  const interim = (count: number) => LINES("HTTP/1.1 100 Continue").repeat(count) + LINES(OK, "Content-Length: 0");
  equal(read(interim(interimAnswers)).isWhole, true);
  throws(() => read(interim(interimAnswers + 1)), /interim/);
  const chunk = (bytes: number) =>
    `${LINES(OK, "Transfer-Encoding: chunked")}1;${"a".repeat(bytes - 3)}\r\nx\r\n0\r\n\r\n`;
  equal(read(chunk(chunkLineBytes)).body, "x");
  throws(() => read(chunk(chunkLineBytes + 1)), /between chunks/);
});

Deno.test("answers of devices: whatever bytes come, they are an answer, a part of one, or refused", () => {
  let seed = 42;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  const seeds = [...WHOLE, ...REFUSED].map(([, text]) => text);
  for (let round = 0; round < 1_000; round++) {
    const bytes = Buffer.from(seeds[random(seeds.length)]!, "latin1");
    for (let count = 1 + random(3); count > 0; count--) bytes[random(bytes.length)] = random(256);
    try {
      read(bytes.toString("latin1"), { size: 1 + random(40) });
    } catch (error) {
      equal((error as { code?: string }).code, "UI_DEVICE_STRANGE", `seed 42, round ${round}: ${error}`);
    }
  }
});
