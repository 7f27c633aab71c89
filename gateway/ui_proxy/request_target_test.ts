import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { UI_PROXY_LIMITS } from "./limits.ts";
import { formatRequestTarget, type PathHabits, readRequestTarget } from "./request_target.ts";

/** The canonical form of a target, or the rule that refuses it. */
function read(raw: string, habits?: PathHabits): string {
  const target = readRequestTarget(raw, habits);
  return "rule" in target ? target.rule : formatRequestTarget(target);
}

const TAKEN: readonly (readonly [raw: string, canonical: string])[] = [
  ["/", "/"],
  ["/legacy/operator/operator", "/legacy/operator/operator"],
  ["/legacy/%6danufacturer", "/legacy/manufacturer"],
  ["/%6C%65gacy", "/legacy"],
  ["//legacy///operator", "/legacy/operator"],
  ["/folder//", "/folder/"],
  ["/a%20b", "/a%20b"],
  ["/a%c3%bc", "/a%C3%BC"],
  ["/a%3bb", "/a%3Bb"],
  ["/%7Euser", "/~user"],
  ["/a...b/.hidden/c.", "/a...b/.hidden/c."],
  ["/x?", "/x?"],
  ["/x?a=%2f..%2F&b=../..", "/x?a=%2f..%2F&b=../.."],
  ["/x?y?z", "/x?y?z"],
  ["/Legacy/Operator", "/Legacy/Operator"],
];
for (const [raw, canonical] of TAKEN) {
  Deno.test(`ui target: ${raw} goes on as ${canonical}`, () => equal(read(raw), canonical));
}

const REFUSED: readonly (readonly [raw: string, rule: string])[] = [
  ["", "ui.target.form"],
  ["*", "ui.target.form"],
  ["legacy", "ui.target.form"],
  ["http://10.20.0.11/legacy", "ui.target.form"],
  ["/a b", "ui.target.form"],
  ["/a\tb", "ui.target.form"],
  ["/a\r\nHost: x", "ui.target.form"],
  ["/a#b", "ui.target.form"],
  ["/a\\b", "ui.target.form"],
  ["/ü", "ui.target.form"],
  ["/a\0", "ui.target.form"],
  ["/%", "ui.target.encoding"],
  ["/%4", "ui.target.encoding"],
  ["/%zz", "ui.target.encoding"],
  ["/%u002e", "ui.target.encoding"],
  ["/x?a=%g0", "ui.target.encoding"],
  ["/a%2fb", "ui.target.hidden"],
  ["/a%2Fb", "ui.target.hidden"],
  ["/..%2flegacy", "ui.target.hidden"],
  ["/a%5cb", "ui.target.hidden"],
  ["/a%00.png", "ui.target.hidden"],
  ["/a%0d%0ab", "ui.target.hidden"],
  ["/%256danufacturer", "ui.target.hidden"],
  ["/%252e%252e/", "ui.target.hidden"],
  ["/a%7f", "ui.target.hidden"],
  ["/..", "ui.target.dots"],
  ["/a/../b", "ui.target.dots"],
  ["/a/./b", "ui.target.dots"],
  ["/a/%2e%2e/b", "ui.target.dots"],
  ["/a/.%2E", "ui.target.dots"],
  ["/a/..;/b", "ui.target.parameters"],
  ["/page;jsessionid=1", "ui.target.parameters"],
];
for (const [raw, rule] of REFUSED) {
  Deno.test(`invariant 8: ${JSON.stringify(raw)} is refused by ${rule}`, () => equal(read(raw), rule));
}

Deno.test("ui target: a device that ignores case is judged and asked in lower case, its query left as it is", () => {
  equal(read("/Legacy/%4Danufacturer/%C3%BC?A=B", { foldCase: true }), "/legacy/manufacturer/%C3%BC?A=B");
});

Deno.test("ui target: path parameters pass where a driver knows them, dot segments with parameters never", () => {
  equal(read("/page;jsessionid=1", { pathParameters: true }), "/page;jsessionid=1");
  equal(read("/a/..;x=1/b", { pathParameters: true }), "ui.target.dots");
  equal(read("/a/.;/b", { pathParameters: true }), "ui.target.dots");
});

Deno.test("ui target: as long as the limit passes, one byte more is 414 (CVE-2021-34587)", () => {
  const longest = `/${"a".repeat(UI_PROXY_LIMITS.targetBytes - 1)}`;
  equal(read(longest), longest);
  deepEqual(readRequestTarget(`${longest}a`), {
    status: 414,
    rule: "ui.target.length",
    wanted: "a target of at most 2048 bytes",
  });
});

Deno.test("ui target: reading the canonical form again changes nothing, and it hides nothing (fast-check)", () => {
  const piece = fc.constantFrom(
    "/",
    "//",
    "a",
    "%61",
    "%2e",
    ".",
    "..",
    ";",
    "%25",
    "%2f",
    "?",
    "%C3",
    "%c3",
    "Z",
    "~",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, foldCase) => {
      const first = readRequestTarget(`/${pieces.join("")}`, { foldCase });
      if ("rule" in first) return;
      const text = formatRequestTarget(first);
      deepEqual(readRequestTarget(text, { foldCase }), first);
      ok(!first.path.includes("//") && !/%[0-9a-f]*[a-f]/.test(first.path), text);
      ok(first.path.split("/").every((segment) => segment !== "." && segment !== ".."), text);
    }),
    { seed: 20261121, numRuns: 5_000 },
  );
});
