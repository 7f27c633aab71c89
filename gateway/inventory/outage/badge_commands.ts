import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { badgeNamed, badgeOf, endOf, type NamedBadge, noteOf } from "./badge_args.ts";
import type { BadgeBook, BadgeChange, BadgeList } from "./badge_book.ts";
import { exportBadges, importBadges } from "./badge_files.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** What the badge commands work with. */
export interface BadgeCommandParts {
  readonly context: ControlContext;
  readonly book: BadgeBook;
  /** Tells every Worker and every station that the block list changed; says what could not be told. */
  spread(): Promise<readonly string[]>;
  /** Ends what a blocked badge charges; answers the stations that are being asked. */
  stop(badges: readonly NamedBadge[]): Promise<readonly string[]>;
  /** Tells the CSMSs where the gateway has an identity of its own; answers in words. */
  tell(what: "blocked" | "unblocked", badges: readonly NamedBadge[], until?: number): Promise<string>;
  /** Hashes that the gateway has seen beside those on its lists, as of a badge that looks copied. */
  seenHashes(): readonly string[];
}

/** `badge allow`, `block`, `export`, `forget`, `import`, `list`, `renew` and `unblock` (EV-24). */
export function badgeCommands(parts: BadgeCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "badge allow": (args, who) => allow(parts, args, who),
    "badge block": (args, who) => block(parts, args, who),
    "badge export": (args, who) => exportBadges(parts, args, who),
    "badge forget": (args, who) => take(parts, "listed", args, who),
    "badge import": (args, who) => importBadges(parts, args, who),
    "badge list": async () => list(parts),
    "badge renew": (args, who) => renew(parts, args, who),
    "badge unblock": (args, who) => take(parts, "blocked", args, who),
  };
}

async function block(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, at = context.clock.now();
  const badge = badgeNamed(parts, args, [...book.entries("listed"), ...book.entries("blocked")]);
  const note = noteOf(args["reason"], "--reason"), end = endOf(args["until"], at, context.site.site.timeZone);
  await book.alone(async () => {
    makeRoom(parts, "blocked", badge.hash);
    await record(parts, "badge.entry.blocked", badge, who, { reason: note });
    const before = book.entries("blocked").find(({ hash }) => hash === badge.hash);
    const { renewedBy } = before ?? {}; // a badge that was renewed stays linked
    await book.change([{
      ...{ list: "blocked", hash: badge.hash },
      entry: { note, at, by: who, ...end, ...renewedBy === undefined ? {} : { renewedBy } },
    }]);
  });
  return await spreadBlock(parts, badge, end.expiresAt);
}

/** Tells everybody of a badge that was just blocked, and ends what it charges. */
async function spreadBlock(parts: BadgeCommandParts, badge: NamedBadge, until?: number): Promise<CommandResult> {
  const untold = await parts.spread();
  const charging = await parts.stop([badge]);
  const told = untold.length === 0
    ? "Blocked: every station is told so from now on, with its CSMS and without."
    : `Blocked. Not told yet: ${untold.join(", ")}; they are when they are back.`;
  const stops = charging.length === 0 ? [] : [`It charges at ${charging.join(", ")}, which is asked to stop.`];
  const upstream = await parts.tell("blocked", [badge], until);
  return { text: [told, ...stops, upstream].join("\n"), data: { blocked: true, untold, charging } };
}

async function allow(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { context, book } = parts, at = context.clock.now(), badge = badgeOf(args["badge"]), hash = book.hash(badge);
  const note = noteOf(args["note"], "--note"), end = endOf(args["until"], at, context.site.site.timeZone);
  await parts.book.alone(async () => {
    makeRoom(parts, "listed", hash);
    await record(parts, "badge.entry.allowed", { badge, hash }, who, { note });
    const entry = { note, at, by: who, ...end };
    await parts.book.change([{ list: "listed", hash, entry }]);
  });
  const modes = parts.context.site.ocpp?.csms.filter((csms) => csms.offlineAuthorisation === "local-badges") ?? [];
  const use = modes.length > 0
    ? `It counts while ${modes.map(({ id }) => id).join(", ")} is away.`
    : "No CSMS has offlineAuthorisation: local-badges, so the list is not used yet.";
  return { text: `Listed. ${use}`, data: { listed: true, used: modes.length > 0 } };
}

