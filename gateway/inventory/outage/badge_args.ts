import type { CommandArgs } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import { momentOfWallTime } from "../../core/zoned_time.ts";
import type { BadgeBook } from "./badge_book.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** A badge as a command names it: by itself, or by what the gateway keeps of it. */
export interface NamedBadge {
  readonly hash: string;
  /** Absent: the person named the hash. */
  readonly badge?: string;
}

/** Parts that know badges by hash. */
interface Known {
  readonly book: Pick<BadgeBook, "hash">;
  seenHashes(): readonly string[];
}

/**
 * The badge that a command is about, by itself or by `--hash` as lists show it: who has lost a badge seldom knows its
 * number. @throws GatewayError CLI_USAGE, BADGE_UNKNOWN
 */
export function badgeNamed(parts: Known, args: CommandArgs, entries: readonly { readonly hash: string }[]): NamedBadge {
  const { badge, hash } = args;
  if (hash === undefined || hash === "") {
    const given = badgeOf(badge);
    return { badge: given, hash: parts.book.hash(given) };
  }
  if (badge !== undefined && badge !== "") {
    throw new GatewayError("CLI_USAGE", "Both a badge and --hash were given", { hint: "Give one of them" });
  }
  const wanted = String(hash).trim();
  if (wanted.length < BADGE_LIMITS.hashChars) {
    throw new GatewayError("CLI_USAGE", `--hash "${wanted}" is shorter than ${BADGE_LIMITS.hashChars} characters`, {
      hint: "Write it as `badge list` shows it",
    });
  }
  const found = new Set([...entries.map((entry) => entry.hash), ...parts.seenHashes()].filter((one) => {
    return one.startsWith(wanted);
  }));
  const [only] = found;
  if (only !== undefined && found.size === 1) return { hash: only };
  const what = found.size === 0 ? "No badge here has" : `${found.size} badges have`;
  throw new GatewayError("BADGE_UNKNOWN", `${what} a hash that begins with "${wanted.slice(0, 24)}"`, {
    hint: found.size === 0 ? "`badge list` shows the hashes" : "Write more of it: `badge export` has them whole",
  });
}

/** A badge as a person wrote it. @throws GatewayError CLI_USAGE, which never has the badge: it is a person's */
export function badgeOf(value: unknown): string {
  const badge = String(value ?? "").trim();
  if (badge !== "" && badge.length <= BADGE_LIMITS.badgeChars) return badge;
  throw new GatewayError("CLI_USAGE", `A badge of ${badge.length} characters cannot be listed`, {
    hint: `Give the idTag or idToken as the station sends it, 1 to ${BADGE_LIMITS.badgeChars} characters`,
  });
}

/** A note. @throws GatewayError CLI_USAGE */
export function noteOf(value: unknown, option: string): string {
  const note = typeof value === "string" ? value.trim() : "";
  if (note !== "" && note.length <= BADGE_LIMITS.noteChars) return note;
  throw new GatewayError("CLI_USAGE", `${option} is missing or longer than ${BADGE_LIMITS.noteChars} characters`, {
    hint: `Say in a few words why: ${option} "lost on 21 November"`,
  });
}

/** End of an entry, milliseconds since the epoch; absent: it has none. */
export interface End {
  readonly expiresAt?: number;
}

/**
 * The last moment of an entry, where one was given; of a date the whole day counts, as the site's clocks show it.
 * @throws GatewayError CLI_USAGE for what is no time, or over
 */
export function endOf(until: unknown, now: number, timeZone: string): End {
  if (until === undefined) return {};
  const text = String(until).trim();
  const expiresAt = DATE.test(text) ? endOfDay(text, timeZone) : Date.parse(text);
  if (expiresAt !== undefined && expiresAt > now) return { expiresAt };
  const hint = "Write --until as 2026-12-31 or 2026-12-31T18:00:00Z, a moment to come";
  throw new GatewayError("CLI_USAGE", `Cannot use the end "${text.slice(0, 40)}"`, { hint });
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The last millisecond of the day: lists then show the day that was meant. */
function endOfDay(date: string, timeZone: string): number | undefined {
  const next = new Date(Date.parse(date) + 86_400_000);
  if (Number.isNaN(next.getTime())) return undefined;
  const midnight = momentOfWallTime(`${next.toISOString().slice(0, 10)}T00:00`, timeZone);
  return midnight === undefined ? undefined : midnight - 1;
}
