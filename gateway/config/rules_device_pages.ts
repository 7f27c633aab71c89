import { pageLabel, planPages } from "./device_pages.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import { parseSocketAddress } from "./ip.ts";
import type { Materials } from "./materials.ts";
import type { Site } from "./schema.ts";
import type { SiteRule } from "./site_rule.ts";

/** Characters that a further port adds to a host name: ".--p65535". */
const PORT_SUFFIX = 9;

/** `stations[].ui`. */
export type Ui = NonNullable<Site["stations"][number]["ui"]>;

/** Faults of each station with pages, by the path in site.yaml. */
export function perUi(site: Site, check: (ui: Ui, station: Site["stations"][number]) => Fault[]): Fault[] {
  return site.stations.flatMap((station, at) =>
    station.ui
      ? check(station.ui, station).map((fault) => ({ ...fault, path: ["stations", at, "ui", ...fault.path] }))
      : []
  );
}

const door: SiteRule = {
  name: "pages of controllers have a door",
  reads: ["stations", "console"],
  check: (site) =>
    site.console?.devicePages ? [] : perUi(site, () => [{
      path: [],
      at: "key",
      wrong: "nobody could open these pages",
      wanted: "console.devicePages, the login in front of them",
    }]).slice(0, 1),
};

const names: SiteRule = {
  name: "every page has a name of its own",
  reads: ["stations", "console"],
  check({ stations }) {
    const withPages = stations.map((station) => station.ui ? station : undefined);
    return findDuplicates(withPages, (station) => station && pageLabel(station)).map(({ index, first }) => ({
      path: ["stations", index, "ui", "name"],
      other: ["stations", first, "ui"],
      wrong: `the pages of "${stations[index]!.id}" and "${stations[first]!.id}" would both be named "${
        pageLabel(stations[index]!)
      }"`,
      wanted: "a name of its own",
    }));
  },
};

const labels: SiteRule = {
  name: "a page's name fits into a host name",
  reads: ["stations", "console"],
  check: (site) =>
    perUi(site, (ui, station) => {
      const label = pageLabel(station);
      if (label.length + (site.console?.hostname.length ?? 0) + PORT_SUFFIX <= 253) return [];
      const path = ui.name === undefined ? [] : ["name"];
      return [{ path, wrong: `the name "${label}" is too long`, wanted: "a shorter name" }];
    }),
};

const plaintext: SiteRule = {
  name: "the way to a controller is encrypted or said to be not",
  reads: ["stations"],
  check: (site) =>
    perUi(site, (ui) => {
      const plain = [ui.url, ...ui.alsoAt].findIndex((url) => url.startsWith("http:"));
      const isAllPlain = [ui.url, ...ui.alsoAt].every((url) => url.startsWith("http:"));
      if (plain >= 0 && ui.plaintext === undefined) {
        return [{
          path: plain === 0 ? ["url"] : ["alsoAt", plain - 1],
          wrong: "is not encrypted: passwords of the controller would cross the OT network for all to see",
          wanted: "https://, or plaintext: isolated-segment beside it",
        }];
      }
      if (plain < 0 && ui.plaintext !== undefined) {
        return [{ path: ["plaintext"], at: "key", wrong: "stands beside https:// only", wanted: "one of the two" }];
      }
      if (isAllPlain && ui.pinFile !== undefined) {
        return [{ path: ["pinFile"], at: "key", wrong: "pins nothing of http://", wanted: "https://, or no pin" }];
      }
      return [];
    }),
};

const reachable: SiteRule = {
  name: "pages belong to a controller on the network, each port once",
  reads: ["stations"],
  check: (site) =>
    perUi(site, (ui, { access }) => {
      if (access === "usb-only") {
        return [{ path: [], at: "key", wrong: "a usb-only part has no pages", wanted: "access: network or no ui" }];
      }
      const ports = [ui.url, ...ui.alsoAt].map((url) => new URL(url).origin);
      const host = new URL(ui.url).hostname;
      const stranger = ui.alsoAt.findIndex((url) => new URL(url).hostname !== host);
      if (stranger >= 0) {
        return [{
          path: ["alsoAt", stranger],
          wrong: `is not at "${host}"`,
          wanted: "another port of the same controller",
        }];
      }
      return findDuplicates(ports, (origin) => new URL(origin).port || origin).map(({ index }) => ({
        path: ["alsoAt", index - 1],
        wrong: "names a port twice",
        wanted: "each port of the controller once",
      }));
    }),
};

const ports: SiteRule = {
  name: "the port range of device pages is long enough and free",
  reads: ["stations", "console"],
  check(site) {
    const pages = site.console?.devicePages;
    if (!pages?.ports) return [];
    const path = ["console", "devicePages", "ports"];
    const planned = planPages(site);
    const without = planned.filter(({ ownPort }) => ownPort === undefined).length;
    if (without > 0) {
      return [{ path, wrong: `is too short: ${without} of ${planned.length} pages get no port`, wanted: "more ports" }];
    }
    const own = [site.console!.listen, pages.listen].map((text) => parseSocketAddress(text)?.port);
    const taken = planned.find(({ ownPort }) => own.includes(ownPort));
    return taken
      ? [{ path, wrong: `holds port ${taken.ownPort}, which the console uses`, wanted: "ports that nothing uses" }]
      : [];
  },
};

const pins: SiteRule = {
  name: "a pin is a certificate",
  reads: ["stations"],
  check: (site, materials: Materials) =>
    perUi(site, (ui) => {
      const bytes = ui.pinFile === undefined ? undefined : materials.get(ui.pinFile);
      const count = bytes && new TextDecoder().decode(bytes).split("-----BEGIN CERTIFICATE-----").length - 1;
      if (count === undefined || count === 1) return [];
      return [{
        path: ["pinFile"],
        wrong: `the file "${ui.pinFile}" holds ${count} certificates`,
        wanted: "the one PEM certificate that the controller presents",
      }];
    }),
};

/** Checks of the pages of controllers. */
export const DEVICE_PAGES_RULES: readonly SiteRule[] = [door, names, labels, plaintext, reachable, ports, pins];
