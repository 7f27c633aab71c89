import { listenerName } from "../ocpp/config.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault, Path } from "./fault.ts";
import { isInside, isLoopback, isWildcard, parseSocketAddress } from "./ip.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";

interface Listening {
  readonly path: Path;
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

function listening(path: Path, text: string | undefined): Listening[] {
  const address = text === undefined ? undefined : parseSocketAddress(text);
  return address ? [{ path, text: text!, ...address }] : [];
}

const ocppListening = (site: Site) =>
  (site.ocpp?.listeners ?? []).flatMap(({ listen }, at) => listening(["ocpp", "listeners", at, "listen"], listen));
const modbusListening = (site: Site) =>
  (site.modbus?.listeners ?? []).flatMap(({ listen }, at) => listening(["modbus", "listeners", at, "listen"], listen));
const consoleListening = (site: Site) => listening(["console", "listen"], site.console?.listen);
const pagesListening = (site: Site) =>
  listening(["console", "devicePages", "listen"], site.console?.devicePages?.listen);
const metricsListening = (site: Site) => listening(["telemetry", "metricsListen"], site.telemetry?.metricsListen);

/** The OT zone whose network holds this address. */
function otZoneOf(site: Site, host: string): string | undefined {
  return site.network.zones.find(({ role, address }) => role === "ot" && address && isInside(host, address))?.id;
}

const zoneIds: SiteRule = {
  name: "zone ids are unique",
  reads: ["network"],
  check: ({ network: { zones } }) =>
    findDuplicates(zones, ({ id }) => id.toLowerCase()).map(({ index, first }) => ({
      path: ["network", "zones", index, "id"],
      wrong: `the id is taken by zones[${first}]`,
      wanted: "an id of its own",
    })),
};

const zoneAddresses: SiteRule = {
  name: "an OT zone has an address",
  reads: ["network"],
  check: ({ network: { zones } }) =>
    zones.flatMap(({ role, address }, at) =>
      role === "ot" && address === undefined
        ? [{
          path: ["network", "zones", at, "address"],
          wrong: "is missing",
          wanted: "this box's address in the OT zone",
        }]
        : []
    ),
};

const collisions: SiteRule = {
  name: "no two listeners share an address",
  reads: ["ocpp", "modbus", "console", "telemetry"],
  check(site) {
    const all = [
      ...consoleListening(site),
      ...pagesListening(site),
      ...ocppListening(site),
      ...modbusListening(site),
      ...metricsListening(site),
    ];
    return all.flatMap((one, at) => {
      const other = all.slice(0, at).find(({ host, port }) =>
        port === one.port && port !== 0 && (host === one.host || isWildcard(host) || isWildcard(one.host))
      );
      if (!other) return [];
      return [{
        path: one.path,
        wrong: `${one.text} collides with ${other.text}`,
        wanted: "an address and port of its own",
      }];
    });
  },
};

/** Trust, audit and metrics go by the name, so two listeners on "any free port" of one address need ids. */
const listenerNames: SiteRule = {
  name: "listener names are unique",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    findDuplicates(ocpp?.listeners ?? [], (listener) => {
      const isNamed = listener.id !== undefined || parseSocketAddress(listener.listen)?.port === 0;
      return isNamed ? listenerName(listener).toLowerCase() : undefined;
    }).map(({ index, first }) => ({
      path: ["ocpp", "listeners", index, "id"],
      wrong: `the name "${listenerName(ocpp!.listeners[index]!)}" is taken by listeners[${first}]`,
      wanted: "an id of its own",
    })),
};

const listenerKind: SiteRule = {
  name: "a listener is either TLS or plaintext",
  reads: ["ocpp"],
  check: ({ ocpp }) =>
    (ocpp?.listeners ?? []).flatMap(({ tls, plaintext }, at): Fault[] => {
      if ((tls === undefined) !== (plaintext === undefined)) return [];
      const wrong = tls ? "has both tls and plaintext" : "has neither tls nor plaintext";
      return [{ path: ["ocpp", "listeners", at], wrong, wanted: "tls: {} or plaintext: isolated-segment" }];
    }),
};

/** O-03 (OCPP security whitepaper A00.FR.201/206): profile 1 only in a trusted network. */
const plaintextZone: SiteRule = {
  name: "plaintext listens on an OT zone or loopback only",
  reads: ["network", "ocpp"],
  check: (site) =>
    (site.ocpp?.listeners ?? []).flatMap(({ listen, plaintext }, at): Fault[] => {
      const host = parseSocketAddress(listen)?.host;
      if (plaintext === undefined || host === undefined || isLoopback(host) || otZoneOf(site, host)) return [];
      const wrong = isWildcard(host)
        ? `${listen} is every address of this box, and plaintext would leave the OT zone`
        : `${listen} is plaintext and not inside a zone of role ot`;
      return [{
        path: ["ocpp", "listeners", at, "listen"],
        wrong,
        wanted: "an address of an OT zone or loopback (O-03)",
      }];
    }),
};

/** Invariant 17, for the console and for metrics. */
const closedOnOt: SiteRule = {
  name: "console, device pages and metrics never listen on an OT zone",
  reads: ["network", "ocpp", "console", "telemetry"],
  check(site) {
    const ocppHosts = ocppListening(site).map(({ host }) => host).filter((host) => !isLoopback(host));
    const hasOt = ocppHosts.length > 0 || site.network.zones.some(({ role }) => role === "ot");
    return [...consoleListening(site), ...pagesListening(site), ...metricsListening(site)].flatMap(
      ({ path, text, host }): Fault[] => {
        const zone = otZoneOf(site, host);
        const wanted = "an address of a management zone or loopback";
        if (zone) {
          return [{ path, wrong: `${text} is in the OT zone "${zone}", where stations could reach it`, wanted }];
        }
        if (ocppHosts.includes(host)) {
          return [{ path, wrong: `${text} is on the same address as stations' listener`, wanted }];
        }
        if (isWildcard(host) && hasOt) {
          return [{ path, wrong: `${text} is every address of this box, the OT zone too`, wanted }];
        }
        return [];
      },
    );
  },
};

/** Checks of addresses, zones and listeners. */
export const NETWORK_RULES: readonly SiteRule[] = [
  zoneIds,
  zoneAddresses,
  closedOnOt,
  listenerNames,
  listenerKind,
  plaintextZone,
  collisions,
];
