import { decideOfflineBadge, type OfflineMode } from "../../../policies/offline_authorisation.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { BadgeAnswer, BadgeQuestion, ListedBadges } from "../../core/outage_api.ts";
import type { BadgeBook } from "./badge_book.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** What the judge works with. */
export interface BadgeJudgeParts {
  readonly context: ControlContext;
  readonly book: BadgeBook;
}

/** The mode that holds for the stations of a CSMS. */
export function modeOf({ site }: Pick<ControlContext, "site">, csms: string): OfflineMode {
  return site.ocpp?.csms.find(({ id }) => id === csms)?.offlineAuthorisation ?? "csms-only";
}

/** Answers a station about a badge in the place of its CSMS. The record is stored before the answer (idea 4). */
export async function judgeBadge(parts: BadgeJudgeParts, question: BadgeQuestion): Promise<BadgeAnswer> {
  const { context, book } = parts, { clock, audit, metrics } = context;
  const { stationId, csms, badge, isJustApproved, ordered } = question;
  if (ordered !== undefined) return await refuseOrder(parts, question, ordered);
  const mode = modeOf(context, csms), now = clock.now();
  const known = await book.cached(badge);
  const isFresh = known && (known.expiresAt !== undefined || now - known.at < BADGE_LIMITS.cachedDays * 86_400_000);
  const local = book.entry("listed", badge);
  const decision = decideOfflineBadge({
    mode,
    now,
    isJustApproved,
    isBlocked: book.isBlocked(badge, now),
    ...known && isFresh ? { cached: known } : {},
    ...local ? { local } : {},
  });
  await audit.record({
    event: "badge.answer.given",
    class: "charging",
    who: stationId,
    target: stationId,
    outcome: decision.effect === "allow" ? "ok" : "refused",
    rule: decision.rule,
    detail: { badge, mode, status: decision.status },
  });
  metrics.count("bulkhead_badge_answers_total", { mode, status: decision.status });
  const { status, rule } = decision;
  return { status, rule, ...known && rule === "badge.cache-accepted" ? { info: known.info } : {} };
}

/** A CSMS that orders a start for a blocked badge is told Rejected: the Worker has decided so, here it is recorded. */
async function refuseOrder(
  { context: { audit } }: BadgeJudgeParts,
  { stationId, csms, badge }: BadgeQuestion,
  action: string,
): Promise<BadgeAnswer> {
  await audit.record({
    event: "badge.order.refused",
    class: "security",
    who: csms,
    target: stationId,
    outcome: "refused",
    rule: "badge.blocked-start",
    detail: { badge, action },
  });
  return { status: "Blocked", rule: "badge.blocked-start" };
}

/** A CSMS gave a station a list that lets blocked badges charge. It passed: its version is the CSMS's own. */
export async function noteListed(
  { audit, alarms }: Pick<ControlContext, "alarms" | "audit">,
  { stationId, csms, badges, count = badges.length }: ListedBadges,
): Promise<void> {
  await Promise.all(badges.map((badge) =>
    audit.record({
      ...{ event: "badge.list.named", class: "security", who: csms, target: stationId, outcome: "ok" },
      detail: { badge },
    })
  ));
  const detail =
    `CSMS ${csms} put ${count} blocked badges on its local list: it may start them by itself when it is cut off`;
  await alarms.raise({ kind: "badge.on-local-list", subject: stationId, detail });
}
