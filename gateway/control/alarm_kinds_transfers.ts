import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of files between stations, gateway and CSMS, a part of ALARM_KINDS. Alphabetical. */
export const TRANSFER_ALARMS = {
  "transfer.grant.stolen": {
    severity: "critical",
    meaning:
      "Somebody else than the station showed a permission to fetch firmware or to bring a file that was the station's",
    action:
      "Operator: find the device at the address that the detail names; end the permission with `firmware grants --close`",
    cooldownSeconds: 600,
  },
  "transfer.log.missing": {
    severity: "warning",
    meaning: "A station's security log has not come for as many periods as the site allows (EV-27)",
    action:
      "Operator: `firmware security-logs` says why and asks again; a model that cannot is excepted under firmware.securityLogs",
    cooldownSeconds: 0,
  },
  "transfer.update.failed": {
    severity: "warning",
    meaning: "An update that a CSMS asked for has failed, or nobody saw the station run the new version",
    action: "Operator: `firmware requests` says at which step; look at the station, then let the CSMS ask again",
    cooldownSeconds: 0,
  },
  "transfer.upload.unsent": {
    severity: "warning",
    meaning: "A station's file did not come, or could not be brought to where its CSMS wants it",
    action:
      "Operator: `firmware transfers` says why; a sealed copy that is here is brought again with `firmware transfers --again`",
    cooldownSeconds: 600,
  },
} as const satisfies Record<string, AlarmKind>;
