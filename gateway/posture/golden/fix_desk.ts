import { refuseGolden } from "../../../policies/golden.ts";
import { decideFixApproval, FIX_OVER, type FixItem, undoOf } from "../../../policies/golden_fix.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { Decision } from "../../../policies/decision.ts";
import { GatewayError } from "../../core/errors.ts";
import type { FixBook, FixRecord } from "./fix_book.ts";
import { GOLDEN_TABLES } from "./golden_files.ts";
import type { GoldenStanding } from "./golden_state.ts";

/** What a person asks for. */
export interface FixAsk {
  /** Settings by their id in the profile; absent: all that drifted and that the gateway may write. */
  readonly settings?: readonly string[];
  readonly reason?: string;
}

/** What persons do with fixes: ask, approve, cancel, take back. Nothing is sent from here. */
export class FixDesk {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: Pick<ControlContext, "audit" | "clock">,
    private readonly book: FixBook,
    private readonly wake: () => void,
  ) {}

  /** Asks for a fix of what drifted. @throws GatewayError POSTURE_REFUSED */
  ask(standing: GoldenStanding, { settings, reason }: FixAsk, who: string): Promise<FixRecord> {
    return this.#alone(async () => {
      const { station, profile, findings } = standing;
      if (!profile) {
        throw refused(`No golden configuration is about ${station}`, "`posture golden` shows which there are");
      }
      const unknown = settings?.find((id) => !profile.settings.some((one) => one.id === id));
      if (unknown !== undefined) {
        const hint = `It has ${profile.settings.map(({ id }) => id).join(", ")}`;
        throw refused(`The profile ${profile.id} has no setting "${unknown}"`, hint);
      }
      const byHand = settings?.find((id) => profile.settings.some((one) => one.id === id && one.fixedBy === "people"));
      if (byHand !== undefined) {
        const hint = "Change it at the station, where the operator agrees";
        throw refused(`The gateway does not write "${byHand}": the site may need it otherwise`, hint);
      }
      const own = settings ?? profile.settings.flatMap(({ id, fixedBy }) => fixedBy === "gateway" ? [id] : []);
      const items = itemsOf(findings, own);
      return await this.#add({ station, profile: profile.id, items, ...reason ? { reason } : {} }, who);
    });
  }

  /** Makes the fix of one station of a rollout: two persons agreed to it already. @throws GatewayError POSTURE_REFUSED */
  begin(
    { station, profile, findings }: GoldenStanding,
    settings: readonly string[],
    { rollout, madeBy, approvedBy }: Required<Pick<FixRecord, "approvedBy" | "madeBy" | "rollout">>,
  ): Promise<FixRecord> {
    return this.#alone(() => {
      const items = itemsOf(findings, settings);
      return this.#add({ station, profile: profile!.id, items, rollout, approvedBy, state: "approved" }, madeBy);
    });
  }

  /** Asks for what puts back what a fix changed. @throws GatewayError POSTURE_REFUSED */
  undo(id: string, who: string): Promise<FixRecord> {
    return this.#alone(async () => {
      const fix = this.book.get(id);
      if (!fix) throw this.#otherState(id);
      if (!FIX_OVER.includes(fix.state)) {
        throw refused(`${id} is not over: it is ${fix.state}`, `\`posture golden cancel ${id}\` calls it off`);
      }
      const items = undoOf(fix.items);
      return await this.#add({ station: fix.station, profile: fix.profile, items, undoes: id }, who);
    });
  }

  /** Another person agrees: it is carried out when its station is idle. @throws GatewayError POSTURE_REFUSED */
  async approve(id: string, who: string): Promise<FixRecord> {
    const approved = await this.book.change(id, ["waits"], async (fix) => {
      const refusal = decideFixApproval(fix.madeBy, who);
      if (refusal?.effect === "deny") throw await this.#refuse(fix, refusal, who);
      const changed = { ...fix, state: "approved", approvedBy: who, at: this.context.clock.now() } as const;
      await this.#record("posture.golden.approved", changed, who);
      return changed;
    });
    if (!approved) throw this.#otherState(id);
    this.wake();
    return approved;
  }

  /** Calls it off while nothing was written. @throws GatewayError POSTURE_REFUSED */
  async cancel(id: string, who: string): Promise<FixRecord> {
    const cancelled = await this.book.change(id, ["waits", "approved"], async (fix) => {
      const changed = { ...fix, state: "cancelled", why: `by ${who}`, at: this.context.clock.now() } as const;
      await this.#record("posture.golden.cancelled", changed, who);
      return changed;
    });
    if (!cancelled) throw this.#otherState(id);
    return cancelled;
  }

  async #add(
    fix: Pick<FixRecord, "approvedBy" | "items" | "profile" | "reason" | "rollout" | "station" | "undoes"> & {
      readonly state?: "approved";
    },
    who: string,
  ): Promise<FixRecord> {
    const { station, items } = fix, open = this.book.openOf(station);
    if (items.length === 0) {
      throw refused(`There is nothing to write at ${station}`, `\`posture golden ${station}\` shows why`);
    }
    if (open) throw refused(`${open.id} is open for ${station}`, "Wait for its end, or cancel it");
    for (const item of items) {
      const refusal = refuseGolden(item.way, item, GOLDEN_TABLES);
      if (refusal?.effect === "deny") throw refused(`${refusal.reason} (${refusal.rule})`, refusal.hint ?? "");
    }
    const now = this.context.clock.now();
    const added = await this.book.add({ state: "waits", ...fix, madeBy: who, madeAt: now, at: now });
    await this.#record(
      fix.approvedBy ? "posture.golden.approved" : "posture.golden.asked",
      added,
      fix.approvedBy ?? who,
    );
    return added;
  }

  #otherState(id: string): GatewayError {
    const fix = this.book.get(id);
    if (!fix) return refused(`There is no fix "${id}"`, "`posture golden fixes` shows all");
    return refused(`${id} is ${fix.state} already`, "`posture golden fixes` shows how it stands");
  }

  async #refuse(fix: FixRecord, { rule, reason, hint }: Extract<Decision, { effect: "deny" }>, who: string) {
    const { id, station } = fix;
    await this.context.audit.record({
      ...{ event: "posture.golden.refused", class: "security", who, target: station, outcome: "refused", rule },
      detail: { fix: id },
    });
    return refused(`${reason} (${rule})`, hint ?? "");
  }

  async #record(event: string, { id, station, items, reason, rollout, undoes }: FixRecord, who: string): Promise<void> {
    await this.context.audit.record({
      ...{ event, class: "security", who, target: station, outcome: "ok" },
      detail: {
        ...{ fix: id, settings: items.map(({ name, value }) => `${name}=${value}`).join("; ").slice(0, 1_000) },
        ...reason === undefined ? {} : { reason },
        ...rollout === undefined ? {} : { rollout },
        ...undoes === undefined ? {} : { undoes },
      },
    });
  }

  /** One after the other: two approvals at the same time are one. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return await done;
  }
}

/** What drifted of these settings, as it is written. */
function itemsOf(findings: GoldenStanding["findings"], settings: readonly string[]): FixItem[] {
  return findings.flatMap(({ setting, state, way, name, wanted }) =>
    state === "drifted" && settings.includes(setting) ? [{ setting, way: way!, name: name!, value: wanted! }] : []
  );
}

const refused = (what: string, hint: string): GatewayError => new GatewayError("POSTURE_REFUSED", what, { hint });
