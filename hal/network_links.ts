import { HAL_LIMITS } from "./limits.ts";
import { type Checked, flag, integer, list, object, text } from "./schema.ts";

/** One network interface. */
export const NetworkLink = object({
  index: integer(1, 2 ** 31 - 1),
  /** IFNAMSIZ is 16 with the final zero. */
  name: text({ min: 1, max: 15 }),
  /** Lower case with colons; "" for links without one. */
  mac: text({ max: 17, form: /^$|^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/ }),
  mtu: integer(0, 2 ** 31 - 1),
  /** Switched on by the administrator. */
  up: flag,
  /** A cable with a living other end. */
  carrier: flag,
});
/** One network interface. */
export type NetworkLink = Checked<typeof NetworkLink>;

/** The interfaces of the box. */
export const NetworkLinkList = list(NetworkLink, HAL_LIMITS.links);

/** Reads the interfaces of the box. */
export interface NetworkLinks {
  /** @throws HardwareError HAL_TOOL_FAILED, HAL_TOOL_MISSING */
  list(): Promise<readonly NetworkLink[]>;
}
