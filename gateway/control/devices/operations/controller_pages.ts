import { DEVICE_ROLES } from "../../../../policies/access_types.ts";
import { GUIDED_STEPS } from "../../../../profiles/controllers/guided_steps.ts";
import type { DeviceOperations } from "../../../core/device_operations_api.ts";
import type { ControllerPages } from "../../firmware/campaigns/parts.ts";

const { withoutPage: BY_HAND } = GUIDED_STEPS;

/**
 * The pages of controllers as campaigns use them (issue 7, point 5). `operations` is there once all features are; before,
 * no driver can do anything.
 */
export function controllerPages(
  operations: () => DeviceOperations | undefined,
  hasPages: (station: string) => boolean,
): ControllerPages {
  return {
    canUpload: (station) => hasPages(station) && operations()?.capabilities(station).can.includes("firmware") === true,
    canReadVersion: (station) =>
      hasPages(station) && operations()?.capabilities(station).can.includes("version") === true,
    readVersion: async (station, who) => {
      const result = await operations()?.readVersion({ station, who });
      return result?.ok ? result.version : undefined;
    },
    step: (station) => (hasPages(station) ? operations()?.capabilities(station).steps.firmware : undefined) ?? BY_HAND,
    upload: async (station, sha256, who) => {
      const result = await operations()?.uploadFirmware({ station, sha256, who });
      if (!result) return { ok: false, why: "the gateway is still starting" };
      if (result.ok) return { ok: true };
      const { failure, why } = result;
      // Another try would change nothing: what was refused by rule, or is no way at all.
      const isFinal = failure === "rule" || failure === "unsupported" || failure === "no-account";
      return { ok: false, why: `${failure}: ${why}`, ...isFinal ? { isFinal } : {} };
    },
    proveCredentials: async (station) => {
      const all = operations();
      if (!all || !hasPages(station)) return "unknown";
      let isProven = false;
      for (const role of DEVICE_ROLES) {
        const result = await all.proveLogin({ station, role, who: "campaign" });
        if (!result.ok && result.failure === "refused") return "refused";
        if (!result.ok && result.failure !== "no-account" && result.failure !== "unsupported") return "unknown";
        isProven ||= result.ok;
      }
      return isProven ? "proven" : "unknown";
    },
  };
}
