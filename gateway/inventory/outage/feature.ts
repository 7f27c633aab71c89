import type { Site } from "../../config/schema.ts";
import type { ControlContext, ControlFeature } from "../../control/contract.ts";
import type { ControlApi, Json } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import { KEYS } from "../../store/keys.ts";
import type { LiveSessions } from "../live_sessions.ts";
import { readSettings } from "../../posture/ocpp_reader.ts";
import { CACHE_SETTING } from "../../../policies/offline_settings.ts";
import { callCsms } from "../csms_calls.ts";
import { callStation } from "../station_calls.ts";
import type { Stations } from "../stations.ts";
import type { NamedBadge } from "./badge_args.ts";
import { BadgeBook } from "./badge_book.ts";
import { BadgeCaches } from "./badge_caches.ts";
import { badgeCommands } from "./badge_commands.ts";
import { judgeBadge, modeOf, noteListed } from "./badge_judge.ts";
import { ClockTrust } from "./clock_trust.ts";
import { BADGE_CACHE_LIMITS, BADGE_LIMITS, OUTAGE_LIMITS } from "./limits.ts";
import type { MessageHead } from "./message_records.ts";
import { outageCommands } from "./outage_commands.ts";
import { OutageQueue, type QueueBounds, type QueueName, queueName } from "./outage_queue.ts";
import { type OutageStatus, QueueWatch } from "./queue_watch.ts";
import { UpstreamNotices } from "./upstream_notices.ts";

/** What the feature needs beside the context. */
export interface OutageFeatureParts {
  readonly context: ControlContext;
  readonly stations: Stations;
  readonly live: LiveSessions;
  /** Asks hald whether the clock is synchronised; absent on a box without hald. */
  readonly synchronised?: () => Promise<boolean>;
  /** The text of a message without secrets and badges. */
  readonly redact: (text: string) => string;
}

/** Who knows where badges charge; it comes after this feature. */
export interface BadgeFollower {
  /** Badges were just blocked: what they charge is to end. @returns the stations where they charge */
  blocked(badges: readonly NamedBadge[]): Promise<readonly string[]>;
  /** A blocked badge was shown at a station. */
  shown(stationId: string, badge: string): Promise<void>;
  /** Hashes of badges that were seen, as of those that look copied. */
  seenHashes(): readonly string[];
}

/** What control does for stations whose CSMS is away: keeps their messages, judges badges, says whether it knows the time. */
export async function createOutageFeature(
  parts: OutageFeatureParts,
): Promise<
  ControlFeature & {
    readonly status: () => OutageStatus;
    readonly waiting: OutageQueue["waiting"];
    readonly hasWaiting: OutageQueue["hasWaiting"];
    readonly badges: Pick<BadgeBook, "hash" | "isBlockedHash" | "renewedBy">;
    follow(follower: BadgeFollower): void;
  }
