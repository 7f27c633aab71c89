import { judgeAddresses, localKind } from "./dns_address.ts";

function equal(actual: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

const v4 = (text: string) => text.split(".").map(Number);
function v6(...groups: readonly number[]): number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

const LOCAL: readonly [address: string, kind: string][] = [
  ["0.0.0.0", "this network"],
  ["10.0.0.0", "a private network"],
  ["10.255.255.255", "a private network"],
  ["100.64.0.0", "a provider's shared network"],
  ["100.127.255.255", "a provider's shared network"],
  ["127.0.0.1", "the station itself"],
  ["169.254.169.254", "a link-local network"],
  ["172.16.0.0", "a private network"],
  ["172.31.255.255", "a private network"],
  ["192.0.0.8", "a protocol assignment"],
  ["192.168.178.1", "a private network"],
  ["198.18.0.1", "a test network"],
  ["198.19.255.255", "a test network"],
  ["224.0.0.251", "multicast"],
  ["239.255.255.255", "multicast"],
  ["240.0.0.1", "a reserved network or broadcast"],
  ["255.255.255.255", "a reserved network or broadcast"],
];
const PUBLIC = [
  "1.0.0.0",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "169.255.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
];

for (const [address, kind] of LOCAL) {
  Deno.test(`policy dns addresses: ${address} is ${kind}`, () => equal(localKind(v4(address)), kind));
}

Deno.test("policy dns addresses: one beside each local network is public", () => {
  for (const address of PUBLIC) equal([address, localKind(v4(address))], [address, undefined]);
});

const LOCAL_6: readonly [what: string, bytes: readonly number[], kind: string][] = [
  ["::", v6(0, 0, 0, 0, 0, 0, 0, 0), "the station itself"],
  ["::1", v6(0, 0, 0, 0, 0, 0, 0, 1), "the station itself"],
  ["fc00::1", v6(0xfc00, 0, 0, 0, 0, 0, 0, 1), "a private network"],
  ["fdff::1", v6(0xfdff, 0, 0, 0, 0, 0, 0, 1), "a private network"],
  ["fe80::1", v6(0xfe80, 0, 0, 0, 0, 0, 0, 1), "a link-local network"],
  ["fec0::1", v6(0xfec0, 0, 0, 0, 0, 0, 0, 1), "a private network"],
  ["ff02::fb", v6(0xff02, 0, 0, 0, 0, 0, 0, 0xfb), "multicast"],
  ["::ffff:10.0.0.1", v6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 1), "a private network"],
  ["::127.0.0.1", v6(0, 0, 0, 0, 0, 0, 0x7f00, 1), "the station itself"],
  ["64:ff9b::192.168.0.1", v6(0x64, 0xff9b, 0, 0, 0, 0, 0xc0a8, 1), "a private network"],
  ["2002:0a00:0001::", v6(0x2002, 0x0a00, 1, 0, 0, 0, 0, 0), "a private network"],
];

for (const [what, bytes, kind] of LOCAL_6) {
  Deno.test(`policy dns addresses: ${what} is ${kind}`, () => equal(localKind(bytes), kind));
}

Deno.test("policy dns addresses: public IPv6, and IPv4 inside it that is public", () => {
  const all = [
    v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7),
    v6(0x2a00, 0x1450, 0, 0, 0, 0, 0, 1),
    v6(0, 0, 0, 0, 0, 0xffff, 0xcb00, 0x7107),
    v6(0x64, 0xff9b, 0, 0, 0, 0, 0xcb00, 0x7107),
    v6(0x2002, 0xcb00, 0x7107, 0, 0, 0, 0, 0),
  ];
  for (const bytes of all) equal(localKind(bytes), undefined);
});

Deno.test("policy dns addresses: one local address refuses the whole answer, and says what to write", () => {
  const decision = judgeAddresses("csms.example", [v4("203.0.113.7"), v4("192.168.1.1")], []);
  equal(decision, {
    effect: "deny",
    rule: "dns.rebinding",
    reason: "The upstream's answer leads to a private network",
    hint: "If that is right, add csms.example to dns.privateNames",
  });
});

Deno.test("policy dns addresses: names that the site expects inside, and no others", () => {
  const inside = [v4("10.99.0.9")];
  equal(judgeAddresses("csms.corp.example", inside, ["*.corp.example"]), undefined);
  equal(judgeAddresses("corp.example", inside, ["*.corp.example"])?.rule, "dns.rebinding");
  equal(judgeAddresses("evilcorp.example", inside, ["corp.example"])?.rule, "dns.rebinding");
  equal(judgeAddresses("csms.example", [v4("203.0.113.7")], []), undefined);
  equal(judgeAddresses("csms.example", [], []), undefined);
});
