import { findDuplicates } from "./duplicates.ts";
import type { Fault, Path } from "./fault.ts";
import { isInside, isLoopback, parseIp, parseSocketAddress } from "./ip.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";

const dnsListening = ({ dns }: Site): { path: Path; text: string }[] =>
  dns === undefined ? [] : [
    { path: ["dns", "listen"], text: dns.listen },
    ...(dns.moreListen ?? []).map((text, at) => ({ path: ["dns", "moreListen", at], text })),
  ];

/** DNS without encryption is for stations only (EV-19), and a resolver that anybody can ask is a weapon. */
const onOtOnly: SiteRule = {
  name: "DNS listens on an OT zone or loopback only",
  reads: ["network", "dns"],
  check: (site) =>
    dnsListening(site).flatMap(({ path, text }): Fault[] => {
      const host = parseSocketAddress(text)!.host;
      const isOt = site.network.zones.some(({ role, address }) => role === "ot" && address && isInside(host, address));
      if (isLoopback(host) || isOt) return [];
      return [{
        path,
        wrong: `${text} is not inside a zone of role ot`,
        wanted: "this box's address in an OT zone, as under network.zones, or loopback",
      }];
    }),
};

const places: SiteRule = {
  name: "DNS addresses are unique",
  reads: ["dns"],
  check: (site) =>
    findDuplicates(dnsListening(site), ({ text }) => text.endsWith(":0") ? undefined : text).map(({ index }) => ({
      path: dnsListening(site)[index]!.path,
      wrong: "it is listened on already",
      wanted: "an address and port of its own",
    })),
};

const upstreamKind: SiteRule = {
  name: "a DNS upstream is either tls or https",
  reads: ["dns"],
  check: ({ dns }) =>
    (dns?.upstream ?? []).flatMap(({ tls, name, https, address }, at): Fault[] => {
      const path = ["dns", "upstream", at];
      if ((tls === undefined) === (https === undefined)) {
        const wrong = tls === undefined ? "has neither tls nor https" : "has both tls and https";
        return [{ path, wrong, wanted: "tls: 9.9.9.9:853 with a name, or https: with a URL" }];
      }
      if (https === undefined) {
        if (address === undefined) return [];
        return [{ path: [...path, "address"], at: "key", wrong: "tls has its address already", wanted: "no such key" }];
      }
      const host = new URL(https).hostname.replace(/^\[|\]$/g, "");
      if (name !== undefined) {
        return [{ path: [...path, "name"], at: "key", wrong: "the URL has the name already", wanted: "no such key" }];
      }
      if (parseIp(host) !== undefined || address !== undefined) return [];
      return [{
        path,
        wrong: `nobody can resolve ${host} for the resolver`,
        wanted: "address: the IP address of that host",
      }];
    }),
};

const ruleIds: SiteRule = {
  name: "DNS rule ids are unique",
  reads: ["dns"],
  check: ({ dns }) =>
    findDuplicates(dns?.nameRules ?? [], ({ id }) => id.toLowerCase()).map(({ index, first }) => ({
      path: ["dns", "nameRules", index, "id"],
      wrong: `the id is taken by nameRules[${first}]`,
      wanted: "an id of its own",
    })),
};

const ruleStations: SiteRule = {
  name: "DNS rules name stations with an address",
  reads: ["dns", "stations"],
  check: ({ dns, stations }) =>
    (dns?.nameRules ?? []).flatMap((rule, at) =>
      (rule.stations ?? []).flatMap((id, index): Fault[] => {
        const station = stations.find((one) => one.id === id);
        // One that was adopted by command is not in this file.
        if (!station || station.address !== undefined) return [];
        return [{
          path: ["dns", "nameRules", at, "stations", index],
          wrong: `the station "${id}" has no address, by which alone DNS knows it`,
          wanted: "a station with an address",
        }];
      })
    ),
};

const upstreamNeeded: SiteRule = {
  name: "allowed names need an upstream",
  reads: ["dns"],
  check({ dns }) {
    if (!dns || dns.upstream.length > 0) return [];
    const path = dns.allow.length > 0 ? ["dns", "allow"] : dns.nameRules.length > 0 ? ["dns", "nameRules"] : undefined;
    if (!path) return [];
    return [{
      path,
      at: "key",
      wrong: "there is nobody to ask for these names",
      wanted: "a server under dns.upstream",
    }];
  },
};

/** Checks of the `dns` section. */
export const DNS_SITE_RULES: readonly SiteRule[] = [
  onOtOnly,
  places,
  upstreamKind,
  upstreamNeeded,
  ruleIds,
  ruleStations,
];
