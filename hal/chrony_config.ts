import type { TimeSettings } from "./time_service.ts";

/** Files for chrony, by name: its configuration and the CAs it names. */
export type ChronyFiles = ReadonlyMap<string, string>;

/** Name of the configuration among them. */
export const CHRONY_CONFIG = "bulkhead.conf";

/**
 * What chrony is told, from settings that the schema has checked: no word of a caller reaches a line of its own. `folder`
 * is where the files will lie when chrony reads them.
 */
export function writeChronyFiles({ servers, serve, realTimeClock }: TimeSettings, folder: string): ChronyFiles {
  const files = new Map<string, string>();
  const lines = [
    "# Written by Bulkhead from the time: section of site.yaml. Changes here are overwritten.",
    ...servers.map(({ host, nts, port, ca }, at) => {
      const words = ["server", host, "iburst"];
      if (nts) words.push("nts");
      if (port !== undefined) words.push("ntsport", String(port));
      if (ca !== undefined) {
        files.set(`ca-${at + 1}.pem`, ca);
        words.push("certset", String(at + 1));
      }
      return words.join(" ");
    }),
    ...[...files.keys()].map((name) => `ntstrustedcerts ${name.replace(/\D/g, "")} ${folder}/${name}`),
    ...selectionOf(servers),
    // Cookies and keys outlive a restart, so that it needs no new key exchange.
    "ntsdumpdir /var/lib/chrony",
    // Without a real-time clock the box may wake in 1970, when no certificate is valid yet: only until the first update.
    ...realTimeClock ? [] : ["nocerttimecheck 1"],
    "makestep 1.0 3",
    "rtcsync",
    ...serve.map((network) => `allow ${network}`),
    // With its servers away it goes on serving its own time, and several such boxes agree on one (orphan mode).
    ...serve.length > 0 ? ["local stratum 10 orphan", "ratelimit interval 1 burst 16", "clientloglimit 1048576"] : [],
  ];
  files.set(CHRONY_CONFIG, `${lines.join("\n")}\n`);
  return files;
}

/** Where every server is proven, nothing unproven may take part: not the distribution's own pool, nor one from DHCP. */
function selectionOf(servers: TimeSettings["servers"]): string[] {
  if (servers.length === 0) return [];
  return [servers.every(({ nts }) => nts) ? "authselectmode require" : "authselectmode mix"];
}
