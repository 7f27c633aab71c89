import { decideFixApproval } from "../../../policies/golden_fix.ts";
import { allFailuresOf, type Rollout, type RolloutState, summaryOf } from "../../../policies/golden_rollout.ts";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { ControlContext } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import type { GoldenStanding } from "./golden_state.ts";
import { GOLDEN_LIMITS } from "./limits.ts";
import type { RolloutBook } from "./rollout_book.ts";

/** What a person asks for. */
export interface RolloutAsk {
  /** Settings by their id in the profile; absent: all that the gateway writes. */
  readonly settings?: readonly string[];
  /** Absent: all of the profile where one of the settings drifted, up to the limit. */
  readonly stations?: readonly string[];
  /** Failures after which it stops; 1 when absent. */
  readonly stopAfter?: number;
  readonly reason?: string;
}

/** What the desk works with. */
export interface RolloutDeskParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock">;
  readonly book: RolloutBook;
  readonly profiles: () => readonly GoldenProfile[];
  readonly standings: () => readonly GoldenStanding[];
  /** Calls off the fix of a rollout that nothing was written of yet. */
  readonly callOff: (rollout: string, who: string) => Promise<void>;
  readonly wake: () => void;
}

/** What persons do with rollouts: ask, approve, call off, have them go on. Nothing is sent from here. */
export class RolloutDesk {
  constructor(private readonly parts: RolloutDeskParts) {}

  /** Asks for one fix at every station of a profile where it drifted. @throws GatewayError POSTURE_REFUSED */
  async ask(profileId: string, ask: RolloutAsk, who: string): Promise<Rollout> {
    const { book, profiles, context } = this.parts, profile = profiles().find(({ id }) => id === profileId);
    if (!profile) {
      throw refused(`There is no golden configuration "${profileId}"`, `There are ${named(profiles())}`);
    }
    const settings = settingsOf(profile, ask.settings), ids = settings.map(({ id }) => id);
    const stations = this.#stationsOf(profile, ids, ask.stations);
    const stopAfter = ask.stopAfter ?? 1;
    if (!Number.isInteger(stopAfter) || stopAfter < 1 || stopAfter > GOLDEN_LIMITS.rolloutFailures) {
      throw refused(`It cannot stop after ${stopAfter} failures`, `1 to ${GOLDEN_LIMITS.rolloutFailures}`);
    }
    const now = context.clock.now();
    const rollout = await book.add({
      ...{ profile: profile.id, settings, stations, stopAfter, results: {} },
      ...{ madeBy: who, madeAt: now, at: now, state: "waits" },
      ...ask.reason ? { reason: ask.reason } : {},
    });
    await this.#record("posture.rollout.asked", rollout, who);
    return rollout;
  }

