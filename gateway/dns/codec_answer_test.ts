import { deepStrictEqual as equal, ok } from "node:assert/strict";
import {
  decodeQuery,
  decodeResponse,
  type DnsQuery,
  type DnsRecord,
  EXTENDED_ERRORS,
  nameBytes,
  RCODES,
  sendAnswer,
  sendFormatError,
  TYPES,
  writeAnswer,
} from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
const QUESTION = "04 63736d73 07 6578616d706c65 00 0001 0001";
/** The question with flags and additional records as a client chose them. */
const ask = (flags = "0100", additional = "", count = "0000") =>
  decodeQuery(hex(`1234 ${flags} 0001 0000 0000 ${count} ${QUESTION} ${additional}`));
const WITH_EDNS = ask("0100", "00 0029 04d0 00000000 0000", "0001");
const CSMS = { name: "csms.example", type: TYPES.A };
const address = (last: number, ttl = 60, name = "csms.example"): DnsRecord => ({
  ...{ name, type: TYPES.A, class: 1, ttl, data: Uint8Array.of(10, 20, 0, last) },
});
const alias = (name: string, target: string): DnsRecord => ({
  ...{ name, type: TYPES.CNAME, class: 1, ttl: 300, data: nameBytes(target), target },
});
const send = (
  answers: readonly DnsRecord[],
  query: DnsQuery = ask(),
  more: Partial<Parameters<typeof sendAnswer>[2]> = {},
  how: Partial<Parameters<typeof writeAnswer>[1]> = {},
) => sendAnswer(writeAnswer(CSMS, { rcode: 0, answers, ...how }), query, { ageSeconds: 0, maxBytes: 512, ...more });

/** Whole messages, octet by octet: what a station gets. */
const WHOLE: readonly (readonly [string, Uint8Array, string])[] = [
  [
    "one address",
    send([address(1)]),
    `1234 8180 0001 0001 0000 0000 ${QUESTION} c00c 0001 0001 0000003c 0004 0a140001`,
  ],
  [
    "two addresses",
    send([address(1), address(2)]),
    `1234 8180 0001 0002 0000 0000 ${QUESTION} c00c 0001 0001 0000003c 0004 0a140001
     c00c 0001 0001 0000003c 0004 0a140002`,
  ],
  ["nothing", send([]), `1234 8180 0001 0000 0000 0000 ${QUESTION}`],
  [
    "an answer of our own",
    send([address(1)], ask(), {}, { isAuthoritative: true }),
    `1234 8580 0001 0001 0000 0000 ${QUESTION} c00c 0001 0001 0000003c 0004 0a140001`,
  ],
  [
    "an alias, whose target is pointed to",
    send([alias("csms.example", "e.net"), address(1, 60, "e.net")]),
    `1234 8180 0001 0002 0000 0000 ${QUESTION} c00c 0005 0001 0000012c 0007 0165 036e6574 00
     c02a 0001 0001 0000003c 0004 0a140001`,
  ],
  [
    "a client with EDNS",
    send([address(1)], WITH_EDNS),
    `1234 8180 0001 0001 0000 0001 ${QUESTION} c00c 0001 0001 0000003c 0004 0a140001
     00 0029 04d0 00000000 0000`,
  ],
  [
    "a refusal with its reason",
    send([], WITH_EDNS, { extendedError: { code: EXTENDED_ERRORS.blocked, text: "no" } }, { rcode: RCODES.refused }),
    `1234 8185 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00000000 0008 000f 0004 000f 6e6f`,
  ],
  [
    "no such name, with the SOA",
    send([], ask(), {}, { rcode: RCODES.nxDomain, authority: [{ ...address(0), name: "example", type: TYPES.SOA }] }),
    `1234 8183 0001 0000 0001 0000 ${QUESTION} 07 6578616d706c65 00 0006 0001 0000003c 0004 0a140000`,
  ],
  ["a client that wants no recursion", send([], ask("0000")), `1234 8080 0001 0000 0000 0000 ${QUESTION}`],
  [
    "another operation",
    send([], ask("2100"), {}, { rcode: RCODES.notImp }),
    `1234 a184 0001 0000 0000 0000 ${QUESTION}`,
  ],
];
for (const [name, bytes, wanted] of WHOLE) {
  Deno.test(`dns answer: ${name}, octet by octet`, () => equal(bytes.toHex(), hex(wanted).toHex()));
}

