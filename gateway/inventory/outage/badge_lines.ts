import { GatewayError } from "../../core/errors.ts";
import { badgeOf, type End, endOf, noteOf } from "./badge_args.ts";

/** One line of a file of badges. */
export interface BadgeLine {
  /** Number of the line, from 1. */
  readonly line: number;
  /** As the station sends it; absent in a line of an export, which has the hash. */
  readonly badge?: string;
  readonly hash?: string;
  readonly note: string;
  readonly end: End;
}

/** What a file holds: lines that can be read, and what is wrong with the others, each with the number of its line. */
export interface BadgeFile {
  readonly lines: readonly BadgeLine[];
  readonly faults: readonly string[];
  /** Fingerprint of the key under which the hashes of an export were made. */
  readonly key?: string;
}

const HEAD = /^# bulkhead badges 1; key ([0-9a-f]{16});/;
const HASH = /^hash:([A-Za-z0-9+/]{22}==)$/;

/**
 * Reads "BADGE;note" or "BADGE;note;2026-12-31", one badge in each line, and what `badge export` wrote. Lines that begin
 * with # and empty ones are left out, and so is a heading "badge;...". Pure; a fault never has a badge in it.
 */
export function readBadgeFile(text: string, now: number, timeZone: string): BadgeFile {
  const lines: BadgeLine[] = [], faults: string[] = [];
  let key: string | undefined;
  for (const [at, raw] of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).entries()) {
    key ??= HEAD.exec(raw)?.[1];
    if (raw.trim() === "" || raw.startsWith("#") || lines.length === 0 && /^"?badge"?[;,]/i.test(raw)) continue;
    try {
      lines.push({ line: at + 1, ...readLine(raw, now, timeZone) });
    } catch (error) {
      faults.push(`line ${at + 1}: ${(error as Error).message}`);
    }
  }
  return { lines, faults, ...key === undefined ? {} : { key } };
}

function readLine(raw: string, now: number, timeZone: string): Omit<BadgeLine, "line"> {
  const parts = raw.split(";").map(unquoted);
  const [badge, note, until, ...more] = parts;
  if (more.some((part) => part !== "")) throw new GatewayError("CLI_USAGE", "it has more than three parts");
  if (parts.length === 1 && raw.includes(",")) {
    throw new GatewayError("CLI_USAGE", "it has no semicolon: parts are separated by ;");
  }
  const end = endOf(until === "" ? undefined : until, now, timeZone);
  const hash = HASH.exec(badge!)?.[1];
  const named = hash === undefined ? { badge: badgeOf(badge) } : { hash };
  return { ...named, note: noteOf(note, "the note"), end };
}

/** A part of a line without the quotes of a spreadsheet, and without what `lineOf` put before a formula. */
function unquoted(part: string): string {
  const text = part.trim();
  const inner = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  return /^'[=+@-]/.test(inner) ? inner.slice(1) : inner;
}

/** First line of an export: hashes are good only where this key is. */
export const exportHead = (key: string, list: string, at: string): string =>
  `# bulkhead badges 1; key ${key}; list ${list}; ${at}; keyed hashes of this site, no badge`;

/** One entry as a line; a note can neither be a second part nor a formula of a spreadsheet. */
export function lineOf(hash: string, note: string, expiresAt?: number): string {
  // deno-lint-ignore no-control-regex -- a note must not end the line
  const plain = note.replace(/[;\x00-\x1f\x7f\u2028\u2029]/g, ",");
  const safe = /^[=+@-]/.test(plain) ? `'${plain}` : plain;
  return `hash:${hash};${safe}${expiresAt === undefined ? "" : `;${new Date(expiresAt).toISOString()}`}`;
}
