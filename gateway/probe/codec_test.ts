import { deepEqual, equal, ok } from "node:assert/strict";
import { seeded } from "../../tests/support/mutate.ts";
import { clientHello, readHello, TLS_VERSIONS, type TlsVersion } from "./codec.ts";
import { PROBE_LIMITS } from "./limits.ts";

const RANDOM = new Uint8Array(64).map((_, at) => at);
const u16 = (value: number) => [value >> 8, value & 0xff];

/** A ServerHello record; `selected`: supported_versions of 1.3, behind another extension. */
function serverHello(version: number, { selected, session = 0 }: { selected?: number; session?: number } = {}) {
  const extensions = selected === undefined
    ? []
    : [...u16(51), ...u16(2), 0, 0, ...u16(43), ...u16(2), ...u16(selected)];
  const body = [
    ...[...u16(version), ...new Array<number>(32).fill(7), session, ...new Array<number>(session).fill(9)],
    ...[0xc0, 0x2f, 0],
    ...selected === undefined ? [] : [...u16(extensions.length), ...extensions],
  ];
  const message = [2, 0, ...u16(body.length), ...body];
  return new Uint8Array([22, 3, 3, ...u16(message.length), ...message]);
}

for (const [name, number] of Object.entries(TLS_VERSIONS) as [TlsVersion, number][]) {
  Deno.test(`probe codec: the hello of TLS ${name} asks for that version and says its own lengths`, () => {
    const hello = clientHello(name, RANDOM);
    equal(hello[3]! << 8 | hello[4]!, hello.length - 5, "the record");
    equal(hello[7]! << 8 | hello[8]!, hello.length - 9, "the message");
    equal(hello[9]! << 8 | hello[10]!, Math.min(number, 0x0303), "1.3 calls itself 1.2 (RFC 8446 4.1.2)");
    deepEqual([...hello.subarray(11, 43)], [...RANDOM.subarray(0, 32)]);
    const text = [...hello].join(",");
    equal(text.includes([43, ...u16(0), 3, 2, 3, 4].slice(0, 1).concat([0, 3, 2, 3, 4]).join(",")), name === "1.3");
    equal(text.includes([...RANDOM.subarray(32, 64)].join(",")), name === "1.3", "the share of the key");
  });
}