> {
  const { context, stations } = parts;
  const { store, sealer, clock, random, timers, log } = context;
  const boundsOf = (queue: QueueName) => queueBounds(context.site, queue);
  const onUnreadable = (name: QueueName, head: MessageHead) => tellRefused(context, name, head, "Unreadable");
  const queue = await OutageQueue.open({ store, sealer, clock, random, boundsOf, onUnreadable });
  const book = await BadgeBook.open(store, sealer);
  const trust = await ClockTrust.open({
    store,
    clock,
    ...parts.synchronised ? { synchronised: parts.synchronised } : {},
  });
  const watch = new QueueWatch(context, queue);
  const { caches, notices } = await badgeTellers(parts);
  let follower: BadgeFollower | undefined;
  const spreading = () => spread(context, book, caches);
  const cancel = timers.every(OUTAGE_LIMITS.lookMs, () => {
    watch.look().catch((error) => log.warn("outage.look.failed", { msg: describeError(error) }));
    const isQuiet = caches.uncleared().length === 0 && notices.size === 0 && !book.hasOver(clock.now());
    if (isQuiet) return;
    const look = async () => {
      if (await dropOver(context, book)) await spreading();
      await Promise.all([caches.look(), notices.look()]);
    };
    look().catch((error) => log.warn("badges.look.failed", { msg: describeError(error) }));
  });
  await noteModes(context, context.site);
  return {
    name: "outage",
    status: () => watch.status(),
    waiting: (station) => queue.waiting(station),
    hasWaiting: (station) => queue.hasWaiting(station),
    badges: book,
    follow: (next) => void (follower = next),
    commands: {
      ...badgeCommands({
        ...{ context, book, spread: spreading },
        stop: async (badges) => await follower?.blocked(badges) ?? [],
        tell: (what, badges, until) => notices.tell(what, badges, until),
        seenHashes: () => follower?.seenHashes() ?? [],
      }),
      ...outageCommands({ context, stations, queue, live: parts.live, redact: parts.redact }),
    },
    handlers: {
      ...queueHandlers(context, queue),
      ...badgeHandlers(parts, book, (station, badge) => follower?.shown(station, badge) ?? Promise.resolve()),
      "outage.clock": async () => ({ isTrusted: await trust.isTrusted() }),
      "outage.clock-seen": ({ offsetMs }) => trust.seen(offsetMs),
    },
    // A Worker may have been started while the list changed.
    workerJoined: async (worker) => {
      if (context.workers.of("ocpp").includes(worker)) await tellWorker(context, worker, book);
    },
    reconfigure: (next) => noteModes(context, next),
    stop: async () => cancel(),
  };
}

function queueHandlers(context: ControlContext, queue: OutageQueue): RpcHandlers<ControlApi> {
  const { metrics } = context;
  return {
    "outage.state": ({ stationId, csms, isSettled, protocol }) =>
      queue.state(queueName(stationId, csms), isSettled, protocol),
    "outage.learn": ({ stationId, csms, ...learned }) => queue.learn(queueName(stationId, csms), learned),
    "outage.keep": async (message) => {
      const kept = await queue.keep(message);
      if (kept.kept) metrics.count("bulkhead_outage_kept_total", { repeated: String(kept.isRepeated === true) });
      else await context.alarms.raise({ kind: "ocpp.outage.full", subject: message.stationId, detail: kept.why });
      return kept;
    },
    "outage.next": async ({ stationId, csms, protocol }) => {
      const message = await queue.next(queueName(stationId, csms), protocol);
      return message ? { message } : {};
    },
    "outage.delivered": async ({ stationId, csms, sequence, outcome }) => {
      const name = queueName(stationId, csms);
      metrics.count("bulkhead_outage_delivered_total", { outcome: outcome.answered ? "answered" : "refused" });
      if (outcome.answered) return await queue.delivered(name, sequence, outcome.csmsTransactionId);
      const { code, description } = outcome;
      const head = await queue.refused(name, sequence, { code, description, at: context.clock.now() });
      if (head) await tellRefused(context, name, head, code);
    },
  };
}

/** A message waits for a person: the CSMS refused it, or it cannot be opened. */
async function tellRefused(
  { audit, alarms }: ControlContext,
  name: QueueName,
  { action, sequence }: MessageHead,
  code: string,
): Promise<void> {
  const [stationId = "", csms = ""] = name.split(" "), isUnreadable = code === "Unreadable";
  await audit.record({
    event: "outage.message.refused",
    class: "charging",
    who: stationId,
    target: stationId,
    outcome: isUnreadable ? "failed" : "refused",
    rule: isUnreadable ? "outage.unreadable" : "outage.csms-refused",
    detail: { csms, action, code: code.slice(0, 64), sequence },
  });
  const detail = isUnreadable ? `${action} cannot be opened: its record was changed` : `${action} was answered ${code}`;
  await alarms.raise({ kind: "ocpp.outage.refused", subject: stationId, detail: detail.slice(0, 200) });
}

function badgeHandlers(
  { context }: OutageFeatureParts,
  book: BadgeBook,
  shown: BadgeFollower["shown"],
): RpcHandlers<ControlApi> {
  const { clock } = context;
  return {
    "badges.blocked": () => book.blockedAt(clock.now()),
    "badges.judge": async (question) => {
      const answer = await judgeBadge({ context, book }, question);
      if (answer.rule === "badge.blocked") await shown(question.stationId, question.badge);
      return answer;
    },
    "badges.learn": async ({ csms, badge, ...answer }) => {
      const isUsed = modeOf(context, csms) === "cache-then-csms" && badge.length <= BADGE_LIMITS.badgeChars;
      if (isUsed) await book.learn(badge, { ...answer, at: clock.now() });
    },
    "badges.listed": (listed) => noteListed(context, listed),
  };
}

