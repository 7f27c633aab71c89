import type { ControlFeature } from "../../control/contract.ts";
import type { Timers } from "../../core/timers.ts";
import { describeError } from "../../core/errors.ts";
import type { Station } from "../config.ts";
import type { LedgerFeature } from "../ledger/feature.ts";
import type { LiveSessions } from "../live_sessions.ts";
import type { BadgeBook } from "../outage/badge_book.ts";
import type { BadgeFollower } from "../outage/feature.ts";
import { callStation, type StationCaller } from "../station_calls.ts";
import { BadgeGuard, type BadgeGuardParts } from "./badge_guard.ts";
import { cloneCommands } from "./clone_commands.ts";
import { BADGE_GUARD_LIMITS } from "./limits.ts";
import { offlineCommands } from "./offline_commands.ts";
import { OfflineSettings } from "./offline_settings.ts";

/** What the guard stands on. */
export interface BadgeGuardFeatureParts {
  readonly context: BadgeGuardParts["context"] & StationCaller["context"] & { readonly timers: Timers };
  readonly live: Pick<LiveSessions, "ofStation">;
  readonly stations: { all(): readonly Station[]; get(id: string): Station | undefined };
  readonly ledger: Pick<LedgerFeature, "onFacts" | "unsettled">;
  readonly outage: {
    readonly badges: Pick<BadgeBook, "hash" | "isBlockedHash" | "renewedBy">;
    follow(follower: BadgeFollower): void;
  };
  readonly pseudonym: BadgeGuardParts["pseudonym"];
}

/** Ends what blocked badges charge, notices copies, and looks at what stations allow by themselves (EV-24). */
export async function createBadgeGuardFeature(parts: BadgeGuardFeatureParts): Promise<ControlFeature> {
  const { context, live, stations, ledger, outage: { badges, follow } } = parts;
  const call: BadgeGuardParts["call"] = (stationId, action, payload, timeoutMs) =>
    callStation({ context, live }, { stationId, action, payload, timeoutMs });
  const guard = await BadgeGuard.open({
    ...{ context, call, pseudonym: parts.pseudonym },
    hash: (badge) => badges.hash(badge),
    isBlocked: (hash) => badges.isBlockedHash(hash, context.clock.now()),
    renewedBy: (hash) => badges.renewedBy(hash),
    placeOf: (id) => stations.get(id)?.unit ?? id,
    open: () => ledger.unsettled(),
  });
  const settings = await OfflineSettings.open({ context, call, protocol: (id) => live.ofStation(id)?.protocol });
  ledger.onFacts((facts) => guard.note(facts));
  follow({
    blocked: (some) => guard.blocked(some),
    shown: (stationId, badge) => guard.shown(stationId, badge),
    seenHashes: () => guard.uses.hashes(),
  });
  const cancel = context.timers.every(BADGE_GUARD_LIMITS.retryMs, () => {
    Promise.all([guard.look(), guard.uses.look()]).catch((error) => {
      context.log.warn("badges.stop.failed", { msg: describeError(error) });
    });
  });
  return {
    name: "badge-guard",
    commands: {
      ...cloneCommands(guard.uses),
      ...offlineCommands({
        ...{ context, settings },
        stations: () => stations.all().flatMap(({ id, ocpp }) => ocpp ? [id] : []),
        isConnected: (id) => live.ofStation(id) !== undefined,
      }),
    },
    stop: () => Promise.resolve(cancel()),
  };
}
