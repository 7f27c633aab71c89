import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  addressOf,
  chainOf,
  decodeQuery,
  decodeResponse,
  type DnsQuery,
  type DnsRecord,
  encodeQuery,
  EXTENDED_ERRORS,
  idOfQuery,
  nameBytes,
  negativeTtl,
  RCODES,
  sendAnswer,
  sendFormatError,
  typeName,
  typeNumber,
  TYPES,
  writeAnswer,
} from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
const CSMS = "04 63736d73 07 6578616d706c65 00";
/** `dig csms.example` and `dig +noedns CSMS.example`, as captured. */
const WITH_EDNS = bytesOf(`1234 0120 0001 0000 0000 0001 ${CSMS} 0001 0001 00 0029 04d0 00000000 000c
  000a 0008 0102030405060708`);
const PLAIN = bytesOf(`abcd 0100 0001 0000 0000 0000 04 43534d53 07 6578616d706c65 00 001c 0001`);
/** csms.example CNAME edge.example.net, A 203.0.113.7 and .8, with compression as unbound writes it. */
const ALIAS = bytesOf(`0001 8180 0001 0003 0000 0001 ${CSMS} 0001 0001
  c00c 0005 0001 0000012c 0012 04 65646765 07 6578616d706c65 03 6e6574 00
  c02a 0001 0001 0000003c 0004 cb007107
  c02a 0001 0001 0000003c 0004 cb007108
  00 0029 1000 00000000 0000`);
/** NXDOMAIN with a SOA: TTL 3600, MINIMUM 300. */
const NEGATIVE = bytesOf(`0002 8183 0001 0000 0001 0000 04 6e6f7065 07 6578616d706c65 00 0001 0001
  c011 0006 0001 00000e10 0020 026e73 c011 04686f7374 c011 00000001 00000e10 00000384 00093a80 0000012c`);

const malformed = { code: "DNS_MALFORMED" };

Deno.test("dns codec: a query with EDNS", () => {
  const query = decodeQuery(WITH_EDNS);
  equal(query, {
    id: 0x1234,
    opcode: 0,
    wantsRecursion: true,
    name: "csms.example",
    type: TYPES.A,
    class: 1,
    question: bytesOf(`${CSMS} 0001 0001`),
    edns: { version: 0, udpBytes: 1232 },
  });
});

Deno.test("dns codec: a query without EDNS keeps its letters for the answer", () => {
  const query = decodeQuery(PLAIN);
  equal([query.name, query.type, query.edns], ["csms.example", TYPES.AAAA, undefined]);
  ok(Buffer.from(query.question).includes("CSMS"));
});

const BAD_QUERIES: readonly [what: string, hex: string][] = [
  ["shorter than a header", "1234 0100 0001"],
  ["an answer", `1234 8180 0001 0000 0000 0000 ${CSMS} 0001 0001`],
  ["no question", "1234 0100 0000 0000 0000 0000"],
  ["two questions", `1234 0100 0002 0000 0000 0000 ${CSMS} 0001 0001 ${CSMS} 0001 0001`],
  ["an answer section", `1234 0100 0001 0001 0000 0000 ${CSMS} 0001 0001 c00c 0001 0001 00000001 0004 01020304`],
  ["an authority section", `1234 0100 0001 0000 0001 0000 ${CSMS} 0001 0001 c00c 0001 0001 00000001 0004 01020304`],
  ["a question that is cut", `1234 0100 0001 0000 0000 0000 ${CSMS} 0001 00`],
  ["a compressed question", "0161 0000 0001 0000 0000 0000 c000 0001 0001"],
  ["a byte behind its end", `1234 0100 0001 0000 0000 0000 ${CSMS} 0001 0001 00`],
  ["a record that is cut", `1234 0100 0001 0000 0000 0001 ${CSMS} 0001 0001 00 0029 04d0`],
  ["a record beyond its end", `1234 0100 0001 0000 0000 0001 ${CSMS} 0001 0001 00 0029 04d0 00000000 0004 00`],
  ["two OPT records", `1234 0100 0001 0000 0000 0002 ${CSMS} 0001 0001${" 00 0029 04d0 00000000 0000".repeat(2)}`],
  ["an OPT record with a name", `1234 0100 0001 0000 0000 0001 ${CSMS} 0001 0001 0161 00 0029 04d0 00000000 0000`],
  ["more records than there may be", `1234 0100 0001 0000 0000 0101 ${CSMS} 0001 0001`],
];

