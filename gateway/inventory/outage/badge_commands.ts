import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import type { BadgeBook, BadgeList } from "./badge_book.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** What the badge commands work with. */
export interface BadgeCommandParts {
  readonly context: ControlContext;
  readonly book: BadgeBook;
  /** Tells every Worker and every connected station that the block list changed; says what could not be told. */
  spread(): Promise<readonly string[]>;
  /** Ends what a blocked badge charges; answers the stations that are being asked. */
  stop(badge: string): Promise<readonly string[]>;
}

/** `badge allow`, `block`, `forget`, `import`, `list`, `renew` and `unblock` (EV-24). */
export function badgeCommands(parts: BadgeCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "badge allow": (args, who) => allow(parts, args, who),
    "badge block": (args, who) => block(parts, args, who),
    "badge forget": (args, who) => take(parts, "listed", args, who),
    "badge import": (args, who) => importBadges(parts, args, who),
    "badge list": async () => list(parts),
    "badge renew": (args, who) => renew(parts, args, who),
    "badge unblock": (args, who) => take(parts, "blocked", args, who),
  };
}

async function block(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const badge = badgeOf(args);
  const note = noteOf(args["reason"], "--reason"), end = endOf(args["until"], parts.context.clock.now());
  makeRoom(parts, "blocked", badge);
  await record(parts, "badge.entry.blocked", badge, who, { reason: note });
  await parts.book.add("blocked", badge, { note, at: parts.context.clock.now(), ...end });
  return await spreadBlock(parts, badge);
}

/** Tells everybody of a badge that was just blocked, and ends what it charges. */
async function spreadBlock(parts: BadgeCommandParts, badge: string): Promise<CommandResult> {
  const untold = await parts.spread();
  const charging = await parts.stop(badge);
  const told = untold.length === 0
    ? "Blocked: every station is told so from now on, with its CSMS and without."
    : `Blocked. Not told yet: ${untold.join(", ")}; they are when they are back.`;
  const text = charging.length === 0 ? told : `${told}\nIt charges at ${charging.join(", ")}, which is asked to stop.`;
  return { text, data: { blocked: true, untold, charging } };
}

async function allow(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const badge = badgeOf(args);
  const note = noteOf(args["note"], "--note"), end = endOf(args["until"]);
  makeRoom(parts, "listed", badge);
  await record(parts, "badge.entry.allowed", badge, who, { note });
  await parts.book.add("listed", badge, { note, at: parts.context.clock.now(), ...end });
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
  const badge = badgeOf(args);
  if (!parts.book.entry(list, badge)) {
    throw new GatewayError("BADGE_UNKNOWN", `This badge is not on the list of ${list} badges`, {
      hint:
        "Badges are kept as keyed hashes: `badge list` shows notes and hashes, and this command needs the badge itself",
    });
  }
  await record(parts, list === "blocked" ? "badge.entry.unblocked" : "badge.entry.forgotten", badge, who, {});
  await parts.book.remove(list, badge);
  const untold = list === "blocked" ? await parts.spread() : [];
  return { text: "Done.", data: { list, untold } };
}

/** Gives out another badge for one: the old one is blocked, the new one takes its place on the site's list. */
async function renew(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, at = context.clock.now();
  const badge = badgeOf(args), fresh = badgeOf({ badge: args["new"] });
  const note = noteOf(args["reason"], "--reason");
  if (book.hash(badge) === book.hash(fresh)) {
    throw new GatewayError("CLI_USAGE", "The new badge is the old one", { hint: "Read the new badge at a station" });
  }
  if (book.isBlocked(fresh, at)) {
    throw new GatewayError("CTL_REFUSED", "The new badge is blocked itself", { hint: "Give out another one" });
  }
  const before = book.entry("listed", badge);
  makeRoom(parts, "blocked", badge);
  await record(parts, "badge.entry.renewed", badge, who, { newBadge: fresh, reason: note });
  if (before) await book.add("listed", fresh, { ...before, at });
  await book.add("blocked", badge, { note, at, renewedBy: book.hash(fresh) });
  await book.remove("listed", badge);
  const { text, data } = await spreadBlock(parts, badge);
  const use = before ? "The new one stands on the site's list in its place." : "The CSMS has to know the new one.";
  return { text: `${text}\n${use}`, data };
}

