import type { AlarmKind } from "./alarm_kinds.ts";

/** Alarms of messages that are kept for a CSMS that is away; part of ALARM_KINDS. Alphabetical. */
export const OUTAGE_ALARMS = {
  "ocpp.outage.full": {
    severity: "critical",
    meaning: "No more messages of a station are kept for its CSMS: it is closed and keeps its messages itself",
    action: "Operator: get the CSMS back; `outage list` shows what waits, `outage discard` gives messages up",
    cooldownSeconds: 300,
  },
  "ocpp.outage.refused": {
    severity: "critical",
    meaning:
      "A CSMS that is back refused a message kept for it, or it cannot be opened; it is here and is not sent by itself again",
    action:
      "Operator: read `outage refused STATION`, settle it with the CSMS operator, then `outage retry` or `discard`",
    cooldownSeconds: 300,
  },
  "ocpp.outage.stale": {
    severity: "warning",
    meaning: "Messages of a station have waited for more than a day; they go out while the station is connected",
    action: "Operator: see `why STATION`; for a station that is gone for good `outage refused` and `outage discard`",
    cooldownSeconds: 3_600,
  },
  "ocpp.outage.version": {
    severity: "critical",
    meaning:
      "Messages were kept in another OCPP version than their station speaks with its CSMS now; they are not sent",
    action:
      "Operator: let the station connect in the old version once, or settle them: `outage export`, `discard --other-version`",
    cooldownSeconds: 3_600,
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;