for (const [what, hex] of BAD_QUERIES) {
  Deno.test(`dns codec: a query with ${what} is refused`, () =>
    void throws(() => decodeQuery(bytesOf(hex)), malformed));
}

Deno.test("dns codec: the id of what cannot be read, for FORMERR; none of an answer or a stump", () => {
  equal(idOfQuery(bytesOf("1234 0100 ffff 0000 0000 0000")), 0x1234);
  equal(idOfQuery(bytesOf("1234 8100 ffff 0000 0000 0000")), undefined);
  equal(idOfQuery(bytesOf("1234 0100")), undefined);
  equal([...sendFormatError(0x1234)], [...bytesOf("1234 8081 0000 0000 0000 0000")]);
});

Deno.test("dns codec: queries to upstreams are padded to 128 bytes and say nothing of the client", () => {
  const names = ["a", "csms.example", "x".repeat(63) + ".example", `${"y.".repeat(100)}example`];
  for (const name of names) {
    const bytes = encodeQuery(0x4711, name, TYPES.AAAA);
    equal(bytes.length % 128, 0);
    const query = decodeQuery(bytes);
    equal([query.id, query.name, query.type, query.wantsRecursion], [0x4711, name, TYPES.AAAA, true]);
    equal(query.edns, { version: 0, udpBytes: DNS_LIMITS.udpAnswerBytes });
  }
});

Deno.test("dns codec: an answer with a chain and compression", () => {
  const response = decodeResponse(ALIAS);
  equal([response.id, response.rcode, response.isTruncated, response.name], [1, 0, false, "csms.example"]);
  const [alias, first] = response.answers;
  equal([alias?.target, alias?.ttl, first?.name], ["edge.example.net", 300, "edge.example.net"]);
  equal([...alias!.data], [...nameBytes("edge.example.net")]);
  equal(chainOf(response).map((record) => addressOf(record)), [undefined, "203.0.113.7", "203.0.113.8"]);
});

Deno.test("dns codec: how long there is no such name", () => {
  const response = decodeResponse(NEGATIVE);
  equal([response.rcode, response.answers, negativeTtl(response)], [RCODES.nxDomain, [], 300]);
  equal(negativeTtl({ authority: [] }), undefined);
});

const HEAD = `0001 8180 0001 0001 0000 0000 ${CSMS} 0001 0001 c00c`;
const BAD_RESPONSES: readonly [what: string, hex: string][] = [
  ["a query", `0001 0180 0001 0000 0000 0000 ${CSMS} 0001 0001`],
  ["another operation", `0001 a980 0001 0000 0000 0000 ${CSMS} 0001 0001`],
  ["no question", "0001 8180 0000 0000 0000 0000"],
  ["a stump", "0001 8180"],
  ["a question that is cut", `0001 8180 0001 0000 0000 0000 ${CSMS} 0001`],
  ["more records than bytes", `0001 8180 0001 0010 0000 0000 ${CSMS} 0001 0001`],
  ["more records than the limit", `0001 8180 0001 0080 0080 0001 ${CSMS} 0001 0001`],
  ["an IPv4 address of 3 bytes", `${HEAD} 0001 0001 00000010 0003 010203`],
  ["an IPv4 address of 5 bytes", `${HEAD} 0001 0001 00000010 0005 0102030405`],
  ["an IPv6 address of 4 bytes", `${HEAD} 001c 0001 00000010 0004 01020304`],
  ["a CNAME whose name is longer than its data", `${HEAD} 0005 0001 00000001 0002 0562626262 6200`],
  ["a CNAME whose name is shorter than its data", `${HEAD} 0005 0001 00000001 0004 0162 00 00`],
  ["a SOA without its numbers", `${HEAD} 0006 0001 00000001 0004 c00c c00c`],
  ["data beyond its end", `${HEAD} 0010 0001 00000001 0009 0162`],
];