  /** Another person agrees to all of it. @throws GatewayError POSTURE_REFUSED */
  async approve(id: string, who: string): Promise<Rollout> {
    return await this.#decide(id, ["waits"], who, "posture.rollout.approved", (is) => ({
      ...is,
      state: "running",
      approvedBy: who,
    }));
  }

  /** Has one that stopped go on; its failures until now count no more. @throws GatewayError POSTURE_REFUSED */
  async resume(id: string, who: string): Promise<Rollout> {
    const rollout = await this.#decide(id, ["stopped"], who, "posture.rollout.resumed", ({ why: _, ...is }) => ({
      ...is,
      state: "running",
      forgiven: allFailuresOf(is.results),
    }));
    await this.parts.context.alarms.clear("posture.rollout.stopped", id);
    return rollout;
  }

  /** Calls it off; a station that is being written to comes to its own end. @throws GatewayError POSTURE_REFUSED */
  async cancel(id: string, who: string): Promise<Rollout> {
    const at = this.parts.context.clock.now();
    const cancelled = await this.parts.book.change(id, async (is) => {
      if (!CANCELLABLE.includes(is.state)) return undefined;
      const changed: Rollout = { ...is, state: "cancelled", at, why: `by ${who}; ${summaryOf(is)}` };
      await this.#record("posture.rollout.cancelled", changed, who);
      return changed;
    });
    if (!cancelled) throw this.#otherState(id);
    await this.parts.callOff(id, who);
    await this.parts.context.alarms.clear("posture.rollout.stopped", id);
    return cancelled;
  }

  async #decide(
    id: string,
    from: readonly RolloutState[],
    who: string,
    event: string,
    to: (rollout: Rollout) => Rollout,
  ): Promise<Rollout> {
    const { book, context, wake } = this.parts;
    const decided = await book.change(id, async (is) => {
      if (!from.includes(is.state)) return undefined;
      const refusal = decideFixApproval(is.madeBy, who);
      if (refusal?.effect === "deny") {
        await context.audit.record({
          ...{ event: "posture.golden.refused", class: "security", who, outcome: "refused", rule: refusal.rule },
          detail: { rollout: id },
        });
        throw refused(`${refusal.reason} (${refusal.rule})`, refusal.hint ?? "");
      }
      const changed = { ...to(is), at: context.clock.now() };
      await this.#record(event, changed, who);
      return changed;
    });
    if (!decided) throw this.#otherState(id);
    wake();
    return decided;
  }

  #stationsOf({ id, title }: GoldenProfile, settings: readonly string[], wanted?: readonly string[]): string[] {
    const own = this.parts.standings().filter(({ profile }) => profile?.id === id);
    const strange = wanted?.find((station) => !own.some((one) => one.station === station));
    if (strange !== undefined) {
      throw refused(`"${strange}" is no station that ${id} is about`, "`posture golden` shows which are");
    }
    const drifted = own.filter(({ station, findings }) =>
      (wanted?.includes(station) ?? true) &&
      findings.some(({ setting, state }) => state === "drifted" && settings.includes(setting))
    ).map(({ station }) => station);
    if (drifted.length === 0) throw refused(`Nothing of ${id} (${title}) drifted there`, "`posture golden` shows all");
    if (wanted && wanted.length > GOLDEN_LIMITS.rolloutStations) {
      throw refused(`${wanted.length} stations are too many for one`, `At most ${GOLDEN_LIMITS.rolloutStations}`);
    }
    return drifted.slice(0, GOLDEN_LIMITS.rolloutStations);
  }

  #otherState(id: string): GatewayError {
    const rollout = this.parts.book.get(id);
    if (!rollout) return refused(`There is no rollout "${id}"`, "`posture rollout` shows all");
    return refused(`${id} is ${rollout.state} already`, "`posture rollout` shows how it stands");
  }

  async #record(event: string, { id, profile, settings, stations, reason }: Rollout, who: string): Promise<void> {
    await this.parts.context.audit.record({
      ...{ event, class: "security", who, outcome: "ok" },
      detail: {
        ...{
          rollout: id,
          profile,
          settings: settings.map((one) => one.id).join(" ").slice(0, GOLDEN_LIMITS.auditChars),
        },
        stations: stations.join(" ").slice(0, GOLDEN_LIMITS.auditChars),
        count: stations.length,
        ...reason === undefined ? {} : { reason },
      },
    });
  }
}

const CANCELLABLE: readonly RolloutState[] = ["running", "stopped", "waits"];

/** The settings that are asked for, as the profile has them now: people agree to these values and no others. */
function settingsOf({ id, settings }: GoldenProfile, wanted: readonly string[] | undefined): Rollout["settings"] {
  const unknown = wanted?.find((one) => !settings.some((setting) => setting.id === one));
  if (unknown !== undefined) {
    throw refused(`The profile ${id} has no setting "${unknown}"`, `It has ${named(settings)}`);
  }
  const byHand = settings.find((one) => one.fixedBy === "people" && wanted?.includes(one.id));
  if (byHand) {
    throw refused(
      `The gateway does not write "${byHand.id}": the site may need it otherwise`,
      "Change it at the stations, where the operator agrees",
    );
  }
  const own = settings.filter((one) => one.fixedBy === "gateway" && (wanted?.includes(one.id) ?? true));
  return own.map(({ id: setting, ways }) => ({ id: setting, ways }));
}

const named = (all: readonly { readonly id: string }[]): string => all.map(({ id }) => id).join(", ");
const refused = (what: string, hint: string): GatewayError => new GatewayError("POSTURE_REFUSED", what, { hint });
