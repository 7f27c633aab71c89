import { findDuplicates } from "./duplicates.ts";
import type { Fault, Path } from "./fault.ts";
import { isInside, isLoopback, parseSocketAddress } from "./ip.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";

/** Data ports of one FTP listener: each is a permission of its own. */
const MOST_PASSIVE = 32;

const listening = ({ firmware }: Site): { readonly path: Path; readonly text: string }[] => [
  ...firmware?.listen === undefined ? [] : [{ path: ["firmware", "listen"], text: firmware.listen }],
  ...(firmware?.exceptions ?? []).map(({ listen }, at) => ({
    path: ["firmware", "exceptions", at, "listen"],
    text: listen,
  })),
];

/** Stations fetch firmware where they are, and nobody else has any business there. */
const onOtOnly: SiteRule = {
  name: "firmware is served on an OT zone or loopback only",
  reads: ["network", "firmware"],
  check: (site) =>
    listening(site).flatMap(({ path, text }): Fault[] => {
      const { host } = parseSocketAddress(text)!;
      const isOt = site.network.zones.some(({ role, address }) => role === "ot" && address && isInside(host, address));
      if (isLoopback(host) || isOt) return [];
      const wanted = "this box's address in an OT zone, as under network.zones, or loopback";
      return [{ path, wrong: `${text} is not inside a zone of role ot`, wanted }];
    }),
};

const places: SiteRule = {
  name: "addresses of firmware are unique",
  reads: ["firmware"],
  check: (site) =>
    findDuplicates(listening(site), ({ text }) => text.endsWith(":0") ? undefined : text).map(({ index }) => ({
      path: listening(site)[index]!.path,
      wrong: "it is listened on already",
      wanted: "an address and port of its own",
    })),
};

const exceptions: SiteRule = {
  name: "exceptions to HTTPS are whole, and named as what they are",
  reads: ["firmware"],
  check: ({ firmware }) =>
    (firmware?.exceptions ?? []).flatMap(({ protocol, plaintext, passivePorts }, at): Fault[] => {
      const path = ["firmware", "exceptions", at];
      const faults: Fault[] = [];
      const isPlain = protocol !== "sftp";
      if (firmware!.listen === undefined) {
        faults.push({
          path,
          wrong: "there is no firmware.listen",
          wanted: "firmware.listen: exceptions stand beside HTTPS",
        });
      }
      if (isPlain !== (plaintext !== undefined)) {
        const wanted = isPlain ? "plaintext: isolated-segment beside it" : "no plaintext: sftp is encrypted";
        faults.push({ path, wrong: isPlain ? `${protocol} is not encrypted` : "plaintext stands beside sftp", wanted });
      }
      if ((protocol === "ftp") !== (passivePorts !== undefined)) {
        const wanted = protocol === "ftp" ? "passivePorts, as 50000-50009" : "no passivePorts: they are for ftp";
        faults.push({ path, wrong: protocol === "ftp" ? "ftp has no data ports" : "it has data ports", wanted });
      }
      const [first = 0, last = 0] = (passivePorts ?? "").split("-").map(Number);
      if (passivePorts !== undefined && !(first <= last && last <= 65_535 && last - first < MOST_PASSIVE)) {
        const wanted = `two ports, the smaller first, at most ${MOST_PASSIVE} in all`;
        faults.push({ path: [...path, "passivePorts"], wrong: `${passivePorts} cannot be used`, wanted });
      }
      return faults;
    }),
};

const oneOfAKind: SiteRule = {
  name: "each protocol is excepted once",
  reads: ["firmware"],
  check: ({ firmware }) =>
    findDuplicates(firmware?.exceptions ?? [], ({ protocol }) => protocol).map(({ index, first }) => ({
      path: ["firmware", "exceptions", index, "protocol"],
      wrong: `exceptions[${first}] is for the same protocol`,
      wanted: "one entry for each protocol, with all its models",
    })),
};

const securityLogs: SiteRule = {
  name: "security logs have a way here, and their exceptions name somebody",
  reads: ["firmware", "stations"],
  check: ({ firmware, stations }) => {
    const { securityLogs, listen } = firmware ?? {}, path = ["firmware", "securityLogs"];
    if (!securityLogs) return [];
    const known = new Set(stations.map(({ id }) => id));
    return [
      ...listen !== undefined ? [] : [{
        path,
        wrong: "there is no firmware.listen",
        wanted: "firmware.listen: stations bring their logs there",
      }],
      ...securityLogs.exceptions.flatMap((exception, at): Fault[] => {
        const place = [...path, "exceptions", at], unknown = exception.stations?.filter((id) => !known.has(id)) ?? [];
        if (!exception.stations && !exception.models) {
          return [{ path: place, wrong: "it names nobody", wanted: "stations, models, or both" }];
        }
        return unknown.map((id) => ({
          path: [...place, "stations", exception.stations!.indexOf(id)],
          wrong: `there is no station "${id}"`,
          wanted: "the id of a station under stations",
        }));
      }),
    ];
  },
};

/** Checks of where stations' files travel. */
export const FIRMWARE_RULES: readonly SiteRule[] = [onOtOnly, places, exceptions, oneOfAKind, securityLogs];
