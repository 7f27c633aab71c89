import type { StepEnd } from "./decommission.ts";

/**
 * The steps of taking the gateway itself out of service, in their order. "stations": none is in service here. "work": nothing is
 * under way that would be lost. "told": everybody who holds something of this gateway knows. "export": a last backup and the
 * audit chain are kept elsewhere. "approve": other persons agree. "erase": with the gateway stopped, everything goes.
 */
export const SITE_STEPS = ["stations", "work", "told", "export", "approve", "erase"] as const;
/** One of them. */
export type SiteStep = typeof SITE_STEPS[number];

/** What is known when it is asked which step is next. */
export interface SiteStanding {
  /** Stations that are in service here. */
  readonly stations: number;
  /** Things under way that would be lost. */
  readonly work: number;
  /** Lines about which nobody has said that it is done. */
  readonly untold: number;
  readonly isExported: boolean;
  /** When other persons agreed to what stands now, wall milliseconds. */
  readonly approvedAt: readonly number[];
  readonly needsApprovals: number;
  /** Passed over by a person, with a reason. */
  readonly skipped: Readonly<Partial<Record<"stations" | "work", StepEnd>>>;
  readonly now: number;
  /** For how long an approval counts. */
  readonly approvalMs: number;
}

/** Steps that a person may pass over with a reason: the certificate names them. */
const SKIPPABLE: ReadonlySet<SiteStep> = new Set(["stations", "work"]);

/** The step that is next: always one, since nothing of a gateway that was erased can ask. */
export function nextSiteStep(standing: SiteStanding): SiteStep {
  const { stations, work, untold, isExported, skipped } = standing;
  if (stations > 0 && !skipped.stations) return "stations";
  if (work > 0 && !skipped.work) return "work";
  if (untold > 0) return "told";
  if (!isExported) return "export";
  return releasedUntil(standing) === undefined ? "approve" : "erase";
}

/**
 * Until when it may be erased, wall milliseconds; undefined: not enough persons agree at this moment. The oldest approval
 * that is needed says so; a clock that was set back does not make it last longer.
 */
export function releasedUntil(
  { approvedAt, needsApprovals, approvalMs, now }: Pick<
    SiteStanding,
    "approvalMs" | "approvedAt" | "needsApprovals" | "now"
  >,
): number | undefined {
  const living = approvedAt.filter((at) => at <= now && now - at <= approvalMs).toSorted((a, b) => b - a);
  const oldest = living[Math.max(1, needsApprovals) - 1];
  return oldest === undefined ? undefined : oldest + approvalMs;
}

/** Why a person may not pass over a step now; undefined: they may. */
export function whyNotSkipSite(standing: SiteStanding, step: string): "not-its-turn" | "not-skippable" | undefined {
  if (!SKIPPABLE.has(step as SiteStep)) return "not-skippable";
  return nextSiteStep(standing) === step ? undefined : "not-its-turn";
}
