import type { DeviceRole } from "../../../policies/access_types.ts";
import { secretBytes } from "../../config/materials.ts";
import type { Station } from "../../inventory/config.ts";
import type { SiteFiles } from "../../core/conduit.ts";
import type { KnownPassword } from "../../vault/vault.ts";
import { driverOf } from "./station_driver.ts";

/** Name and password of one account of a device. */
export interface DeviceSecret {
  readonly name: string;
  readonly password: string;
}

/** The passwords that the vault has. */
export type PasswordLookup = (station: string, role: DeviceRole) => Promise<KnownPassword>;

/** The account's name at the device; undefined when this family has no account of the role. */
export function accountNameOf({ ui }: Pick<Station, "ui">, role: DeviceRole, files: SiteFiles): string | undefined {
  if (!ui) return undefined;
  return ui.accounts.find((each) => each.role === role)?.user ?? driverOf(ui, files).accounts[role];
}

/** The account of a station's controller for a role, as a file of the site has it; undefined when the site has none. */
export function fileAccount(
  station: Pick<Station, "ui">,
  role: DeviceRole,
  files: SiteFiles,
): DeviceSecret | undefined {
  const account = station.ui?.accounts.find((each) => each.role === role);
  const name = account && accountNameOf(station, role, files);
  if (!account || name === undefined) return undefined;
  return { name, password: new TextDecoder().decode(secretBytes(files.bytes(account.passwordFile))) };
}

/**
 * The account of a station's controller for a role. The one place that knows where device secrets come from: the vault
 * where it has one, else the files that site.yaml names. "changing": the vault has it changed this moment.
 */
export async function deviceAccount(
  station: Pick<Station, "id" | "ui">,
  role: DeviceRole,
  files: SiteFiles,
  lookup: PasswordLookup | undefined,
): Promise<DeviceSecret | "changing" | undefined> {
  const known = await lookup?.(station.id, role), name = accountNameOf(station, role, files);
  if (name === undefined) return undefined;
  if (known?.state === "changing") return "changing";
  return known?.state === "known" ? { name, password: known.password } : fileAccount(station, role, files);
}
