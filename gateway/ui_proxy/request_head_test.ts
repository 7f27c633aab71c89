import { deepEqual, equal } from "node:assert/strict";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { judgeSite, readRequestHead, type RequestHead } from "./request_head.ts";

const OWN = "https://bay-07.gw.example";

/** A GET with one Host and these fields, name and value in turn. */
function head(fields: readonly string[], method = "GET", httpVersion = "1.1") {
  return readRequestHead({ method, httpVersion, rawHeaders: ["Host", "bay-07.gw.example", ...fields] });
}

function taken(fields: readonly string[], method = "GET"): RequestHead {
  const read = head(fields, method);
  if ("rule" in read) throw new Error(`refused by ${read.rule}`);
  return read;
}

Deno.test("ui head: fields by lower-case name, in their order, with the length of what follows", () => {
  const read = taken(["Accept", "text/html", "ACCEPT", "*/*", "Content-Length", "12"], "POST");
  deepEqual(read.fields.get("accept"), ["text/html", "*/*"]);
  equal(read.bodyLength, 12);
  equal(taken(["Transfer-Encoding", "Chunked"], "POST").bodyLength, "chunked");
  equal(taken([]).bodyLength, 0);
});

const SMUGGLED: readonly (readonly [name: string, fields: readonly string[], status: number, rule: string])[] = [
  ["CL.TE", ["Content-Length", "4", "Transfer-Encoding", "chunked"], 400, "two-lengths"],
  ["TE.TE with an unknown coding", ["Transfer-Encoding", "xchunked"], 501, "transfer-coding"],
  ["a coding before chunked", ["Transfer-Encoding", "gzip, chunked"], 501, "transfer-coding"],
  ["two codings", ["Transfer-Encoding", "chunked", "Transfer-Encoding", "identity"], 400, "repeated-header"],
  ["two lengths, alike", ["Content-Length", "4", "content-length", "4"], 400, "repeated-header"],
  ["two lengths in one", ["Content-Length", "4, 5"], 400, "content-length"],
  ["a signed length", ["Content-Length", "+4"], 400, "content-length"],
  ["a length in hexadecimal", ["Content-Length", "0x4"], 400, "content-length"],
  ["a length of sixteen digits", ["Content-Length", "1234567890123456"], 400, "content-length"],
  ["two hosts", ["host", "other.example"], 400, "host"],
  ["two cookies", ["Cookie", "a=1", "Cookie", "b=2"], 400, "repeated-header"],
  ["a folded line", ["X-A", "1\r\n 2"], 400, "header-form"],
  ["a bare line feed", ["X-A", "1\nHost: other"], 400, "header-form"],
  ["a blank before the colon", ["Transfer-Encoding ", "chunked"], 400, "header-form"],
  ["a NUL", ["X-A", "1\0"], 400, "header-form"],
  ["an upgrade to h2c", ["Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c"], 400, "upgrade"],
  ["an upgrade that Connection does not name", ["Upgrade", "websocket"], 400, "upgrade"],
  ["an upgrade with a body", ["Connection", "upgrade", "Upgrade", "websocket", "Content-Length", "3"], 400, "upgrade"],
  ["an expectation", ["Expect", "200-ok"], 417, "expect"],
];
for (const [name, fields, status, rule] of SMUGGLED) {
  Deno.test(`invariant 8: ${name} is refused`, () => {
    deepEqual(head(fields, fields[0] === "Connection" || fields[0] === "Upgrade" ? "GET" : "POST"), {
      status,
      rule: `ui.request.${rule}`,
    });
  });
}

Deno.test("invariant 8: TRACE, CONNECT, unknown methods, other versions and a missing or odd Host are refused", () => {
  for (const method of ["TRACE", "CONNECT", "PROPFIND", "TRACK"]) {
    deepEqual(head([], method), { status: 405, rule: "ui.request.method" });
  }
  deepEqual(head([], "get"), { status: 400, rule: "ui.request.method" });
  for (const version of ["1.0", "0.9", "2.0"]) {
    deepEqual(head([], "GET", version), { status: 505, rule: "ui.request.version" });
  }
  for (const rawHeaders of [[], ["Host", ""], ["Host", "a@b"], ["Host", "a/b"], ["Host", "a, b"]]) {
    deepEqual(readRequestHead({ method: "GET", httpVersion: "1.1", rawHeaders }), {
      status: 400,
      rule: "ui.request.host",
    });
  }
});

Deno.test("ui head: a WebSocket is recognised whatever the case and the rest of Connection", () => {
  equal(taken(["Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket"]).webSocket, true);
  equal(taken([]).webSocket, false);
});

Deno.test("ui head: as many fields as the limit pass, one more is 431", () => {
  const fields = (count: number) => Array.from({ length: count * 2 }, (_, at) => (at % 2 ? "v" : `x-${at}`));
  equal("rule" in head(fields(UI_PROXY_LIMITS.requestHeaders - 1)), false);
  deepEqual(head(fields(UI_PROXY_LIMITS.requestHeaders)), { status: 431, rule: "ui.request.header-count" });
});

Deno.test("ui head: as many bytes as the limit pass, one more is 431", () => {
  const rest = UI_PROXY_LIMITS.requestHeaderBytes - "Hostbay-07.gw.examplex".length;
  equal("rule" in head(["x", "v".repeat(rest)]), false);
  deepEqual(head(["x", "v".repeat(rest + 1)]), { status: 431, rule: "ui.request.header-bytes" });
});

const SITES: readonly (readonly [what: string, method: string, fields: readonly string[], passes: boolean])[] = [
  ["a link from another site", "GET", ["Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"], true],
  ["a script of another site that reads", "GET", ["Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"], false],
  ["a page of another device", "GET", ["Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"], false],
  ["a program without a browser that reads", "GET", [], true],
  ["its own form", "POST", ["Origin", OWN, "Sec-Fetch-Site", "same-origin"], true],
  ["its own script, old browser", "POST", ["Origin", OWN], true],
  ["a form of another site", "POST", ["Origin", "https://evil.example"], false],
  ["a form of another device", "POST", ["Origin", "https://bay-08.gw.example", "Sec-Fetch-Site", "same-site"], false],
  ["a form of a page without origin", "POST", ["Origin", "null"], false],
  ["a change without any witness", "POST", [], false],
  ["JSON of another site", "PUT", ["Origin", "https://evil.example", "Content-Type", "application/json"], false],
  ["an origin that begins alike", "DELETE", ["Origin", `${OWN}.evil.example`], false],
  ["its own WebSocket", "GET", ["Connection", "Upgrade", "Upgrade", "websocket", "Origin", OWN], true],
  [
    "a WebSocket of another site",
    "GET",
    ["Connection", "Upgrade", "Upgrade", "websocket", "Origin", "https://e.x"],
    false,
  ],
  ["a WebSocket without origin", "GET", ["Connection", "Upgrade", "Upgrade", "websocket"], false],
];
for (const [what, method, fields, passes] of SITES) {
  Deno.test(`ui head: ${what} ${passes ? "passes" : "is refused as cross-site"}`, () => {
    const refusal = judgeSite(taken(fields, method), OWN);
    deepEqual(refusal, passes ? undefined : { status: 403, rule: "ui.request.cross-site" });
  });
}
