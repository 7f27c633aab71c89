import type { SiteFiles } from "../../core/conduit.ts";
import type { StationUi } from "../../ui_proxy/config.ts";
import type { Driver } from "../../ui_proxy/drivers/driver.ts";
import { formDriverOf } from "../../ui_proxy/drivers/form_macro.ts";
import { DRIVERS } from "../../ui_proxy/drivers/mod.ts";

/** The driver of a station's pages; that of a site's own form is read from its file. */
export function driverOf(ui: Pick<StationUi, "driver" | "formFile">, files: SiteFiles): Driver {
  if (ui.formFile !== undefined) return formDriverOf(files.text(ui.formFile));
  return DRIVERS.get(ui.driver) ?? DRIVERS.get("guided")!;
}
