import { endOfFix, type FixItem, type FixState } from "../../../policies/golden_fix.ts";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { ControlContext } from "../../control/contract.ts";
import { describeError } from "../../core/errors.ts";
import type { FixBook, FixRecord } from "./fix_book.ts";
import {
  compareItems,
  type CutOff,
  noteBefore,
  readItems,
  writeByDriver,
  writeByOcpp,
  type WriteWays,
} from "./fix_writer.ts";
import { GOLDEN_LIMITS } from "./limits.ts";

/** A station, as far as fixing goes. */
export interface FixStation extends WriteWays {
  /** Since when it is connected, wall milliseconds; absent: it is not. */
  readonly connectedSince?: number | undefined;
}

/** What the runner works with. */
export interface FixRunnerParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "log">;
  readonly book: FixBook;
  readonly profiles: () => readonly GoldenProfile[];
  /** undefined: it is no station of the site any more. */
  readonly station: (id: string) => FixStation | undefined;
  /** Why it must not be changed now: it charges, a campaign updates it, nobody knows. */
  readonly whyNotNow: (id: string) => Promise<string | undefined>;
  /** Something of it was changed: it is read anew. */
  readonly onChanged: (id: string) => Promise<void>;
}

/**
 * Carries approved fixes out, one after the other, each when its station is idle. What a step found is stored before the
 * next one, so that a crash repeats at most one write, of the same value.
 */
export class FixRunner {
  constructor(private readonly parts: FixRunnerParts) {}

  /** Looks at all that waits. One look at a time: OneLook. */
  async look(): Promise<void> {
    for (const { id } of this.parts.book.all()) {
      try {
        await this.#lookAt(id);
      } catch (error) {
        this.parts.context.log.warn("posture.fix.failed", { fix: id, msg: describeError(error) });
      }
    }
  }

  async #lookAt(id: string): Promise<void> {
    const fix = this.parts.book.get(id);
    if (!fix) return;
    if (fix.state === "waits" || fix.state === "approved") {
      if (this.#now - fix.at >= GOLDEN_LIMITS.waitMs) return await this.#expire(fix);
      if (fix.state === "approved") await this.#begin(fix);
    } else if (fix.state === "writing") await this.#begin(fix); // a crash, or a station that went away
    else if (fix.state === "restarting") await this.#afterRestart(fix);
  }

