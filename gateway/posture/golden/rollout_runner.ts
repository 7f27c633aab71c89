import { FIX_OVER } from "../../../policies/golden_fix.ts";
import {
  itemsOfRollout,
  nextOfRollout,
  type Rollout,
  type RolloutFacts,
  type RolloutResult,
  type RolloutStep,
} from "../../../policies/golden_rollout.ts";
import type { ControlContext } from "../../control/contract.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { FixBook } from "./fix_book.ts";
import type { FixDesk } from "./fix_desk.ts";
import type { GoldenStanding } from "./golden_state.ts";
import { GOLDEN_LIMITS } from "./limits.ts";
import type { RolloutBook } from "./rollout_book.ts";

/** What the runner works with. */
export interface RolloutRunnerParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log">;
  readonly book: RolloutBook;
  readonly fixes: Pick<FixBook, "all" | "openOf" | "takeBack">;
  readonly desk: Pick<FixDesk, "begin">;
  readonly standing: (station: string) => GoldenStanding | undefined;
  /** Has a station read anew. */
  readonly reread: (station: string) => Promise<void>;
  /** Why it must not be changed now: it is away, charges, or something updates it. */
  readonly whyNotNow: (station: string) => Promise<string | undefined>;
}

/** What one step came to. "begun": a fix is to be written first; "again": the next step may follow at once. */
type Done = "again" | "begun" | "rest";

/**
 * Takes rollouts on, each one station at a time: a fix is made for an idle station, and the next one only when that fix is
 * over. What came of a station is read from its fix, so that a crash at any point repeats nothing.
 */
export class RolloutRunner {
  constructor(private readonly parts: RolloutRunnerParts) {}

  /** One look at every rollout. @returns whether a station was begun or noted: then there may be more to do at once */
  async look(): Promise<boolean> {
    let isMoved = false;
    for (const { id } of this.parts.book.all()) {
      try {
        let done: Done;
        do {
          done = await this.#step(id);
          isMoved ||= done !== "rest";
        } while (done === "again");
      } catch (error) {
        this.parts.context.log.warn("posture.rollout.failed", { rollout: id, msg: describeError(error) });
      }
    }
    return isMoved;
  }

  async #step(id: string): Promise<Done> {
    const rollout = this.parts.book.get(id);
    if (!rollout) return "rest";
    const step = nextOfRollout(rollout, await this.#factsOf(rollout));
    switch (step.do) {
      case "wait":
        return "rest";
      case "note":
        await this.#note(id, step.station, step.result);
        return "again";
      case "begin":
        return await this.#begin(rollout, step.station);
      case "end":
        await this.#end(rollout, step);
        return "rest";
    }
  }

  async #factsOf(rollout: Rollout): Promise<RolloutFacts> {
    const own = this.parts.fixes.all().filter((fix) => fix.rollout === rollout.id);
    const ended = own.filter(({ state, station }) =>
      FIX_OVER.includes(state) && rollout.results[station] === undefined && rollout.stations.includes(station)
    );
    let open = own.find(({ state }) => !FIX_OVER.includes(state));
    if (open?.state === "approved" && this.#now - open.at >= GOLDEN_LIMITS.rolloutTurnMs) {
      await this.parts.fixes.takeBack(open.id); // it was idle, and is not any more: the others go first
      open = own.find(({ id, state }) => id !== open?.id && !FIX_OVER.includes(state));
    }
    const isFree = rollout.state === "running" && !open && ended.length === 0;
    const idle = isFree ? await this.#firstIdle(rollout) : undefined;
    return {
      ...{ now: this.#now, waitMs: GOLDEN_LIMITS.waitMs, ended },
      idle: idle === undefined ? [] : [idle],
      ...open ? { open } : {},
    };
  }

  async #firstIdle({ stations, results }: Rollout): Promise<string | undefined> {
    for (const station of stations) {
      if (results[station] !== undefined || this.parts.fixes.openOf(station)) continue;
      if (await this.parts.whyNotNow(station) === undefined) return station;
    }
    return undefined;
  }

  /** What it has is read anew first: the last look may be a day old. */
  async #begin(rollout: Rollout, station: string): Promise<Done> {
    await this.parts.reread(station);
    const standing = this.parts.standing(station);
    if (!standing) return "rest"; // it has left meanwhile: the next look forgets it
    const items = itemsOfRollout(rollout, standing);
    if ("changed" in items) {
      await this.#note(rollout.id, station, { outcome: "left-out", why: items.changed });
      return "again";
    }
    if (items.settings.length === 0) {
      await this.#note(rollout.id, station, sameOrUnread(rollout, standing));
      return "again";
    }
    // called off while it was read: nothing is begun any more
    if (this.parts.book.get(rollout.id)?.state !== "running") return "rest";
    const { id, madeBy, approvedBy = madeBy } = rollout;
    try {
      const fix = await this.parts.desk.begin(standing, items.settings, { rollout: id, madeBy, approvedBy });
      this.parts.context.log.info("posture.rollout.begun", { rollout: id, station, fix: fix.id });
      return "begun";
    } catch (error) {
      if (!(error instanceof GatewayError) || this.parts.fixes.openOf(station)) throw error;
      await this.#note(id, station, { outcome: "failed", why: error.message });
      return "again";
    }
  }

  get #now(): number {
    return this.parts.context.clock.now();
  }

  async #note(id: string, station: string, result: RolloutResult): Promise<void> {
    const why = result.why.slice(0, GOLDEN_LIMITS.resultChars);
    await this.parts.book.change(id, (is) => ({ ...is, results: { ...is.results, [station]: { ...result, why } } }));
  }

  async #end({ id, state: from }: Rollout, { state, why }: Extract<RolloutStep, { do: "end" }>): Promise<void> {
    const { alarms, audit } = this.parts.context;
    const ended = await this.parts.book.change(
      id,
      (is) => is.state === from ? { ...is, state, why, at: this.#now } : undefined,
    );
    if (!ended) return; // a person decided otherwise meanwhile
    const isWell = state === "done" && !Object.values(ended.results).some(({ outcome }) => outcome === "failed");
    const event = state === "stopped" ? "posture.rollout.stopped" : "posture.rollout.ended";
    await audit.record({
      ...{ event, class: "security", who: "gateway", outcome: isWell ? "ok" : "failed" },
      detail: { rollout: id, profile: ended.profile, state, why },
    });
    if (state === "stopped") await alarms.raise({ kind: "posture.rollout.stopped", subject: id, detail: why });
    else await alarms.clear("posture.rollout.stopped", id);
  }
}

/** Nothing of it drifted: either all is as wanted, or nobody could read it, which proves nothing. */
function sameOrUnread({ settings }: Rollout, { findings }: GoldenStanding): RolloutResult {
  const own = findings.filter(({ setting }) => settings.some(({ id }) => id === setting));
  const unread = own.find(({ state }) => state === "unknown");
  if (unread) return { outcome: "left-out", why: `${unread.setting} could not be read: ${unread.why}` };
  return { outcome: "same", why: "nothing of it drifted any more" };
}
