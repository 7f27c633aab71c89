import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import type { SiteRule } from "./site_rule.ts";
import { suggest } from "./suggest.ts";

const csmsIds: SiteRule = {
  name: "csms ids are unique",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    findDuplicates(ocpp?.csms ?? [], ({ id }) => id.toLowerCase()).map(({ index, first }) => ({
      path: ["ocpp", "csms", index, "id"],
      wrong: `the id is taken by csms[${first}]`,
      wanted: "an id of its own",
    })),
};

const csmsUrl: SiteRule = {
  name: "an unencrypted CSMS link is named as such",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    (ocpp?.csms ?? []).flatMap(({ url, plaintext, caFile, clientCertificate }, at): Fault[] => {
      const isPlain = url.startsWith("ws:");
      const path = ["ocpp", "csms", at];
      if (isPlain && plaintext === undefined) {
        const wanted =
          "wss://, or plaintext: isolated-segment beside it when the way to the CSMS is protected otherwise";
        return [{ path: [...path, "url"], wrong: "ws:// is not encrypted", wanted }];
      }
      if (!isPlain && plaintext !== undefined) {
        return [{
          path: [...path, "plaintext"],
          at: "key",
          wrong: "the URL is wss://",
          wanted: "no plaintext beside it",
        }];
      }
      if (isPlain && (caFile ?? clientCertificate) !== undefined) {
        const key = caFile === undefined ? "clientCertificate" : "caFile";
        return [{
          path: [...path, key],
          at: "key",
          wrong: "ws:// uses no certificates",
          wanted: "wss:// or no such key",
        }];
      }
      return [];
    }),
};

const stationCsms: SiteRule = {
  name: "stations name a csms that exists",
  reads: ["stations", "ocpp"],
  check({ stations, ocpp }) {
    const known = (ocpp?.csms ?? []).map(({ id }) => id);
    return stations.flatMap((station, at): Fault[] => {
      if (!station.ocpp || known.includes(station.ocpp.csms)) return [];
      const { csms } = station.ocpp;
      const wanted = known.length > 0 ? `one of ${known.join(", ")}` : "an entry under ocpp.csms";
      const suggestion = suggest(csms, known);
      return [{ path: ["stations", at, "ocpp", "csms"], wrong: `there is no csms "${csms}"`, wanted, suggestion }];
    });
  },
};

/** LC3: one identity of its own per primary CSMS, and none that a station has. */
const localControllers: SiteRule = {
  name: "the gateway's own identity is no station's",
  reads: ["stations", "ocpp"],
  check: ({ stations, ocpp }) =>
    (ocpp?.csms ?? []).flatMap(({ localController: own, mode }, at): Fault[] => {
      if (!own) return [];
      const path = ["ocpp", "csms", at, "localController"];
      if (mode !== "primary") {
        return [{
          path,
          at: "key",
          wrong: `mode: ${mode} has no place for it`,
          wanted: "mode: primary, or no such key",
        }];
      }
      const twin = stations.findIndex(({ id }) => id === own.id);
      if (twin < 0) return [];
      return [{ path: [...path, "id"], wrong: `"${own.id}" is stations[${twin}]`, wanted: "an identity of its own" }];
    }),
};

const listenerPaths: SiteRule = {
  name: "a listener's paths differ",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    (ocpp?.listeners ?? []).flatMap(({ path, morePaths = [] }, at) =>
      findDuplicates([path, ...morePaths], (each) => each).map(({ index, first }) => ({
        path: ["ocpp", "listeners", at, "morePaths", index - 1],
        wrong: `"${morePaths[index - 1]}" is ${first === 0 ? "the path" : `morePaths[${first - 1}]`} already`,
        wanted: "another path, or none",
      }))
    ),
};

/** O-01: a profile needs a listener of its kind. */
const profileListener: SiteRule = {
  name: "every security profile in use has a listener",
  reads: ["stations", "ocpp"],
  check({ stations, ocpp }) {
    const listeners = ocpp?.listeners ?? [];
    const hasTls = listeners.some(({ tls }) => tls !== undefined);
    const hasPlain = listeners.some(({ plaintext }) => plaintext !== undefined);
    return stations.flatMap((station, at): Fault[] => {
      const profile = station.ocpp?.securityProfile;
      const path = ["stations", at, "ocpp", "securityProfile"];
      if ((profile === 2 || profile === 3) && !hasTls) {
        return [{
          path,
          wrong: `profile ${profile} and no listener with tls`,
          wanted: "tls: {} at one of ocpp.listeners",
        }];
      }
      if (profile === 1 && !hasPlain) {
        const wanted = "plaintext: isolated-segment at one of ocpp.listeners, or profile 2";
        return [{ path, wrong: "profile 1 and no listener without TLS", wanted }];
      }
      if (profile === 0 && listeners.length === 0) {
        return [{ path, wrong: "profile 0 and no listener", wanted: "an entry under ocpp.listeners" }];
      }
      return [];
    });
  },
};

