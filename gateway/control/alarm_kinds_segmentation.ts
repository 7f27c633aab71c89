import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of segmentation, a part of ALARM_KINDS. Alphabetical. */
export const SEGMENTATION_ALARMS = {
  "segmentation.differs": {
    severity: "warning",
    meaning: "The firewall rules in force are not those that site.yaml and the inventory ask for",
    action:
      "Network admin: `segmentation plan` shows the difference; then `segmentation apply` and `segmentation confirm`",
    cooldownSeconds: 86_400,
  },
  "segmentation.flow.denied": {
    severity: "warning",
    meaning: "A device of an OT zone, or this box, tries what no flow allows; the detail names the first of it",
    action:
      "Operator: `segmentation show` says what was tried and how to allow it; what nobody expects may be an intruder",
    cooldownSeconds: 3_600,
  },
  "segmentation.interface-missing": {
    severity: "warning",
    meaning: "A zone's interface is not there, so that its settings in the kernel are not either",
    action: "Network admin: compare network.zones with `ip link`; the settings follow by themselves once it is there",
    cooldownSeconds: 3_600,
  },
  "segmentation.isolation.broken": {
    severity: "warning",
    meaning: "A station's port hears other stations, though site.yaml says that the switch keeps them apart",
    action: "Network admin: mend the switch's private VLAN or protected ports, then `segmentation probe`",
    cooldownSeconds: 86_400,
  },
  "segmentation.not-loaded": {
    severity: "critical",
    meaning: "The confirmed firewall rules are not in the kernel; hald loads them again within half a minute",
    action: "Network admin: find out who flushed them (another firewall program?), and read the log of bulkhead-hald",
    cooldownSeconds: 600,
  },
  "segmentation.undone": {
    severity: "warning",
    meaning: "Firewall rules were applied and not confirmed in time: those of before are in force again",
    action: "Network admin: find out why nobody could confirm, then `segmentation apply` again",
    cooldownSeconds: 0,
  },
} as const satisfies Record<string, AlarmKind>;
