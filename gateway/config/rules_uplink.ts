import type { Fault } from "./fault.ts";
import { secretBytes } from "./materials.ts";
import type { SiteRule } from "./site_rule.ts";

const uplinkZone: SiteRule = {
  name: "the uplink's zone is an uplink with an address",
  reads: ["network"],
  check({ network: { uplink, zones } }) {
    if (uplink?.zone === undefined) return [];
    const path = ["network", "uplink", "zone"];
    const zone = zones.find(({ id }) => id === uplink.zone);
    if (!zone) {
      const known = zones.filter(({ role }) => role === "uplink").map(({ id }) => id);
      const wanted = known.length > 0 ? `one of ${known.join(", ")}` : "a zone of role uplink under network.zones";
      return [{ path, wrong: `there is no zone "${uplink.zone}"`, wanted }];
    }
    if (zone.role !== "uplink") {
      return [{ path, wrong: `the zone "${zone.id}" has the role ${zone.role}`, wanted: "a zone of role uplink" }];
    }
    if (zone.address !== undefined) return [];
    return [{
      path,
      wrong: `the zone "${zone.id}" has no address`,
      wanted: "this box's address in that zone, or no key",
    }];
  },
};

const mtuZone: SiteRule = {
  name: "an mtu belongs to a zone",
  reads: ["network"],
  check: ({ network: { uplink } }) =>
    uplink?.mtu === undefined || uplink.zone !== undefined ? [] : [{
      path: ["network", "uplink", "mtu"],
      at: "key",
      wrong: "nobody can tell whose packets it is about",
      wanted: "network.uplink.zone beside it",
    }],
};

const proxyTrust: SiteRule = {
  name: "a proxy without TLS has no CA",
  reads: ["network"],
  check({ network: { uplink } }) {
    const proxy = uplink?.proxy;
    if (!proxy || proxy.caFile === undefined || proxy.url.startsWith("https:")) return [];
    const path = ["network", "uplink", "proxy", "caFile"];
    return [{ path, at: "key", wrong: "http:// uses no certificates", wanted: "an https:// proxy or no such key" }];
  },
};

const proxyPath: SiteRule = {
  name: "a proxy is a host and a port",
  reads: ["network"],
  check({ network: { uplink } }) {
    const url = uplink?.proxy?.url;
    if (url === undefined || new URL(url).pathname === "/") return [];
    return [{
      path: ["network", "uplink", "proxy", "url"],
      wrong: "it has a path",
      wanted: "scheme, host and port, as http://proxy.example:3128",
    }];
  },
};

/** RFC 7617 section 2: the first colon ends the user; control characters would start a header of their own. */
const proxyCredentials: SiteRule = {
  name: "proxy credentials are one line user:password",
  reads: ["network"],
  check({ network: { uplink } }, materials): Fault[] {
    const file = uplink?.proxy?.credentialsFile;
    const content = file === undefined ? undefined : materials.get(file);
    if (content === undefined) return [];
    const secret = secretBytes(content);
    const isClean = secret.every((byte) => byte >= 0x20 && byte !== 0x7f);
    if (secret.indexOf(0x3a) > 0 && isClean && secret.length <= 512) return [];
    return [{
      path: ["network", "uplink", "proxy", "credentialsFile"],
      wrong: `the content of "${file}" is not user:password`,
      wanted: "one line user:password of at most 512 bytes",
    }];
  },
};

/** Checks of the way out of the site. */
export const UPLINK_RULES: readonly SiteRule[] = [uplinkZone, mtuZone, proxyPath, proxyTrust, proxyCredentials];
