import { Buffer } from "node:buffer";
import type { Sealer } from "../../control/contract.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { CsmsCall, StationCallAnswer } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import { contextOf, type SealedValue, sealFor } from "../../store/sealer.ts";
import type { StoreKey } from "../../store/store.ts";
import type { NamedBadge } from "./badge_args.ts";
import { NOTICE_LIMITS } from "./limits.ts";

/** What a CSMS is told of a badge. */
export type NoticeKind = "blocked" | "unblocked";

/** A notice that a CSMS has not answered yet. The badge is in it, sealed: the CSMS knows no hash of ours. */
interface Notice {
  readonly what: NoticeKind;
  readonly until?: number;
  readonly at: number;
  readonly attempts: number;
  readonly badge: SealedValue;
}

/** What the notices work with. */
export interface NoticeParts {
  readonly context: Pick<ControlContext, "audit" | "clock" | "log" | "site" | "store"> & { readonly sealer: Sealer };
  call(call: CsmsCall): Promise<StationCallAnswer>;
}

const NOTICES = [...KEYS.badges, "notice"];
const MESSAGES: Readonly<Record<NoticeKind, string>> = { blocked: "BadgeBlocked", unblocked: "BadgeUnblocked" };

/**
 * Tells CSMSs which badges this site blocks, over the gateway's own connection to them (never in the name of a station),
 * as a DataTransfer that each may know or not. Stored before it is sent, and until the CSMS has answered; of two about one
 * badge only the later one counts.
 */
export class UpstreamNotices {
  readonly #waiting = new Map<string, Notice>();
  readonly #dueAt = new Map<string, number>();
  #look: Promise<void> | undefined;
  #isWoken = false;

  private constructor(private readonly parts: NoticeParts) {}

  static async open(parts: NoticeParts): Promise<UpstreamNotices> {
    const notices = new UpstreamNotices(parts);
    for await (const { key, value } of parts.context.store.list<Notice>(NOTICES, { limit: Infinity })) {
      notices.#waiting.set(nameOf(String(key.at(-2)), String(key.at(-1))), value);
    }
    return notices;
  }

  /** Notices that wait for an answer. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Stores what CSMSs are to be told; answers in words. A badge that is known by its hash alone cannot be told. */
  async tell(what: NoticeKind, badges: readonly NamedBadge[], until?: number): Promise<string> {
    const targets = this.#targets(), known = badges.filter(({ badge }) => badge !== undefined);
    if (targets.length === 0) {
      return "No CSMS is told: the gateway has no identity of its own at one (localController).";
    }
    if (known.length === 0) return "No CSMS is told: the gateway knows this badge by its hash only.";
    if (this.size + known.length * targets.length > NOTICE_LIMITS.waiting) {
      return `No CSMS is told: more than ${NOTICE_LIMITS.waiting} notices would wait. Send it the list itself.`;
    }
    await Promise.all(targets.flatMap((csms) => known.map((badge) => this.#keep(csms, badge, what, until))));
    this.look().catch((error) => this.parts.context.log.warn("badges.notice.failed", { msg: describeError(error) }));
    return `${targets.join(", ")} is told.`;
  }

  /** Sends what is due, one after the other to each CSMS. A look that runs is followed by another one. */
  async look(): Promise<void> {
    if (this.#look) this.#isWoken = true;
    this.#look ??= this.#lookAll().finally(() => this.#look = undefined);
    await this.#look;
  }

  async #lookAll(): Promise<void> {
    do {
      this.#isWoken = false;
      const byCsms = Map.groupBy(this.#waiting.keys(), (name) => name.split(" ")[0]!);
      await Promise.all([...byCsms].map(async ([csms, names]) => {
        for (const name of names) if (!await this.#send(csms, name)) break; // it is away: the others wait too
      }));
    } while (this.#isWoken);
  }

  /** @returns false when the CSMS gave no answer */
  async #send(csms: string, name: string): Promise<boolean> {
    const { clock } = this.parts.context, notice = this.#waiting.get(name), hash = name.split(" ")[1]!;
    if (!notice) return true;
    if (!this.#targets().includes(csms) || clock.now() - notice.at > NOTICE_LIMITS.ageMs) {
      await this.#forget(csms, name, notice);
      return true;
    }
    if (clock.now() < (this.#dueAt.get(name) ?? 0)) return false;
    const { sealer } = this.parts.context;
    const badge = Buffer.from(await sealer.unseal(notice.badge.sealed, contextOf(keyOf(csms, hash)))).toString();
    const answer = await this.#call(csms, notice, badge);
    if ("noAnswer" in answer) {
      const attempts = notice.attempts + 1;
      const pause = Math.min(NOTICE_LIMITS.pauseMs * 2 ** Math.min(attempts - 1, 10), NOTICE_LIMITS.longestPauseMs);
      this.#dueAt.set(name, clock.now() + pause);
      if (this.#waiting.get(name) === notice) this.#waiting.set(name, { ...notice, attempts });
      return false;
    }
    await this.#record(csms, notice, badge, answer);
    await this.#forget(csms, name, notice);
    return true;
  }

  async #call(csms: string, { what, until }: Notice, idToken: string): Promise<StationCallAnswer> {
    const end = until === undefined ? {} : { until: new Date(until).toISOString() };
    const data = JSON.stringify({ idToken, ...end });
    const payload = { vendorId: "bulkhead", messageId: MESSAGES[what], data };
    try {
      return await this.parts.call({ csms, action: "DataTransfer", payload, timeoutMs: NOTICE_LIMITS.callMs });
    } catch (error) {
      return { error: { code: describeError(error).slice(0, 64), description: "" } };
    }
  }

  async #record(csms: string, { what }: Notice, badge: string, answer: StationCallAnswer): Promise<void> {
    const said = "error" in answer
      ? answer.error.code
      : String(("result" in answer ? answer.result as { readonly status?: unknown } : {}).status);
    await this.parts.context.audit.record({
      ...{ event: "badge.notice.sent", class: "security", who: "gateway", target: csms },
      outcome: said === "Accepted" ? "ok" : "failed",
      detail: { badge, what, answer: said.slice(0, 64) },
    });
  }

  async #keep(csms: string, { badge, hash }: NamedBadge, what: NoticeKind, until?: number): Promise<void> {
    const { store, sealer, clock } = this.parts.context, key = keyOf(csms, hash), name = nameOf(csms, hash);
    const value: Notice = {
      ...{ what, at: clock.now(), attempts: 0, badge: await sealFor(sealer, key, Buffer.from(badge!)) },
      ...until === undefined ? {} : { until },
    };
    await store.commit([{ set: key, value }]);
    this.#waiting.set(name, value);
    this.#dueAt.delete(name);
  }

  /** Only what was sent: a later notice about the badge stays. */
  async #forget(csms: string, name: string, notice: Notice): Promise<void> {
    const now = this.#waiting.get(name);
    if (now?.at !== notice.at || now.what !== notice.what) return;
    this.#waiting.delete(name);
    this.#dueAt.delete(name);
    await this.parts.context.store.commit([{ delete: keyOf(csms, name.split(" ")[1]!) }]);
  }

  #targets(): readonly string[] {
    const all = this.parts.context.site.ocpp?.csms ?? [];
    return all.filter(({ localController }) => localController !== undefined).map(({ id }) => id);
  }
}

/** Ids of CSMSs and hashes have no blanks. */
const nameOf = (csms: string, hash: string): string => `${csms} ${hash}`;
const keyOf = (csms: string, hash: string): StoreKey => [...NOTICES, csms, hash];
