import { type StepId, type StepRecord, stepsLeft } from "../../policies/incident_steps.ts";
import type { StepFacts } from "../../policies/incident_steps.ts";
import type { IncidentKind } from "../../policies/incident_types.ts";
import { GatewayError } from "../core/errors.ts";
import type { IncidentRecord } from "./incident_record.ts";

/** What a step is done for. */
export interface StepAsk {
  readonly step: StepId;
  readonly incident: IncidentRecord;
  /** Who asks; stands in the audit of whatever is done. */
  readonly who: string;
  /** What was noted when it was begun; only of a step that is looked at again. */
  readonly before?: StepRecord;
}

/** What came of a step, or of the look at one. `mark` is what a later look compares with. */
export interface StepEnd {
  readonly state: StepRecord["state"];
  readonly found: string;
  readonly mark?: string;
}

/** What is done at a station, by the features that can. None of them throws for what a device does. */
export interface StepHands {
  facts(subject: string, kind: IncidentKind): Promise<StepFacts>;
  /** Does a step that the gateway does. */
  run(ask: StepAsk): Promise<StepEnd>;
  /** Looks whether a step that was done holds: what a person says, or what was begun before. */
  check(ask: StepAsk): Promise<StepEnd>;
  /** Takes a station out of use, or lets it in again. @throws GatewayError INCIDENT_REFUSED where that cannot be */
  quarantine(subject: string, isOn: boolean, who: string, reason: string): Promise<void>;
}

/** Steps that nobody may answer for: what they prove is why the incident is closed at all. */
export const NEVER_SKIPPED: ReadonlySet<StepId> = new Set(["look", "password", "posture"]);

/** What a step is, for a person. */
export const STEP_WORDS: Readonly<Record<StepId, { readonly title: string; readonly how: string }>> = {
  look: {
    title: "Somebody looks at the station",
    how: "Housing, lock, seals, cables, the place around: write down who looked and what was seen (EV-23, EV-33)",
  },
  https: {
    title: "HTTPS is on",
    how:
      "At the station: SYSTEM > HTTPS > Enable HTTPS = On, or the maker's way; the gateway then looks itself (BC-10)",
  },
  certificate: {
    title: "The certificate of its pages is approved",
    how: "Compare the fingerprint at the device, then `station pin approve`; the gateway then looks itself",
  },
  password: {
    title: "Its passwords are changed",
    how: "The vault makes new ones, proves them by a fresh login and keeps a copy off this box (BC-01, BC-07)",
  },
  settings: {
    title: "Its settings are as they were",
    how:
      "The gateway asks for a fix of what drifted from the golden configuration of its model, which another person approves; " +
      "without one, enter its settings again from the commissioning protocol or the maker's backup",
  },
  credential: {
    title: "It has another OCPP credential",
    how: "The gateway gives it a new password (`station renew`); a certificate is signed anew with `cert issue`",
  },
  badges: {
    title: "Its badge cache is empty",
    how: "The gateway sends ClearCache: badges that somebody taught it are forgotten (EV-24)",
  },
  posture: {
    title: "It is as the guides demand",
    how: "The gateway asks it for its settings and judges every line; what is grave has to be met or waived",
  },
};

/** Steps that keep an incident from being closed. */
export const leftOf = ({ steps, done }: IncidentRecord): readonly StepId[] => stepsLeft(steps, done);

/** The step that is to be done next; undefined: all are. */
export const nextOf = (record: IncidentRecord): StepId | undefined => leftOf(record)[0];

/** A step of an incident by its name. @throws GatewayError INCIDENT_REFUSED */
export function stepNamed({ id, steps }: IncidentRecord, name: string): IncidentRecord["steps"][number] {
  const step = steps.find((one) => one.id === name);
  if (step) return step;
  throw new GatewayError("INCIDENT_REFUSED", `${id} has no step "${name.slice(0, 40)}"`, {
    hint: steps.length === 0
      ? "They are listed with `incident decide`"
      : `Its steps are ${steps.map((one) => one.id).join(", ")}`,
  });
}
