import type { FixState } from "./golden_fix.ts";
import type { GoldenFinding, GoldenProfile, GoldenSetting } from "./golden_types.ts";

/** What came of one station of a rollout. A station without an outcome is still to come. */
export type RolloutOutcome =
  /** Its fix ended, and every setting is proven to be as wanted. */
  | "done"
  /** Its fix ended otherwise. */
  | "failed"
  /** Nothing of it had drifted any more when its turn came. */
  | "same"
  /** It was left out: the profile was changed since people agreed, or the station has left. */
  | "left-out";

/** One station of a rollout that is over. */
export interface RolloutResult {
  readonly outcome: RolloutOutcome;
  /** The fix that was made for it. */
  readonly fix?: string | undefined;
  readonly why: string;
}

/** How a rollout stands. "waits": for a second person; "stopped": after failures, until a person has it go on. */
export type RolloutState = "cancelled" | "done" | "expired" | "running" | "stopped" | "waits";

/** States in which nothing more will happen. */
export const ROLLOUT_OVER: readonly RolloutState[] = ["cancelled", "done", "expired"];

/** One approval for many stations: exactly these settings of this profile, at exactly these stations. */
export interface Rollout {
  readonly id: string;
  readonly profile: string;
  /** As they stood in the profile when it was asked for: what people agree to. */
  readonly settings: readonly Pick<GoldenSetting, "id" | "ways">[];
  readonly stations: readonly string[];
  /** Failures after which it stops by itself. */
  readonly stopAfter: number;
  readonly madeBy: string;
  readonly madeAt: number;
  readonly reason?: string;
  readonly approvedBy?: string;
  readonly state: RolloutState;
  /** When the state was reached, wall milliseconds. */
  readonly at: number;
  readonly why?: string;
  readonly results: Readonly<Record<string, RolloutResult>>;
  /** Failures from before a person had it go on: they do not stop it again. */
  readonly forgiven?: number;
}

/** A fix that was made for a station of a rollout, as far as the rollout asks. */
export interface RolloutFix {
  readonly id: string;
  readonly station: string;
  readonly state: FixState;
  readonly why?: string | undefined;
}

/** What a rollout sees around it. */
export interface RolloutFacts {
  readonly now: number;
  /** Milliseconds that it may take. */
  readonly waitMs: number;
  /** The fix of this rollout that is not over; at most one. */
  readonly open?: RolloutFix | undefined;
  /** Fixes of this rollout that are over and of which no result is kept yet. */
  readonly ended: readonly RolloutFix[];
  /** Stations without a result that may be written to now, in the order of the rollout. */
  readonly idle: readonly string[];
}

/** The next thing that a rollout does. */
export type RolloutStep =
  | { readonly do: "note"; readonly station: string; readonly result: RolloutResult }
  | { readonly do: "begin"; readonly station: string }
  | { readonly do: "end"; readonly state: "done" | "expired" | "stopped"; readonly why: string }
  | { readonly do: "wait" };

/**
 * What a rollout does next: one station at a time, results first, never a further station after too many failures, and
 * never one that is not idle. A rollout that waits for its second person, or has stopped, only runs out; what a fix that was
 * under way came to is noted whatever the rollout is by then.
 */
export function nextOfRollout(rollout: Rollout, { now, waitMs, open, ended, idle }: RolloutFacts): RolloutStep {
  const [over] = ended;
  if (over) return { do: "note", station: over.station, result: resultOf(over) };
  if (open || ROLLOUT_OVER.includes(rollout.state)) return { do: "wait" };
  const left = rollout.stations.filter((station) => rollout.results[station] === undefined);
  if (rollout.state === "running" && left.length === 0) {
    return { do: "end", state: "done", why: summaryOf(rollout) };
  }
  const failures = failuresOf(rollout);
  if (rollout.state === "running" && failures >= rollout.stopAfter) {
    return {
      do: "end",
      state: "stopped",
      why: `${times(failures)} failed; ${left.length} stations are left as they are`,
    };
  }
  if (now - rollout.at >= waitMs) {
    const why = rollout.state === "waits"
      ? "nobody approved it in time"
      : `${left.length} stations are left: they were not idle in time, or nobody had it go on`;
    return { do: "end", state: "expired", why };
  }
  const [next] = idle;
  return rollout.state === "running" && next !== undefined ? { do: "begin", station: next } : { do: "wait" };
}

/** Failures that count: those since a person had it go on last. */
export function failuresOf({ results, forgiven = 0 }: Pick<Rollout, "forgiven" | "results">): number {
  return allFailuresOf(results) - forgiven;
}

/** Every failure, forgiven or not. */
export function allFailuresOf(results: Rollout["results"]): number {
  return Object.values(results).filter(({ outcome }) => outcome === "failed").length;
}

/**
 * What of a station people agreed to write: settings that drifted, with the very way, name and value that they saw.
 * "changed": the profile wants something else by now, and nobody agreed to that.
 */
export function itemsOfRollout(
  { profile, settings }: Pick<Rollout, "profile" | "settings">,
  now: { readonly profile?: Pick<GoldenProfile, "id"> | undefined; readonly findings: readonly GoldenFinding[] },
): { readonly settings: readonly string[] } | { readonly changed: string } {
  if (now.profile?.id !== profile) {
    return { changed: `the golden configuration of it is ${now.profile?.id ?? "none"} now, and not ${profile}` };
  }
  const drifted: string[] = [];
  for (const { id, ways } of settings) {
    const finding = now.findings.find(({ setting }) => setting === id);
    if (finding?.state !== "drifted") continue;
    const target = finding.way && ways[finding.way];
    if (target?.name !== finding.name || target?.value !== finding.wanted) {
      return { changed: `${id} is wanted otherwise than when people agreed` };
    }
    drifted.push(id);
  }
  return { settings: drifted };
}

/** How a rollout stands in one sentence. */
export function summaryOf({ stations, results }: Pick<Rollout, "results" | "stations">): string {
  const count = (outcome: RolloutOutcome) => stations.filter((station) => results[station]?.outcome === outcome).length;
  const parts = [
    `${count("done") + count("same")} of ${stations.length} stations are as wanted`,
    ...count("failed") > 0 ? [`${count("failed")} failed`] : [],
    ...count("left-out") > 0 ? [`${count("left-out")} left out`] : [],
  ];
  return parts.join(", ");
}

function resultOf({ id, state, why }: RolloutFix): RolloutResult {
  if (state === "done") return { outcome: "done", fix: id, why: why ?? "as wanted" };
  // called off by a person at this one station: that is no failure of the settings
  if (state === "cancelled") return { outcome: "left-out", fix: id, why: why ?? "called off" };
  return { outcome: "failed", fix: id, why: why ?? state };
}

const times = (count: number): string => count === 1 ? "1 station" : `${count} stations`;