/** Who tells stations and CSMSs of blocked badges. */
async function badgeTellers(parts: OutageFeatureParts) {
  const { context, stations, live } = parts;
  const ask = (stationId: string) => (action: string, payload: Json) =>
    callStation(parts, { stationId, action, payload, timeoutMs: BADGE_CACHE_LIMITS.callMs });
  const caches = await BadgeCaches.open({
    context,
    stations: () => stations.all().flatMap(({ id, ocpp }) => ocpp ? [id] : []),
    session: (id) => live.ofStation(id)?.session,
    call: (id, action, payload) => ask(id)(action, payload),
    hasCache: async (id) => {
      const { protocol } = live.ofStation(id) ?? {}, now = () => context.clock.now();
      return (await readSettings([CACHE_SETTING], protocol, ask(id), now))[0]!;
    },
  });
  const notices = await UpstreamNotices.open({ context, call: (call) => callCsms(context, call) });
  return { caches, notices };
}

/** Blocks for a time that are over leave the list. @returns whether there were any */
async function dropOver({ audit, clock }: ControlContext, book: BadgeBook): Promise<boolean> {
  const ended = await book.dropOver(clock.now());
  for (const { hash, note } of ended) {
    const detail = { hash: hash.slice(0, BADGE_LIMITS.hashChars), note };
    await audit.record({ event: "badge.suspension.ended", class: "security", who: "gateway", outcome: "ok", detail });
  }
  return ended.length > 0;
}

/** The block list reaches every Worker before the command answers; stations are told to forget what they cached. */
async function spread(context: ControlContext, book: BadgeBook, caches: BadgeCaches): Promise<readonly string[]> {
  const workers = context.workers.of("ocpp");
  const told = await Promise.all(workers.map((worker) => tellWorker(context, worker, book)));
  await caches.clear();
  // Not waited for: a station that does not answer must not hold up the person who blocks a badge.
  caches.look().catch((error) => context.log.warn("badges.cache.uncleared", { msg: describeError(error) }));
  return workers.filter((_, index) => !told[index]);
}

async function tellWorker({ clock, workers, log }: ControlContext, worker: string, book: BadgeBook): Promise<boolean> {
  try {
    await workers.get(worker).call("badges.changed", book.blockedAt(clock.now()), { deadlineMs: 1_000 });
    return true;
  } catch (error) {
    log.warn("badges.worker.untold", { worker, msg: describeError(error) });
    return false;
  }
}

function queueBounds(site: Site, name: QueueName): QueueBounds {
  const [, wanted] = name.split(" ");
  const queue = site.ocpp?.csms.find(({ id }) => id === wanted)?.queue ?? { messages: 0, megabytes: 0, maxAgeHours: 1 };
  return { messages: queue.messages, bytes: queue.megabytes * 1_048_576, ageMs: queue.maxAgeHours * 3_600_000 };
}

/** Records which mode is in force wherever it changed, also over a restart (T3). */
async function noteModes({ store, audit }: ControlContext, site: Site): Promise<void> {
  const key = [...KEYS.outage, "modes"];
  const before = (await store.get<Record<string, string>>(key))?.value ?? {};
  const now = Object.fromEntries(
    (site.ocpp?.csms ?? []).map(({ id, offlineAuthorisation }) => [id, offlineAuthorisation]),
  );
  const changed = Object.entries(now).filter(([id, mode]) => (before[id] ?? "csms-only") !== mode);
  if (changed.length === 0) return;
  for (const [csms, mode] of changed) {
    await audit.record({
      event: "outage.mode.changed",
      class: "security",
      who: "gateway",
      target: csms,
      outcome: "ok",
      detail: { mode, before: before[csms] ?? "csms-only" },
    });
  }
  await store.commit([{ set: key, value: now }]);
}
