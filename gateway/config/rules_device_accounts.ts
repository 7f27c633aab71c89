import { ACCOUNT_NAMES } from "../../profiles/controllers/account_names.ts";
import { ConfigError } from "../core/errors.ts";
import { readDeviceForm } from "./device_form.ts";
import { findDuplicates } from "./duplicates.ts";
import type { Fault } from "./fault.ts";
import { type Materials, secretBytes } from "./materials.ts";
import { perUi, type Ui } from "./rules_device_pages.ts";
import type { SiteRule } from "./site_rule.ts";

type Names = Readonly<Record<string, string | undefined>>;
const NAMES: Readonly<Record<string, Names>> = ACCOUNT_NAMES;

const accounts: SiteRule = {
  name: "accounts of a controller belong to its driver",
  reads: ["stations"],
  check: (site, materials: Materials) =>
    perUi(site, (ui) => {
      const faults: Fault[] = findDuplicates(ui.accounts, ({ role }) => role).map(({ index }) => ({
        path: ["accounts", index, "role"],
        wrong: "has two accounts",
        wanted: "one account a role",
      }));
      if (ui.driver === "guided" && ui.accounts.length > 0) {
        faults.push({
          path: ["accounts"],
          at: "key",
          wrong: "are not used by guided",
          wanted: "another driver, or none",
        });
      }
      return [...faults, ...formFaults(ui, materials), ...nameless(ui, materials), ...emptyPasswords(ui, materials)];
    }),
};

function formFaults(ui: Ui, materials: Materials): Fault[] {
  if ((ui.driver === "form") !== (ui.formFile !== undefined)) {
    const path = ui.formFile === undefined ? ["driver"] : ["formFile"];
    return [{ path, at: "key", wrong: "belong together: driver form and formFile", wanted: "both or none" }];
  }
  const bytes = ui.formFile === undefined ? undefined : materials.get(ui.formFile);
  if (!bytes) return [];
  try {
    readDeviceForm(new TextDecoder().decode(bytes));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => ({ path: ["formFile"], wrong: fault, wanted: "a form file as in the example" }));
  }
}

function nameless({ driver, accounts, formFile }: Ui, materials: Materials): Fault[] {
  const names = driver === "form" ? namesOfForm(formFile, materials) : NAMES[driver] ?? {};
  return accounts.flatMap(({ role, user }, at) =>
    user === undefined && names && names[role] === undefined && driver !== "guided"
      ? [{
        path: ["accounts", at, "user"],
        at: "key" as const,
        wrong: `${driver} has no name for ${role}`,
        wanted: "its name at the device",
      }]
      : []
  );
}

/** undefined while the file has faults, which are told beside this. */
function namesOfForm(formFile: string | undefined, materials: Materials): Names | undefined {
  const bytes = formFile === undefined ? undefined : materials.get(formFile);
  try {
    return bytes && readDeviceForm(new TextDecoder().decode(bytes)).accounts as Names;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function emptyPasswords(ui: Ui, materials: Materials): Fault[] {
  return ui.accounts.flatMap(({ passwordFile }, at) => {
    const bytes = materials.get(passwordFile);
    return bytes && secretBytes(bytes).length === 0
      ? [{ path: ["accounts", at, "passwordFile"], wrong: "is empty", wanted: "the password of the controller" }]
      : [];
  });
}

const oldTls: SiteRule = {
  name: "the helper for old TLS has a hald and something to help with",
  reads: ["stations", "hal"],
  check: (site) =>
    perUi(site, (ui) => {
      if (ui.oldTls === undefined) return [];
      const path = ["oldTls"];
      if (![ui.url, ...ui.alsoAt].some((url) => url.startsWith("https:"))) {
        return [{ path, at: "key", wrong: "helps nothing of http://", wanted: "https://, or no helper" }];
      }
      return site.hal ? [] : [{ path, at: "key", wrong: "needs hald", wanted: "hal.socket" }];
    }),
};

/** Checks of how the gateway logs in at controllers' pages. */
export const DEVICE_ACCOUNT_RULES: readonly SiteRule[] = [accounts, oldTls];