/** TTL of the record, age of the answer, what the client gets. */
const TTLS: readonly (readonly [number, number, number | undefined, number])[] = [
  [60, 0, undefined, 60],
  [60, 1, undefined, 59],
  [60, 59, undefined, 1],
  [60, 60, undefined, 0],
  [60, 61, undefined, 0],
  [60, 1_000_000, undefined, 0],
  [0, 0, undefined, 0],
  [0x7fff_ffff, 1, undefined, 0x7fff_fffe],
  [65_536, 1, undefined, 65_535],
  [60, 10, 30, 30],
  [0, 10, 30, 30],
];
for (const [ttl, ageSeconds, ttlSeconds, wanted] of TTLS) {
  const forced = ttlSeconds === undefined ? "" : `, said to be ${ttlSeconds}`;
  Deno.test(`dns answer: a TTL of ${ttl} after ${ageSeconds} s${forced} is ${wanted}`, () => {
    const sending = { ageSeconds, ...ttlSeconds === undefined ? {} : { ttlSeconds } };
    equal(decodeResponse(send([address(1, ttl)], ask(), sending)).answers[0]!.ttl, wanted);
  });
}

Deno.test("dns answer: sending changes nothing in what is kept", () => {
  const template = writeAnswer(CSMS, { rcode: 0, answers: [address(1)] });
  const before = template.bytes.toHex();
  const first = sendAnswer(template, ask(), { ageSeconds: 50, maxBytes: 512 });
  const again = sendAnswer(template, ask(), { ageSeconds: 50, maxBytes: 512 });
  equal([template.bytes.toHex(), first.toHex()], [before, again.toHex()]);
});

Deno.test("dns answer: with EDNS the option counts towards what the client takes", () => {
  const whole = send([address(1)], WITH_EDNS).length;
  for (const [maxBytes, isTruncated] of [[whole, false], [whole - 1, true], [whole - 11, true]] as const) {
    const read = decodeResponse(send([address(1)], WITH_EDNS, { maxBytes }));
    equal([read.isTruncated, read.answers.length], [isTruncated, isTruncated ? 0 : 1], String(maxBytes));
  }
});

Deno.test("dns answer: a cut answer keeps question, code and reason, and counts no record", () => {
  const extendedError = { code: EXTENDED_ERRORS.stale, text: "old" };
  const cut = send([address(1), address(2)], WITH_EDNS, { maxBytes: 60, extendedError }, { rcode: RCODES.servFail });
  const head = new DataView(cut.buffer);
  equal([4, 6, 8, 10].map((at) => head.getUint16(at)), [1, 0, 0, 1]);
  equal(decodeResponse(cut).rcode, RCODES.servFail);
  ok(new TextDecoder("latin1").decode(cut).endsWith("old"));
});

for (const code of [0, 1, 2, 3, 4, 5, 15, 16, 23, 4_095]) {
  Deno.test(`dns answer: code ${code} is read again with EDNS, and its lower bits without`, () => {
    equal(decodeResponse(send([], WITH_EDNS, {}, { rcode: code })).rcode, code);
    equal(decodeResponse(send([], ask(), {}, { rcode: code })).rcode, code & 0xf);
  });
}

Deno.test("dns answer: a reason beyond ASCII is cut by letters and stays whole UTF-8", () => {
  const text = "ä".repeat(DNS_LIMITS.explanationChars + 5);
  const bytes = send([], WITH_EDNS, { extendedError: { code: 15, text } });
  const told = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(-2 * DNS_LIMITS.explanationChars));
  equal(told, "ä".repeat(DNS_LIMITS.explanationChars));
});

Deno.test("dns answer: names are pointed to once they stand somewhere, whatever section", () => {
  const many = Array.from({ length: 20 }, (_, at) => address(at));
  equal(send(many, ask(), { maxBytes: 4_096 }).length, send([]).length + 20 * 16);
  const authority = [{ ...address(1), type: TYPES.NS, data: nameBytes("ns.example") }];
  const read = decodeResponse(send([address(1)], ask(), {}, { authority }));
  equal(read.authority.map(({ name, data }) => [name, data.toHex()]), [[
    "csms.example",
    nameBytes("ns.example").toHex(),
  ]]);
});

Deno.test("dns answer: records of every kind are carried as they came", () => {
  for (const type of [TYPES.TXT, TYPES.SVCB, TYPES.HTTPS, 4_711]) {
    for (const length of [0, 1, 255, 300]) {
      const record: DnsRecord = { ...address(1), type, data: new Uint8Array(length).fill(0xc0) };
      const [read] = decodeResponse(send([record], ask(), { maxBytes: 1_000 })).answers;
      equal([read!.type, read!.data.toHex()], [type, record.data.toHex()]);
    }
  }
});

Deno.test("dns answer: FORMERR for every id", () => {
  for (const id of [0, 1, 0xff, 0x100, 0xffff]) {
    const bytes = sendFormatError(id);
    equal([bytes.length, bytes[0]! << 8 | bytes[1]!, bytes[2]! & 0x80, bytes[3]! & 0xf], [
      12,
      id,
      0x80,
      RCODES.formErr,
    ]);
  }
});