/** A list of badges from a file, all or none: "BADGE;note" or "BADGE;note;2026-12-31" in each line. */
async function importBadges(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, at = context.clock.now();
  const name = args["list"];
  if (name !== "blocked" && name !== "listed") {
    throw new GatewayError("CLI_USAGE", `--list "${String(name ?? "")}" is no list of badges`, {
      hint: "Write --list blocked or --list listed",
    });
  }
  const entries = readBadgeLines(String(args["file"] ?? ""));
  const added = entries.filter(({ badge }) => !book.entry(name, badge)).length;
  if (book.entries(name).length + added > BADGE_LIMITS.entries) {
    throw new GatewayError("CTL_REFUSED", `The list of ${name} badges would have more than ${BADGE_LIMITS.entries}`, {
      hint: "Import fewer, or take badges off it first",
    });
  }
  const event = name === "blocked" ? "badge.entry.blocked" : "badge.entry.allowed";
  for (const { badge, note, end } of entries) {
    await record(parts, event, badge, who, { reason: note });
    await book.add(name, badge, { note, at, ...end });
  }
  const untold = name === "blocked" ? await parts.spread() : [];
  const charging = new Set<string>();
  if (name === "blocked") {
    for (const { badge } of entries) for (const station of await parts.stop(badge)) charging.add(station);
  }
  const data = { list: name, imported: entries.length, untold, charging: [...charging] };
  return { text: `${entries.length} badges are on the list of ${name} ones.`, data };
}

/** Lines of an import. @throws GatewayError CLI_USAGE with every line that cannot be read, never with a badge */
export function readBadgeLines(text: string): readonly { badge: string; note: string; end: { expiresAt?: number } }[] {
  const faults: string[] = [];
  const entries = text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    try {
      const [badge, note, until, ...more] = line.split(";");
      if (more.length > 0) throw new GatewayError("CLI_USAGE", "it has more than three parts");
      const end = endOf(until?.trim() === "" ? undefined : until?.trim());
      return [{ badge: badgeOf({ badge: badge! }), note: noteOf(note, "the note"), end }];
    } catch (error) {
      faults.push(`line ${at + 1}: ${(error as Error).message}`);
      return [];
    }
  });
  if (faults.length === 0 && entries.length > 0) return entries;
  const why = faults.length === 0 ? "it has no line with a badge" : faults.slice(0, 20).join("; ");
  throw new GatewayError("CLI_USAGE", `The file cannot be imported: ${why}`, {
    hint: "Write BADGE;note or BADGE;note;2026-12-31 in each line. Nothing was imported",
  });
}

/** The last moment of an entry. @throws GatewayError CLI_USAGE */
function endOf(until: CommandArgs[string], after?: number): { readonly expiresAt?: number } {
  if (until === undefined) return {};
  const expiresAt = Date.parse(String(until));
  if (!Number.isNaN(expiresAt) && (after === undefined || expiresAt > after)) return { expiresAt };
  const hint = "Write --until as 2026-12-31 or 2026-12-31T18:00:00Z, a moment to come";
  throw new GatewayError("CLI_USAGE", `Cannot use the end "${String(until)}"`, { hint });
}

function list({ book }: BadgeCommandParts): CommandResult {
  const entries = (["blocked", "listed"] as const).flatMap((name) =>
    book.entries(name).map((entry) => ({
      list: name,
      hash: entry.hash.slice(0, 8),
      note: entry.note,
      since: new Date(entry.at).toISOString(),
      until: entry.expiresAt === undefined ? null : new Date(entry.expiresAt).toISOString(),
      renewedBy: entry.renewedBy?.slice(0, 8) ?? null,
    }))
  );
  if (entries.length === 0) return { text: "No badge is blocked or listed.", data: entries };
  const rows = entries.map((row) => [row.list, row.hash, row.since, row.until ?? "-", row.renewedBy ?? "-", row.note]);
  return { text: formatTable(["list", "hash", "since", "until", "renewed by", "note"], rows), data: entries };
}

function badgeOf(args: CommandArgs): string {
  const badge = String(args["badge"] ?? "").trim();
  if (badge !== "" && badge.length <= BADGE_LIMITS.badgeChars) return badge;
  // The badge itself stays out of the message: it is a person's.
  throw new GatewayError("CLI_USAGE", `A badge of ${badge.length} characters cannot be listed`, {
    hint: `Give the idTag or idToken as the station sends it, 1 to ${BADGE_LIMITS.badgeChars} characters`,
  });
}

function noteOf(value: unknown, option: string): string {
  const note = typeof value === "string" ? value.trim() : "";
  if (note !== "" && note.length <= BADGE_LIMITS.noteChars) return note;
  throw new GatewayError("CLI_USAGE", `${option} is missing or longer than ${BADGE_LIMITS.noteChars} characters`, {
    hint: `Say in a few words why: ${option} "lost on 21 November"`,
  });
}

function makeRoom({ book }: BadgeCommandParts, list: BadgeList, badge: string): void {
  if (!book.isFull(list) || book.entry(list, badge)) return;
  throw new GatewayError("CTL_REFUSED", `The list of ${list} badges is full: ${BADGE_LIMITS.entries} entries`, {
    hint: "Take badges off it with `badge unblock` or `badge forget`",
  });
}

async function record(
  { context }: BadgeCommandParts,
  event: string,
  badge: string,
  who: string,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  await context.audit.record({ event, class: "security", who, outcome: "ok", detail: { badge, ...more } });
}
