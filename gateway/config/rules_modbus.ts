import { MODBUS_PROFILES } from "../../profiles/modbus/mod.ts";
import { type ModbusLine, needsSources, trustZoneOf } from "../modbus/config.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import { isWildcard, parseSocketAddress } from "./ip.ts";
import type { SiteRule } from "./site_rule.ts";
import { suggest } from "./suggest.ts";

const names: SiteRule = {
  name: "Modbus listeners, lines and units have names of their own",
  reads: ["modbus"],
  check({ modbus }) {
    const doubles = (list: string, key: string, values: readonly (string | number)[]) =>
      findDuplicates(values, (value) => String(value).toLowerCase()).map(({ index, first }): Fault => ({
        path: ["modbus", list, index, key],
        wrong: `the ${key} is taken by ${list}[${first}]`,
        wanted: `${key === "unit" ? "a unit" : "an id"} of its own`,
      }));
    return [
      ...doubles("listeners", "id", modbus?.listeners.map(({ id }) => id) ?? []),
      ...doubles("lines", "id", modbus?.lines.map(({ id }) => id) ?? []),
      ...doubles("units", "unit", modbus?.units.map(({ unit }) => unit) ?? []),
    ];
  },
};

const listenerKind: SiteRule = {
  name: "a Modbus listener is TLS, or plaintext for named sources",
  reads: ["modbus"],
  check: ({ modbus }) =>
    (modbus?.listeners ?? []).flatMap((listener, at): Fault[] => {
      const { listen, tls, plaintext, sources } = listener;
      const path = ["modbus", "listeners", at];
      if ((tls === undefined) === (plaintext === undefined)) {
        const wrong = tls ? "has both tls and plaintext" : "has neither tls nor plaintext";
        return [{ path, wrong, wanted: "tls: {} or plaintext: isolated-segment" }];
      }
      if (!plaintext) return [];
      const host = parseSocketAddress(listen)?.host;
      if (host !== undefined && isWildcard(host)) {
        const wanted = "one address of this box: plain Modbus proves nobody's identity";
        return [{ path: [...path, "listen"], wrong: `${listen} is every address of this box`, wanted }];
      }
      if (!needsSources(listener) || sources) return [];
      return [{ path: [...path, "sources"], wrong: "is missing", wanted: "the networks that may use plain Modbus" }];
    }),
};

const lineKind: SiteRule = {
  name: "a line is serial or TCP",
  reads: ["modbus", "hal"],
  check: ({ modbus, hal }) =>
    (modbus?.lines ?? []).flatMap((line, at): Fault[] => {
      const path = ["modbus", "lines", at];
      if ((line.serial === undefined) === (line.tcp === undefined)) {
        const wrong = line.tcp ? "has both serial and tcp" : "has neither serial nor tcp";
        return [{ path, wrong, wanted: "serial: { device: /dev/... } or tcp: host:port" }];
      }
      if (line.serial && !hal) {
        return [{
          path: [...path, "serial"],
          at: "key",
          wrong: "there is no hal",
          wanted: "hal: {} in site.yaml: hald opens serial lines",
        }];
      }
      return lineFaults(line, path);
    }),
};

/** Keys that mean nothing on the other kind of line would be believed to do something. */
function lineFaults({ serial, tls, framing }: ModbusLine, path: readonly (string | number)[]): Fault[] {
  if (serial && tls) {
    return [{ path: [...path, "tls"], at: "key", wrong: "a serial line has no TLS", wanted: "no tls" }];
  }
  if (serial && framing === "rtu") {
    return [{
      path: [...path, "framing"],
      wrong: "is for lines with tcp",
      wanted: "no framing: a serial line has RTU frames",
    }];
  }
  return [];
}

const twoOwners: SiteRule = {
  name: "a serial device belongs to one line",
  reads: ["modbus"],
  check: ({ modbus }) =>
    findDuplicates(modbus?.lines ?? [], ({ serial }) => serial?.device).map(({ index, first }) => ({
      path: ["modbus", "lines", index, "serial", "device"],
      wrong: `it is the device of lines[${first}]`,
      wanted: "one line per device: two would destroy each other's frames",
    })),
};

const unitPlaces: SiteRule = {
  name: "units name lines, addresses and profiles that exist",
  reads: ["modbus"],
  check({ modbus }) {
    const lines = new Map(modbus?.lines.map((line) => [line.id, line]));
    const own = (modbus?.profiles ?? []).length > 0; // their ids are known when the files are read
    const profiles = MODBUS_PROFILES.map(({ id }) => id);
    return (modbus?.units ?? []).flatMap(({ unit, line: name, device, profile }, at): Fault[] => {
      const path = ["modbus", "units", at];
      const line = lines.get(name);
      if (!line) {
        const wanted = `one of ${[...lines.keys()].join(", ")}`;
        return [{
          path: [...path, "line"],
          wrong: `there is no line "${name}"`,
          wanted,
          suggestion: suggest(name, [...lines.keys()]),
        }];
      }
      const faults: Fault[] = [];
      const isSerial = line.serial !== undefined || line.framing === "rtu";
      if (isSerial && device > 247) {
        faults.push({
          path: [...path, "device"],
          wrong: `${device} is no address of a serial line`,
          wanted: "1 to 247",
        });
      }
      if (isSerial && device === 0 && unit !== 0) {
        faults.push({ path: [...path, "device"], wrong: "0 is a broadcast", wanted: "unit: 0 beside it, or 1 to 247" });
      }
      if (profile !== undefined && !own && !profiles.includes(profile)) {
        const suggestion = suggest(profile, profiles);
        faults.push({
          path: [...path, "profile"],
          wrong: `there is no profile "${profile}"`,
          wanted: "one that docs/modbus-profiles.md lists, or a file under modbus.profiles",
          suggestion,
        });
      }
      return faults;
    });
  },
};

const oneWorker: SiteRule = {
  name: "one Modbus Worker serves one trust zone",
  reads: ["modbus"],
  check({ modbus }) {
    if (modbus?.workers !== "one" || new Set(modbus.listeners.map(trustZoneOf)).size < 2) return [];
    return [{
      path: ["modbus", "workers"],
      wrong: "the listeners have different client CAs, or TLS and plaintext",
      wanted: "separate: what one zone proved must not count in another",
    }];
  },
};

/** Checks of the Modbus conduit. */
export const MODBUS_SITE_RULES: readonly SiteRule[] = [names, listenerKind, lineKind, twoOwners, unitPlaces, oneWorker];
