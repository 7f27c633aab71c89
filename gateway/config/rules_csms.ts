import { PRIMARY_ONLY } from "../ocpp/config.ts";
import type { Fault } from "./fault.ts";
import type { SiteRule } from "./site_rule.ts";
import { suggest } from "./suggest.ts";

const primaryOnly: SiteRule = {
  name: "stations belong to a primary csms",
  reads: ["stations", "ocpp"],
  check({ stations, ocpp }) {
    const others = new Map(
      (ocpp?.csms ?? []).filter(({ mode }) => mode !== "primary").map(({ id, mode }) => [id, mode]),
    );
    return stations.flatMap((station, at): Fault[] => {
      const mode = others.get(station.ocpp?.csms ?? "");
      if (mode === undefined) return [];
      const path = ["stations", at, "ocpp", "csms"];
      const wrong = `the csms "${station.ocpp!.csms}" is ${mode}`;
      return [{ path, wrong, wanted: "a csms of mode primary; a mirror gets its copies by itself" }];
    });
  },
};

const limitedActions: SiteRule = {
  name: "a limited csms has actions, and only such a one",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    (ocpp?.csms ?? []).flatMap(({ mode, actions }, at): Fault[] => {
      const path = ["ocpp", "csms", at];
      if (mode === "limited" && !actions) {
        return [{ path, wrong: "mode: limited and no actions", wanted: "actions: [...], or mode: read-only" }];
      }
      if (mode !== "limited" && actions) {
        const wanted = "mode: limited, or no actions";
        return [{ path: [...path, "actions"], at: "key", wrong: `mode ${mode} sends nothing`, wanted }];
      }
      return (actions ?? []).flatMap((action, index): Fault[] => {
        if (!PRIMARY_ONLY.has(action.replace(/-Signed$/, ""))) return [];
        const wrong = `${action} could lock a station out or take its secrets`;
        return [{ path: [...path, "actions", index], wrong, wanted: "left to the station's own CSMS" }];
      });
    }),
};

const mirrorKeys: SiteRule = {
  name: "a primary csms has no keys of a mirror",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    (ocpp?.csms ?? []).flatMap(({ mode, stations }, at): Fault[] =>
      mode === "primary" && stations
        ? [{
          path: ["ocpp", "csms", at, "stations"],
          at: "key",
          wrong: "a primary csms has the stations that name it",
          wanted: "mode: read-only or limited, or no such key",
        }]
        : []
    ),
};

const mirroredStations: SiteRule = {
  name: "a mirror's stations exist",
  reads: ["stations", "ocpp"],
  check({ stations, ocpp }) {
    const known = stations.map(({ id }) => id);
    return (ocpp?.csms ?? []).flatMap((csms, at) =>
      (csms.stations ?? []).flatMap((id, index): Fault[] => {
        if (known.includes(id)) return [];
        const suggestion = suggest(id, known);
        const path = ["ocpp", "csms", at, "stations", index];
        return [{ path, wrong: `there is no station "${id}"`, wanted: "an id under stations", suggestion }];
      })
    );
  },
};

const otherUpstreams: SiteRule = {
  name: "credentials of a station are for another csms that exists",
  reads: ["stations", "ocpp"],
  check({ stations, ocpp }) {
    const known = (ocpp?.csms ?? []).map(({ id }) => id);
    return stations.flatMap((station, at) =>
      (station.ocpp?.upstreams ?? []).flatMap(({ csms }, index, all): Fault[] => {
        const path = ["stations", at, "ocpp", "upstreams", index, "csms"];
        if (!known.includes(csms)) {
          const suggestion = suggest(csms, known);
          return [{ path, wrong: `there is no csms "${csms}"`, wanted: "an entry under ocpp.csms", suggestion }];
        }
        if (csms === station.ocpp!.csms) {
          const wanted = "upstreamPasswordFile and upstreamCertificate for it";
          return [{ path, wrong: `"${csms}" is the station's own csms`, wanted }];
        }
        const first = all.findIndex((entry) => entry.csms === csms);
        return first === index
          ? []
          : [{ path, wrong: `upstreams[${first}] is for "${csms}" too`, wanted: "one entry" }];
      })
    );
  },
};

/** Checks of mirrors, secondaries and what is shown to them. */
export const CSMS_RULES: readonly SiteRule[] = [
  primaryOnly,
  limitedActions,
  mirrorKeys,
  mirroredStations,
  otherUpstreams,
];
