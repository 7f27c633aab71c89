import {
  nextSiteStep,
  releasedUntil,
  type SiteStanding,
  type SiteStep,
  whyNotSkipSite,
} from "../../../policies/site_decommission.ts";
import { whyNotApprove } from "../../../policies/decommission.ts";
import type { ControlContext } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { Turns } from "../../core/turns.ts";
import { KEYS } from "../../store/keys.ts";
import { DECOMMISSION_LIMITS } from "../limits.ts";
import type { BackupPlace } from "../parts.ts";
import { type SiteLine, siteLines } from "./lines.ts";
import type { OpenItems } from "./open_items.ts";
import type { EndedSite, Exported, HeldHead, SiteRecord, ToldLine } from "./record.ts";

/** Where the record stands in the store. */
export const SITE_RECORD_KEY = [...KEYS.decommission, "gateway"];

const ALARM = "gateway.site.released";
/** Milliseconds for which an approval counts. */
export const approvalMs = DECOMMISSION_LIMITS.siteMinutes * 60_000;

/** What the gateway's own decommissioning does with the rest of control. */
export interface SiteParts {
  readonly context: ControlContext;
  readonly open: () => Promise<OpenItems>;
  /** The audit chain's last line. */
  readonly head: () => HeldHead;
  /** Whether the chain has a line of this number and hash. */
  readonly hasLine: (line: HeldHead) => Promise<boolean>;
  /** The last backup that reached every target, and up to which audit record it goes. */
  readonly lastBackup: () => Promise<{ readonly name: string; readonly lastSequence: number } | undefined>;
  readonly backups: () => Promise<readonly BackupPlace[]>;
  /** Ends what the gateway gave out; safe to be done again. */
  readonly end: (who: string) => Promise<EndedSite>;
}

/** Everything that is known of it at a moment. */
export interface SiteView {
  readonly record?: SiteRecord;
  readonly open: OpenItems;
  readonly lines: readonly SiteLine[];
  readonly head: HeldHead;
  readonly next: SiteStep;
  /** Until when it may be erased, wall milliseconds. */
  readonly releasedUntil?: number;
}

/** What a record of the audit chain says beside the event. */
type Detail = Readonly<Record<string, string | number>>;

/** Takes the gateway itself out of service, up to where it has to be stopped: what is erased then is erased by the command line. */
export class SiteDecommission {
  readonly #turns = new Turns();
  constructor(private readonly parts: SiteParts) {}

  /** How it stands; before it was begun: what it would come to. */
  async view(): Promise<SiteView> {
    const { context: { store, site }, open, head } = this.parts;
    const record = (await store.get<SiteRecord>(SITE_RECORD_KEY))?.value;
    const items = await open(), lines = siteLines(site), standing = this.#standing(record, items, lines);
    const until = record && releasedUntil(standing);
    const known = record ? { record } : {};
    return {
      ...{ ...known, open: items, lines, head: head(), next: nextSiteStep(standing) },
      ...until === undefined ? {} : { releasedUntil: until },
    };
  }

