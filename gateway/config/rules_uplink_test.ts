import { deepStrictEqual as equal } from "node:assert/strict";
import { UPLINK_RULES } from "./rules_uplink.ts";
import { Site } from "./schema.ts";

const WAN = { id: "wan", role: "uplink", interface: "eth0", address: "192.0.2.7/24" };

function faults(uplink: object, zones: object[] = [WAN], secret = "gw:pw\n"): string[] {
  const site = Site.parse({ version: 1, site: { id: "g" }, network: { zones, uplink } });
  const materials = new Map([["proxy", new TextEncoder().encode(secret)]]);
  return UPLINK_RULES.flatMap((rule) => rule.check(site, materials)).map(({ path, wrong }) =>
    `${path.slice(2).join(".")}: ${wrong}`
  );
}

Deno.test("config rules: a whole uplink has no fault", () => {
  const proxy = { url: "https://proxy.example:3129", caFile: "ca", credentialsFile: "proxy", bypass: ["10.0.0.0/8"] };
  equal(faults({ zone: "wan", mtu: 1_420, pingSeconds: 30, metered: true, proxy }), []);
  equal(faults({}), []);
});

Deno.test("config rules: the uplink's zone exists, is an uplink and has an address", () => {
  equal(faults({ zone: "lan" }), ['zone: there is no zone "lan"']);
  equal(faults({ zone: "ot" }, [{ ...WAN, id: "ot", role: "ot" }]), ['zone: the zone "ot" has the role ot']);
  equal(faults({ zone: "wan" }, [{ ...WAN, address: undefined }]), ['zone: the zone "wan" has no address']);
  equal(faults({ mtu: 1_400 }), ["mtu: nobody can tell whose packets it is about"]);
});

Deno.test("config rules: a proxy is a host and a port, with a CA only for TLS", () => {
  equal(faults({ proxy: { url: "http://proxy.example:3128/path" } }), ["proxy.url: it has a path"]);
  equal(faults({ proxy: { url: "http://proxy.example:3128", caFile: "ca" } }), [
    "proxy.caFile: http:// uses no certificates",
  ]);
});

Deno.test("config rules: proxy credentials are one line user:password of at most 512 bytes", () => {
  const of = (secret: string) =>
    faults({ proxy: { url: "http://p.example:3128", credentialsFile: "proxy" } }, [WAN], secret);
  for (const good of ["u:p", "u:p:q\r\n", `u:${"p".repeat(510)}`]) equal(of(good), [], good);
  for (const bad of ["", "u", ":p", "u:p\nx:y", "u:p\tq", `u:${"p".repeat(511)}`]) {
    equal(of(bad), [`proxy.credentialsFile: the content of "proxy" is not user:password`], bad);
  }
});

Deno.test("config rules: what may bypass a proxy", () => {
  const proxy = (bypass: string[]) => ({ proxy: { url: "http://p.example:3128", bypass } });
  equal(faults(proxy(["siem.example", ".site.example", "10.0.0.1", "fd00::/8"])), []);
  for (const bad of ["*.example", "10.0.0.0/33", "a b", ""]) {
    const parsed = Site.safeParse({ version: 1, site: { id: "g" }, network: { uplink: proxy([bad]) } });
    equal(parsed.success, false, bad);
  }
});
