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
}

/** `badge allow`, `badge block`, `badge forget`, `badge list` and `badge unblock` (EV-24). */
export function badgeCommands(parts: BadgeCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "badge allow": (args, who) => allow(parts, args, who),
    "badge block": (args, who) => block(parts, args, who),
    "badge forget": (args, who) => take(parts, "listed", args, who),
    "badge list": async () => list(parts),
    "badge unblock": (args, who) => take(parts, "blocked", args, who),
  };
}

async function block(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const badge = badgeOf(args);
  const note = noteOf(args["reason"], "--reason");
  makeRoom(parts, "blocked", badge);
  await record(parts, "badge.entry.blocked", badge, who, { reason: note });
  await parts.book.add("blocked", badge, { note, at: parts.context.clock.now() });
  const untold = await parts.spread();
  const text = untold.length === 0
    ? "Blocked: every station is told so from now on, with its CSMS and without."
    : `Blocked. Not told yet: ${untold.join(", ")}; they are when they are back.`;
  return { text, data: { blocked: true, untold } };
}

async function allow(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const badge = badgeOf(args), { until } = args;
  const note = noteOf(args["note"], "--note");
  const expiresAt = until === undefined ? undefined : Date.parse(String(until));
  if (Number.isNaN(expiresAt)) {
    const hint = "Write --until as 2026-12-31 or 2026-12-31T18:00:00Z";
    throw new GatewayError("CLI_USAGE", `Cannot read the end "${String(until)}"`, { hint });
  }
  makeRoom(parts, "listed", badge);
  await record(parts, "badge.entry.allowed", badge, who, { note });
  const end = expiresAt === undefined ? {} : { expiresAt };
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

function list({ book }: BadgeCommandParts): CommandResult {
  const entries = (["blocked", "listed"] as const).flatMap((name) =>
    book.entries(name).map((entry) => ({
      list: name,
      hash: entry.hash.slice(0, 8),
      note: entry.note,
      since: new Date(entry.at).toISOString(),
      until: entry.expiresAt === undefined ? null : new Date(entry.expiresAt).toISOString(),
    }))
  );
  if (entries.length === 0) return { text: "No badge is blocked or listed.", data: entries };
  const rows = entries.map((row) => [row.list, row.hash, row.since, row.until ?? "-", row.note]);
  return { text: formatTable(["list", "hash", "since", "until", "note"], rows), data: entries };
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
