import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { decodeQuery, encodeQuery, idOfQuery, TYPES } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
const NAME = "04 63736d73 07 6578616d706c65 00";
const malformed = { code: "DNS_MALFORMED" };

/** Flags of the header, as dig sets them one by one, and what is read of them. */
const FLAGS: readonly (readonly [string, string, number, boolean])[] = [
  ["nothing", "0000", 0, false],
  ["RD", "0100", 0, true],
  ["AD", "0020", 0, false],
  ["CD", "0010", 0, false],
  ["RD and CD", "0110", 0, true],
  ["TC, which means nothing in a query", "0200", 0, false],
  ["RA, which means nothing in a query", "0080", 0, false],
  ["a code, which means nothing in a query", "000f", 0, false],
  ["operation IQUERY", "0800", 1, false],
  ["operation STATUS", "1000", 2, false],
  ["operation NOTIFY", "2000", 4, false],
  ["operation UPDATE with RD", "2900", 5, true],
  ["the last operation", "7900", 15, true],
];
for (const [name, flags, opcode, wantsRecursion] of FLAGS) {
  Deno.test(`dns query: ${name}`, () => {
    const query = decodeQuery(hex(`0001 ${flags} 0001 0000 0000 0000 ${NAME} 0001 0001`));
    equal([query.opcode, query.wantsRecursion], [opcode, wantsRecursion]);
  });
}

/** OPT records: size the client takes, version. */
const OPTIONS: readonly (readonly [string, string, number, number])[] = [
  ["no options", "00 0029 04d0 00000000 0000", 1_232, 0],
  ["the smallest size", "00 0029 0000 00000000 0000", 0, 0],
  ["the largest size", "00 0029 ffff 00000000 0000", 65_535, 0],
  ["the DO bit", "00 0029 1000 00008000 0000", 4_096, 0],
  ["version 1", "00 0029 04d0 00010000 0000", 1_232, 1],
  ["version 255", "00 0029 04d0 00ff0000 0000", 1_232, 255],
  ["a client subnet, which is nobody's business", "00 0029 04d0 00000000 000b 0008 0007 0001 18 00 c00002", 1_232, 0],
  ["options that break their own form", "00 0029 04d0 00000000 0003 ffffff", 1_232, 0],
];
for (const [name, record, udpBytes, version] of OPTIONS) {
  Deno.test(`dns query: EDNS with ${name}`, () => {
    const query = decodeQuery(hex(`0001 0100 0001 0000 0000 0001 ${NAME} 0001 0001 ${record}`));
    equal(query.edns, { udpBytes, version });
  });
}

Deno.test("dns query: other additional records are passed over, before and behind the OPT record", () => {
  const tsig = "00 00fa 00ff 00000000 0002 0102";
  const opt = "00 0029 04d0 00000000 0000";
  for (const records of [[tsig, opt], [opt, tsig], [tsig, opt, tsig]]) {
    const count = records.length.toString(16).padStart(4, "0");
    const query = decodeQuery(hex(`0001 0100 0001 0000 0000 ${count} ${NAME} 0001 0001 ${records.join(" ")}`));
    equal(query.edns?.udpBytes, 1_232);
  }
});

Deno.test("dns query: as many additional records as there may be, and one more", () => {
  const made = (count: number) =>
    hex(
      `0001 0100 0001 0000 0000 ${count.toString(16).padStart(4, "0")} ${NAME} 0001 0001 ${
        "00 0010 0001 00000000 0000".repeat(count)
      }`,
    );
  equal(decodeQuery(made(DNS_LIMITS.records)).edns, undefined);
  throws(() => decodeQuery(made(DNS_LIMITS.records + 1)), malformed);
});

/** Names as stations send them, with the words that rules see. */
const NAMES: readonly (readonly [string, string])[] = [
  ["00", "."],
  ["01 61 00", "a"],
  ["01 41 00", "a"],
  ["03 7777 2e 00", "ww\\046"],
  ["01 00 00", "\\000"],
  ["02 c3a4 00", "\\195\\164"],
];
for (const [wire, name] of NAMES) {
  Deno.test(`dns query: the name ${name}`, () => {
    const query = decodeQuery(hex(`0001 0100 0001 0000 0000 0000 ${wire} 0001 0001`));
    equal([query.name, query.question.toHex()], [name, hex(`${wire} 0001 0001`).toHex()]);
  });
}

for (const [type, dnsClass] of [[0, 0], [1, 1], [28, 1], [255, 255], [65_535, 3]] as const) {
  Deno.test(`dns query: type ${type} of class ${dnsClass}`, () => {
    const fixed = [type, dnsClass].map((value) => value.toString(16).padStart(4, "0")).join("");
    const query = decodeQuery(hex(`0001 0100 0001 0000 0000 0000 ${NAME} ${fixed}`));
    equal([query.type, query.class], [type, dnsClass]);
  });
}

Deno.test("dns query: what is read does not hang on the buffer it came in", () => {
  const bytes = hex(`0001 0100 0001 0000 0000 0000 ${NAME} 0001 0001`);
  const query = decodeQuery(bytes);
  bytes.fill(0xff);
  equal(query.question.toHex(), hex(`${NAME} 0001 0001`).toHex());
});

Deno.test("dns query: a view into a longer buffer is read from its own start", () => {
  const bytes = hex(`ffff ffff 0001 0100 0001 0000 0000 0000 ${NAME} 0001 0001`);
  equal(decodeQuery(bytes.subarray(4)).name, "csms.example");
});

for (
  const [name, bytes, id] of [
    ["a whole query", `abcd 0100 0001 0000 0000 0000 ${NAME} 0001 0001`, 0xabcd],
    ["a header alone", "0001 0100 0001 0000 0000 0000", 1],
    ["eleven octets", "0001 0100 0001 0000 0000 00", undefined],
    ["an answer", "0001 8100 0001 0000 0000 0000", undefined],
    ["nothing", "", undefined],
  ] as const
) {
  Deno.test(`dns query: the id of ${name}`, () => equal(idOfQuery(hex(bytes)), id));
}

Deno.test("dns query: to upstreams, octet by octet", () => {
  const bytes = encodeQuery(0x4711, "csms.example", TYPES.A);
  const head = `4711 0100 0001 0000 0000 0001 ${NAME} 0001 0001 00 0029 04d0 00000000 0057 000c 0053`;
  equal(bytes.toHex(), hex(head).toHex() + "00".repeat(0x53));
});

Deno.test("dns query: its length to upstreams tells lengths of names apart only by blocks", () => {
  const lengths = new Set<number>();
  for (let size = 1; size <= 60; size++) lengths.add(encodeQuery(1, `${"x".repeat(size)}.example`, TYPES.A).length);
  equal([...lengths], [128]);
  const longest = Array(4).fill("x".repeat(60)).join(".");
  ok(encodeQuery(1, longest, TYPES.A).length === 384);
});

Deno.test("dns query: to upstreams the name goes in lower case, and one that is none is refused", () => {
  equal(decodeQuery(encodeQuery(1, "_ocpp._tcp.example", TYPES.SRV)).name, "_ocpp._tcp.example");
  throws(() => encodeQuery(1, "a..b", TYPES.A), malformed);
  throws(() => encodeQuery(1, "x".repeat(64), TYPES.A), malformed);
});
