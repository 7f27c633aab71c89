import assert from "node:assert/strict";
import {
  isHostName,
  isInside,
  isLoopback,
  isPrivate,
  isWildcard,
  parseCidr,
  parseHostPort,
  parseIp,
  parseSocketAddress,
} from "./ip.ts";

Deno.test("config ip: reads IPv4 and IPv6 addresses", () => {
  assert.deepEqual(parseIp("10.20.0.1"), [10, 20, 0, 1]);
  assert.deepEqual(parseIp("::1"), [...Array(15).fill(0), 1]);
  assert.deepEqual(parseIp("fe80::a:0102")?.slice(0, 2), [0xfe, 0x80]);
  assert.equal(parseIp("1:2:3:4:5:6:7:8")?.length, 16);
});

for (
  const text of [
    "",
    "10.20.0",
    "10.20.0.256",
    "010.0.0.1",
    "1:2:3",
    "1::2::3",
    "::12345",
    "1:2:3:4:5:6:7::8",
    "a.b.c.d",
    ":::",
  ]
) {
  Deno.test(`config ip: "${text}" is not an address`, () => assert.equal(parseIp(text), undefined));
}

Deno.test("config ip: reads socket addresses and refuses ports past 65535", () => {
  assert.deepEqual(parseSocketAddress("10.20.0.1:65535"), { host: "10.20.0.1", port: 65_535 });
  assert.deepEqual(parseSocketAddress("[::1]:0"), { host: "::1", port: 0 });
  for (
    const text of ["10.20.0.1:65536", "::1:80", "10.20.0.1", "gw.example:80", "[10.0.0.1]:80", "10.0.0.1:080", ":80"]
  ) {
    assert.equal(parseSocketAddress(text), undefined, text);
  }
});

Deno.test("config ip: host and port may be a name", () => {
  assert.deepEqual(parseHostPort("siem.example:6514"), { host: "siem.example", port: 6514 });
  for (const text of ["siem_example:1", "http://a:1", "-a.example:1", "a..b:1", "10.0.0.999:1"]) {
    assert.equal(parseHostPort(text), undefined, text);
  }
  assert.equal(isHostName(`${"a".repeat(63)}.example`), true);
  assert.equal(isHostName(`${"a".repeat(64)}.example`), false);
});

Deno.test("config ip: an address lies inside its network only", () => {
  assert.equal(isInside("10.20.0.99", "10.20.0.1/24"), true);
  assert.equal(isInside("10.20.1.99", "10.20.0.1/24"), false);
  assert.equal(isInside("10.20.3.255", "10.20.0.0/22"), true);
  assert.equal(isInside("10.20.4.0", "10.20.0.0/22"), false);
  assert.equal(isInside("8.8.8.8", "0.0.0.0/0"), true);
  assert.equal(isInside("::1", "0.0.0.0/0"), false);
  assert.equal(isInside("fd00::5", "fd00::/64"), true);
  assert.equal(isInside("10.20.0.1", "nonsense"), false);
});

Deno.test("config ip: knows prefixes, loopback and wildcards", () => {
  assert.equal(parseCidr("10.20.0.1/33"), undefined);
  assert.equal(parseCidr("10.20.0.1/32")?.bits, 32);
  assert.equal(isLoopback("127.0.0.5") && isLoopback("::1") && !isLoopback("10.0.0.1"), true);
  assert.equal(isWildcard("0.0.0.0") && isWildcard("::") && !isWildcard("0.0.0.1"), true);
});

Deno.test("config ip: addresses that nobody of the Internet reaches, at each end of their networks", () => {
  const ends = [
    ...["10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "169.254.0.1", "172.16.0.0"],
    ...["172.31.255.255", "192.168.0.0", "192.168.255.255", "::1", "fc00::1", "fdff::1", "fe80::1", "febf::1"],
  ];
  assert.deepEqual(ends.filter((address) => !isPrivate(address)), []);
  const others = [
    ...["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.1.1"],
    ...["192.169.0.0", "::2", "fbff::1", "fe00::1", "fec0::1", "2001:db8::1", "nonsense"],
  ];
  assert.deepEqual(others.filter(isPrivate), []);
});