  /** Begins. @throws GatewayError DECOMMISSION_REFUSED */
  start(typed: string, reason: string, who: string): Promise<SiteView> {
    return this.#turn(async ({ record }) => {
      await this.#requireSite(typed, who);
      if (record) throw await this.#refuse("under-way", who, `It was begun by ${record.by} already`);
      const { site } = this.parts.context, { approvals } = site.decommissioning;
      const { sequence } = await this.#audit("gateway.site.decommission.begun", who, { reason });
      await this.#put({
        ...{ site: site.site.id, reason, by: who, startedAt: this.#now, startedSeq: sequence },
        // of the gateway itself nobody disposes alone
        needsApprovals: approvals === "one-person-decides" ? 1 : approvals,
        ...{ skipped: {}, told: {}, approvals: [] },
      });
    });
  }

  /** A line was done, by whom, and how that is known. @throws GatewayError DECOMMISSION_UNKNOWN, DECOMMISSION_REFUSED */
  tell(id: string, state: ToldLine["state"], note: string, by: string, who: string): Promise<SiteView> {
    return this.#change(async (record, { lines }) => {
      const line = lines.find((each) => each.id === id);
      if (!line) {
        throw new GatewayError("DECOMMISSION_UNKNOWN", `"${id.slice(0, 64)}" is none of the lines`, {
          hint: `Wanted one of ${lines.map((each) => each.id).join(", ")}`,
        });
      }
      await this.#audit("gateway.site.decommission.step", who, { step: `told ${id}`, state, by, note });
      return { told: { ...record.told, [id]: { state, at: this.#now, by, note, what: line.what } } };
    });
  }

  /** A person passes over what is still open, with a reason. @throws GatewayError DECOMMISSION_REFUSED */
  skip(step: string, because: string, who: string): Promise<SiteView> {
    return this.#change(async (record, { open, lines }) => {
      const why = whyNotSkipSite(this.#standing(record, open, lines), step);
      if (why !== undefined) {
        const what = why === "not-skippable" ? "cannot be passed over" : "is not the step that is next";
        throw await this.#refuse(why, who, `"${step.slice(0, 40)}" ${what}: stations and work can be, in their turn`);
      }
      const own = step === "stations" ? "stations" : "work";
      await this.#audit("gateway.site.decommission.step", who, { step, state: "skipped", note: because });
      const end = { state: "skipped", at: this.#now, by: who, note: because, open: open[own] } as const;
      return { skipped: { ...record.skipped, [own]: end } };
    });
  }

  /** The last backup, or why there is none, and the audit chain up to a line are kept elsewhere. @throws GatewayError DECOMMISSION_REFUSED */
  exported(head: HeldHead, backup: Exported["backup"], who: string): Promise<SiteView> {
    return this.#change(async (record) => {
      const { seq, hash } = head;
      if (seq < record.startedSeq || !await this.parts.hasLine(head)) {
        const what =
          `The chain has no line ${seq} with this hash, or it is older than the beginning (${record.startedSeq})`;
        throw await this.#refuse("head", who, what, "Take seq and hash from the last line of `audit export`");
      }
      if ("name" in backup) await this.#requireBackup(backup.name, record, who);
      const told = "name" in backup ? { backup: backup.name } : { backup: "none", note: backup.none };
      await this.#audit("gateway.site.decommission.step", who, { step: "export", seq, hash, ...told });
      // people agree to what they saw: what is acknowledged anew has to be approved anew
      return { exported: { head, backup, by: who, at: this.#now }, approvals: [] };
    });
  }

  /**
   * A person other than who began it agrees. With the last one that is needed what the gateway gave out ends, before the approval
   * counts: a crash in between leaves less in force, never more. @throws GatewayError DECOMMISSION_REFUSED
   */
  approve(typed: string, who: string): Promise<SiteView> {
    return this.#change(async (record, { next, open, lines }) => {
      const { decommissioning: { approvers } } = this.parts.context.site;
      await this.#requireSite(typed, who);
      if (next !== "approve") throw await this.#refuse("state", who, `Nothing is to be approved now: ${next} is next`);
      const living = record.approvals.filter(({ at }) => at <= this.#now && this.#now - at <= approvalMs);
      const why = whyNotApprove({ by: record.by, approvals: living.map((each) => each.who), who });
      if (why !== undefined) {
        const what = why === "own-approval" ? "asked for it and cannot approve it" : "has approved it already";
        throw await this.#refuse(why, who, `${who} ${what}`, "Another person has to approve it");
      }
      if (approvers && !approvers.includes(who)) {
        const hint = `decommissioning.approvers names ${approvers.join(", ")}`;
        throw await this.#refuse("approver", who, `${who} is none of those who approve it`, hint);
      }
      await this.#audit("gateway.site.decommission.approved", who, {});
      const approved = { ...record, approvals: [...living, { who, at: this.#now }] };
      if (nextSiteStep(this.#standing(approved, open, lines)) !== "erase") return approved;
      return { ...approved, ...await this.#release(record, who) };
    });
  }

  /** Calls it off; what was revoked stays so. @throws GatewayError DECOMMISSION_UNKNOWN */
  cancel(who: string): Promise<SiteView> {
    return this.#turn(async ({ record }) => {
      this.#need(record);
      await this.#audit("gateway.site.decommission.cancelled", who, {});
      await this.parts.context.store.commit([{ delete: SITE_RECORD_KEY }]);
      await this.parts.context.alarms.clear(ALARM, "gateway");
    });
  }

  async #release(record: SiteRecord, who: string): Promise<Pick<SiteRecord, "backups" | "ended">> {
    const { alarms } = this.parts.context;
    await alarms.raise({ kind: ALARM, subject: "gateway", detail: `asked for by ${record.by}: ${record.reason}` });
    const ended = await this.parts.end(who), before = record.ended;
    // an approval that ran out and was given again ends nothing twice, and forgets nothing of the first time
    const sum: EndedSite = before
      ? {
        certificates: [...new Set([...before.certificates, ...ended.certificates])],
        grants: before.grants + ended.grants,
        tokens: before.tokens + ended.tokens,
        ways: before.ways + ended.ways,
      }
      : ended;
    const { certificates, grants, tokens, ways } = sum;
    await this.#audit("gateway.site.decommission.ended", who, {
      certificates: certificates.length,
      grants,
      tokens,
      ways,
    });
    return { ended: sum, backups: await this.parts.backups() };
  }

  async #requireSite(typed: string, who: string): Promise<void> {
    const { id } = this.parts.context.site.site;
    if (typed === id) return;
    const what = `"${typed.slice(0, 64)}" is not the id of this site`;
    throw await this.#refuse("site", who, what, `Type --site ${id} when you mean this gateway`);
  }

  async #requireBackup(name: string, { startedSeq }: SiteRecord, who: string): Promise<void> {
    const last = await this.parts.lastBackup();
    if (last?.name === name && last.lastSequence >= startedSeq) return;
    const is = last === undefined ? "none reached all targets yet" : `the last one is ${last.name}`;
    const what = `"${name.slice(0, 100)}" is no backup that was made since it was begun: ${is}`;
    throw await this.#refuse("backup", who, what, "Run `backup`, or say why there is none with --no-backup");
  }

  #standing(record: SiteRecord | undefined, open: OpenItems, lines: readonly SiteLine[]): SiteStanding {
    const { told = {}, exported, approvals = [], needsApprovals = 1, skipped = {} } = record ?? {};
    return {
      ...{ stations: open.stations.length, work: open.work.length, skipped, needsApprovals, now: this.#now },
      untold: lines.filter(({ id }) => told[id] === undefined).length,
      isExported: exported !== undefined,
      approvedAt: approvals.map(({ at }) => at),
      approvalMs,
    };
  }

  #change(how: (record: SiteRecord, view: SiteView) => Promise<Partial<SiteRecord>>): Promise<SiteView> {
    return this.#turn(async (view) => {
      const record = this.#need(view.record);
      await this.#put({ ...record, ...await how(record, view) });
    });
  }

  async #turn(work: (view: SiteView) => Promise<void>): Promise<SiteView> {
    await this.#turns.run(["gateway"], async () => await work(await this.view()));
    return await this.view();
  }

  /** @throws GatewayError DECOMMISSION_UNKNOWN */
  #need(record: SiteRecord | undefined): SiteRecord {
    if (record) return record;
    throw new GatewayError("DECOMMISSION_UNKNOWN", "This gateway is not being decommissioned", {
      hint: "`gateway decommission start` begins; `gateway decommission show` says what it would come to",
    });
  }

  async #put(record: SiteRecord): Promise<void> {
    await this.parts.context.store.commit([{ set: SITE_RECORD_KEY, value: record }]);
  }

  get #now(): number {
    return this.parts.context.clock.now();
  }

  #audit(event: string, who: string, detail: Detail): Promise<{ readonly sequence: number }> {
    const { audit, site } = this.parts.context;
    return audit.record({ event, class: "security", who, target: site.site.id, outcome: "ok", detail });
  }

  async #refuse(
    rule: string,
    who: string,
    what: string,
    hint = "See `gateway decommission show`",
  ): Promise<GatewayError> {
    const { audit, site } = this.parts.context, event = "gateway.site.decommission.refused";
    const refused = { event, class: "security", who, target: site.site.id, outcome: "refused" } as const;
    await audit.record({ ...refused, rule: `decommission.gateway.${rule}` });
    return new GatewayError("DECOMMISSION_REFUSED", what, { hint });
  }
}
