import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of the gateway's own decommissioning, a part of ALARM_KINDS. */
export const SITE_DECOMMISSION_ALARMS = {
  "gateway.site.released": {
    severity: "critical",
    meaning: "Enough persons agreed that this gateway is erased with all it holds: within the hour a command may do it",
    action:
      "Administrator: `gateway decommission show` says who asked and who agreed; `gateway decommission cancel` calls it off",
    cooldownSeconds: 0,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

/** Alarms of decommissioning, a part of ALARM_KINDS. Alphabetical. */
export const DECOMMISSION_ALARMS = {
  "station.decommission.waits": {
    severity: "info",
    meaning: "The decommissioning of a station waits for somebody, or for something that happens at the station",
    action:
      "Operator: `decommission show STATION` says for what; a step that cannot be made may be passed over with a reason",
    cooldownSeconds: 3_600,
  },
  "station.decommissioned.named": {
    severity: "warning",
    meaning: "A station that was decommissioned stands in site.yaml again: a backup of before was restored",
    action: "Administrator: take it out of site.yaml, delete the files that it names there, then `reload`",
    cooldownSeconds: 0,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;
