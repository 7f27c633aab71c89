import type { StepId, StepRecord, WantedStep } from "../../policies/incident_steps.ts";
import type { Incident, KnownWork } from "../../policies/incident_types.ts";

/** An incident as it is stored. */
export interface IncidentRecord extends Incident {
  /** "I-12". */
  readonly id: string;
  /** What has to be done until it may be closed; listed when a person decides. */
  readonly steps: readonly WantedStep[];
  readonly done: Readonly<Partial<Record<StepId, StepRecord>>>;
  /** The station is in quarantine because of it. */
  readonly isQuarantined: boolean;
}

/** Work at a station that a person announced. */
export interface AnnouncedWork {
  readonly id: string;
  readonly station: string;
  readonly by: string;
  readonly reason: string;
  /** Wall milliseconds. */
  readonly from: number;
  readonly until: number;
}

/** Announced work as what explains signals. */
export const asWork = ({ id, by, reason }: AnnouncedWork): KnownWork => ({
  kind: "planned",
  by: `${id} of ${by}: ${reason}`.slice(0, 200),
});
