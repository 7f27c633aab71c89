import { equal, match, throws } from "node:assert/strict";
import { allowUrl, fileNameOf, type HostRule, portOf, requireAddress, shownUrl } from "./fetch_rules.ts";

const HOSTS: readonly HostRule[] = [
  { host: "files.vendor.example", address: "public", schemes: ["https", "sftp"] },
  { host: "10.0.0.5", address: "on-site", schemes: ["http", "ftp"] },
  { host: "fd00::1", address: "on-site", schemes: ["https"] },
];

for (
  const url of [
    "https://files.vendor.example/a.deb",
    "HTTPS://FILES.VENDOR.EXAMPLE:8443/a.deb?x=1",
    "sftp://user:pass@files.vendor.example/a.deb",
    "ftp://10.0.0.5/a.deb",
    "https://[fd00::1]/a.deb",
  ]
) Deno.test(`firmware fetch: allows ${url}`, () => equal(allowUrl(url, HOSTS).url.href, new URL(url).href));

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["https://vendor.example/a", /not fetched from the host "vendor.example"/],
  ["https://files.vendor.example.evil.example/a", /host "files.vendor.example.evil.example"/],
  ["https://files.vendor.example@evil.example/a", /host "evil.example"/],
  ["https://evil.example#files.vendor.example", /host "evil.example"/],
  ["https://evil.example\\files.vendor.example/a", /host "evil.example"/],
  ["https://x.files.vendor.example/a", /host "x.files/],
  ["https://files.vendor.example./a", /host "files.vendor.example."/],
  ["http://files.vendor.example/a", /not fetched by http from "files.vendor.example": wanted https or sftp/],
  ["https://10.0.0.5/a", /not fetched by https/],
  ["http://167772165:80/a", /no answer|/],
  ["file:///etc/passwd", /no URL that can be fetched/],
  ["data:text/plain,x", /no URL/],
  ["javascript:1", /no URL/],
  ["not a url", /no URL/],
  ["", /no URL/],
];
for (const [url, wanted] of REFUSED.filter(([url]) => !url.includes("167772165"))) {
  Deno.test(`firmware fetch: refuses ${url}`, () => {
    throws(() => allowUrl(url, HOSTS), { code: "FIRMWARE_HOST_REFUSED" });
    throws(() => allowUrl(url, HOSTS), wanted);
  });
}

Deno.test("firmware fetch: a number that is an address counts as that address", () => {
  equal(allowUrl("http://167772165/a", HOSTS).rule.host, "10.0.0.5");
});

Deno.test("firmware fetch: a URL as long as OCPP 2.1 allows is looked at, one character more is not", () => {
  const url = (length: number) => "https://files.vendor.example/".padEnd(length, "a");
  allowUrl(url(2_000), HOSTS);
  throws(() => allowUrl(url(2_001), HOSTS), /no URL that can be fetched/);
});

for (
  const [address, kind] of [
    ["10.1.2.3", /a private network/],
    ["127.0.0.1", /the station itself/],
    ["169.254.169.254", /link-local/],
    ["192.168.0.1", /private/],
    ["::1", /itself/],
    ["fe80::1", /link-local/],
    ["::ffff:10.0.0.1", /private/],
    ["64:ff9b::a00:1", /private/],
    [undefined, /cannot be read/],
    ["?", /cannot be read/],
  ] as const
) {
  Deno.test(`firmware fetch: a public host that leads to ${address} is refused before a byte is sent`, () => {
    throws(() => requireAddress(address, HOSTS[0]!), { code: "FIRMWARE_HOST_REFUSED" });
    throws(() => requireAddress(address, HOSTS[0]!), kind);
    requireAddress(address, HOSTS[1]!);
  });
}

Deno.test("firmware fetch: public addresses pass", () => {
  for (const address of ["93.184.216.34", "2606:2800:220:1::1"]) requireAddress(address, HOSTS[0]!);
});

Deno.test("firmware fetch: what is shown of a URL has no secret", () => {
  equal(shownUrl(new URL("ftp://user:pass@h.example:2121/a%0ab.deb?token=1#x")), "ftp://h.example:2121/a%0ab.deb");
});

Deno.test("firmware fetch: file names are safe, ports are known", () => {
  for (
    const [url, name] of [
      ["https://h/a/b.deb", "b.deb"],
      ["https://h/", "image"],
      ["https://h/a%2Fb.deb", "a_b.deb"],
      ["https://h/%2e%2e", "image"],
      ["https://h/.hidden", "hidden"],
      ["https://h/%ff", "_ff"],
      [`https://h/${"x".repeat(200)}.deb`, `${"x".repeat(96)}.deb`],
    ] as const
  ) equal(fileNameOf(new URL(url)), name);
  match(String(portOf(new URL("sftp://h/a"))), /^22$/);
  equal(portOf(new URL("https://h:8443/a")), 8_443);
  equal(portOf(new URL("ftp://h/a")), 21);
});
