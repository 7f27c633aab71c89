/** Limits of control's side of DHCP. Each has a test at the limit and one past it. */
export const DHCP_BOOK_LIMITS = {
  /** Leases of one page handed to the Worker. */
  pageLeases: 2_000,
  /** Leases of one commit. */
  commitLeases: 200,
  /** Unknown devices in the inbox; the one not seen for longest makes room. */
  inboxDevices: 500,
  /** Milliseconds between two writes of the inbox: a flood of invented MACs must not wear the flash. */
  inboxWriteMs: 5_000,
  /** Devices adopted by command in all zones. */
  adoptedDevices: 2_000,
  /** Milliseconds for which a refusal of one MAC by one rule is counted and not recorded again. */
  refusalMs: 600_000,
  /** Refusals that are told apart. */
  refusals: 2_048,
  /** Records of grants and of refusals in one second; what is beyond is counted in the next one. */
  recordsPerSecond: 20,
  /** Conflicts and foreign servers shown by `dhcp status`. */
  remembered: 100,
  /** Milliseconds between two looks whether the known devices have changed. */
  devicesMs: 2_000,
  /** Milliseconds without a sign of a foreign server or conflict after which its alarm is over. */
  quietMs: 3_600_000,
  /** Alarms that are to end by themselves; one more leaves the oldest to a person. */
  fading: 1_000,
  /** Characters of what a device says of itself. */
  textChars: 128,
} as const;
