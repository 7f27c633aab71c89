import type { IncidentKind } from "./incident_types.ts";

/** Steps of setting a station up again, in the order in which they are done. */
export const STEP_IDS = [
  "look",
  "https",
  "certificate",
  "password",
  "settings",
  "credential",
  "badges",
  "posture",
] as const;
/** One of them. */
export type StepId = typeof STEP_IDS[number];

/** Who does a step: the gateway when a person says so, or a named person with a proof. */
export type StepWay = "automatic" | "person";

/** A step that has to be done for this incident. */
export interface WantedStep {
  readonly id: StepId;
  readonly way: StepWay;
}

/** What is known of the station when the steps are listed. */
export interface StepFacts {
  readonly kind: IncidentKind;
  /** Its hardware may have been touched: somebody has to stand in front of it. */
  readonly isTouched: boolean;
  /** How its pages are reached; absent: it has none. */
  readonly pages?: "http" | "https";
  /** Its pages' certificate is pinned. */
  readonly isPinned: boolean;
  /** Secrets that the vault changes by itself, and those that people set. */
  readonly secrets: "driver" | "none" | "person";
  /** Its settings can be written again by the gateway. */
  readonly canRestoreSettings: boolean;
  /** How what it proves itself with over OCPP is changed; absent: it has no OCPP. */
  readonly ocpp?: "by-hand" | "none" | "renewable";
  /** A guide judges it. */
  readonly hasPosture: boolean;
}

/** Kinds whose cause may be a hand at the controller: everything that it knew counts as lost. */
const WHOLE: ReadonlySet<IncidentKind> = new Set(["reset", "exchanged", "opened", "access", "software"]);

/**
 * The steps that bring a station back, in order: first what a person has to see, then a safe way to it, then its secrets
 * over that way, then what hangs on them, and at the end the look that says whether it is whole. Of a matter that touched
 * the wire or the housing alone, only the first and the last.
 */
export function stepsFor(facts: StepFacts): readonly WantedStep[] {
  const isWhole = WHOLE.has(facts.kind);
  const wanted: Readonly<Record<StepId, StepWay | undefined>> = {
    look: facts.isTouched ? "person" : undefined,
    https: isWhole && facts.pages === "https" ? "person" : undefined,
    certificate: isWhole && facts.isPinned ? "person" : undefined,
    password: !isWhole || facts.secrets === "none" ? undefined : facts.secrets === "driver" ? "automatic" : "person",
    settings: isWhole ? facts.canRestoreSettings ? "automatic" : "person" : undefined,
    credential: !isWhole || facts.ocpp === undefined || facts.ocpp === "none"
      ? undefined
      : facts.ocpp === "renewable"
      ? "automatic"
      : "person",
    badges: isWhole && facts.ocpp !== undefined ? "automatic" : undefined,
    posture: facts.hasPosture ? "automatic" : undefined,
  };
  return STEP_IDS.flatMap((id) => {
    const way = wanted[id];
    return way === undefined ? [] : [{ id, way }];
  });
}

/** How far one step is. "checking": it was done, and what proves it is still to come. */
export interface StepRecord {
  readonly state: "checking" | "done" | "failed";
  readonly by: string;
  readonly at: number;
  /** Who did it at the station, by name (EV-33). */
  readonly person?: string;
  /** What that person saw or did. */
  readonly proof?: string;
  /** What the gateway found. */
  readonly found?: string;
  /** What a later look compares with. */
  readonly mark?: string;
  /** Somebody answers for it that it was not done. */
  readonly skipped?: true;
}

/** The steps that keep an incident from being closed. */
export function stepsLeft(
  steps: readonly WantedStep[],
  records: Readonly<Partial<Record<StepId, StepRecord>>>,
): readonly StepId[] {
  return steps.map(({ id }) => id).filter((id) => records[id]?.state !== "done");
}
