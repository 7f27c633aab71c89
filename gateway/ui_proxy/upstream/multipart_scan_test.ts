import { deepEqual, equal, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { scanUpload } from "./multipart_scan.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const TYPE = "multipart/form-data; boundary=XX";
const FILE = 'Content-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n';

function scan(body: Uint8Array | string, type: string | null = TYPE, step = Infinity) {
  const all = typeof body === "string" ? bytesOf(body) : body;
  const scanner = scanUpload(type ?? undefined);
  for (let at = 0; at < all.length; at += step) scanner.push(all.subarray(at, at + step));
  return scanner.end();
}

const part = (head: string, content: string) => `--XX\r\n${head}\r\n${content}\r\n`;
const form = (...parts: readonly string[]) => `${parts.join("")}--XX--\r\n`;

Deno.test("upload: a body that is no form is the file itself", () => {
  const image = bytesOf("image");
  for (const type of [null, "", "application/octet-stream", "application/zip"]) {
    deepEqual(scan(image, type), [{ sha256: sha256(image), bytes: 5 }]);
  }
  throws(() => scan("", "application/octet-stream"), { code: "UI_UPLOAD_MALFORMED" });
});

Deno.test("upload: a form as programs make it, cut anywhere, gives the file's own bytes", async () => {
  const image = crypto.getRandomValues(new Uint8Array(700));
  image.set(bytesOf("\r\n--X\r\n--\r\n\r\n"), 100);
  const data = new FormData();
  data.set("token", "abc");
  data.set("update", new Blob([image]), "image.bin");
  data.set("go", "1");
  const request = new Request("http://x.invalid", { method: "POST", body: data });
  const type = request.headers.get("content-type")!;
  const body = new Uint8Array(await request.arrayBuffer());
  for (let step = 1; step <= 97; step++) {
    deepEqual(scan(body, type, step), [{ sha256: sha256(image), bytes: 700 }], `pieces of ${step}`);
  }
});

Deno.test("upload: every file of a form is told, an empty one too", () => {
  const files = scan(
    form(part(FILE, "one"), part('Content-Disposition: form-data; name="x"\r\n', "field"), part(FILE, "")),
  );
  deepEqual(files.map(({ bytes }) => bytes), [3, 0]);
});

Deno.test("upload: a boundary in quotes", () => {
  equal(scan(form(part(FILE, "one")), 'multipart/form-data; boundary="XX"').length, 1);
});

const BAD_TYPES = [
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "multipart/form-data; boundary=A; boundary=B",
  "multipart/form-data; charset=x; boundary=XX",
  `multipart/form-data; boundary=${"x".repeat(71)}`,
  'multipart/form-data; boundary="a\\"b"',
  "multipart/mixed; boundary=XX",
];
for (const type of BAD_TYPES) {
  Deno.test(`upload: refuses the type ${type.slice(0, 60)}`, () => {
    throws(() => scan(form(part(FILE, "one")), type), { code: "UI_UPLOAD_MALFORMED" });
  });
}

const BAD: readonly [what: string, body: string][] = [
  ["bytes before the first part", `x${form(part(FILE, "one"))}`],
  ["a preamble", `preamble\r\n${form(part(FILE, "one"))}`],
  ["bytes behind the end", `${form(part(FILE, "one"))}more`],
  ["no end", part(FILE, "one")],
  ["an end that is cut off", form(part(FILE, "one")).slice(0, -3)],
  ["no file", form(part('Content-Disposition: form-data; name="x"\r\n', "v"))],
  ["nothing", "--XX--\r\n"],
  ["a delimiter that goes on", `--XXY\r\n${FILE}\r\none\r\n--XX--\r\n`],
  ["an encoding", form(part(`${FILE}Content-Transfer-Encoding: base64\r\n`, "b25l"))],
  ["two dispositions", form(part(`${FILE}${FILE}`, "one"))],
  ["a name with a quote inside", form(part('Content-Disposition: form-data; name="a\\"b"; filename="x"\r\n', "one"))],
  ["two file names", form(part('Content-Disposition: form-data; name="a"; filename="x"; filename="y"\r\n', "one"))],
  ["an encoded file name", form(part("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''x\r\n", "one"))],
  ["a name without quotes", form(part("Content-Disposition: form-data; name=a; filename=x\r\n", "one"))],
  ["no head", form(part("", "one"))],
  ["lines that end with LF", form(part(FILE, "one")).replaceAll("\r\n", "\n")],
  ["another disposition", form(part('Content-Disposition: attachment; filename="x"\r\n', "one"))],
];
for (const [what, body] of BAD) {
  Deno.test(`upload: refuses ${what}, in one piece and byte by byte`, () => {
    throws(() => scan(body), { code: "UI_UPLOAD_MALFORMED" });
    throws(() => scan(body, TYPE, 1), { code: "UI_UPLOAD_MALFORMED" });
  });
}

Deno.test("upload: limits of parts, heads and fields", () => {
  const field = 'Content-Disposition: form-data; name="x"\r\n';
  const many = (count: number) => form(part(FILE, "one"), ...Array.from({ length: count - 1 }, () => part(field, "v")));
  equal(scan(many(UI_PROXY_LIMITS.uploadParts)).length, 1);
  throws(() => scan(many(UI_PROXY_LIMITS.uploadParts + 1)), { code: "UI_UPLOAD_MALFORMED" });
  const head = (length: number) => {
    const start = 'Content-Disposition: form-data; filename="x"\r\nContent-Type: ';
    return form(part(`${start}${"y".repeat(length - start.length)}\r\n`, "one"));
  };
  equal(scan(head(UI_PROXY_LIMITS.partHeadBytes)).length, 1);
  throws(() => scan(head(UI_PROXY_LIMITS.partHeadBytes + 1)), { code: "UI_UPLOAD_MALFORMED" });
  const filled = (length: number) => form(part(FILE, "one"), part(field, "v".repeat(length)));
  equal(scan(filled(UI_PROXY_LIMITS.uploadFieldBytes), TYPE, 1_000).length, 1);
  throws(() => scan(filled(UI_PROXY_LIMITS.uploadFieldBytes + 1), TYPE, 1_000), { code: "UI_UPLOAD_MALFORMED" });
});
