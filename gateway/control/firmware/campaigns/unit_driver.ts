import { isMixed } from "../../../../policies/campaign.ts";
import { type PartStep, type PartTask, stepOfDownload, stepOfInstall } from "../../../../policies/campaign_parts.ts";
import { describeError } from "../../../core/errors.ts";
import { unitFacts, updatingParts } from "./facts.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { askBoot, askStatus } from "./messages.ts";
import { askVersion } from "./guided.ts";
import { askPerson, pushByPage } from "./other_ways.ts";
import type { CampaignParts } from "./parts.ts";
import type { CampaignRecord, PartRecord, TaskRecord, UnitRecord } from "./record.ts";
import type { SiteLook, StationLook } from "./site_view.ts";
import { nudge, tellStation, type Told } from "./tell.ts";
import { afterTelling, moved, noted, otherWay, planned, withoutTask, withPart } from "./unit_desk.ts";

type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Brings single units on: tells their parts, asks the silent ones, looks after what an end leaves behind. Called within
 * the gate of the campaigns; what waits for a station does so outside of it.
 */
export class UnitDriver {
  readonly #parts: CampaignParts;
  readonly #exclusive: Gate;
  readonly #wake: () => void;
  /** Stations that are being told right now, in this run of the gateway. */
  readonly #telling = new Set<string>();

  constructor(parts: CampaignParts, exclusive: Gate, wake: () => void) {
    this.#parts = parts;
    this.#exclusive = exclusive;
    this.#wake = wake;
  }

  /** Whether a station has been told and has not answered yet. */
  isTelling(station: string): boolean {
    return this.#telling.has(station);
  }