async function take(
  parts: BadgeCommandParts,
  list: BadgeList,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const { book } = parts, badge = badgeNamed(parts, args, book.entries(list));
  await book.alone(async () => {
    if (!book.entries(list).some(({ hash }) => hash === badge.hash)) {
      throw new GatewayError("BADGE_UNKNOWN", `This badge is not on the list of ${list} badges`, {
        hint: "Badges are kept as keyed hashes: name it as the station sends it, or by --hash as `badge list` shows it",
      });
    }
    await record(parts, list === "blocked" ? "badge.entry.unblocked" : "badge.entry.forgotten", badge, who, {});
    await book.change([{ list, hash: badge.hash }]);
  });
  if (list === "listed") return { text: "Done.", data: { list, untold: [] } };
  const untold = await parts.spread();
  return { text: `Done.\n${await parts.tell("unblocked", [badge])}`, data: { list, untold } };
}

/** Gives out another badge for one: the old one is blocked, the new one takes its place on the site's list. */
async function renew(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, at = context.clock.now();
  const badge = badgeOf(args["badge"]), fresh = badgeOf(args["new"]);
  const old = book.hash(badge), next = book.hash(fresh);
  const note = noteOf(args["reason"], "--reason");
  if (old === next) {
    throw new GatewayError("CLI_USAGE", "The new badge is the old one", { hint: "Read the new badge at a station" });
  }
  const before = await book.alone(async () => {
    if (book.isBlocked(fresh, at)) {
      throw new GatewayError("CTL_REFUSED", "The new badge is blocked itself", { hint: "Give out another one" });
    }
    makeRoom(parts, "blocked", old);
    const listed = book.entry("listed", badge);
    await record(parts, "badge.entry.renewed", { badge, hash: old }, who, { newBadge: fresh, reason: note });
    const changes: BadgeChange[] = [
      { list: "blocked", hash: old, entry: { note, at, by: who, renewedBy: next } },
      { list: "listed", hash: old },
    ];
    if (listed) changes.push({ list: "listed", hash: next, entry: { ...listed, at, by: who, renews: old } });
    await book.change(changes);
    return listed;
  });
  const { text, data } = await spreadBlock(parts, { badge, hash: old });
  const use = before ? "The new one stands on the site's list in its place." : "The CSMS has to know the new one.";
  return { text: `${text}\n${use}`, data };
}

function list({ book }: BadgeCommandParts): CommandResult {
  const short = (hash?: string) => hash?.slice(0, BADGE_LIMITS.hashChars) ?? null;
  const entries = (["blocked", "listed"] as const).flatMap((name) =>
    book.entries(name).map((entry) => ({
      list: name,
      hash: short(entry.hash),
      note: entry.note,
      by: entry.by ?? null,
      since: new Date(entry.at).toISOString(),
      until: entry.expiresAt === undefined ? null : new Date(entry.expiresAt).toISOString(),
      renewedBy: short(entry.renewedBy),
      renews: short(entry.renews),
    }))
  );
  if (entries.length === 0) return { text: "No badge is blocked or listed.", data: entries };
  const rows = entries.map(({ hash, since, until, renewedBy, renews, ...row }) => {
    const link = renewedBy ? `by ${renewedBy}` : renews ? `for ${renews}` : "-";
    return [row.list, hash ?? "", since, until ?? "-", link, row.note];
  });
  return { text: formatTable(["list", "hash", "since", "until", "renewed", "note"], rows), data: entries };
}

function makeRoom({ book }: BadgeCommandParts, list: BadgeList, hash: string): void {
  if (!book.isFull(list) || book.entries(list).some((entry) => entry.hash === hash)) return;
  throw new GatewayError("CTL_REFUSED", `The list of ${list} badges is full: ${BADGE_LIMITS.entries} entries`, {
    hint: "Take badges off it with `badge unblock` or `badge forget`",
  });
}

/** The badge itself becomes a pseudonym in the chain; one that was named by its hash stands there by it. */
async function record(
  { context }: BadgeCommandParts,
  event: string,
  { badge, hash }: NamedBadge,
  who: string,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const named = badge === undefined ? { hash: hash.slice(0, BADGE_LIMITS.hashChars) } : { badge };
  await context.audit.record({ event, class: "security", who, outcome: "ok", detail: { ...named, ...more } });
}
