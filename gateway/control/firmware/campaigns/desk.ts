import { isMixed } from "../../../../policies/campaign.ts";
import { describeError } from "../../../core/errors.ts";
import { callStation } from "../../../inventory/station_calls.ts";
import { DeskBase } from "./desk_base.ts";
import { unitFacts } from "./facts.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { updateRequests } from "./messages.ts";
import { type CampaignRecord, isOpen, type UnitRecord } from "./record.ts";
import { lookAtSite, type SiteLook } from "./site_view.ts";
import { changed, moved } from "./unit_desk.ts";

/** What persons do with a campaign that runs. */
export class CampaignDesk extends DeskBase {
  /** Takes no new unit; those under way come to their end. */
  pause(id: string, who: string, because: string): Promise<CampaignRecord> {
    const why = reason(who, because);
    return this.change(
      { id, who, from: ["running"], deed: "paused" },
      (record) => changed(record, this.now, `paused ${why}`, { state: "paused", why }),
    );
  }

  /** Goes on. Units that failed are left out, or get all their tries anew: they would stop it again at once. */
  async resume(id: string, who: string, isRetry: boolean): Promise<CampaignRecord> {
    const resumed = await this.change({ id, who, from: ["paused"], deed: "resumed" }, async (record) => {
      const failed = this.parts.book.units(id).filter(({ state }) => state === "failed" || state === "unconfirmed");
      await this.parts.context.alarms.clear("firmware.campaign.stopped", id);
      const { why: _, ...rest } = record;
      return {
        record: changed(rest, this.now, `resumed by ${who}`, { state: "running" }),
        units: failed.map((unit) => isRetry ? this.#again(unit, who) : this.#leftOut(unit, who)),
      };
    });
    this.engine.wake();
    return resumed;
  }

  /** Ends it: what only loads is called off, what installs comes to its end. */
  async abort(id: string, who: string, because: string): Promise<CampaignRecord> {
    const site = await lookAtSite(this.parts), calledOff: UnitRecord[] = [], why = reason(who, because);
    const from = ["draft", "approved", "running", "paused"] as const;
    const aborted = await this.change({ id, who, from, deed: "aborted" }, async (record) => {
      calledOff.push(...this.parts.book.units(id).filter((unit) => this.#onlyLoads(unit, record, site)));
      for (const kind of ["stopped", "waits"]) await this.parts.context.alarms.clear(`firmware.campaign.${kind}`, id);
      const { holds: _, ...rest } = record;
      const ended = isOpen(record) ? {} : { endedAt: this.now };
      return {
        record: changed(rest, this.now, `aborted ${why}`, { state: "aborted", why, ...ended }),
        units: calledOff.map((unit) => moved(unit, "skipped", this.now, "called off", { why: `aborted ${why}` })),
      };
    });
    for (const unit of calledOff) await this.#callOff(aborted, unit, site);
    this.engine.wake();
    return aborted;
  }

  /** Lets the ring behind a hold begin. */
  async release(id: string, who: string): Promise<CampaignRecord> {
    const released = await this.change({ id, who, from: ["running"], deed: "released" }, async (record) => {
      const { holds, ...rest } = record;
      if (holds === undefined) {
        return await this.refuse(
          "state",
          id,
          who,
          `No ring of ${id} waits for a word`,
          "See `firmware campaign report`",
        );
      }
      await this.parts.context.alarms.clear("firmware.campaign.waits", id);
      return changed(rest, this.now, `${who} lets the ring behind ${holds} begin`, { released: true });
    });
    this.engine.wake();
    return released;
  }

  /** An image is trusted no more: every campaign with it ends. */
  async withdrawn(sha256: string, why: string): Promise<void> {
    const using = this.parts.book.all().filter((one) =>
      one.sha256 === sha256 && one.state !== "completed" && one.state !== "aborted"
    );
    for (const { id } of using) {
      await this.abort(id, "gateway", `its image was withdrawn: ${why}`);
      const detail = `its image was withdrawn: ${why}`;
      await this.parts.context.alarms.raise({ kind: "firmware.campaign.stopped", subject: id, detail });
    }
  }

  #again(unit: UnitRecord, who: string): UnitRecord {
    const { final: _, ...rest } = unit;
    return moved({ ...rest, attempts: 0 }, "pending", this.now, `${who} wants it tried again`);
  }

  #leftOut(unit: UnitRecord, who: string): UnitRecord {
    const why = `${unit.state}: ${unit.why ?? ""}; ${who} left it out`.slice(0, CAMPAIGN_LIMITS.whyChars);
    return moved(unit, "skipped", this.now, `${who} left it out`, { why });
  }

  /** Loading can be called off; an installation never is, and a mixed unit goes on to be whole. */
  #onlyLoads(unit: UnitRecord, { plan }: CampaignRecord, site: SiteLook): boolean {
    const isLoading = unit.state === "downloading" || unit.state === "downloaded";
    return isLoading && !isMixed(unitFacts(unit, plan, site, this.now), plan);
  }

  /**
   * A station that has loaded would install by itself one day. OCPP's way to cancel is another request, for a file that
   * nobody can get (L01.FR.27); the signature is the image's, or a careful station would not even look.
   */
  async #callOff({ id, sha256 }: CampaignRecord, unit: UnitRecord, site: SiteLook): Promise<void> {
    const image = this.parts.vault.image(sha256);
    for (const { station, task } of unit.parts) {
      if (task?.grantId !== undefined) await this.#closeGrant(task.grantId, `campaign ${id} was aborted`);
      const protocol = site.get(station)?.protocol;
      if (task?.purpose !== "preload" || !protocol || task.phase === "failed") continue;
      try {
        const requestId = await this.parts.book.nextRequestId();
        const [ask] = updateRequests(protocol, {
          ...{ url: NOWHERE, requestId, now: this.now, installAt: this.now, retries: 0, retrySeconds: 1 },
          ...image?.signature ? { signature: image.signature } : {},
        });
        await callStation(this.parts, { stationId: station, ...ask!, timeoutMs: CAMPAIGN_LIMITS.callMs });
      } catch (error) {
        this.parts.context.log.warn("firmware.part.not_called_off", { station, msg: describeError(error) });
      }
    }
  }

  async #closeGrant(id: string, why: string): Promise<void> {
    await this.parts.transfers.closeGrant(id, why).catch((error) =>
      this.parts.context.log.warn("firmware.grant.unclosed", { grant: id, msg: describeError(error) })
    );
  }
}

/** A name that never exists (RFC 2606). */
const NOWHERE = "https://cancelled.invalid/none";

const reason = (who: string, because: string): string =>
  `by ${who}${because === "" ? "" : `: ${because.slice(0, CAMPAIGN_LIMITS.whyChars)}`}`;
