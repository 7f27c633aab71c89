import type { ControlFeature } from "../../control/contract.ts";
import type { Timers } from "../../core/timers.ts";
import { describeError } from "../../core/errors.ts";
import type { LedgerFeature } from "../ledger/feature.ts";
import type { BadgeBook } from "../outage/badge_book.ts";
import { callStation, type StationCaller } from "../station_calls.ts";
import { BadgeGuard, type BadgeGuardParts } from "./badge_guard.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";

/** What the guard stands on. */
export interface BadgeGuardFeatureParts {
  readonly context: BadgeGuardParts["context"] & StationCaller["context"] & { readonly timers: Timers };
  readonly live: StationCaller["live"];
  readonly ledger: Pick<LedgerFeature, "onFacts" | "unsettled">;
  readonly outage: {
    readonly badges: Pick<BadgeBook, "hash" | "isBlocked">;
    onBlocked(listener: (badge: string) => Promise<readonly string[]>): void;
  };
  readonly pseudonym: BadgeGuardParts["pseudonym"];
}

/** Ends what blocked badges charge, and notices a badge at two stations (EV-24). */
export async function createBadgeGuardFeature(parts: BadgeGuardFeatureParts): Promise<ControlFeature> {
  const { context, live, ledger, outage: { badges, onBlocked } } = parts;
  const guard = await BadgeGuard.open({
    context,
    hash: (badge) => badges.hash(badge),
    isBlocked: (badge) => badges.isBlocked(badge, context.clock.now()),
    open: () => ledger.unsettled(),
    pseudonym: parts.pseudonym,
    call: (stationId, action, payload, timeoutMs) =>
      callStation({ context, live }, { stationId, action, payload, timeoutMs }),
  });
  ledger.onFacts((facts) => guard.note(facts));
  onBlocked((badge) => guard.blocked(badge));
  const cancel = context.timers.every(BADGE_GUARD_LIMITS.retryMs, () => {
    guard.look().catch((error) => context.log.warn("badges.stop.failed", { msg: describeError(error) }));
  });
  return { name: "badge-guard", stop: () => Promise.resolve(cancel()) };
}
