import { type AuditDigest, DigestCounter, type DigestRecord } from "../../../policies/audit_digest.ts";
import type { Json } from "../../core/control_api.ts";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { SiteAlarms } from "../alarms/mod.ts";
import { noticeTargets } from "../alarms/feature.ts";
import type { ChainLine } from "../audit/chain.ts";
import type { AuditChain } from "../audit/mod.ts";
import type { CommandArgs, CommandResult, ControlContext, ControlFeature } from "../contract.ts";
import { DigestBook } from "./digest_book.ts";
import { digestDelivery, digestText, type TimedDigest } from "./digest_text.ts";
import { DIGEST_LIMITS } from "./limits.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR, DAY_MINUTES = 1_440;

/** What digests work with. */
export interface DigestParts {
  readonly context: Pick<ControlContext, "clock" | "log" | "site" | "store" | "timers">;
  readonly audit: Pick<AuditChain, "head" | "reader" | "record">;
  readonly alarms: Pick<SiteAlarms, "clear" | "outbox" | "post" | "raise">;
  /** Minutes of the week in the site's time zone; Monday 00:00 is 0. */
  minuteOfWeek(wallMs: number): number;
}

/** Digests, with what tests may ask of them. */
export interface DigestFeature extends ControlFeature {
  /** Sends what is due and looks at reviews; it does so by itself all ten minutes. */
  look(): Promise<void>;
}

/** What happened, told by mail or webhook each day or week; and who consulted the audit chain last (EV-27). */
export async function createDigestFeature(parts: DigestParts): Promise<DigestFeature> {
  const { context, audit } = parts, { clock, log, store, timers } = context;
  const book = await DigestBook.open(store, { at: clock.now(), sequence: audit.head.seq });
  const digests = new Digests(parts, book);
  const stop = timers.every(DIGEST_LIMITS.lookMs, () => {
    digests.look().catch((error) => log.warn("audit.digest.failed", { msg: describeError(error) }));
  });
  return {
    name: "digest",
    look: () => digests.look(),
    commands: {
      "audit digest": () => digests.show(),
      "audit digest-send": () => digests.sendNow(),
      "audit review": (args, who) =>
        args["list"] === true ? Promise.resolve(digests.list()) : digests.review(args, who),
    },
    stop: () => {
      stop();
      return digests.idle();
    },
  };
}

