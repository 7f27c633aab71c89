import type { Fault } from "./fault.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";

const servedZones: SiteRule = {
  name: "time is served to OT or management zones with an address",
  reads: ["network", "time"],
  check: ({ network: { zones }, time }: Site) =>
    (time?.serve ?? []).flatMap((id, at): Fault[] => {
      const path = ["time", "serve", at];
      const zone = zones.find((one) => one.id === id);
      const known = zones.filter(({ role }) => role !== "uplink").map((one) => one.id).join(", ");
      const wanted = known === "" ? "a zone of role ot under network.zones" : `one of ${known}`;
      if (!zone) return [{ path, wrong: `there is no zone "${id}"`, wanted }];
      if (zone.role === "uplink") return [{ path, wrong: `the zone "${id}" leads out of the site`, wanted }];
      if (zone.address !== undefined) return [];
      return [{ path, wrong: `the zone "${id}" has no address`, wanted: "a zone with this box's address" }];
    }),
};

const serverKind: SiteRule = {
  name: "a time server is either nts or ntp",
  reads: ["time"],
  check: ({ time }) =>
    (time?.upstream ?? []).flatMap(({ nts, ntp, plaintext, port, caFile }, at): Fault[] => {
      const path = ["time", "upstream", at];
      if ((nts === undefined) === (ntp === undefined)) {
        const wrong = nts === undefined ? "has neither nts nor ntp" : "has both nts and ntp";
        return [{ path, wrong, wanted: "nts: with a host, or ntp: with plaintext: isolated-segment" }];
      }
      if (nts !== undefined) {
        if (plaintext === undefined) return [];
        return [{ path: [...path, "plaintext"], at: "key", wrong: "nts is proven", wanted: "no such key" }];
      }
      if (plaintext === undefined) {
        return [{
          path,
          wrong: "ntp is not proven by anything",
          wanted: "plaintext: isolated-segment beside it, or nts",
        }];
      }
      const key = port !== undefined ? "port" : caFile !== undefined ? "caFile" : undefined;
      if (key === undefined) return [];
      return [{ path: [...path, key], at: "key", wrong: "ntp has no key exchange", wanted: "no such key" }];
    }),
};

/** Checks of the `time` section. */
export const TIME_SITE_RULES: readonly SiteRule[] = [servedZones, serverKind];
