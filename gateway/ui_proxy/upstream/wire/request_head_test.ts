import { equal, throws } from "node:assert/strict";
import { type HeadOf, writeRequestHead } from "./request_head.ts";

const head = (more: Partial<HeadOf> = {}) =>
  writeRequestHead({ method: "GET", target: "/a?b=c", headers: [], bodyLength: 0, host: "10.20.0.11:81", ...more });

Deno.test("requests to devices: a host, a kept connection, and nothing that nobody gave", () => {
  equal(head(), "GET /a?b=c HTTP/1.1\r\nhost: 10.20.0.11:81\r\nconnection: keep-alive\r\n\r\n");
  const headers = [["Host", "x"], ["connection", "Upgrade"], ["cookie", "a=b"]] as const;
  equal(head({ headers }), "GET /a?b=c HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\ncookie: a=b\r\n\r\n");
  equal(head({ headers: [["cookie", "old"], ["Cookie", "new"]] }).includes("old"), false, "one field of each name");
});

const LENGTHS: readonly [method: string, bodyLength: number, written: boolean][] = [
  ["GET", 0, false],
  ["DELETE", 0, false],
  ["DELETE", 3, true],
  ["POST", 0, true],
  ["PUT", 0, true],
  ["PATCH", 5, true],
];
for (const [method, bodyLength, written] of LENGTHS) {
  Deno.test(`requests to devices: ${method} with ${bodyLength} bytes ${written ? "says" : "does not say"} so`, () => {
    equal(head({ method, bodyLength }).includes(`content-length: ${bodyLength}\r\n`), written);
  });
}

const BROKEN: readonly [name: string, more: Partial<HeadOf>, why: RegExp][] = [
  ["a body without a length", { method: "POST", bodyLength: "chunked" }, /length nobody knows/],
  ["a line break in a cookie", { headers: [["cookie", "a\r\nX: y"]] }, /the field cookie/],
  ["a line feed in a token", { headers: [["authorization", "Bearer a\nb"]] }, /the field authorization/],
  ["a zero byte", { headers: [["x", "a\0"]] }, /the field x/],
  ["a character beyond Latin-1", { headers: [["x", "\u20ac"]] }, /the field x/],
  ["a name with a colon", { headers: [["x:y", "z"]] }, /the field x:y/],
  ["a name with a line break", { headers: [["x\r\ny", "z"]] }, /the field/],
  ["a target with a blank", { target: "/a HTTP/1.1" }, /target/],
  ["a target with a line break", { target: "/a\r\nX: y" }, /target/],
  ["a target elsewhere", { target: "http://evil.example/" }, /target/],
  ["a method in small letters", { method: "get" }, /target/],
];
for (const [name, more, why] of BROKEN) {
  Deno.test(`requests to devices: ${name} is never written`, () => {
    throws(
      () => head(more),
      (error: Error & { code: string }) => error.code === "UI_DEVICE_STRANGE" && why.test(error.message),
    );
  });
}

Deno.test("requests to devices: what Latin-1 holds goes as it is", () => {
  equal(head({ headers: [["x", "Stra\xdfe\t1"]] }).includes("x: Stra\xdfe\t1\r\n"), true);
});
