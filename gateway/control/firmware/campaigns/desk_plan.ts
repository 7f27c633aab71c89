import type { ImageRecord } from "../../../core/firmware_api.ts";
import type { CommandArgs } from "../../contract.ts";
import { imageNamed } from "../images/image_names.ts";
import { DeskBase } from "./desk_base.ts";
import type { CampaignEngine } from "./engine.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { faultsOf, makeUnits } from "./make.ts";
import type { CampaignParts } from "./parts.ts";
import { invalid, list, readPlan } from "./plan_input.ts";
import { type CampaignRecord, isOpen, type UnitRecord } from "./record.ts";
import { lookAtSite } from "./site_view.ts";
import { changed } from "./unit_desk.ts";

/** How many other persons must approve, and who counts; site.yaml says it. */
export interface ApprovalRule {
  readonly needs: number;
  /** Absent: everybody who may run the command. */
  readonly approvers?: readonly string[];
}

/** What persons do with a campaign before it runs: plan, approve, start, forget. */
export class PlanDesk extends DeskBase {
  readonly #rule: () => ApprovalRule;

  constructor(parts: CampaignParts, engine: CampaignEngine, rule: () => ApprovalRule) {
    super(parts, engine);
    this.#rule = rule;
  }

  /** Plans a campaign; nothing is sent. @throws GatewayError FIRMWARE_UNKNOWN, FIRMWARE_CAMPAIGN_INVALID */
  make(args: CommandArgs, who: string): Promise<CampaignRecord> {
    return this.engine.exclusive(async () => {
      const image = await this.#image(String(args["image"] ?? ""), who);
      const plan = readPlan(args, image.version), site = await lookAtSite(this.parts), at = this.now;
      const named = list(typeof args["stations"] === "string" ? args["stations"] : undefined);
      const id = await this.parts.book.nextId(), { needs } = this.#rule();
      const units = makeUnits(this.parts, id, image, named, plan, site);
      const record: CampaignRecord = {
        ...{ id, name: nameOf(args, image), sha256: image.sha256, vendor: image.vendor, plan, madeBy: who, madeAt: at },
        ...{ approvals: [], needsApprovals: needs, state: needs === 0 ? "approved" : "draft" },
        ...{ ring: 0, released: false, notes: [{ at, text: `planned by ${who}` }] },
      };
      const [fault] = faultsOf(record, units, site);
      if (fault !== undefined) throw invalid(`The plan cannot work: ${fault}`, "Change --rings or --out-percent");
      await this.record("made", record, who, { image: image.sha256, version: plan.version, units: units.length });
      await this.parts.book.add(record, units);
      return record;
    });
  }

  /** A person other than its maker agrees. @throws GatewayError FIRMWARE_CAMPAIGN_INVALID */
  approve(id: string, who: string): Promise<CampaignRecord> {
    return this.change({ id, who, from: ["draft"], deed: "approved" }, async (record) => {
      const { approvers } = this.#rule(), { madeBy, approvals, needsApprovals } = record;
      if (who === madeBy) {
        const what = `${who} planned ${id} and cannot approve it`;
        return await this.refuse("own-approval", id, who, what, "Another person has to approve it");
      }
      if (approvers && !approvers.includes(who)) {
        const hint = `firmware.campaigns.approvers names ${approvers.join(", ")}`;
        return await this.refuse("approver", id, who, `${who} is none of those who approve campaigns`, hint);
      }
      if (approvals.some((approval) => approval.who === who)) {
        const hint = `It needs ${needsApprovals} different persons`;
        return await this.refuse("approved-twice", id, who, `${who} has approved ${id} already`, hint);
      }
      const all = [...approvals, { who, at: this.now }];
      const state = all.length >= needsApprovals ? "approved" : "draft";
      return changed(record, this.now, `approved by ${who}`, { approvals: all, state });
    });
  }

  /** Starts an approved campaign, after reading its image anew. @throws GatewayError FIRMWARE_CAMPAIGN_INVALID */
  async start(id: string, who: string): Promise<CampaignRecord> {
    // Outside of the gate: an image is read in seconds.
    const { unchanged } = await this.parts.vault.rehash(this.of(id).sha256);
    const started = await this.change({ id, who, from: ["approved"], deed: "started" }, async (record) => {
      const image = this.parts.vault.image(record.sha256);
      if (!unchanged || image?.state !== "verified") {
        const what = `The image of ${id} is ${unchanged ? image?.state ?? "gone" : "not what was verified"}`;
        return await this.refuse("image", id, who, what, "Import it anew and plan a new campaign");
      }
      const units = this.parts.book.units(id), other = this.#overlap(id, units);
      if (other) {
        const what = `Unit ${other.id} is in campaign ${other.campaign}, which has not ended`;
        return await this.refuse(
          "overlap",
          id,
          who,
          what,
          `Wait for it, or \`firmware campaign abort ${other.campaign}\``,
        );
      }
      const [fault] = faultsOf(record, units, await lookAtSite(this.parts));
      if (fault !== undefined) {
        return await this.refuse("plan", id, who, `The plan of ${id} cannot work now: ${fault}`, "Plan a new campaign");
      }
      return changed(record, this.now, `started by ${who}`, { state: "running", startedAt: this.now });
    });
    this.engine.wake();
    return started;
  }

  /** Forgets a campaign that never started or has ended. @throws GatewayError FIRMWARE_CAMPAIGN_INVALID */
  remove(id: string): Promise<void> {
    return this.engine.exclusive(async () => {
      const { state, endedAt } = this.of(id);
      if (state === "running" || state === "paused" || (state === "aborted" && endedAt === undefined)) {
        throw invalid(`Campaign ${id} is ${state}`, `End it first: \`firmware campaign abort ${id}\``);
      }
      await this.parts.book.remove(id);
    });
  }

  /** The image that begins so; only a verified one is rolled out. */
  async #image(begin: string, who: string): Promise<ImageRecord> {
    const image = imageNamed(this.parts.vault.images(), begin);
    if (image.state === "verified") return image;
    const what = `Image ${image.sha256.slice(0, 12)} is ${image.state}`;
    return await this.refuse(
      "image",
      "",
      who,
      what,
      "Only verified images are rolled out: `firmware show` says why it is not",
    );
  }

  #overlap(id: string, units: readonly UnitRecord[]): UnitRecord | undefined {
    const mine = new Set(units.map((unit) => unit.id));
    const others = this.parts.book.all().filter((one) => one.id !== id && isOpen(one) && one.endedAt === undefined);
    return others.flatMap((one) => this.parts.book.units(one.id)).find((unit) => mine.has(unit.id));
  }
}

function nameOf(args: CommandArgs, { vendor, version }: ImageRecord): string {
  const name = typeof args["name"] === "string" ? args["name"].trim() : "";
  return name === "" ? `${vendor} ${version}` : name.slice(0, CAMPAIGN_LIMITS.nameChars);
}
