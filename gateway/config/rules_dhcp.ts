import { type DhcpScope, dhcpScopes, ipv4Number, rangeNumbers, subnetNumbers } from "./dhcp_scopes.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault, Path } from "./fault.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";
import { suggest } from "./suggest.ts";

/** Options that the gateway itself sets, or that only clients and relay agents send. */
const OWN_OPTIONS: ReadonlySet<number> = new Set([1, 3, 6, 42, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 82]);
const POOL_ADDRESSES = 65_536;

/** Runs `check` for every zone with DHCP and puts its faults at its keys. */
function perScope(site: Site, check: (scope: DhcpScope, net: ReturnType<typeof subnetNumbers>) => Fault[]): Fault[] {
  return dhcpScopes(site.dhcp).flatMap(({ path, scope }) => {
    const zone = site.network.zones.find(({ id }) => id === scope.zone);
    return check(scope, subnetNumbers(zone?.address)).map((fault) => ({
      ...fault,
      path: [...path, ...fault.path],
      ...fault.other ? { other: [...path, ...fault.other] } : {},
    }));
  });
}

const zones: SiteRule = {
  name: "dhcp serves OT zones with an IPv4 address, each once",
  reads: ["dhcp", "network"],
  check: (site) => {
    const all = dhcpScopes(site.dhcp);
    const doubled = findDuplicates(all, ({ scope }) => scope.zone).map(({ index, first }): Fault => ({
      path: [...all[index]!.path, "zone"],
      other: [...all[first]!.path, "zone"],
      wrong: `zone "${all[index]!.scope.zone}" has DHCP already`,
      wanted: "each zone once",
    }));
    return [
      ...doubled,
      ...perScope(site, ({ zone }, net) => {
        const known = site.network.zones.find(({ id }) => id === zone);
        if (known?.role === "ot" && net) return [];
        const wrong = known
          ? known.role === "ot" ? `zone "${zone}" has no IPv4 address` : `zone "${zone}" has the role ${known.role}`
          : `there is no zone "${zone}"`;
        const suggestion = known ? undefined : suggest(zone, site.network.zones.map(({ id }) => id));
        return [{ path: ["zone"], wrong, wanted: "a zone of role ot with an address", suggestion }];
      }),
    ];
  },
};

const pools: SiteRule = {
  name: "pools lie in the zone's network and apart from each other",
  reads: ["dhcp", "network"],
  check: (site) =>
    perScope(site, (scope, net) => {
      if (!net) return [];
      const faults = (["pool", "quarantinePool"] as const).flatMap((key): Fault[] => {
        const text = scope[key];
        if (text === undefined) return [];
        const range = rangeNumbers(text);
        const wanted = `addresses of the zone's network, the lower one first, at most ${POOL_ADDRESSES}`;
        if (!range) return [{ path: [key], wrong: `"${text}" is no range of addresses`, wanted }];
        const isInside = range.from > net.from && range.to < net.to;
        if (isInside && range.to - range.from < POOL_ADDRESSES) return [];
        return [{ path: [key], wrong: `"${text}" does not lie in the zone's network, or is too long`, wanted }];
      });
      const [pool, quarantine] = [rangeNumbers(scope.pool), rangeNumbers(scope.quarantinePool)];
      if (pool && quarantine && pool.from <= quarantine.to && quarantine.from <= pool.to) {
        faults.push({
          path: ["quarantinePool"],
          other: ["pool"],
          wrong: "the two pools overlap",
          wanted: "addresses of its own",
        });
      }
      return faults;
    }),
};

const modes: SiteRule = {
  name: "dhcp has what its mode needs",
  reads: ["dhcp", "hal"],
  check: (site) => {
    const faults = perScope(site, (scope): Fault[] => {
      if (scope.mode === "relay" && !scope.relay) {
        return [{ path: ["mode"], wrong: "relay without a concentrator", wanted: "the key relay" }];
      }
      if (scope.mode !== "relay" && scope.relay) {
        return [{ path: ["relay"], at: "key", wrong: `mode is ${scope.mode}`, wanted: "mode: relay, or no such key" }];
      }
      const isServer = scope.mode === "server";
      if (isServer && scope.unknown === "quarantine" && scope.quarantinePool === undefined) {
        return [{ path: ["unknown"], wrong: "quarantine without quarantinePool", wanted: "the key quarantinePool" }];
      }
      return [];
    });
    if (!site.dhcp || site.hal) return faults;
    const wanted = "hal: {} (the DHCP packets of an interface come from hald)";
    return [...faults, { path: ["dhcp"], at: "key", wrong: "the section hal is missing", wanted }];
  },
};

