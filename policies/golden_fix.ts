import { type Decision, deny } from "./decision.ts";
import type { GoldenWay } from "./golden_types.ts";

/** What came of one setting of a fix. Without one it is still to be written. */
export type FixOutcome =
  /** It was so already. */
  | "same"
  /** Written, and read back as wanted. */
  | "applied"
  /** The station took it and has not been read since. */
  | "written"
  /** The station says that it counts after a restart. */
  | "restart"
  /** The station refused it; nothing was changed. */
  | "rejected"
  /** The gateway refused it before it was sent. */
  | "refused"
  /** The station said yes and has another value. */
  | "differs"
  /** It was sent and nobody knows. */
  | "unknown";

/** One setting that is to be written. */
export interface FixItem {
  readonly setting: string;
  readonly way: GoldenWay;
  readonly name: string;
  readonly value: string;
  /** What it had before it was written; absent: not read, or too long to be kept. */
  readonly before?: string;
  readonly outcome?: FixOutcome;
  /** One sentence. */
  readonly why?: string;
}

/** How a fix stands. "waits": for a second person; "approved": for its station to be idle. */
export type FixState = "approved" | "cancelled" | "done" | "expired" | "failed" | "restarting" | "waits" | "writing";

/** States in which nothing more will happen. */
export const FIX_OVER: readonly FixState[] = ["cancelled", "done", "expired", "failed"];

/** What a station says to ChangeConfiguration (OCPP 1.6 section 7.21) or to one variable of SetVariables (2.0.1 3.83). */
export function answerToWrite(status: unknown): Pick<FixItem, "outcome" | "why"> {
  switch (status) {
    case "Accepted":
      return { outcome: "written" };
    case "RebootRequired":
      return { outcome: "restart" };
    case "NotSupported":
    case "UnknownComponent":
    case "UnknownVariable":
    case "NotSupportedAttributeType":
      return { outcome: "rejected", why: "it has no such setting" };
    case "Rejected":
      return { outcome: "rejected", why: "it refused the value, or nobody may write it" };
    default:
      return { outcome: "unknown", why: `it answered with the status ${String(status).slice(0, 40)}` };
  }
}

/** Whether a person may approve a fix: never the own one (separation of duties), nor an account that nobody answers for. */
export function decideFixApproval(madeBy: string, by: string): Decision | undefined {
  if (by.toLowerCase() === madeBy.toLowerCase()) {
    return deny("golden.fix.own", `${by} asked for this fix and cannot approve it`, "Another person has to approve it");
  }
  if (by === "break-glass") {
    return deny("golden.fix.break-glass", "The break-glass account approves no fixes", "Nobody knows who uses it");
  }
  return undefined;
}

/** How a fix ends when nothing of it is open any more: done only when every setting is proven to be as wanted. */
export function endOfFix(items: readonly FixItem[]): { readonly state: "done" | "failed"; readonly why: string } {
  const bad = items.filter(({ outcome }) => outcome !== "applied" && outcome !== "same");
  if (bad.length === 0) return { state: "done", why: `${items.length} of ${items.length} settings are as wanted` };
  const named = bad.map(({ name, outcome, why }) => `${name}: ${why ?? outcome ?? "not written"}`).join("; ");
  return { state: "failed", why: `${items.length - bad.length} of ${items.length} settings are as wanted. ${named}` };
}

/** What puts back what a fix changed, in the reverse order; only what is known to have been written. */
export function undoOf(items: readonly FixItem[]): readonly FixItem[] {
  const changed = items.filter(({ outcome, before }) =>
    before !== undefined && (outcome === "applied" || outcome === "differs" || outcome === "unknown")
  );
  return changed.toReversed().map(({ setting, way, name, before }) => ({ setting, way, name, value: before! }));
}
