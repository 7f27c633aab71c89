import { Buffer } from "node:buffer";
import { badgeHash } from "../../core/badge_hash.ts";
import type { BlockedBadges } from "../../core/outage_api.ts";
import { plainAction } from "../../../policies/plain_action.ts";
import type { OcppFrame, OcppVersion } from "../codec.ts";
import type { Answer } from "../effects.ts";
import type { Relay } from "../relay.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import type { Judge } from "../session.ts";
import { badgeAsked, badgesPutOnList, isStartOrder } from "./badge_readers.ts";
import { ListWatch } from "./list_watch.ts";

/** The rule by which an Authorize is answered Blocked, whatever the CSMS would say (EV-24, T2). */
export const BLOCKED_RULE = "badge.blocked";

/** The rule by which a CSMS's order to start or reserve for a blocked badge is answered Rejected (EV-24). */
export const BLOCKED_START_RULE = "badge.blocked-start";

/**
 * Refuses blocked badges at every station of this Worker, with their CSMS and without. Only Authorize and orders to start
 * or reserve are answered: a transaction message always passes, also one that names a blocked badge (invariant 15), and so
 * does the CSMS's list of local badges, whose version is the CSMS's own; that it names a blocked badge is told to control.
 */
export function blockedBadgesPart({ context }: RelayPartTools): RelayPart {
  const blocked = new BlockList();
  /** The list was read once; afterwards control tells every change. */
  let reading: Promise<void> | undefined;
  const read = async () => blocked.take(await context.control.call("badges.blocked", {}));
  const lists = new ListWatch(context);
  /** Recorded first; refused also when it cannot be recorded. */
  const refused = async (relay: Relay, frame: OcppFrame, ordered?: string) => {
    const { stationId, csms, version } = relay.options;
    const badge = badgeAsked(version, frame) ?? "";
    const question = { stationId, csms, badge, isJustApproved: false, ...ordered === undefined ? {} : { ordered } };
    await context.control.call("badges.judge", question).catch((error) => {
      context.log.warn("badges.answer.unrecorded", { station: stationId, msg: String(error) });
    });
  };
  return {
    observer: {
      name: "badge-lists",
      actions: ["SendLocalList"],
      isIdle: () => blocked.size === 0,
      message: (relay, { from, kind, frame }) => {
        if (from !== "csms" || kind !== "call") return;
        const { stationId, csms, version } = relay.options;
        const named = badgesPutOnList(version, frame).filter((badge) => blocked.has(badge));
        if (named.length > 0) lists.note({ stationId, csms, badges: named });
      },
    },
    tick: () => void lists.send(),
    drain: () => lists.send(),
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
        await refused(relay, frame);
        return answerBlocked(relay.options.version);
      },
      [BLOCKED_START_RULE]: async (relay, _from, frame) => {
        await refused(relay, frame, plainAction(frame.action));
        return { payload: { status: "Rejected" } };
      },
    },
  };
}

/** Blocked badges as keyed hashes. */
export class BlockList {
  #key = new Uint8Array();
  #hashes: ReadonlySet<string> = new Set();

  get size(): number {
    return this.#hashes.size;
  }

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
      const asks = from === "station" ? plainAction(frame.action) === "Authorize" : isStartOrder(frame.action);
      if (!asks) return verdict;
      const badge = badgeAsked(version, frame);
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
