import { HardwareError } from "../../gateway/core/errors.ts";
import type { HardwareWatchdog } from "../hardware_watchdog.ts";
import type { KeyStore } from "../key_store.ts";
import type { HaldBox } from "../verb.ts";

/** The key store of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needKeyStore(box: HaldBox): KeyStore {
  return box.keyStore ?? notConfigured("keyStore", "a TPM or PKCS#11 token");
}

/** The watchdog of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needWatchdog(box: HaldBox): HardwareWatchdog {
  return box.watchdog ?? notConfigured("watchdog", "the device of the watchdog chip");
}

function notConfigured(key: string, what: string): never {
  throw new HardwareError("HAL_NOT_CONFIGURED", `hald has no "${key}" in its configuration`, {
    hint: `Add "${key}" with ${what} to hald.json, then restart bulkhead-hald`,
  });
}
