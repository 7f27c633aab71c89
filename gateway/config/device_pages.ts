import type { Site } from "./schema.ts";
import { parseSocketAddress } from "./ip.ts";
import { readPortRange } from "../ui_proxy/config.ts";

/** One page that people can open: one origin of the gateway for one port of one controller. */
export interface PlannedPage {
  readonly station: string;
  /** The controller's own origin, as https://10.20.0.11. */
  readonly device: string;
  /** Port of the controller. */
  readonly port: number;
  /** Host of the page, lower case: cp001.gw.site.example. */
  readonly host: string;
  /** The gateway's own port for this page, where the site has a range and it is long enough. */
  readonly ownPort?: number;
}

/** A label of a station: as configured, or its id with what no name holds as hyphens. */
export function pageLabel({ id, ui }: Pick<Site["stations"][number], "id" | "ui">): string {
  const made = id.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return ui?.name ?? (made === "" ? "station" : made);
}

/** Every page of a site, in the order of its stations: pure, so control, console and ui_proxy agree on it. */
export function planPages({ console, stations }: Pick<Site, "console" | "stations">): readonly PlannedPage[] {
  const pages = console?.devicePages;
  if (!pages) return [];
  const range = pages.ports === undefined ? undefined : readPortRange(pages.ports);
  const all = stations.flatMap((station) => {
    const { ui, id } = station;
    if (!ui) return [];
    return [ui.url, ...ui.alsoAt].map((url, at) => {
      const { origin, port, protocol } = new URL(url);
      const number = port === "" ? protocol === "https:" ? 443 : 80 : Number(port);
      const label = pageLabel(station) + (at === 0 ? "" : `--p${number}`);
      const host = `${label}.${console.hostname.toLowerCase()}`;
      return { station: id, device: origin, port: number, host };
    });
  });
  return all.map((page, at) => {
    const ownPort = range && range.first + at <= range.last ? range.first + at : undefined;
    return { ...page, ...(ownPort === undefined ? {} : { ownPort }) };
  });
}

/** Origin of a page under one of the gateway's names or addresses. */
export function originOf(host: string, port: number): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return new URL(`https://${name}:${port}`).origin;
}

/** The port of all pages that have names. */
export function pagesPort({ console }: Pick<Site, "console">): number | undefined {
  return console?.devicePages && parseSocketAddress(console.devicePages.listen)?.port;
}