const ANSWERS: readonly (readonly [what: string, bytes: Uint8Array, answer: object])[] = [
  ["TLS 1.0", serverHello(0x0301), { is: "hello", version: "1.0" }],
  ["TLS 1.1", serverHello(0x0302), { is: "hello", version: "1.1" }],
  ["TLS 1.2 with a session", serverHello(0x0303, { session: 32 }), { is: "hello", version: "1.2" }],
  ["TLS 1.3", serverHello(0x0303, { selected: 0x0304, session: 32 }), { is: "hello", version: "1.3" }],
  ["a version of tomorrow", serverHello(0x0305), { is: "hello", version: undefined }],
  ["SSL 3.0", serverHello(0x0300), { is: "hello", version: undefined }],
  ["an alert: protocol_version", new Uint8Array([21, 3, 1, 0, 2, 2, 70]), { is: "alert", code: 70 }],
  ["half an alert", new Uint8Array([21, 3, 1, 0, 2, 2]), { is: "more" }],
  ["nothing", new Uint8Array(), { is: "more" }],
  ["four bytes", new Uint8Array([22, 3, 3, 0]), { is: "more" }],
  ["a record without its message", new Uint8Array([22, 3, 3, 0, 60]), { is: "more" }],
  ["HTTP", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n"), { is: "other" }],
  ["SSH", new TextEncoder().encode("SSH-2.0-dropbear\r\n"), { is: "other" }],
  ["data before a hello", new Uint8Array([23, 3, 3, 0, 2, 1, 1]), { is: "other" }],
  ["another message", new Uint8Array([22, 3, 3, 0, 4, 11, 0, 0, 0]), { is: "other" }],
  ["a message longer than its record", new Uint8Array([22, 3, 3, 0, 8, 2, 0, 0, 60]), { is: "other" }],
  ["a hello without a random", new Uint8Array([22, 3, 3, 0, 8, 2, 0, 0, 4, 3, 3, 0, 0]), { is: "other" }],
];
for (const [what, bytes, answer] of ANSWERS) {
  Deno.test(`probe codec: the answer is read: ${what}`, () => deepEqual(readHello(bytes), answer));
}

Deno.test("probe codec: a hello that comes in pieces wants more until it is whole, and what follows is left alone", () => {
  const whole = serverHello(0x0303, { selected: 0x0304 });
  for (let end = 0; end < whole.length; end++) {
    const { is } = readHello(whole.subarray(0, end));
    equal(is, "more", `${end} bytes`);
  }
  deepEqual(readHello(new Uint8Array([...whole, 20, 3, 3, 0, 1, 1])), { is: "hello", version: "1.3" });
});

Deno.test("probe codec: a session id that leaves the message is no hello", () => {
  const bytes = serverHello(0x0303);
  bytes[43] = 255;
  deepEqual(readHello(bytes), { is: "other" });
});

Deno.test("probe codec: a record as long as the limit is waited for, one that is longer is none", () => {
  const head = (length: number) => new Uint8Array([22, 3, 3, ...u16(length)]);
  equal(readHello(head(PROBE_LIMITS.helloBytes)).is, "more");
  equal(readHello(head(PROBE_LIMITS.helloBytes + 1)).is, "other");
});

Deno.test("probe codec: whatever is changed in an answer, reading it ends and says one of four things", () => {
  const random = seeded(7), seeds = ANSWERS.map(([, bytes]) => bytes).filter(({ length }) => length > 0);
  const known = new Set(["alert", "hello", "more", "other"]);
  for (let round = 0; round < 10_000; round++) {
    const bytes = seeds[random(seeds.length)]!.slice();
    for (let change = 0; change <= random(4); change++) bytes[random(bytes.length)] = random(256);
    ok(known.has(readHello(bytes.subarray(0, random(bytes.length + 1))).is));
  }
});

/** The parts of a ClientHello (RFC 8446 section 4.1.2), read by its own lengths. */
function parts(hello: Uint8Array) {
  let at = 11 + 32;
  const take = (bytes: number) => {
    const length = [...hello.subarray(at, at + bytes)].reduce((sum, byte) => sum << 8 | byte, 0);
    const body = hello.subarray(at + bytes, at + bytes + length);
    at += bytes + length;
    return body;
  };
  const session = take(1),
    suites = take(2),
    compression = take(1),
    list = take(2),
    extensions = new Map<number, number[]>();
  for (let from = 0; from < list.length;) {
    const length = list[from + 2]! << 8 | list[from + 3]!;
    extensions.set(list[from]! << 8 | list[from + 1]!, [...list.subarray(from + 4, from + 4 + length)]);
    from += 4 + length;
  }
  return { session, suites, compression, extensions, rest: hello.length - at };
}

for (const name of Object.keys(TLS_VERSIONS) as TlsVersion[]) {
  Deno.test(`probe codec: the hello of TLS ${name} can be read by its own lengths, to its last byte`, () => {
    const { session, suites, compression, extensions, rest } = parts(clientHello(name, RANDOM));
    deepEqual([session.length, [...compression], rest], [0, [0], 0], "no session, no compression (A00.FR.320)");
    const has = (suite: number) =>
      [...suites].some((byte, at) =>
        at % 2 === 0 && byte << 8 === (suite & 0xff00) && suites[at + 1] === (suite & 0xff)
      );
    ok(has(0x002f) && has(0xc02f) && has(0x1301), "old, usual and new controllers find one that they speak");
    deepEqual(extensions.get(10), [0, 8, ...u16(0x001d), ...u16(0x0017), ...u16(0x0018), ...u16(0x0019)]);
    equal(
      extensions.has(13),
      name === "1.2" || name === "1.3",
      "signature algorithms came with 1.2 (RFC 5246 7.4.1.4.1)",
    );
    deepEqual([extensions.has(43), extensions.has(51)], [name === "1.3", name === "1.3"]);
    equal(extensions.has(0), false, "no name: a controller is asked by its address");
  });
}

for (const session of [0, 1, 32]) {
  Deno.test(`probe codec: a hello with a session id of ${session} bytes and supported_versions is 1.3`, () => {
    deepEqual(readHello(serverHello(0x0303, { selected: 0x0304, session })), { is: "hello", version: "1.3" });
    deepEqual(readHello(serverHello(0x0302, { session })), { is: "hello", version: "1.1" });
  });
}

Deno.test("probe codec: every alert is told by its number, fatal or not", () => {
  for (const code of [0, 10, 40, 47, 70, 71, 80, 86, 112, 255]) {
    for (const level of [1, 2]) {
      deepEqual(readHello(new Uint8Array([21, 3, 3, 0, 2, level, code])), { is: "alert", code });
    }
  }
});

Deno.test("probe codec: the extensions of a hello that leave the message are not read", () => {
  const bytes = serverHello(0x0303, { selected: 0x0304 });
  const lengthAt = bytes.length - 14; // two extensions of six bytes behind their length
  bytes[lengthAt] = 0xff;
  const { is } = readHello(bytes);
  equal(is, "hello");
  bytes[lengthAt + 4] = 0xff; // the first extension says that it is longer than all
  deepEqual(readHello(bytes), { is: "hello", version: "1.2" });
});
