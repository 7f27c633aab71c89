import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { canonicalHost, readUrlTarget } from "./url_host.ts";

const SEED = 20261121;
const ROUNDS = 20_000;

/** A small seeded generator (mulberry32): the same URLs every time. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Pieces that URLs, and attacks on URL parsers, are made of. */
const PIECES = [
  ..."https:// http:// ftp:// HTTPS:// //evil.example \\\\ / \\ @ : # ? % . .. - _ [ ] [::1] [::ffff:1.2.3.4] 0x7f 0177"
    .split(" "),
  ..."127.0.0.1 1.2.3 2130706433 fw.example evil.example FW.EXAMPLE fw.example. a%2eb %00 xn--mnchen-3ya 80 :443 user:pw"
    .split(" "),
  " ",
  "\t",
  "\n",
  "\0",
  "\u3002",
  "ｆｗ",
  "ﬁ",
  "ß",
  "é",
  "1",
  "x",
];

function makeUrl(random: (below: number) => number): string {
  const start = ["https://", "http://", "ftp://", "HTTP://", ""][random(5)]!;
  let text = start;
  for (let count = random(7); count >= 0; count--) text += PIECES[random(PIECES.length)]!;
  return text;
}

/** Host as RFC 3986 appendix B cuts it out, the way small programs do. */
function rfcHost(text: string): string | undefined {
  const authority = /^[^:/?#]+:\/\/([^/?#]*)/.exec(text)?.[1];
  return authority?.split("@").at(-1)?.replace(/:\d*$/, "").toLowerCase().replace(/\.$/, "");
}

Deno.test(`url host: what it reads, a browser's parser and a simple one read the same (seed ${SEED}, ${ROUNDS} URLs)`, () => {
  const random = randomOf(SEED);
  let read = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = makeUrl(random);
    const target = readUrlTarget(text);
    if (target === null) continue;
    read++;
    equal(canonicalHost(target.host), target.host, text);
    const whatwg = URL.parse(text);
    ok(whatwg, `a browser refuses ${JSON.stringify(text)}`);
    equal(target.scheme, whatwg.protocol.slice(0, -1), text);
    const isIpv6 = whatwg.hostname.startsWith("[");
    if (!isIpv6) equal(target.host, whatwg.hostname.toLowerCase().replace(/\.$/, ""), text); // sftp: keeps its case
    if (!isIpv6) equal(target.host, rfcHost(text), text);
  }
  ok(read > ROUNDS / 50, `only ${read} URLs could be read`);
});

Deno.test("url host: a URL that any of three parsers reads as our host, and not all do, is not read as our host", () => {
  const random = randomOf(SEED + 1);
  let disputed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = `https://${PIECES[random(PIECES.length)]}fw.example${makeUrl(random)}`;
    const whatwg = URL.parse(text)?.hostname.replace(/\.$/, "");
    const simple = rfcHost(text);
    if (whatwg === simple) continue;
    disputed++;
    ok(readUrlTarget(text)?.host !== "fw.example", `${JSON.stringify(text)} is ${whatwg} or ${simple}`);
  }
  ok(disputed > 100, `only ${disputed} URLs were disputed`);
});
