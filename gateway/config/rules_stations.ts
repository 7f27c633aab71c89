import type { Station } from "../inventory/config.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import { type Materials, passwordBytes } from "./materials.ts";
import type { SiteRule } from "./site_rule.ts";
import { suggest } from "./suggest.ts";

/** Station ids that a wrong reference is compared with; comparing all with all would take minutes at ten thousand. */
const SUGGESTED_FROM = 100;

/** What a sloppy peer may take an id for: without case, and with "+" read as a space (form encoding). */
function confusable(id: string): string {
  return id.toLowerCase().replaceAll("+", " ");
}

/** Runs `check` for every station and puts its faults at that station. */
function perStation(stations: readonly Station[], check: (station: Station, at: number) => Fault[]): Fault[] {
  return stations.flatMap((station, at) =>
    check(station, at).map((fault) => ({ ...fault, path: ["stations", at, ...fault.path] }))
  );
}

function groupByUnit(stations: readonly Station[]): Map<string, Station[]> {
  return Map.groupBy(stations.filter(({ unit }) => unit !== undefined), ({ unit }) => unit!.toLowerCase());
}

/** Invariant 11: no two ids that a prefix, case or encoding mistake could take for each other. */
const stationIds: SiteRule = {
  name: "station ids are unique beyond case and encoding",
  reads: ["stations"],
  check: ({ stations }) =>
    findDuplicates(stations, ({ id }) => confusable(id)).map(({ index, first }) => {
      const other = stations[first]!.id;
      const same = other === stations[index]!.id;
      return {
        path: ["stations", index, "id"],
        wrong: same
          ? `the id is taken by stations[${first}]`
          : `the id can be confused with "${other}" (case or encoding)`,
        wanted: "an id of its own",
      };
    }),
};

const hardware: SiteRule = {
  name: "mac and address belong to one station",
  reads: ["stations"],
  check: ({ stations }) =>
    (["mac", "address"] as const).flatMap((key) =>
      findDuplicates(stations, (station) => station[key]?.toLowerCase()).map(({ index, first }) => ({
        path: ["stations", index, key],
        other: ["stations", first, key],
        wrong: `"${stations[index]![key]}" is already given to station "${stations[first]!.id}"`,
        wanted: `the ${key} of this station`,
      }))
    ),
};

const units: SiteRule = {
  name: "unit and part fit together",
  reads: ["stations"],
  check({ stations }) {
    const byUnit = groupByUnit(stations);
    return perStation(stations, ({ unit, part, id }): Fault[] => {
      if (part === "single") return [];
      const path = ["part"];
      if (unit === undefined) {
        return [{ path, wrong: `${part} without a unit`, wanted: "the key unit, shared with the other parts" }];
      }
      const others = byUnit.get(unit.toLowerCase())!.filter((other) => other.id !== id);
      const lead = part === "secondary" ? "primary" : part === "dispenser" ? "cabinet" : undefined;
      if (lead && !others.some((other) => other.part === lead)) {
        return [{
          path,
          wrong: `unit "${unit}" has a ${part} and no ${lead}`,
          wanted: `one station with part: ${lead}`,
        }];
      }
      const twin = others.find((other) => other.part === part);
      if (twin && (part === "primary" || part === "cabinet")) {
        return [{ path, wrong: `unit "${unit}" has a ${part} already ("${twin.id}")`, wanted: `one ${part} per unit` }];
      }
      return [];
    });
  },
};

const singles: SiteRule = {
  name: "a single station has its unit alone",
  reads: ["stations"],
  check({ stations }) {
    const byUnit = groupByUnit(stations);
    return perStation(stations, ({ unit, part, id }): Fault[] => {
      const other = unit === undefined || part !== "single"
        ? undefined
        : byUnit.get(unit.toLowerCase())!.find((station) => station.id !== id);
      if (!other) return [];
      const wanted = "part: primary, secondary, cabinet or dispenser";
      return [{ path: ["unit"], wrong: `unit "${unit}" is shared with "${other.id}" and this part is single`, wanted }];
    });
  },
};

const reachedThrough: SiteRule = {
  name: "reachedThrough names another station of the same unit",
  reads: ["stations"],
  check({ stations }) {
    const byId = new Map(stations.map((station) => [station.id, station]));
    return perStation(stations, (station): Fault[] => {
      if (station.reachedThrough === undefined) return [];
      const path = ["reachedThrough"];
      const through = byId.get(station.reachedThrough);
      if (!through) {
        const suggestion = suggest(station.reachedThrough, [...byId.keys()].slice(0, SUGGESTED_FROM));
        return [{
          path,
          wrong: `there is no station "${station.reachedThrough}"`,
          wanted: "a station's id",
          suggestion,
        }];
      }
      if (through.id === station.id || through.reachedThrough !== undefined) {
        return [{
          path,
          wrong: `"${through.id}" is not reached directly itself`,
          wanted: "a station with a network of its own",
        }];
      }
      if (through.unit !== station.unit || station.unit === undefined) {
        return [{ path, wrong: `"${through.id}" is not in the same unit`, wanted: "a station of the same unit" }];
      }
      return [];
    });
  },
};

const usbOnly: SiteRule = {
  name: "a usb-only part has no address",
  reads: ["stations"],
  check: ({ stations }) =>
    perStation(
      stations,
      ({ access, address }): Fault[] =>
        access === "usb-only" && address !== undefined
          ? [{
            path: ["address"],
            wrong: "a usb-only part cannot be reached at an address",
            wanted: "access: network or no address",
          }]
          : [],
    ),
};

/** O-05 (A00.FR.205/304): at least 16 bytes; 40 is the longest key that 1.6 and 2.0.1 can set. */
export const PASSWORD_BYTES = { min: 16, max: 40 } as const;

const passwords: SiteRule = {
  name: "Basic passwords have 16 to 40 bytes",
  reads: ["stations"],
  check: ({ stations }, materials: Materials) =>
    perStation(stations, ({ ocpp }): Fault[] =>
      (["passwordFile", "upstreamPasswordFile"] as const).flatMap((key) => {
        const content = ocpp?.[key] === undefined ? undefined : materials.get(ocpp[key]);
        const length = content && passwordBytes(content).length;
        // the CSMS decides what it accepts on its leg: only an empty file is surely wrong there
        const { min, max } = key === "passwordFile" ? PASSWORD_BYTES : { min: 1, max: 256 };
        if (length === undefined || (length >= min && length <= max)) return [];
        return [{
          path: ["ocpp", key],
          wrong: `the password in "${ocpp![key]}" has ${length} bytes`,
          wanted: `${min} to ${max} bytes (O-05)`,
        }];
      })),
};

/** Checks of the inventory. */
export const STATION_RULES: readonly SiteRule[] = [
  stationIds,
  hardware,
  units,
  singles,
  reachedThrough,
  usbOnly,
  passwords,
];
