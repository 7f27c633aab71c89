import { deepEqual, equal, throws } from "node:assert/strict";
import { boundaryOf, MultipartReader } from "./multipart_reader.ts";

const RULES = { parts: 4, headBytes: 200, malformed: (what: string) => new Error(`the form has ${what}`) };
const encode = (text: string) => new TextEncoder().encode(text);

/** A part as curl and browsers write it. */
const part = (disposition: string, content: string, more = "") =>
  `--B\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
const form = (...parts: string[]) => `${parts.join("")}--B--\r\n`;

/** What a reader gave out of a form that came in pieces of `size` bytes. */
function read(body: Uint8Array, size = body.length || 1): [name: string, fileName: string | undefined, text: string][] {
  const parts: [string, string | undefined, string][] = [];
  let open = false;
  const reader = new MultipartReader("B", RULES, {
    begin: ({ name, fileName }) => {
      equal(open, false);
      open = true;
      parts.push([name, fileName, ""]);
    },
    take: (bytes) => parts.at(-1)![2] += new TextDecoder("latin1").decode(bytes),
    end: () => {
      equal(open, true);
      open = false;
    },
  });
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    reader.push(piece);
    piece.fill(0x58); // the piece is its owner's again
  }
  reader.end();
  return parts;
}

const GOOD = form(
  part('name="_token"', "abc"),
  part('name="file"; filename="a.deb"', "x\r\n--C\r\n--\r\n", "Content-Type: application/octet-stream\r\n"),
  part('name="empty"', ""),
);

Deno.test("multipart reader: fields and files in order, cut at every place and size", () => {
  const wanted = [["_token", undefined, "abc"], ["file", "a.deb", "x\r\n--C\r\n--\r\n"], ["empty", undefined, ""]];
  const body = encode(GOOD);
  for (let size = 1; size <= body.length; size++) deepEqual(read(body, size), wanted, `pieces of ${size} bytes`);
});

Deno.test("multipart reader: content that looks like the boundary but is none is content", () => {
  for (const content of ["\r\n--", "\r\n--A--", "\r\n-\r\n--\r\n", "--B", "\r\r\n--", "\r\n\r\n--\r\n\r\n"]) {
    deepEqual(read(encode(form(part('name="f"; filename="a"', content))), 3), [["f", "a", content]]);
  }
});

Deno.test("multipart reader: names beyond ASCII are read as browsers send them", () => {
  deepEqual(read(encode(form(part('name="file"; filename="Gerät 5.33.deb"', "x")))), [["file", "Gerät 5.33.deb", "x"]]);
});

Deno.test("multipart reader: a file that was not chosen has an empty name", () => {
  deepEqual(read(encode(form(part('name="file"; filename=""', "")))), [["file", "", ""]]);
});

const BAD: readonly [what: string, body: string, says: RegExp][] = [
  ["nothing", "", /no end/],
  ["bytes before its first part", `x${GOOD}`, /bytes before its first part/],
  ["another boundary", GOOD.replaceAll("--B", "--C"), /bytes before its first part/],
  ["a boundary that goes on", GOOD.replace("--B\r\n", "--BB\r\n"), /a delimiter that goes on/],
  ["bytes behind its end", `${GOOD}more`, /bytes behind its end/],
  ["no end", GOOD.slice(0, -6), /no end/],
  ["half an end", GOOD.slice(0, -3), /no end/],
  ["a strange head field", form(part('name="a"', "x", "Content-Transfer-Encoding: base64\r\n")), /neither Content/],
  ["no name at all", "--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n", /read differently/],
  ["two names", form(part('name="a"; name="b"', "x")), /named twice/],
  ["two dispositions", form(part('name="a"', "x", 'Content-Disposition: form-data; name="b"\r\n')), /differently/],
  ["an extended file name", form(part("name=\"a\"; filename*=UTF-8''b", "x")), /differently/],
  ["an escaped quote", form(part('name="a\\"b"', "x")), /differently/],
  ["a bare name", form(part("name=a", "x")), /differently/],
  ["a head without end", `--B\r\nContent-Disposition: ${"x".repeat(300)}`, /head that is too long/],
  ["a folded head", form(part('name="a";\r\n filename="b"', "x")), /neither Content|differently/],
];
for (const [what, body, says] of BAD) {
  Deno.test(`multipart reader: a form with ${what} is refused`, () => {
    throws(() => read(encode(body)), says);
    throws(() => read(encode(body), 1), says);
  });
}

Deno.test("multipart reader: as many parts as the limit and a head as long, and not one more", () => {
  const many = (count: number) => form(...Array.from({ length: count }, (_, at) => part(`name="p${at}"`, "")));
  equal(read(encode(many(RULES.parts))).length, RULES.parts);
  throws(() => read(encode(many(RULES.parts + 1))), /more than 4 parts/);
  const head = (bytes: number) => {
    const disposition = 'Content-Disposition: form-data; name="';
    return `--B\r\n${disposition}${"n".repeat(bytes - disposition.length - 1)}"\r\n\r\nx\r\n--B--\r\n`;
  };
  equal(read(encode(head(RULES.headBytes)))[0]![2], "x");
  throws(() => read(encode(head(RULES.headBytes + 1))), /head that is too long/);
});

Deno.test("multipart reader: any seeded change of a form is read as a form or refused by the rules", () => {
  const body = encode(GOOD);
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  for (let round = 0; round < 2_000; round++) {
    const changed = body.slice();
    for (let flips = 1 + next(3); flips > 0; flips--) changed[next(changed.length)] = next(256);
    try {
      read(changed, 1 + next(20));
    } catch (error) {
      equal((error as Error).message.startsWith("the form has "), true, String(error));
    }
  }
});

const TYPES: readonly [type: string, boundary: string | undefined][] = [
  ["multipart/form-data; boundary=B", "B"],
  ['Multipart/Form-Data; boundary="a b"', "a b"],
  ["multipart/form-data; boundary=----WebKitFormBoundaryAbC123", "----WebKitFormBoundaryAbC123"],
  [`multipart/form-data; boundary=${"b".repeat(70)}`, "b".repeat(70)],
  [`multipart/form-data; boundary=${"b".repeat(71)}`, undefined],
  ["multipart/form-data; boundary=", undefined],
  ['multipart/form-data; boundary="a "', undefined],
  ["multipart/form-data; boundary=B; boundary=C", undefined],
  ["multipart/form-data; charset=utf-8; boundary=B", undefined],
  ["multipart/mixed; boundary=B", undefined],
  ["application/x-www-form-urlencoded", undefined],
  ["", undefined],
];
for (const [type, boundary] of TYPES) {
  Deno.test(`multipart reader: the boundary of ${JSON.stringify(type.slice(0, 60))}`, () => {
    equal(boundaryOf(type), boundary);
  });
}