const profileZero: SiteRule = {
  name: "a station without credential is bound to mac and address",
  reads: ["hal", "stations"],
  check: ({ hal, stations }) =>
    stations.flatMap((station, at): Fault[] => {
      if (station.ocpp?.securityProfile !== 0) return [];
      const seesMac = station.ocpp.binding === "mac-and-address";
      const bound = seesMac ? ["mac", "address"] as const : ["address"] as const;
      const faults: Fault[] = bound.filter((key) => station[key] === undefined).map((key) => ({
        path: ["stations", at, key],
        wrong: "is missing",
        wanted: `the station's ${key}, because profile 0 has no other proof`,
      }));
      if (seesMac && !hal) {
        const wanted = "hal.socket, or binding: address-alone-on-isolated-segment, which stays visible for ever";
        const path = ["stations", at, "ocpp", "securityProfile"];
        faults.push({ path, wrong: "profile 0 and no hald that could see the station's mac", wanted });
      }
      if (station.ocpp.passwordFile !== undefined) {
        const wanted = "securityProfile: 1 or 2, or no passwordFile";
        const path = ["stations", at, "ocpp", "passwordFile"];
        faults.push({ path, at: "key", wrong: "profile 0 checks no password", wanted });
      }
      return faults;
    }),
};

const factoryPassword: SiteRule = {
  name: "a factory password is for stations that prove themselves by Basic and have no password of their own yet",
  reads: ["stations"],
  check: ({ stations }) =>
    stations.flatMap((station, at): Fault[] => {
      const { factoryPasswordFile, passwordFile, securityProfile = 0 } = station.ocpp ?? {};
      if (factoryPasswordFile === undefined) return [];
      const path = ["stations", at, "ocpp", "factoryPasswordFile"];
      if (securityProfile === 0 || securityProfile === 3) {
        const wrong = `profile ${securityProfile} checks no password`;
        return [{ path, at: "key", wrong, wanted: "securityProfile: 1 or 2, or no factoryPasswordFile" }];
      }
      if (passwordFile === undefined) return [];
      const wrong = "the station has a password of its own in passwordFile";
      return [{
        path,
        at: "key",
        wrong,
        wanted: "one of the two: the gateway makes the password that follows a factory's",
      }];
    }),
};

const passwordProfile: SiteRule = {
  name: "mutual TLS has no Basic password",
  reads: ["stations"],
  check: ({ stations }) =>
    stations.flatMap((station, at): Fault[] =>
      station.ocpp?.securityProfile === 3 && station.ocpp.passwordFile !== undefined
        ? [{
          path: ["stations", at, "ocpp", "passwordFile"],
          at: "key",
          wrong: "profile 3 proves itself by certificate and checks no password",
          wanted: "securityProfile: 2 or no passwordFile",
        }]
        : []
    ),
};

/** Nobody is authorised offline where nothing is answered offline: the key would promise what does not happen. */
const offlineMode: SiteRule = {
  name: "offline authorisation needs store-and-forward",
  reads: ["stations", "ocpp"],
  check: ({ stations, ocpp }) =>
    (ocpp?.csms ?? []).flatMap(({ id, onLoss, offlineAuthorisation }, at): Fault[] => {
      const isUsed = onLoss === "store-and-forward" ||
        stations.some((station) => station.ocpp?.csms === id && station.ocpp.onLoss === "store-and-forward");
      if (offlineAuthorisation === "csms-only" || isUsed) return [];
      return [{
        path: ["ocpp", "csms", at, "offlineAuthorisation"],
        wrong: `"${offlineAuthorisation}" has no effect: this CSMS's stations are closed when it is lost`,
        wanted: "onLoss: store-and-forward beside it or at one of its stations, or csms-only",
      }];
    }),
};

/** Checks of the relay. */
export const OCPP_RULES: readonly SiteRule[] = [
  csmsIds,
  csmsUrl,
  stationCsms,
  listenerPaths,
  localControllers,
  profileListener,
  profileZero,
  factoryPassword,
  passwordProfile,
  offlineMode,
];