for (const [what, hex] of BAD_RESPONSES) {
  Deno.test(`dns codec: an answer with ${what} is refused`, () =>
    void throws(() => decodeResponse(bytesOf(hex)), malformed));
}

Deno.test("dns codec: as many records as the limit are read", () => {
  const record = "c00c 0001 0001 00000010 0004 01020304 ".repeat(DNS_LIMITS.records);
  const many = bytesOf(`0001 8180 0001 0100 0000 0000 ${CSMS} 0001 0001 ${record}`);
  equal(decodeResponse(many).answers.length, DNS_LIMITS.records);
});

Deno.test("dns codec: a TTL with its highest bit set counts as 0; upper bits of the code come from EDNS", () => {
  equal(decodeResponse(bytesOf(`${HEAD} 0001 0001 80000000 0004 01020304`)).answers[0]!.ttl, 0);
  equal(decodeResponse(bytesOf(`${HEAD} 0001 0001 7fffffff 0004 01020304`)).answers[0]!.ttl, 0x7fff_ffff);
  const badVersion = bytesOf(`0001 8180 0001 0000 0000 0001 ${CSMS} 0001 0001 00 0029 04d0 01000000 0000`);
  equal(decodeResponse(badVersion).rcode, RCODES.badVers);
});

Deno.test("dns codec: names in the data of SRV, MX and NS are written out", () => {
  for (const [type, before] of [["0021", "0001 0002 0050"], ["000f", "000a"], ["0002", ""]] as const) {
    const length = (before.replaceAll(" ", "").length / 2 + 2).toString(16).padStart(4, "0");
    const { answers } = decodeResponse(bytesOf(`${HEAD} ${type} 0001 00000010 ${length} ${before} c00c`));
    equal(Buffer.from(answers[0]!.data).toString("hex"), `${before}${CSMS}`.replaceAll(" ", ""));
  }
});

Deno.test("dns codec: only the chain of the question counts; what else an upstream adds is left out", () => {
  const record = (name: string, type: number, target?: string): DnsRecord => ({
    name,
    type,
    class: 1,
    ttl: 60,
    data: new Uint8Array(4),
    ...target === undefined ? {} : { target },
  });
  const question = { name: "a", type: TYPES.A };
  const stray = record("bank.example", TYPES.A);
  equal(chainOf({ ...question, answers: [stray, record("a", TYPES.A)] }), [record("a", TYPES.A)]);
  equal(chainOf({ ...question, answers: [stray] }), []);
  const loop = [record("a", TYPES.CNAME, "b"), record("b", TYPES.CNAME, "a")];
  equal(chainOf({ ...question, answers: loop }), loop);
  const hops = Array.from({ length: 40 }, (_, at) => record(at === 0 ? "a" : `n${at}`, TYPES.CNAME, `n${at + 1}`));
  equal(chainOf({ ...question, answers: hops }).length, DNS_LIMITS.chain + 1);
  const chaos = { ...record("a", TYPES.A), class: 3 };
  equal(chainOf({ ...question, answers: [chaos] }), []);
});

/** The answer to ALIAS's question as one client gets it. */
function answerTo(query: DnsQuery, maxBytes: number = DNS_LIMITS.udpAnswerBytes, more = {}) {
  const response = decodeResponse(ALIAS);
  const template = writeAnswer(response, { rcode: 0, answers: chainOf(response) });
  return sendAnswer(template, query, { ageSeconds: 20, maxBytes, ...more });
}

