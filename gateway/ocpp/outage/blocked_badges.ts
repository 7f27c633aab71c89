import { Buffer } from "node:buffer";
import { plainAction } from "../../../policies/ocpp.ts";
import { badgeHash } from "../../core/badge_hash.ts";
import type { BlockedBadges } from "../../core/outage_api.ts";
import type { OcppVersion } from "../codec.ts";
import type { Answer } from "../effects.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import type { Judge } from "../session.ts";
import { badgeOf } from "./stand_in_answers.ts";

/** The rule by which an Authorize is answered Blocked, whatever the CSMS would say (EV-24, T2). */
export const BLOCKED_RULE = "badge.blocked";

/** The rule by which a CSMS's remote start for a blocked badge is answered Rejected (EV-24). */
export const BLOCKED_START_RULE = "badge.blocked-start";

const REMOTE_STARTS: ReadonlySet<string> = new Set(["RemoteStartTransaction", "RequestStartTransaction"]);

/**
 * Refuses blocked badges at every station of this Worker, with their CSMS and without. Only Authorize and remote starts are answered: a
 * transaction message always passes, also one that names a blocked badge (invariant 15).
 */
export function blockedBadgesPart({ context }: RelayPartTools): RelayPart {
  const blocked = new BlockList();
  /** The list was read once; afterwards control tells every change. */
  let reading: Promise<void> | undefined;
  const read = async () => blocked.take(await context.control.call("badges.blocked", {}));
  return {
    // A session opens only when the list is known: a restart must not open a gap (T2).
    ready: async () => {
      reading ??= read();
      try {
        await reading;
      } catch (error) {
        reading = undefined;
        throw error;
      }
    },
    handlers: {
      "badges.changed": (changed) => {
        blocked.take(changed);
        reading = Promise.resolve();
      },
    },
    judging: (judge, version) => withBlockedBadges(judge, version, blocked),
    takers: {
      [BLOCKED_RULE]: async (relay, _from, frame) => {
        const { stationId, csms, version } = relay.options;
        const badge = badgeOf(version, frame) ?? "";
        // Recorded first; refused also when it cannot be recorded.
        await context.control.call("badges.judge", { stationId, csms, badge, isJustApproved: false }).catch((error) => {
          context.log.warn("badges.answer.unrecorded", { station: stationId, msg: String(error) });
        });
        return answerBlocked(version);
      },
      [BLOCKED_START_RULE]: async (relay, _from, frame) => {
        const { stationId, csms, version } = relay.options;
        const badge = badgeOf(version, frame) ?? "";
        await context.control.call("badges.judge", { stationId, csms, badge, isJustApproved: false }).catch((error) => {
          context.log.warn("badges.answer.unrecorded", { station: stationId, msg: String(error) });
        });
        return { payload: { status: "Rejected" } };
      },
    },
  };
}

/** Blocked badges as keyed hashes. */
export class BlockList {
  #key = new Uint8Array();
  #hashes: ReadonlySet<string> = new Set();

  take({ key, hashes }: BlockedBadges): void {
    this.#key = new Uint8Array(Buffer.from(key, "base64"));
    this.#hashes = new Set(hashes);
  }

  has(badge: string): boolean {
    return this.#hashes.size > 0 && this.#hashes.has(badgeHash(badge, this.#key));
  }
}

/** A judge that takes what asks for a blocked badge; what the policy refuses stays refused. */
export function withBlockedBadges(judge: Judge, version: OcppVersion, blocked: Pick<BlockList, "has">): Judge {
  return {
    call: (from, frame, state) => {
      const verdict = judge.call(from, frame, state);
      if (!verdict.pass) return verdict;
      const action = plainAction(frame.action);
      const asks = from === "station" ? action === "Authorize" : REMOTE_STARTS.has(action);
      if (!asks) return verdict;
      const badge = badgeOf(version, frame);
      if (badge === undefined || !blocked.has(badge)) return verdict;
      return { pass: false, take: true, rule: from === "station" ? BLOCKED_RULE : BLOCKED_START_RULE };
    },
    result: (action, frame) => judge.result(action, frame),
  };
}

function answerBlocked(version: OcppVersion): Answer {
  const info = { status: "Blocked" };
  return { payload: version === "ocpp1.6" ? { idTagInfo: info } : { idTokenInfo: info } };
}
