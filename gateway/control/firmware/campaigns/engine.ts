import { isMixed, isUnderWay, nextSteps, windDownSteps } from "../../../../policies/campaign.ts";
import type { CampaignStep } from "../../../../policies/campaign_types.ts";
import { describeError } from "../../../core/errors.ts";
import type { StationFirmwareStatus } from "../../../core/firmware_status_api.ts";
import { Turns } from "../../../core/turns.ts";
import { campaignFacts, unitFacts } from "./facts.ts";
import { withProofs } from "./guided.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import type { CampaignParts } from "./parts.ts";
import { type CampaignRecord, isOpen, type UnitRecord } from "./record.ts";
import { lookAtSite, type SiteLook } from "./site_view.ts";
import { afterStationStatus, begun, changed, installing, moved } from "./unit_desk.ts";
import { UnitDriver } from "./unit_driver.ts";

/**
 * Carries campaigns out: looks at the site, asks the policy what is next, stores it, then does it. All changes of
 * campaigns pass one gate, one after the other, so that a look, a station's word and a person's never meet in the middle.
 * What is not stored has not happened: a restart looks again and goes on.
 */
export class CampaignEngine {
  readonly #parts: CampaignParts;
  readonly #driver: UnitDriver;
  readonly #gate = new Turns();
  #looking: Promise<void> = Promise.resolve();
  /** Ends in the same turn as the last question whether a look is due: what comes after begins one of its own. */
  #isLooking = false;
  #isDue = false;
  #isStopped = false;

  constructor(parts: CampaignParts) {
    this.#parts = parts;
    this.#driver = new UnitDriver(parts, (work) => this.exclusive(work), () => this.wake());
  }

  /** Runs `work` when nobody else changes a campaign. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.run(["campaigns"], work);
  }

  /** Something happened: looks soon, once however often it is called. */
  wake(): void {
    this.look().catch((error) => this.#parts.context.log.error("firmware.look.failed", { msg: describeError(error) }));
  }

  /** Looks at all campaigns that are open until nothing more is due. Looks do not overlap; one that runs is followed by another. */
  look(): Promise<void> {
    this.#isDue = true;
    if (!this.#isLooking) {
      this.#isLooking = true;
      this.#looking = this.#lookUntilQuiet();
    }
    return this.#looking;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** A station said something about an update; resolves when it is stored. */
  async heard(status: StationFirmwareStatus): Promise<void> {
    const changed = await this.exclusive(async () => {
      const unit = this.#unitOf(status.stationId);
      const next = unit && afterStationStatus(
        unit,
        status,
        this.#parts.context.clock.now(),
        this.#driver.isTelling(status.stationId),
      );
      if (next) await this.#parts.book.putUnit(next);
      return next !== undefined;
    });
    if (changed) this.wake();
  }

  /** The campaign that has a station under way. */
  holds(station: string): { readonly campaign: string; readonly unit: string } | undefined {
    const unit = this.#unitOf(station);
    return unit && { campaign: unit.campaign, unit: unit.id };
  }

  #unitOf(station: string): UnitRecord | undefined {
    const open = this.#parts.book.all().filter(isOpen);
    return open.flatMap(({ id }) => this.#parts.book.units(id))
      .find((unit) => isUnderWay(unit) && unit.parts.some((part) => part.station === station));
  }

  async #lookUntilQuiet(): Promise<void> {
    try {
      while (this.#isDue && !this.#isStopped) {
        this.#isDue = false;
        const open = this.#parts.book.all().filter((record) => this.#isActive(record));
        if (open.length === 0) continue;
        const site = await lookAtSite(this.#parts);
        for (const { id } of open) await this.exclusive(() => this.#lookAt(id, site));
      }
    } finally {
      this.#isLooking = false;
    }
  }

  /** One that has ended is still looked at while units are under way, or are mixed and may be tried again. */
  #isActive(record: CampaignRecord): boolean {
    return isOpen(record) && (record.state !== "aborted" || record.endedAt === undefined);
  }

  async #lookAt(id: string, site: SiteLook): Promise<void> {
    for (let round = 0; round < CAMPAIGN_LIMITS.rounds; round++) {
      const record = this.#parts.book.get(id);
      if (!record || !this.#isActive(record)) return;
      const units = this.#parts.book.units(id), { clock } = this.#parts.context, now = clock.now();
      const facts = campaignFacts(record, units, site, now, this.#parts.minuteOfWeek(now));
      const steps = record.state === "running" ? nextSteps(facts) : windDownSteps(facts);
      if (steps.length === 0) break;
      await this.#apply(record, steps, site);
    }
    await this.#drive(id, site);
  }

  async #apply(record: CampaignRecord, steps: readonly CampaignStep[], site: SiteLook): Promise<void> {
    const now = this.#parts.context.clock.now(), units: UnitRecord[] = [];
    let after = record;
    for (const step of steps) {
      if ("unit" in step) units.push(await this.#unitAfter(record, step, site, now));
      else after = campaignAfter(after, step, now);
    }
    await this.#parts.book.put(after, units);
    await this.#tellOf(record, after);
    for (const unit of units) if (unit.state === "checking") await this.#driver.check(unit, site);
  }

  async #unitAfter(
    record: CampaignRecord,
    step: Extract<CampaignStep, { readonly unit: string }>,
    site: SiteLook,
    now: number,
  ): Promise<UnitRecord> {
    const { id, plan } = record;
    const unit = this.#parts.book.unit(id, step.unit)!;
    switch (step.step) {
      case "download":
        return begun(unit, now);
      case "install":
        return installing(unit, now);
      case "check":
        return moved(withProofs(unit, plan.version, site), "checking", now, `all parts report ${plan.version}`);
      case "skip":
        return moved(unit, "skipped", now, `left alone: ${step.why}`, { why: step.why });
      case "end":
        return await this.#driver.ended(
          record,
          moved(withProofs(unit, plan.version, site), step.as, now, `${step.as}: ${step.why}`, { why: step.why }),
          site,
        );
    }
  }

  /** What is to be done for each unit under way; then an aborted campaign with nothing left has ended. */
  async #drive(id: string, site: SiteLook): Promise<void> {
    const record = this.#parts.book.get(id)!;
    for (const unit of this.#parts.book.units(id)) {
      if (isUnderWay(unit)) await this.#driver.advance(record, unit, site);
    }
    if (record.state === "aborted" && !this.#parts.book.units(id).some((unit) => this.#isLeft(record, unit, site))) {
      await this.#parts.book.put({ ...record, endedAt: this.#parts.context.clock.now() });
    }
  }