  async #begin(fix: FixRecord): Promise<void> {
    const station = this.parts.station(fix.station);
    if (!station) return void await this.#end(fix, { state: "failed", why: "the station is gone" });
    const wantsLine = fix.items.some(({ way, outcome }) => way !== "driver" && outcome === undefined);
    const why = wantsLine && !station.line ? "it is not connected" : await this.parts.whyNotNow(fix.station);
    if (why !== undefined) return await this.#wait(fix, why);
    const begun = fix.state === "writing" ? fix : await this.#start(fix);
    if (!begun) return; // it was called off meanwhile
    const done = await this.#write(begun, station);
    if ("cutOff" in done) return await this.#cutOff(this.parts.book.get(fix.id) ?? fix, done.cutOff);
    await this.#settle(done, station);
  }

  /** Writes what is still to be written; each outcome is stored at once. */
  async #write(fix: FixRecord, station: FixStation): Promise<FixRecord | CutOff> {
    const profile = this.#profileOf(fix), now = () => this.#now;
    const open = fix.items.filter(({ outcome }) => outcome === undefined);
    const read = await readItems(open, station, now);
    const noted = noteBefore(open, read, profile);
    let current = await this.#put(fix, noted);
    for (const item of noted.filter(({ way, outcome }) => way !== "driver" && outcome === undefined)) {
      const written = await writeByOcpp(item, station);
      if ("cutOff" in written) return written;
      current = await this.#put(current, [written]);
    }
    const driven = noted.filter(({ way, outcome }) => way === "driver" && outcome === undefined);
    if (driven.length > 0) {
      const written = await writeByDriver(driven, station);
      if ("cutOff" in written) return written;
      current = await this.#put(current, written);
    }
    return current;
  }

  /** Reads back what was taken; restarts the station when it says that it needs that. */
  async #settle(fix: FixRecord, station: FixStation): Promise<void> {
    const taken = fix.items.filter(({ outcome }) => outcome === "written");
    let current = fix;
    if (taken.length > 0) current = await this.#compare(fix, taken, station);
    if (!current.items.some(({ outcome }) => outcome === "restart")) return await this.#finish(current);
    const is16 = station.line?.protocol === "ocpp1.6";
    const restarting = await this.#move(current, "restarting");
    const answer = await station.line?.ask("Reset", { type: is16 ? "Soft" : "OnIdle" });
    const status = answer && "result" in answer ? (answer.result as { status?: unknown } | null)?.status : undefined;
    await this.#audit("posture.golden.restarted", restarting, status === undefined ? "failed" : "ok");
    if (status !== "Rejected") return; // it restarts, or nobody knows: its next connection tells
    const own = restarting.items.filter(({ outcome }) => outcome === "restart");
    await this.#finish(await this.#compare(restarting, own, station, "it counts after its next restart"));
  }

  async #afterRestart(fix: FixRecord): Promise<void> {
    const station = this.parts.station(fix.station);
    if (station?.line && (station.connectedSince ?? 0) > fix.at) {
      const own = fix.items.filter(({ outcome }) => outcome === "restart");
      return await this.#finish(await this.#compare(fix, own, station));
    }
    if (this.#now - fix.at < GOLDEN_LIMITS.restartMs) return;
    const items = fix.items.map((item): FixItem =>
      item.outcome === "restart" ? { ...item, outcome: "unknown", why: "it did not come back after its restart" } : item
    );
    await this.#finish({ ...fix, items });
  }

  async #compare(fix: FixRecord, items: readonly FixItem[], station: FixStation, suffix?: string): Promise<FixRecord> {
    const read = await readItems(items, station, () => this.#now);
    const compared = compareItems(items, read, this.#profileOf(fix));
    return await this.#put(
      fix,
      compared.map((item) =>
        suffix !== undefined && item.outcome === "differs" ? { ...item, outcome: "unknown", why: suffix } : item
      ),
    );
  }

  /** A station that leaves in the middle is written to again when it is back, so many times. */
  async #cutOff(fix: FixRecord, why: string): Promise<void> {
    const tries = (fix.tries ?? 0) + 1;
    if (tries < GOLDEN_LIMITS.tries) return void await this.parts.book.put({ ...fix, tries, why });
    const items = fix.items.map((item): FixItem =>
      item.outcome === undefined || item.outcome === "written" ? { ...item, outcome: "unknown", why } : item
    );
    await this.#finish({ ...fix, items, tries });
  }

  async #finish(fix: FixRecord): Promise<void> {
    await this.#end(fix, endOfFix(fix.items));
    await this.parts.onChanged(fix.station);
  }

  async #expire(fix: FixRecord): Promise<void> {
    const days = Math.round(GOLDEN_LIMITS.waitMs / 86_400_000);
    const why = fix.state === "waits"
      ? `nobody approved it within ${days} days`
      : `the station was not idle within ${days} days: ${fix.why ?? "it was never looked at"}`;
    const end = { state: "expired", why } as const;
    // in one turn with what persons decide: who approves at this moment is told that it ran out, or it does not
    await this.parts.book.change(fix.id, [fix.state], async (is) => {
      const expired = { ...is, ...end, at: this.#now };
      await this.#told(expired);
      return expired;
    });
  }

  async #end(fix: FixRecord, { state, why }: { readonly state: FixState; readonly why: string }): Promise<void> {
    const ended = { ...fix, state, why, at: this.#now };
    await this.#told(ended); // told before it is stored: after a crash in between it is told once more
    await this.parts.book.put(ended);
  }

  async #told(ended: FixRecord): Promise<void> {
    const { alarms } = this.parts.context, { id, state, station, why = "" } = ended, isGood = state === "done";
    await this.#audit(isGood ? "posture.golden.applied" : "posture.golden.failed", ended, isGood ? "ok" : "failed");
    if (isGood) await alarms.clear("posture.fix.failed", station);
    else await alarms.raise({ kind: "posture.fix.failed", subject: station, detail: `${id}: ${why}` });
  }

  async #wait(fix: FixRecord, why: string): Promise<void> {
    if (fix.why !== why) await this.parts.book.change(fix.id, [fix.state], (is) => ({ ...is, why }));
  }

  async #start({ id }: FixRecord): Promise<FixRecord | undefined> {
    return await this.parts.book.change(id, ["approved"], ({ why: _, ...is }) => {
      return { ...is, state: "writing", at: this.#now };
    });
  }

  async #move(fix: FixRecord, state: FixState): Promise<FixRecord> {
    const { why: _, ...rest } = fix;
    return await this.parts.book.put({ ...rest, state, at: this.#now });
  }

  async #put(fix: FixRecord, changed: readonly FixItem[]): Promise<FixRecord> {
    const keyOf = ({ way, name }: FixItem) => `${way} ${name}`;
    const by = new Map(changed.map((item) => [keyOf(item), item]));
    return await this.parts.book.put({ ...fix, items: fix.items.map((item) => by.get(keyOf(item)) ?? item) });
  }

  async #audit(event: string, { id, station, items, why, undoes }: FixRecord, outcome: "failed" | "ok"): Promise<void> {
    const settings = items.map(({ name, value, outcome: is }) => `${name}=${value}: ${is ?? "not written"}`);
    await this.parts.context.audit.record({
      ...{ event, class: "security", who: "gateway", target: station, outcome },
      detail: {
        ...{ fix: id, settings: settings.join("; ").slice(0, GOLDEN_LIMITS.auditChars) },
        ...why === undefined ? {} : { why: why.slice(0, GOLDEN_LIMITS.auditChars) },
        ...undoes === undefined ? {} : { undoes },
      },
    });
  }

  /** What is put back has to be that very value, whatever the profile accepts. */
  #profileOf(fix: FixRecord): GoldenProfile | undefined {
    return fix.undoes === undefined ? this.parts.profiles().find(({ id }) => id === fix.profile) : undefined;
  }

  get #now(): number {
    return this.parts.context.clock.now();
  }
}
