/** Which device answers for an address on the box's own networks. */
export interface Neighbours {
  /**
   * The MAC address, lower case with colons; undefined when the address is none of a direct neighbour (it is behind a
   * router, on the box itself, or silent).
   * @throws HardwareError HAL_TOOL_FAILED, HAL_TOOL_MISSING
   */
  macOf(address: string): Promise<string | undefined>;
}

/** A MAC address as hald tells it. */
export const MAC_FORM = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
