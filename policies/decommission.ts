/**
 * The steps of taking a station out of service, in their order. "approve": other persons agree. "drain": nothing charges, and
 * its CSMS has all its messages. "clear": what OCPP can clear at the station. "reset": its controller is as from the factory.
 * "configuration": site.yaml names it no more. "erase": nothing of it is left here. "certify": the certificate is signed.
 */
export const DECOMMISSION_STEPS = ["approve", "drain", "clear", "reset", "configuration", "erase", "certify"] as const;
/** One of them. */
export type DecommissionStep = typeof DECOMMISSION_STEPS[number];

/** How a step ended. */
export interface StepEnd {
  readonly state: "done" | "skipped";
  /** Wall milliseconds. */
  readonly at: number;
  readonly by: string;
  /** What was seen, or why it was skipped. */
  readonly note: string;
}

/** The ends of the steps so far. */
export type StepEnds = Readonly<Partial<Record<DecommissionStep, StepEnd>>>;

/** Steps that a person may pass over with a reason: the certificate names them. */
const SKIPPABLE: ReadonlySet<DecommissionStep> = new Set(["drain", "clear", "reset"]);

/** The step that is next; undefined: all have ended. */
export function nextStep(ends: StepEnds): DecommissionStep | undefined {
  return DECOMMISSION_STEPS.find((step) => ends[step] === undefined);
}

/** Why a person may not pass over a step now; undefined: they may. */
export function whyNotSkip(ends: StepEnds, step: DecommissionStep): "not-its-turn" | "not-skippable" | undefined {
  if (!SKIPPABLE.has(step)) return "not-skippable";
  return nextStep(ends) === step ? undefined : "not-its-turn";
}

/** Whether it can still be called off: from the erasing on nothing brings back what is gone. */
export function mayCancel(ends: StepEnds, isErasing: boolean): boolean {
  const next = nextStep(ends);
  return !isErasing && next !== undefined && next !== "certify";
}

/** Why this person cannot approve; undefined: they can. */
export function whyNotApprove(
  { by, approvals, who }: { readonly by: string; readonly approvals: readonly string[]; readonly who: string },
): "approved-twice" | "own-approval" | undefined {
  if (who === by) return "own-approval";
  return approvals.includes(who) ? "approved-twice" : undefined;
}
