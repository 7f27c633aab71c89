import type { DeviceRole } from "../../../policies/access_types.ts";
import { secretBytes } from "../../config/materials.ts";
import type { Station } from "../../inventory/config.ts";
import type { SiteFiles } from "../../core/conduit.ts";
import { driverOf } from "./station_driver.ts";

/** Name and password of one account of a device. */
export interface DeviceSecret {
  readonly name: string;
  readonly password: string;
}

/**
 * The account of a station's controller for a role; undefined when the site has none. The one place that knows where
 * device secrets come from: today the files that site.yaml names.
 */
export function deviceAccount(
  { ui }: Pick<Station, "ui">,
  role: DeviceRole,
  files: SiteFiles,
): DeviceSecret | undefined {
  const account = ui?.accounts.find((each) => each.role === role);
  if (!ui || !account) return undefined;
  const name = account.user ?? driverOf(ui, files).accounts[role];
  if (name === undefined) return undefined;
  return { name, password: new TextDecoder().decode(secretBytes(files.bytes(account.passwordFile))) };
}
