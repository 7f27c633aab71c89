import { deepEqual, equal, throws } from "node:assert/strict";
import { FormReader, readBoundary } from "./codec_multipart.ts";
import { SERVING_LIMITS } from "./limits.ts";

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
const bytesOf = (value: string) => Uint8Array.from(value, (char) => char.charCodeAt(0));

/** Reads a form in steps; the file's name and content, or what was thrown. */
function read(form: string, step = form.length, boundary = "B"): { name?: string; content: string } {
  const reader = new FormReader(boundary);
  let name: string | undefined, content = "";
  for (let at = 0; at < form.length; at += step) {
    for (const event of reader.read(bytesOf(form.slice(at, at + step)))) {
      if (event.kind === "file") name = event.name;
      if (event.kind === "bytes") content += text(event.bytes);
    }
  }
  reader.end();
  return { ...name === undefined ? {} : { name }, content };
}

const part = (head: string, body: string) => `--B\r\n${head}\r\n\r\n${body}\r\n`;
const FILE = 'Content-Disposition: form-data; name="f"; filename="diag.zip"\r\nContent-Type: application/zip';
const FORM = `${part(FILE, "PK\x03\x04 data")}--B--\r\n`;

Deno.test("firmware form: a file comes out whole, cut at every byte", () => {
  for (let step = 1; step <= FORM.length; step++) {
    deepEqual(read(FORM, step), { name: "diag.zip", content: "PK\x03\x04 data" });
  }
});

const GOOD: readonly (readonly [string, string, { name?: string; content: string }])[] = [
  [
    "other fields before and after it",
    `${part('Content-Disposition: form-data; name="id"', "CP001")}${part(FILE, "x")}${
      part('Content-Disposition: form-data; name="z"', "y")
    }--B--`,
    { name: "diag.zip", content: "x" },
  ],
  ["a preamble", `hello\r\n${FORM}`, { name: "diag.zip", content: "PK\x03\x04 data" }],
  ["what looks like a boundary in it", `${part(FILE, "a\r\n--A\r\n--\r\n-B b")}--B--`, {
    name: "diag.zip",
    content: "a\r\n--A\r\n--\r\n-B b",
  }],
  ["an empty file", `${part(FILE, "")}--B--`, { name: "diag.zip", content: "" }],
  ["a name without quotes", `${part("content-disposition: form-data; filename=x.log", "1")}--B--`, {
    name: "x.log",
    content: "1",
  }],
  ["a second file, which is left out", `${part(FILE, "1")}${part(FILE, "2")}--B--`, { name: "diag.zip", content: "1" }],
];
for (const [what, form, wanted] of GOOD) {
  Deno.test(`firmware form: ${what}`, () => {
    for (const step of [1, 7, form.length]) deepEqual(read(form, step), wanted);
  });
}

const BAD: readonly (readonly [string, string])[] = [
  ["no form at all", "PK\x03\x04"],
  ["an end within the file", `--B\r\n${FILE}\r\n\r\nhalf of i`],
  ["an end within a head", `--B\r\n${FILE}`],
  ["no file in it", `${part('Content-Disposition: form-data; name="id"', "1")}--B--`],
  ["nothing in it", "--B--\r\n"],
  ["a head past the limit", `--B\r\nX: ${"x".repeat(SERVING_LIMITS.partHeadBytes)}\r\n\r\n`],
  ["a head past the limit without an end", `--B\r\nX: ${"x".repeat(SERVING_LIMITS.partHeadBytes + 9)}`],
];
for (const [what, form] of BAD) {
  Deno.test(`firmware form: ${what} is refused`, () => {
    for (const step of [1, form.length]) throws(() => read(form, step), { code: "FORM_MALFORMED" });
  });
}

Deno.test("firmware form: a head at the limit is read", () => {
  const head = `${FILE}\r\nX: `;
  const filled = head + "x".repeat(SERVING_LIMITS.partHeadBytes - head.length - 2);
  equal(read(`--B\r\n${filled}\r\n\r\n1\r\n--B--`).content, "1");
});

const BOUNDARIES: readonly (readonly [string | undefined, string | undefined])[] = [
  ["multipart/form-data; boundary=abc", "abc"],
  ['multipart/form-data; charset=x; boundary="a b"', "a b"],
  ["Multipart/Form-Data;boundary=abc", "abc"],
  [`multipart/form-data; boundary=${"b".repeat(70)}`, "b".repeat(70)],
  [`multipart/form-data; boundary=${"b".repeat(71)}`, undefined],
  ["multipart/form-data", undefined],
  ["application/zip", undefined],
  [undefined, undefined],
];
for (const [type, wanted] of BOUNDARIES) {
  Deno.test(`firmware form: the boundary of ${type?.slice(0, 50)}`, () => equal(readBoundary(type), wanted));
}

Deno.test("firmware form: whatever is changed in one, it is read or refused, and never more comes out than went in", () => {
  let seed = 20_261_121;
  const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  for (let run = 0; run < 3_000; run++) {
    const chars = [...FORM];
    for (let change = random(4); change >= 0; change--) {
      const at = random(chars.length);
      chars.splice(at, random(2), ...random(3) === 0 ? ["\r\n--B"] : [String.fromCharCode(random(256))]);
    }
    const form = chars.join("");
    try {
      const { content } = read(form, 1 + random(20));
      equal(content.length <= form.length, true);
    } catch (error) {
      equal((error as { code?: string }).code, "FORM_MALFORMED", `run ${run}: ${error}`);
    }
  }
});