Deno.test("dns codec: an answer has the client's id and letters, and TTLs of now", () => {
  const query = { ...decodeQuery(PLAIN), type: TYPES.A };
  const bytes = answerTo(query);
  equal([bytes[0], bytes[1]], [0xab, 0xcd]);
  ok(Buffer.from(bytes).includes("CSMS"));
  const read = decodeResponse(bytes);
  equal(read.answers.map(({ ttl }) => ttl), [280, 40, 40]);
  equal(read.answers.map((record) => addressOf(record)), [undefined, "203.0.113.7", "203.0.113.8"]);
  ok(bytes.length < ALIAS.length + 4, "owner names are compressed");
  equal(decodeResponse(answerTo(query, 512, { ageSeconds: 1_000 })).answers.map(({ ttl }) => ttl), [0, 0, 0]);
  equal(decodeResponse(answerTo(query, 512, { ttlSeconds: 30 })).answers.map(({ ttl }) => ttl), [30, 30, 30]);
});

Deno.test("dns codec: an answer at the client's limit goes whole, one byte beyond is cut and says so", () => {
  const query = decodeQuery(WITH_EDNS);
  const { length } = answerTo(query);
  equal(decodeResponse(answerTo(query, length)).answers.length, 3);
  const cut = decodeResponse(answerTo(query, length - 1));
  equal([cut.isTruncated, cut.answers.length, cut.name], [true, 0, "csms.example"]);
});

Deno.test("dns codec: clients with EDNS are told why, with at most so many characters", () => {
  const refusal = writeAnswer({ name: "csms.example", type: TYPES.A }, { rcode: RCODES.refused, answers: [] });
  const extendedError = { code: EXTENDED_ERRORS.blocked, text: "r".repeat(DNS_LIMITS.explanationChars + 1) };
  const told = sendAnswer(refusal, decodeQuery(WITH_EDNS), { ageSeconds: 0, maxBytes: 512, extendedError });
  equal(Buffer.from(told).toString("latin1").split("r").length - 1, DNS_LIMITS.explanationChars);
  equal(decodeResponse(told).rcode, RCODES.refused);
  const untold = sendAnswer(refusal, decodeQuery(PLAIN), { ageSeconds: 0, maxBytes: 512, extendedError });
  equal(untold.length, PLAIN.length);
});

Deno.test("dns codec: BADVERS goes out in both halves", () => {
  const template = writeAnswer({ name: "a", type: TYPES.A }, { rcode: RCODES.badVers, answers: [] });
  const query = { ...decodeQuery(WITH_EDNS), name: "a", question: bytesOf("0161 00 0001 0001") };
  equal(decodeResponse(sendAnswer(template, query, { ageSeconds: 0, maxBytes: 512 })).rcode, RCODES.badVers);
});

Deno.test("dns codec: a long answer points only to where a pointer reaches", () => {
  const answers = Array.from({ length: 250 }, (_, at): DnsRecord => ({
    name: `${"x".repeat(60)}${at}.example`,
    type: TYPES.TXT,
    class: 1,
    ttl: 60,
    data: new Uint8Array(80),
  }));
  const template = writeAnswer({ name: "a", type: TYPES.TXT }, {
    rcode: 0,
    answers: [...answers, ...answers.slice(244)],
  });
  const query = { ...decodeQuery(PLAIN), question: bytesOf("0161 00 0010 0001") };
  const read = decodeResponse(sendAnswer(template, query, { ageSeconds: 0, maxBytes: 65_535 }));
  equal(read.answers.map(({ name }) => name), [...answers, ...answers.slice(244)].map(({ name }) => name));
});

Deno.test("dns codec: types by name and number", () => {
  equal([typeName(1), typeName(28), typeName(4711)], ["A", "AAAA", "TYPE4711"]);
  equal([typeNumber("A"), typeNumber("TYPE4711"), typeNumber("TYPE65536"), typeNumber("WHAT")], [
    1,
    4711,
    undefined,
    undefined,
  ]);
  equal(addressOf({ type: TYPES.AAAA, data: bytesOf("20010db8 00000000 00000000 00000007") }), "2001:db8:0:0:0:0:0:7");
});

Deno.test("dns codec: messages cut at every byte", () => {
  for (
    const [whole, decode] of [[WITH_EDNS, decodeQuery], [ALIAS, decodeResponse], [NEGATIVE, decodeResponse]] as const
  ) {
    decode(whole);
    for (let end = 0; end < whole.length; end++) throws(() => decode(whole.subarray(0, end)), malformed);
  }
});
