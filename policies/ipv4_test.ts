import { broadcastOf, ipv4Text, isInRanges, networkOf, parseIpv4, parseIpv4Range } from "./ipv4.ts";

/** policies/ run without permissions and packages, and so do their tests. */
function same(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

for (
  const [text, number] of [["0.0.0.0", 0], ["10.20.0.1", 169082881], ["255.255.255.255", 2 ** 32 - 1]] as const
) {
  Deno.test(`ipv4: ${text} is read and written back`, () => {
    same(parseIpv4(text), number);
    same(ipv4Text(number), text);
  });
}

for (const text of ["", "10.20.0", "10.20.0.256", "10.20.0.01", "10.20.0.1.", "::1", " 10.20.0.1", "10.20.0.1/24"]) {
  Deno.test(`ipv4: "${text}" is no address`, () => same(parseIpv4(text), undefined));
}

for (
  const [text, first, last] of [
    ["10.20.0.11", "10.20.0.11", "10.20.0.11"],
    ["10.20.0.1/24", "10.20.0.0", "10.20.0.255"],
    ["10.20.0.129/25", "10.20.0.128", "10.20.0.255"],
    ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
  ] as const
) {
  Deno.test(`ipv4: ${text} goes from ${first} to ${last}`, () => {
    const range = parseIpv4Range(text)!;
    same([ipv4Text(range.first), ipv4Text(range.last)], [first, last]);
  });
}

for (const text of ["10.20.0.0/33", "10.20.0.0/", "10.20.0.0/2/4", "10.20.0.0/024", "x/24"]) {
  Deno.test(`ipv4: "${text}" is no network`, () => same(parseIpv4Range(text), undefined));
}

Deno.test("ipv4: the first and last address of a network are inside, their neighbours are not", () => {
  const inside = ["10.20.0.0", "10.20.0.255", "10.19.255.255", "10.20.1.0"].map((one) =>
    isInRanges(one, ["10.20.0.0/24"])
  );
  same(inside, [true, true, false, false]);
  same(isInRanges("10.20.0.5", []), false);
  same(isInRanges("nonsense", ["0.0.0.0/0"]), false);
});

Deno.test("ipv4: network and broadcast of an interface address", () => {
  same(networkOf("10.20.0.1/24"), "10.20.0.0/24");
  same(networkOf("10.20.0.1"), "10.20.0.1/32");
  same(broadcastOf("10.20.0.0/23"), "10.20.1.255");
  same(networkOf("x"), undefined);
});