  /** The next step of a unit that loads or installs. */
  async advance(record: CampaignRecord, unit: UnitRecord, site: SiteLook): Promise<void> {
    if (unit.state !== "downloading" && unit.state !== "installing") return;
    const image = this.#parts.vault.image(record.sha256);
    const parts = updatingParts(unit, record.plan, site, image?.signature !== undefined);
    const preload = record.plan.downloadHours !== undefined;
    const step = unit.state === "downloading" ? stepOfDownload(parts, preload) : stepOfInstall(parts);
    switch (step.step) {
      case "tell":
        return await this.#tell(record, unit, step, site);
      case "loaded":
        await this.#put(moved(unit, "downloaded", this.#now, "ready to install"));
        return this.#wake();
      case "failed": {
        const { why, isFinal } = step;
        const end = moved(unit, "failed", this.#now, `failed: ${why}`, { why, ...isFinal ? { final: isFinal } : {} });
        return await this.#put(await this.ended(record, end, site));
      }
      case "wait":
        return await this.#ask(record, unit, site);
    }
  }

  /**
   * A unit that has ended: what was open for it is closed, and a mixed one is told of. Recorded before it is stored: an
   * end without a record would be told by nobody. @returns the same unit
   */
  async ended({ id, plan }: CampaignRecord, unit: UnitRecord, site: SiteLook): Promise<UnitRecord> {
    const { state, why = "" } = unit, { metrics, audit } = this.#parts.context;
    await audit.record({
      ...{ event: "firmware.campaign.unit-ended", class: "operation", who: `campaign:${id}`, target: unit.id },
      outcome: state === "confirmed" ? "ok" : "failed",
      detail: { state, version: plan.version, why: why.slice(0, CAMPAIGN_LIMITS.whyChars) },
    });
    metrics.count("bulkhead_firmware_unit_ends_total", { outcome: state });
    for (const { task, station } of unit.parts) {
      if (task?.grantId !== undefined) await this.closeGrant(task.grantId, `unit ${unit.id} is ${unit.state}`);
      await this.#parts.context.alarms.clear("firmware.campaign.part-waits", station);
    }
    const { alarms } = this.#parts.context;
    if (!isMixed(unitFacts(unit, plan, site, this.#now), plan)) {
      await alarms.clear("firmware.campaign.unit-mixed", unit.id);
    } else {
      const versions = unit.parts.map(({ station }) => `${station} ${site.get(station)?.version ?? "unknown"}`);
      await alarms.raise({ kind: "firmware.campaign.unit-mixed", subject: unit.id, detail: versions.join(", ") });
    }
    return unit;
  }

  /** Ends a permission; one that cannot be ended now expires. */
  async closeGrant(id: string, why: string): Promise<void> {
    await this.#parts.transfers.closeGrant(id, why).catch((error) =>
      this.#parts.context.log.warn("firmware.grant.unclosed", { grant: id, msg: describeError(error) })
    );
  }

  async #tell(
    record: CampaignRecord,
    unit: UnitRecord,
    { station, purpose }: PartStep & { readonly step: "tell" },
    site: SiteLook,
  ): Promise<void> {
    const part = unit.parts.find((one) => one.station === station)!, look = site.get(station);
    if (this.#telling.has(station)) return;
    if (part.task?.grantId !== undefined) await this.closeGrant(part.task.grantId, "it is told anew");
    const now = this.#now, requestId = await this.#parts.book.nextRequestId();
    const task: TaskRecord = { purpose, phase: "planned", requestId, at: now, heardAt: now, nudges: 0 };
    const next = planned(unit, station, task, look && before(look));
    await this.#put(noted(next, now, `${station}: ${purpose === "preload" ? "to load ahead" : "to install"}`));
    this.#telling.add(station);
    // Outside of the gate: a station may take half a minute to answer.
    this.#send(record, next.parts.find((one) => one.station === station)!, requestId, look)
      .then(async (told) => {
        await this.#exclusive(() => this.#after(unit.campaign, unit.id, station, requestId, told));
        return told.is !== "unsent"; // that is tried at the next look, not at once again and again
      })
      .catch((error) => {
        this.#parts.context.log.error("firmware.part.untold", { station, msg: describeError(error) });
        return false;
      })
      .then((isNews) => {
        this.#telling.delete(station);
        if (isNews) this.#wake();
      });
  }

  async #send(
    campaign: CampaignRecord,
    { station, way, task }: PartRecord,
    requestId: number,
    look: StationLook | undefined,
  ): Promise<Told> {
    if (way === "guided") return await askPerson(this.#parts, campaign, station);
    if (way === "driver") return await pushByPage(this.#parts, campaign, station);
    const protocol = look?.protocol;
    if (!protocol) return { is: "unsent", why: "it has not told which OCPP it speaks" };
    let granted: string | undefined;
    const told = await tellStation(
      this.#parts,
      { campaign, station, protocol, requestId, purpose: task!.purpose },
      (grantId) => {
        granted = grantId;
        return this.#putTold(
          campaign.id,
          station,
          requestId,
          (unit) => withPart(unit, station, (part) => ({ ...part, task: { ...part.task!, grantId } })),
        );
      },
    );
    if (told.is !== "refused" || !told.knowsNone) return told;
    if (granted !== undefined) await this.closeGrant(granted, "the image comes to it another way");
    return await this.#sendOtherwise(campaign, station, requestId, task!.purpose, told.why);
  }

  /** It has no way to be updated by OCPP: its page is tried where a driver can, else a person is asked. */
  async #sendOtherwise(
    campaign: CampaignRecord,
    station: string,
    requestId: number,
    purpose: PartTask["purpose"],
    why: string,
  ): Promise<Told> {
    const way = this.#parts.pages?.canUpload(station) ? "driver" : "guided";
    const next = way === "driver" ? "its page is tried" : "a person is asked";
    // Stored before it is done: a further try goes this way at once.
    await this.#putTold(
      campaign.id,
      station,
      requestId,
      (unit) => noted(otherWay(unit, station, way), this.#now, `${station}: ${why}; ${next}`),
    );
    if (purpose === "preload") return { is: "loads-later" };
    return way === "driver"
      ? await pushByPage(this.#parts, campaign, station)
      : await askPerson(this.#parts, campaign, station);
  }

  /** Changes a unit while one of its parts is being told, unless that is over. */
  #putTold(id: string, station: string, requestId: number, change: (unit: UnitRecord) => UnitRecord): Promise<void> {
    return this.#exclusive(async () => {
      const unit = this.#unit(id, station);
      const task = unit?.parts.find((part) => part.station === station)?.task;
      if (unit && task?.requestId === requestId) await this.#put(change(unit));
    });
  }

  async #after(campaign: string, id: string, station: string, requestId: number, told: Told): Promise<void> {
    const unit = this.#parts.book.unit(campaign, id);
    if (!unit) return;
    const grantId = unit.parts.find((part) => part.station === station)?.task?.grantId;
    if ((told.is === "unsent" || told.is === "loads-later") && grantId !== undefined) {
      await this.closeGrant(grantId, "the station was not told");
    }
    const next = afterTelling(unit, station, requestId, told, this.#now);
    if (next !== unit) await this.#put(next);
  }

