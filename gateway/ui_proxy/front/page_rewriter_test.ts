import { deepEqual, equal } from "node:assert/strict";
import { DeviceOrigins } from "../device_origins.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { type RewriteFacts, rewriterOf } from "./page_rewriter.ts";

const OWN = "https://cp001.gw.example:8447";
const OWN_81 = "https://cp001--p81.gw.example:8447";
const ORIGINS = new DeviceOrigins(
  [{ device: "http://10.20.0.11", own: OWN }, { device: "http://10.20.0.11:81", own: OWN_81 }],
  ["192.168.123.123", "ladesaeule.local"],
);
const FACTS: RewriteFacts = {
  type: "text/html; charset=utf-8",
  encoded: false,
  url: "http://10.20.0.11/index.html",
  origins: ORIGINS,
  script: "<script>1</script>",
};

/** The body in pieces of so many bytes; 0: whole. */
function rewrite(text: string, facts: Partial<RewriteFacts> = {}, size = Infinity): string {
  const { script, ...rest } = { ...FACTS, ...facts };
  const rewriter = rewriterOf({ ...rest, ...script === undefined || script === "" ? {} : { script } });
  if (!rewriter) return text;
  const bytes = new TextEncoder().encode(text);
  if (size === 0) return new TextDecoder().decode(rewriter.whole(bytes));
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(...rewriter.push(bytes.subarray(at, at + size)));
  return new TextDecoder().decode(Uint8Array.from([...out, ...rewriter.end()]));
}

const links = (text: string, size?: number) => rewrite(text, { script: "" }, size);

const LINKS: readonly [name: string, from: string, to: string][] = [
  ["an absolute link", '<a href="http://10.20.0.11/x">', `<a href="${OWN}/x">`],
  ["another port", '<a href="http://10.20.0.11:81/x">', `<a href="${OWN_81}/x">`],
  ["the other scheme of the device's own port", '<a href="https://10.20.0.11/x">', `<a href="${OWN}/x">`],
  ["without a scheme", '<img src="//10.20.0.11/a.png">', `<img src="${OWN}/a.png">`],
  ["an alias", "location='http://192.168.123.123/y'", `location='${OWN}/y'`],
  ["a name", "http://ladesaeule.local:81", OWN_81],
  ["the slashes of JSON", '"http:\\/\\/10.20.0.11\\/z"', `"${OWN.replaceAll("/", "\\/")}\\/z"`],
  ["upper case of a host", "http://LADESAEULE.local/", `${OWN}/`],
  ["a longer number is another host", "http://10.20.0.110/x", "http://10.20.0.110/x"],
  ["a longer name is another host", "http://ladesaeule.local.evil.example/", "http://ladesaeule.local.evil.example/"],
  ["a port that is not open", "http://10.20.0.11:8080/", "http://10.20.0.11:8080/"],
  ["a user before the host", "http://10.20.0.11@evil.example/", "http://10.20.0.11@evil.example/"],
  ["another site", "https://maker.example/doc", "https://maker.example/doc"],
  ["a comment", "// 10.20.0.11 is me", "// 10.20.0.11 is me"],
  ["umlauts", "Ladesäule //10.20.0.11/ä", `Ladesäule ${OWN}/ä`],
];

for (const [name, from, to] of LINKS) {
  Deno.test(`page rewriter: ${name}`, () => {
    equal(links(from), to);
    equal(links(from, 0), to, "whole");
    const padded = `${"-".repeat(400)}${from} ${"-".repeat(400)}`;
    for (const size of [1, 2, 7, 64, 301]) {
      equal(links(padded, size), `${"-".repeat(400)}${to} ${"-".repeat(400)}`, `pieces of ${size}`);
    }
  });
}

const PLACES: readonly [name: string, page: string, wanted: string][] = [
  [
    "behind the head's tag",
    "<!doctype html><html><head><title>a</title>",
    "<!doctype html><html><head>#<title>a</title>",
  ],
  ["a head with attributes", '<html><HEAD lang="de">x', '<html><HEAD lang="de">#x'],
  ["no head", "<html><body>x</body></html>", "<html>#<body>x</body></html>"],
  ["a fragment", "<p>x</p>", "#<p>x</p>"],
  ["a head whose end is missing", "<head <head <div", "#<head <head <div"],
  ["a header is no head", "<header>x</header><div>", "<header>x</header>#<div>"],
  ["only text", "just text", "#just text"],
  ["nothing", "", "#"],
];

for (const [name, page, wanted] of PLACES) {
  Deno.test(`page rewriter: the script stands first: ${name}`, () => {
    const expected = wanted.replace("#", FACTS.script!);
    for (const size of [Infinity, 0, 1, 5]) equal(rewrite(page, {}, size), expected, `pieces of ${size}`);
  });
}

Deno.test("page rewriter: a page that shows no element for long gets its script at the front", () => {
  const most = UI_PROXY_LIMITS.injectBytes;
  const at = `${" ".repeat(most - 6)}<head>`;
  equal(rewrite(at, {}, 1), `${at}${FACTS.script}`);
  const past = `${" ".repeat(most)}<head>`;
  equal(rewrite(past, {}, 1), `${FACTS.script}${past}`);
});

Deno.test("page rewriter: what is no text of a page goes on as it is", () => {
  for (const type of ["image/png", "application/json", "text/plain", "text/event-stream", "", "text/htmlx"]) {
    equal(rewriterOf({ ...FACTS, type }), undefined, type);
  }
  equal(rewriterOf({ ...FACTS, encoded: true }), undefined);
  equal(rewriterOf({ ...FACTS, type: "text/html; charset=UTF-16LE" }), undefined);
});

Deno.test("page rewriter: scripts and style sheets get links only, never the activity script", () => {
  for (const type of ["application/javascript", "text/javascript; charset=utf-8", "text/css"]) {
    equal(rewrite("<head>//10.20.0.11/a", { type }), `<head>${OWN}/a`, type);
  }
});

Deno.test("page rewriter: bytes of any encoding that keeps ASCII come out as they went in", () => {
  const rewriter = rewriterOf({ ...FACTS, type: "text/html" })!;
  const bytes = Uint8Array.from([...new TextEncoder().encode("<head>"), ...Array.from({ length: 256 }, (_, at) => at)]);
  const out = [...rewriter.push(bytes), ...rewriter.end()];
  deepEqual(out.slice(6 + FACTS.script!.length), [...bytes.slice(6)]);
});

Deno.test("page rewriter: a page that says by its first bytes that it is UTF-16 is left alone", () => {
  const rewriter = rewriterOf({ ...FACTS, type: "text/html" })!;
  const bytes = Uint8Array.from([0xff, 0xfe, 0x3c, 0, 0x70, 0, 0x3e, 0]);
  deepEqual([...rewriter.push(bytes), ...rewriter.end()], [...bytes]);
});
