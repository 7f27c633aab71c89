import type { SiteFiles } from "../../core/conduit.ts";
import type { OldPages } from "../../inventory/adoption/adoption.ts";
import type { Station } from "../../inventory/config.ts";
import { driverOf } from "./station_driver.ts";

/**
 * How the maker's old pages of a controller stand (BC-14). Whether the controller itself has them switched off cannot be
 * read from it, so only the gateway's own word counts.
 */
export function oldPagesOf({ ui }: Pick<Station, "ui">, files: SiteFiles): OldPages {
  if (!ui || !driverOf(ui, files).pages.rows.some((row) => row.legacy)) return "none";
  return ui.oldPages === "allowed" ? "open" : ui.oldPages;
}
