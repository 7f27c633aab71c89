import type { AuditEvent } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import type { AuditEventName } from "../../audit_events.ts";
import type { CampaignEngine } from "./engine.ts";
import type { CampaignParts } from "./parts.ts";
import { invalid } from "./plan_input.ts";
import type { CampaignRecord, CampaignState, UnitRecord } from "./record.ts";

/** A campaign as a person's wish leaves it, with units that change with it. */
export type Wish = CampaignRecord | { readonly record: CampaignRecord; readonly units: readonly UnitRecord[] };

/** What persons did to a campaign, as the audit names it. */
type Deed = AuditEventName extends infer Name ? Name extends `firmware.campaign.${infer Verb}` ? Verb : never : never;

/** What all desks share: every change passes the gate, is recorded, stored, then answered. */
export abstract class DeskBase {
  protected readonly parts: CampaignParts;
  protected readonly engine: CampaignEngine;

  constructor(parts: CampaignParts, engine: CampaignEngine) {
    this.parts = parts;
    this.engine = engine;
  }

  /** @throws GatewayError FIRMWARE_CAMPAIGN_INVALID for a name that is none */
  of(id: string): CampaignRecord {
    const record = this.parts.book.get(id);
    if (record) return record;
    const known = this.parts.book.all().slice(0, 5).map((one) => one.id).join(", ");
    throw invalid(
      `There is no campaign "${id.slice(0, 40)}"`,
      known === "" ? "Plan one with `firmware campaign new`" : `There are ${known}`,
    );
  }

  protected get now(): number {
    return this.parts.context.clock.now();
  }

  /** Changes a campaign that is in one of these states; refused with a record in any other. */
  protected change(
    { id, who, from, deed }: { id: string; who: string; from: readonly CampaignState[]; deed: Deed },
    wish: (record: CampaignRecord) => Promise<Wish> | Wish,
  ): Promise<CampaignRecord> {
    return this.engine.exclusive(async () => {
      const record = this.of(id);
      if (!from.includes(record.state)) {
        const what = `Campaign ${id} is ${record.state}; that is for one that is ${from.join(" or ")}`;
        return await this.refuse("state", id, who, what, "See `firmware campaign report`");
      }
      const wanted = await wish(record);
      const { record: next, units } = "record" in wanted ? wanted : { record: wanted, units: [] };
      await this.record(deed, next, who, next.why === undefined ? {} : { why: next.why });
      await this.parts.book.put(next, units);
      return next;
    });
  }

  /** Refuses a wish, with a record. @throws GatewayError FIRMWARE_CAMPAIGN_INVALID */
  protected async refuse(rule: string, id: string, who: string, what: string, hint: string): Promise<never> {
    await this.parts.context.audit.record({
      ...{ event: "firmware.campaign.refused", class: "operation", who, outcome: "refused" },
      ...id === "" ? {} : { target: id },
      rule: `firmware.campaign.${rule}`,
      detail: { why: what },
    });
    throw new GatewayError("FIRMWARE_CAMPAIGN_INVALID", what, { hint });
  }

  protected async record(
    deed: Deed,
    { id }: CampaignRecord,
    who: string,
    detail: NonNullable<AuditEvent["detail"]> = {},
  ): Promise<void> {
    const event = `firmware.campaign.${deed}` as const;
    await this.parts.context.audit.record({ event, class: "operation", who, target: id, outcome: "ok", detail });
  }
}