const options: SiteRule = {
  name: "further options have one value and are not the gateway's own",
  reads: ["dhcp"],
  check: (site) =>
    perScope(site, ({ options }) =>
      options.flatMap((option, at): Fault[] => {
        const path = ["options", at];
        if (OWN_OPTIONS.has(option.code)) {
          const wanted = "another code, or the key that sets it (router, dns, ntp, leaseSeconds)";
          return [{ path: [...path, "code"], wrong: `option ${option.code} is the gateway's own`, wanted }];
        }
        const values = [option.text, option.addresses, option.hex].filter((value) => value !== undefined);
        if (values.length === 1) return [];
        return [{ path, wrong: `it has ${values.length} values`, wanted: "one of text, addresses, hex" }];
      })),
};

/** One thing that claims a MAC or an address, with its place. */
interface Claim {
  readonly path: Path;
  readonly value: string;
  readonly whose: string;
}

const reservations: SiteRule = {
  name: "a reservation is of one device and of the zone",
  reads: ["dhcp", "network"],
  check: (site) =>
    perScope(site, ({ reservations }, net) =>
      reservations.flatMap((reservation, at): Fault[] => {
        const path = ["reservations", at];
        const { mac, clientId, circuitId, address } = reservation;
        if (mac === undefined && clientId === undefined && circuitId === undefined) {
          return [{ path, wrong: "nothing says whose it is", wanted: "mac, clientId or circuitId" }];
        }
        const number = ipv4Number(address);
        const isInside = net && number !== undefined && number > net.from && number < net.to && number !== net.self;
        if (!net || isInside) return [];
        const wrong = number === net.self ? `${address} is this box's own` : `${address} is not in the zone's network`;
        return [{ path: [...path, "address"], wrong, wanted: "a free address of the zone" }];
      })),
};

/** One duplicate stopped whole servers of others and took the network down: refused when it is written. */
const duplicates: SiteRule = {
  name: "no MAC, port, id or address is reserved twice",
  reads: ["dhcp", "stations"],
  check: (site) => {
    const scopes = dhcpScopes(site.dhcp);
    if (scopes.length === 0) return [];
    return (["mac", "address", "clientId", "circuitId"] as const).flatMap((key) => {
      const claims: Claim[] = scopes.flatMap(({ path, scope }) =>
        scope.reservations.flatMap((reservation, at): Claim[] => {
          const value = reservation[key]?.toLowerCase();
          const whose = "another reservation";
          return value === undefined ? [] : [{ path: [...path, "reservations", at, key], value, whose }];
        })
      );
      const ofStations: Claim[] = key === "mac" || key === "address"
        ? site.stations.flatMap((station, at) => {
          const value = station[key]?.toLowerCase();
          return value === undefined ? [] : [{ path: ["stations", at, key], value, whose: `station "${station.id}"` }];
        })
        : [];
      const all = [...ofStations, ...claims];
      return findDuplicates(all, ({ value }) => value).filter(({ index }) => index >= ofStations.length)
        .map(({ index, first }): Fault => ({
          path: all[index]!.path,
          other: all[first]!.path,
          wrong: `"${all[index]!.value}" is already given to ${all[first]!.whose}`,
          wanted: `one device for each ${key}`,
        }));
    });
  },
};

const stationsOfZone: SiteRule = {
  name: "no station has this box's address",
  reads: ["dhcp", "network", "stations"],
  check: (site) => {
    const own = dhcpScopes(site.dhcp).flatMap(({ scope }) =>
      subnetNumbers(site.network.zones.find(({ id }) => id === scope.zone)?.address)?.self ?? []
    );
    return site.stations.flatMap(({ address }, at): Fault[] => {
      const number = address === undefined ? undefined : ipv4Number(address);
      if (number === undefined || !own.includes(number)) return [];
      const wrong = `${address} is this box's own address in its zone`;
      return [{ path: ["stations", at, "address"], wrong, wanted: "an address of the station" }];
    });
  },
};

/** Checks of the `dhcp` section. */
export const DHCP_RULES: readonly SiteRule[] = [
  zones,
  pools,
  modes,
  options,
  reservations,
  duplicates,
  stationsOfZone,
];