class Digests {
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: DigestParts, private readonly book: DigestBook) {}

  /** One after the other: two looks at once would send one digest twice. */
  look(): Promise<void> {
    const done = this.#running.then(() => this.#look());
    this.#running = done.catch(() => undefined);
    return done;
  }

  /** Resolves when no look runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async show(): Promise<CommandResult> {
    const { timed } = await this.#collect();
    return { text: digestText(timed), data: { ...timed, ...this.#standing() } as unknown as Json };
  }

  /** Sends the digest of the time until now; the next one begins here. @throws GatewayError CTL_REFUSED */
  async sendNow(): Promise<CommandResult> {
    const wanted = this.parts.context.site.audit.digest;
    if (!wanted) {
      throw new GatewayError("CTL_REFUSED", "The site wants no digest", { hint: "Write audit.digest in site.yaml" });
    }
    const receivers = this.#receivers(wanted.to);
    if (receivers.length === 0) {
      throw new GatewayError("CTL_REFUSED", "The digest has no receiver", {
        hint: "Write one under notify in site.yaml",
      });
    }
    const done = this.#running.then(() => this.#send(wanted.to));
    this.#running = done.catch(() => undefined);
    await done;
    const ids = receivers.map(({ id }) => id);
    return { text: `The digest goes to ${ids.join(", ")}.`, data: { receivers: ids } };
  }

  list(): CommandResult {
    const all = this.book.allReviews();
    const lines = all.map(({ who, at, note }) => `${new Date(at).toISOString()}  ${who}${note ? `  ${note}` : ""}`);
    const text = all.length === 0 ? "Nobody has reviewed the audit chain yet: `audit review`." : lines.join("\n");
    return { text, data: all as unknown as Json };
  }

  async review(args: CommandArgs, who: string): Promise<CommandResult> {
    const note = typeof args["note"] === "string" ? args["note"].trim() : undefined;
    if (note !== undefined && (note === "" || note.length > DIGEST_LIMITS.noteChars)) {
      throw new GatewayError("CLI_USAGE", `--note has ${note.length} characters`, {
        hint: `Write 1 to ${DIGEST_LIMITS.noteChars}`,
      });
    }
    const { audit, alarms, context } = this.parts, { seq } = audit.head;
    const review = { who, at: context.clock.now(), sequence: seq, ...note === undefined ? {} : { note } };
    await audit.record({
      ...{ event: "audit.chain.reviewed", class: "security", who, outcome: "ok" },
      detail: { until: seq, ...note === undefined ? {} : { note } },
    });
    await this.book.addReview(review);
    await alarms.clear("audit.review.overdue", "audit");
    return {
      text: `Noted: ${who} has consulted the audit chain up to record ${seq}.`,
      data: review as unknown as Json,
    };
  }

  #receivers(to: readonly string[] | undefined): ReturnType<typeof noticeTargets> {
    return noticeTargets(this.parts.context.site).filter(({ id }) => to === undefined || to.includes(id));
  }

  /** What site.yaml wants of digests and reviews, and until when the next review is to be made. */
  #standing() {
    const { digest, reviewDays } = this.parts.context.site.audit, [last] = this.book.allReviews();
    return {
      ...digest === undefined ? {} : {
        settings: { every: digest.every, hour: digest.hour, receivers: this.#receivers(digest.to).map(({ id }) => id) },
      },
      ...reviewDays === undefined ? {} : { reviewDays, reviewDueAt: (last?.at ?? this.book.since) + reviewDays * DAY },
    };
  }

  async #look(): Promise<void> {
    const { context, alarms } = this.parts, now = context.clock.now();
    const { digest: wanted, reviewDays } = context.site.audit;
    const [last] = this.book.allReviews(), age = now - (last?.at ?? this.book.since);
    if (reviewDays === undefined || age < reviewDays * DAY) await alarms.clear("audit.review.overdue", "audit");
    else {
      const who = last ? `last by ${last.who}, ${Math.floor(age / DAY)} days ago` : "never";
      await alarms.raise({ kind: "audit.review.overdue", subject: "audit", detail: `reviewed ${who}` });
    }
    if (wanted && this.#isDue(wanted, now)) await this.#send(wanted.to);
  }

  /** At the hour that the site wants, by its own clock; one that was missed is sent at the next look. */
  #isDue({ every, hour }: { readonly every: "daily" | "weekly"; readonly hour: number }, now: number): boolean {
    const period = every === "daily" ? DAY_MINUTES : 7 * DAY_MINUTES;
    const sinceMark = (this.parts.minuteOfWeek(now) - hour * 60 + 7 * DAY_MINUTES) % period;
    // when clocks change the mark moves by an hour: one that was sent about then was this one
    return this.book.last.at < now - sinceMark * MINUTE - 1.5 * HOUR;
  }

  async #send(to: readonly string[] | undefined): Promise<void> {
    const { alarms } = this.parts, targets = this.#receivers(to);
    const { timed, sequence } = await this.#collect(), state = { at: timed.to, sequence };
    const deliveries = targets.map((target) => {
      const id = alarms.outbox.newId();
      return alarms.outbox.add(id, target.id, digestDelivery(target, timed, id));
    });
    // in one commit: a crash sends it whole or not at all
    await alarms.post([...deliveries, this.book.sent(state)]);
    this.book.last = state;
    await this.parts.audit.record({
      ...{ event: "audit.digest.made", class: "operation", who: "gateway", outcome: "ok" },
      detail: { records: timed.digest.records, receivers: targets.length },
    });
  }

  async #collect(): Promise<{ readonly timed: TimedDigest; readonly sequence: number }> {
    const { audit, context } = this.parts, { last } = this.book;
    const reader = audit.reader(last.sequence), counter = new DigestCounter();
    let sequence = last.sequence;
    const { readAtOnce } = DIGEST_LIMITS;
    for (let lines = await reader.next(readAtOnce); lines.length > 0; lines = await reader.next(readAtOnce)) {
      for (const line of lines) if (line.kind === "record") counter.add(recordOf(line));
      sequence = lines.at(-1)!.seq;
    }
    const digest: AuditDigest = counter.digest(), [review] = this.book.allReviews();
    const { id, name } = context.site.site;
    return { sequence, timed: { site: name ?? id, from: last.at, to: context.clock.now(), digest, review } };
  }
}

function recordOf({ fields }: ChainLine): DigestRecord {
  const text = (name: string, of: Readonly<Record<string, unknown>> = fields) =>
    typeof of[name] === "string" ? of[name] as string : undefined;
  const detail = typeof fields["detail"] === "object" && fields["detail"] !== null ? fields["detail"] : {};
  return {
    event: text("event") ?? "",
    ...{ outcome: text("outcome"), rule: text("rule"), who: text("who"), target: text("target") },
    told: text("type", detail as Record<string, unknown>),
  };
}
