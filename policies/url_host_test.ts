import { deepStrictEqual as equal } from "node:assert/strict";
import { POLICY_LIMITS } from "./limits.ts";
import { canonicalHost, readUrlTarget } from "./url_host.ts";

const READ: readonly [text: string, scheme: string, host: string][] = [
  ["https://fw.example/1.bin", "https", "fw.example"],
  ["HTTPS://FW.Example:8446/1.bin?x=1#y", "https", "fw.example"],
  ["ftp://user:pass%40word@fw.example:21/in/", "ftp", "fw.example"],
  ["sftp://fw.example", "sftp", "fw.example"],
  ["https://fw.example./", "https", "fw.example"],
  ["https://fw.example/my file (1).bin", "https", "fw.example"],
  ["https://fw.example/a@b", "https", "fw.example"],
  ["https://fw.example?x=1", "https", "fw.example"],
  ["https://xn--mnchen-3ya.example/", "https", "xn--mnchen-3ya.example"],
  ["https://fw.example:65535/", "https", "fw.example"],
  ["http://10.20.0.1:80/", "http", "10.20.0.1"],
  ["http://[2001:DB8:0:0::1]:80/", "http", "[2001:db8::1]"],
  ["http://[::ffff:10.20.0.1]/", "http", "10.20.0.1"],
  ["http://[::ffff:0a14:0001]/", "http", "10.20.0.1"],
];
for (const [text, scheme, host] of READ) {
  Deno.test(`url host: ${text} leads to ${host}`, () => equal(readUrlTarget(text), { scheme, host }));
}

const UNREADABLE: readonly [text: string, why: string][] = [
  ["https://fw.example@evil.example@fw.example/", "two users"],
  ["https://evil.example\\@fw.example/", "a backslash before the path"],
  ["https:\\\\fw.example/", "backslashes for slashes"],
  ["https:/fw.example/", "one slash"],
  ["https:fw.example/", "no slash"],
  ["//fw.example/", "no scheme"],
  ["fw.example/1.bin", "no scheme and no slashes"],
  ["https:///fw.example/", "no host"],
  ["https://@/", "a user and no host"],
  ["https://fw.example#@evil.example/", "a user behind a fragment (CVE-2016-8624)"],
  ["https://fw.example?@evil.example/", "a user behind a query"],
  ["https://fw%2eexample/", "a percent-encoded host"],
  ["https://fw..example/", "an empty label"],
  ["https://.example/", "a dot in front"],
  ["https://-fw.example/", "a host that begins with a dash"],
  ["https://fw.example:80:81/", "two ports"],
  ["https://fw.example:65536/", "a port out of range"],
  ["https://xn--a/", "what only looks like punycode"],
  ["https://fw.example:port/", "a port that is no number"],
  ["https://0x0a140001/", "an address in hexadecimal"],
  ["https://169083905/", "an address as one number"],
  ["https://10.20.1/", "an address of three numbers"],
  ["https://012.20.0.1/", "an address in octal"],
  ["https://10.20.0.256/", "an address out of range"],
  ["https://[fe80::1%25eth0]/", "an address with a zone"],
  ["https://[::1/", "an open bracket"],
  ["https://[1:2]/", "an address that is too short"],
  ["https://fw.exämple/", "a letter beyond ASCII"],
  ["https://fw。example/", "another full stop"],
  ["https://fw.example\t/", "a tab"],
  ["https://fw.ex\nample/", "a line break"],
  ["https://fw.example\u0000.evil.example/", "a NUL"],
  [" https://fw.example/", "a blank in front"],
  ["https://fw .example/", "a blank in the host"],
  ["", "nothing"],
];
for (const [text, why] of UNREADABLE) {
  Deno.test(`url host: cannot be read in one way with ${why}: ${JSON.stringify(text)}`, () => {
    equal(readUrlTarget(text), null);
  });
}

Deno.test("url host: a URL at the limit of length is read, one past it is not", () => {
  const url = (chars: number) => "https://fw.example/".padEnd(chars, "x");
  equal(readUrlTarget(url(POLICY_LIMITS.fieldChars))?.host, "fw.example");
  equal(readUrlTarget(url(POLICY_LIMITS.fieldChars + 1)), null);
});

Deno.test("url host: hosts of rules are brought into the form that messages are compared in", () => {
  const cases: readonly [string, string | undefined][] = [
    ["FW.Example", "fw.example"],
    ["fw.example.", "fw.example"],
    ["münchen.example", "xn--mnchen-3ya.example"],
    ["10.20.0.1", "10.20.0.1"],
    ["2001:DB8::1", "[2001:db8::1]"],
    ["[2001:db8:0::1]", "[2001:db8::1]"],
    ["::ffff:10.20.0.1", "10.20.0.1"],
    ["https://fw.example", undefined],
    ["fw.example:443", undefined],
    ["user@fw.example", undefined],
    ["fw.example/", undefined],
    ["*.example", undefined],
    ["010.0.0.1", undefined],
    ["", undefined],
    ["a b", undefined],
    ["..", undefined],
    [`${":".repeat(255 * 1_024)}!`, undefined], // judged in one pass: with two loose ends it took a minute
  ];
  for (const [text, host] of cases) equal(canonicalHost(text), host, text);
});

Deno.test("url host: what is read is a host that a rule can name", () => {
  for (const [text, , host] of READ) equal(canonicalHost(readUrlTarget(text)!.host), host);
});