  #isLeft({ plan }: CampaignRecord, unit: UnitRecord, site: SiteLook): boolean {
    if (isUnderWay(unit)) return true;
    const isOver = unit.state === "confirmed" || unit.state === "skipped" || unit.state === "pending" ||
      unit.final === true || unit.attempts >= plan.attempts;
    return !isOver && isMixed(unitFacts(unit, plan, site, this.#parts.context.clock.now()), plan);
  }

  async #tellOf(before: CampaignRecord, after: CampaignRecord): Promise<void> {
    const { audit, alarms } = this.#parts.context, { id, state, why = "" } = after;
    const event = { class: "operation", who: "gateway", target: id } as const;
    if (after.holds !== undefined && before.holds === undefined) {
      const detail = `${after.holds} is over; let the next ring begin with \`firmware campaign release ${id}\``;
      await alarms.raise({ kind: "firmware.campaign.waits", subject: id, detail });
    }
    if (state === before.state) return;
    if (state === "paused") {
      await audit.record({ event: "firmware.campaign.stopped", ...event, outcome: "failed", detail: { why } });
      await alarms.raise({ kind: "firmware.campaign.stopped", subject: id, detail: why });
    } else if (state === "completed") {
      await audit.record({ event: "firmware.campaign.completed", ...event, outcome: "ok" });
      await alarms.clear("firmware.campaign.stopped", id);
    }
  }
}

/** A campaign after a step of its own. */
function campaignAfter(record: CampaignRecord, step: CampaignStep, now: number): CampaignRecord {
  const { holds: _, why: __, ...rest } = record;
  switch (step.step) {
    case "pause":
      return changed(record, now, `stopped: ${step.why}`, { state: "paused", why: step.why });
    case "hold":
      return record.holds === undefined
        ? changed(record, now, `ring ${step.ring} is over; a person's word is waited for`, { holds: step.ring })
        : record;
    case "next-ring": {
      const name = record.plan.rings[step.ring]?.name ?? "";
      return changed(rest, now, `ring ${name} begins`, { ring: step.ring, released: false });
    }
    case "complete":
      return changed(rest, now, "completed", { state: "completed", endedAt: now });
    default:
      return record;
  }
}
