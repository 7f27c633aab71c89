import { deepStrictEqual as equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { UPLINK_LIMITS } from "./limits.ts";
import { csmsPingSeconds, DIRECT, netOf, proxyFor, targetOf, uplinkOf } from "./settings.ts";

const FILES: SiteFiles = {
  text: (path) => `text of ${path}`,
  bytes: () => new TextEncoder().encode("gw:s3cret\r\n"),
};
const PROXY = { host: "proxy.example", port: 3128, tls: false };

function site(uplink: unknown, zones: unknown[] = []) {
  return Site.parse({ version: 1, site: { id: "g" }, network: { zones, uplink } });
}

Deno.test("uplink: a site without one leaves directly", () => {
  equal(uplinkOf(site(undefined), FILES), DIRECT);
  equal(proxyFor(DIRECT, "csms.example"), undefined);
});

Deno.test("uplink: proxy, secret, CA and source address come by value", () => {
  const uplink = uplinkOf(
    site({
      zone: "wan",
      proxy: { url: "https://proxy.example:3129", caFile: "ca.pem", credentialsFile: "proxy", bypass: [".local"] },
    }, [{ id: "wan", role: "uplink", interface: "wwan0", address: "10.64.0.7/30" }]),
    FILES,
  );
  equal(uplink, {
    bypass: [".local"],
    metered: false,
    keepAliveSeconds: 60,
    localAddress: "10.64.0.7",
    proxy: {
      host: "proxy.example",
      port: 3129,
      tls: true,
      ca: "text of ca.pem",
      authorization: `Basic ${btoa("gw:s3cret")}`,
    },
  });
});

Deno.test("uplink: metered pings less, keeps alive less and compresses more, unless a figure is given", () => {
  const metered = uplinkOf(site({ metered: true }), FILES);
  equal([metered.keepAliveSeconds, metered.deflateBytes], [
    UPLINK_LIMITS.meteredKeepAliveSeconds,
    UPLINK_LIMITS.meteredDeflateBytes,
  ]);
  equal(csmsPingSeconds(site(undefined), 60), 60);
  equal(csmsPingSeconds(site({ metered: true }), 60), 240);
  equal(csmsPingSeconds(site({ metered: true }), 600), 600);
  equal(csmsPingSeconds(site({ metered: true }), 0), 0);
  equal(csmsPingSeconds(site({ metered: true, pingSeconds: 30 }), 60), 30);
});

Deno.test("uplink: what bypasses the proxy: exact names, suffixes, networks, and loopback always", () => {
  const uplink = { proxy: PROXY, bypass: ["siem.example", ".site.example", "10.99.0.0/24", "fd00::5"] };
  const isDirect = (host: string) => proxyFor(uplink, host) === undefined;
  for (const host of ["siem.example", "SIEM.example", "a.site.example", "10.99.0.9", "fd00::5", "localhost"]) {
    equal(isDirect(host), true, host);
  }
  for (const host of ["127.0.0.1", "127.9.9.9", "::1"]) equal(isDirect(host), true, host);
  for (const host of ["x.siem.example", "site.example", "evilsite.example", "10.99.1.9", "fd00::6", "csms.example"]) {
    equal(isDirect(host), false, host);
  }
});

Deno.test("uplink: permissions name the proxy and not what it leads to, and the own address", () => {
  const targets = [{ host: "csms.example", port: 443 }, { host: "fd00::5", port: 8443 }];
  equal(netOf(DIRECT, targets), ["csms.example:443", "[fd00::5]:8443"]);
  equal(netOf({ ...DIRECT, proxy: PROXY, bypass: ["fd00::5"], localAddress: "10.0.0.2" }, targets), [
    "proxy.example:3128",
    "[fd00::5]:8443",
    "10.0.0.2:0",
  ]);
  equal(netOf({ ...DIRECT, localAddress: "fd00::2" }, []), ["[fd00::2]:0"]);
});

Deno.test("uplink: a URL's host and port", () => {
  equal(targetOf(new URL("wss://csms.example/x")), { host: "csms.example", port: 443 });
  equal(targetOf(new URL("ws://[fd00::1]:81/x")), { host: "fd00::1", port: 81 });
  equal(targetOf(new URL("http://p.example")), { host: "p.example", port: 80 });
});
