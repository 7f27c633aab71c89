import type { AlarmSeverity } from "../core/control_api.ts";

/** How one kind of alarm is declared: what it means and who does what now. */
export interface AlarmKind {
  readonly severity: AlarmSeverity;
  readonly meaning: string;
  readonly action: string;
  /** Seconds during which a raise after a clear is counted but not notified again. */
  readonly cooldownSeconds: number;
}

/** Every kind of alarm. Names are API: additive only; docs/alarms.md is generated from here. Alphabetical. */
export const ALARM_KINDS = {
  "worker.restarting": {
    severity: "warning",
    meaning: "A Worker ended by a fault and is being restarted",
    action: "Operator: read the Worker's last fault in `status`; report it if it repeats",
    cooldownSeconds: 300,
  },
} as const satisfies Record<string, AlarmKind>;

/** One declared kind of alarm. */
export type AlarmKindName = keyof typeof ALARM_KINDS;
