import { originOf, pagesPort, planPages } from "../config/device_pages.ts";
import type { Site } from "../config/schema.ts";
import type { StationPages } from "../core/device_api.ts";
import { DRIVERS } from "../ui_proxy/drivers/mod.ts";
import { DEVICE_ROLES } from "../../policies/access_types.ts";

/** The pages of a site's controllers as people see them; none where nobody can open any. */
export function stationPages(site: Site): readonly StationPages[] {
  const port = pagesPort(site);
  if (port === undefined) return [];
  const planned = Map.groupBy(planPages(site), ({ station }) => station);
  return site.stations.flatMap(({ id, ui }) => {
    const driver = ui && DRIVERS.get(ui.driver);
    if (!driver) return [];
    return [{
      station: id,
      driver: driver.id,
      title: driver.title,
      roles: DEVICE_ROLES.filter((role) => driver.accounts[role] !== undefined),
      pages: (planned.get(id) ?? []).map((page) => ({
        station: id,
        port: page.port,
        origin: originOf(page.host, port),
        ...(page.ownPort === undefined ? {} : { ownPort: page.ownPort }),
      })),
      ...site.people.recordings ? { recorded: site.people.recordings.deviceRoles } : {},
      cleartext: ui.plaintext !== undefined,
    }];
  });
}