  /** Asks parts that have been silent for a while, so that a status or a boot that was lost is told again. */
  async #ask({ plan, sha256 }: CampaignRecord, unit: UnitRecord, site: SiteLook): Promise<void> {
    const now = this.#now;
    const minutes = unit.state === "downloading" ? plan.downloadMinutes : plan.confirmMinutes;
    const patience = Math.min(CAMPAIGN_LIMITS.nudgeMs, minutes * 60_000 / 4);
    let next = unit;
    for (const { station, way, task, word } of unit.parts) {
      const look = site.get(station);
      if (!task || look?.version === plan.version || this.#telling.has(station) || task.phase === "failed") continue;
      if (way !== "ocpp") {
        next = this.#askElsewhere(next, station, task, word === undefined && way === "guided", patience);
        continue;
      }
      if (!look?.online || !look.protocol || now - task.heardAt < patience) continue;
      if (task.phase === "downloaded" && unit.state === "downloading") continue;
      if (task.phase === "planned" && (task.grantId === undefined || task.nudges >= 2)) {
        // A crash came before it was sent; or it was asked twice and knows of nothing.
        next = noted(withoutTask(next, station), now, `${station}: it was not told; once more`);
        continue;
      }
      next = withPart(next, station, (part) => ({ ...part, task: { ...task, heardAt: now, nudges: task.nudges + 1 } }));
      const wantsBoot = task.phase === "installed" || (task.phase === "installing" && task.nudges % 2 === 1);
      const isSigned = this.#parts.vault.image(sha256)?.signature !== undefined;
      void nudge(this.#parts, station, wantsBoot ? askBoot : askStatus(look.protocol, isSigned));
    }
    if (next !== unit) await this.#put(next);
  }

  /** A part to which the image comes another way than by OCPP is asked for its version now and then. */
  #askElsewhere(unit: UnitRecord, station: string, task: TaskRecord, isAwaited: boolean, patience: number): UnitRecord {
    const now = this.#now;
    if (isAwaited && task.phase === "planned") {
      return noted(withoutTask(unit, station), now, `${station}: nobody was asked; once more`); // a crash came before
    }
    if (task.phase === "planned" || now - task.heardAt < (isAwaited ? CAMPAIGN_LIMITS.lookByPageMs : patience)) {
      return unit;
    }
    void askVersion(this.#parts, station, `campaign:${unit.campaign}`);
    return withPart(unit, station, (part) => ({ ...part, task: { ...task, heardAt: now, nudges: task.nudges + 1 } }));
  }

  /** All parts report the version: they prove who they are once more, and the credentials of their pages are tried. */
  async check(unit: UnitRecord, site: SiteLook): Promise<void> {
    for (const { station, task } of unit.parts) {
      const since = site.get(station)?.since;
      if (since !== undefined && task && since <= task.at) await this.#reconnect(station);
      this.#proveCredentials(unit, station).catch((error) =>
        this.#parts.context.log.warn("firmware.credentials.untried", { station, msg: describeError(error) })
      );
    }
  }

  async #reconnect(station: string): Promise<void> {
    const session = this.#parts.live.ofStation(station);
    if (!session) return;
    const why = "it proves its credentials after an update";
    await this.#parts.context.workers.get(session.worker).call("sessions.close", { sessions: [session.session], why })
      .catch((error) =>
        this.#parts.context.log.warn("firmware.session.unclosed", { station, msg: describeError(error) })
      );
  }

  async #proveCredentials({ campaign, id }: UnitRecord, station: string): Promise<void> {
    const outcome = await this.#parts.pages?.proveCredentials(station) ?? "unknown";
    if (outcome === "unknown") return;
    await this.#exclusive(async () => {
      const unit = this.#parts.book.unit(campaign, id);
      if (unit?.state !== "checking") return;
      const next = withPart(unit, station, (part) => ({ ...part, credentials: outcome }));
      await this.#put(noted(next, this.#now, `${station}: the credentials of its page are ${outcome}`));
    });
  }

  #unit(campaign: string, station: string): UnitRecord | undefined {
    return this.#parts.book.units(campaign).find(({ parts }) => parts.some((part) => part.station === station));
  }

  get #now(): number {
    return this.#parts.context.clock.now();
  }

  async #put(unit: UnitRecord): Promise<void> {
    await this.#parts.book.putUnit(unit);
  }
}

function before({ version, securityProfile, faulted }: StationLook): NonNullable<PartRecord["before"]> {
  return {
    faulted,
    ...version === undefined ? {} : { version },
    ...securityProfile === undefined ? {} : { securityProfile },
  };
}
