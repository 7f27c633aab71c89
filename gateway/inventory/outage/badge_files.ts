import type { CommandArgs, CommandResult } from "../../control/contract.ts";
import { GatewayError } from "../../core/errors.ts";
import type { NamedBadge } from "./badge_args.ts";
import type { BadgeEntry, BadgeList } from "./badge_book.ts";
import type { BadgeCommandParts } from "./badge_commands.ts";
import { exportHead, lineOf, readBadgeFile } from "./badge_lines.ts";
import { BADGE_LIMITS } from "./limits.ts";

/** What a file would do to a list, before anything of it is kept. */
export interface ImportVerdict {
  readonly list: BadgeList;
  /** Badges of the file, each once. */
  readonly badges: number;
  readonly added: number;
  /** On the list already: note and end are replaced. */
  readonly replaced: number;
  /** Lines that name a badge of an earlier line; the last one counts. */
  readonly repeated: number;
  /** Badges that stand on the other list too. */
  readonly onOther: number;
  readonly faults: readonly string[];
  /** Why nothing of it can be taken; absent: it can. */
  readonly refusal?: string;
}

interface Read {
  readonly verdict: ImportVerdict;
  readonly entries: ReadonlyMap<string, NamedBadge & { readonly note: string; readonly expiresAt?: number }>;
}

/**
 * `badge import`: a file of badges onto a list, all or none, also over a crash. With --check only the verdict.
 * @throws GatewayError CLI_USAGE with every line that cannot be read, CTL_REFUSED when the list would be too long
 */
export async function importBadges(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, list = listOf(args), text = String(args["file"] ?? "");
  if (args["check"] === true) {
    const { verdict } = judge(parts, list, text);
    return { text: verdictText(verdict), data: { ...verdict }, ok: verdict.refusal === undefined };
  }
  const { entries, verdict } = await book.alone(async () => {
    const read = judge(parts, list, text), { verdict: { refusal, faults } } = read;
    if (refusal !== undefined) {
      throw new GatewayError(faults.length > 0 || read.entries.size === 0 ? "CLI_USAGE" : "CTL_REFUSED", refusal, {
        hint: "Write BADGE;note or BADGE;note;2026-12-31 in each line. Nothing was imported",
      });
    }
    await recordImport(parts, read, who);
    const at = context.clock.now();
    await book.bring(
      list,
      [...read.entries].map(([hash, { note, expiresAt }]) => {
        const before = book.entries(list).find((entry) => entry.hash === hash);
        const entry: BadgeEntry = {
          ...{ note, at, by: who },
          ...expiresAt === undefined ? {} : { expiresAt },
          ...before?.renewedBy === undefined ? {} : { renewedBy: before.renewedBy },
          ...before?.renews === undefined ? {} : { renews: before.renews },
        };
        return [hash, entry] as const;
      }),
    );
    return read;
  });
  if (list === "listed") return { text: imported(verdict), data: { list, imported: entries.size } };
  const untold = await parts.spread(), charging = await parts.stop([...entries.values()]);
  const upstream = await parts.tell("blocked", [...entries.values()]);
  const data = { list, imported: entries.size, untold, charging };
  return { text: [imported(verdict), upstream].join("\n"), data };
}

const imported = ({ badges, list }: ImportVerdict): string => `${badges} badges are on the list of ${list} ones.`;

/** Reads a file against what is there; nothing is changed. */
function judge({ book, context }: BadgeCommandParts, list: BadgeList, text: string): Read {
  const { lines, faults, key } = text.length > BADGE_LIMITS.fileChars
    ? { lines: [], faults: [`it has more than ${BADGE_LIMITS.fileChars} characters`], key: undefined }
    : readBadgeFile(text, context.clock.now(), context.site.site.timeZone);
  const foreign = lines.some(({ hash }) => hash !== undefined) && key !== book.keyFingerprint;
  const all = foreign ? ["its hashes were made under another key: they are of another site", ...faults] : faults;
  const entries = new Map<string, NamedBadge & { note: string; expiresAt?: number }>();
  for (const { badge, hash = book.hash(badge!), note, end } of lines) {
    entries.set(hash, { hash, ...badge === undefined ? {} : { badge }, note, ...end });
  }
  const known = new Set(book.entries(list).map(({ hash }) => hash));
  const others = new Set(book.entries(list === "blocked" ? "listed" : "blocked").map(({ hash }) => hash));
  const added = [...entries.keys()].filter((hash) => !known.has(hash)).length;
  const refusal = refusalOf(list, all, entries.size, known.size + added);
  const verdict: ImportVerdict = {
    ...{ list, badges: entries.size, added, replaced: entries.size - added, repeated: lines.length - entries.size },
    onOther: [...entries.keys()].filter((hash) => others.has(hash)).length,
    faults: all.slice(0, 20),
    ...refusal === undefined ? {} : { refusal },
  };
  return { entries, verdict };
}

function refusalOf(list: BadgeList, faults: readonly string[], badges: number, total: number): string | undefined {
  if (faults.length > 0) {
    const more = faults.length > 20 ? `; and ${faults.length - 20} more` : "";
    return `The file cannot be imported: ${faults.slice(0, 20).join("; ")}${more}`;
  }
  if (badges === 0) return "The file cannot be imported: it has no line with a badge";
  if (total <= BADGE_LIMITS.entries) return undefined;
  return `The list of ${list} badges would have ${total}, and takes ${BADGE_LIMITS.entries}: import fewer, or take badges off it`;
}

function verdictText(verdict: ImportVerdict): string {
  const { refusal, badges, added, replaced, repeated, onOther, list } = verdict;
  if (refusal !== undefined) return `${refusal}. Nothing was imported.`;
  const other = onOther === 0 ? "" : ` ${onOther} stand on the other list too: a block counts before it.`;
  const twice = repeated === 0 ? "" : ` ${repeated} lines repeat an earlier one.`;
  return `${badges} badges for the list of ${list} ones: ${added} new, ${replaced} replaced.${twice}${other} Nothing was imported yet.`;
}

/** Few are recorded each; of many the number and the digest of their hashes, by which a file can be proven. */
async function recordImport({ context }: BadgeCommandParts, { entries, verdict }: Read, who: string): Promise<void> {
  const { list, badges, added } = verdict;
  const hashes = new TextEncoder().encode([...entries.keys()].toSorted().join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", hashes)).toHex();
  const base = { class: "security", who, outcome: "ok" } as const;
  await context.audit.record({ event: "badge.list.imported", ...base, detail: { list, badges, added, digest } });
  if (entries.size > BADGE_LIMITS.recordedEach) return;
  const event = list === "blocked" ? "badge.entry.blocked" : "badge.entry.allowed";
  await Promise.all([...entries.values()].map(({ badge, hash, note }) => {
    const named = badge === undefined ? { hash: hash.slice(0, BADGE_LIMITS.hashChars) } : { badge };
    return context.audit.record({ event, ...base, detail: { ...named, reason: note } });
  }));
}

/** `badge export`: a list by hashes, which `badge import` of this site takes again. No badge is in it: none is kept. */
export async function exportBadges(parts: BadgeCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const { book, context } = parts, list = listOf(args), entries = book.entries(list);
  const detail = { list, badges: entries.length };
  await context.audit.record({ event: "badge.list.exported", class: "security", who, outcome: "ok", detail });
  const head = exportHead(book.keyFingerprint, list, new Date(context.clock.now()).toISOString());
  const text = [head, ...entries.map(({ hash, note, expiresAt }) => lineOf(hash, note, expiresAt))].join("\n");
  return { text, data: { list, badges: entries.length, file: `${text}\n` } };
}

function listOf(args: CommandArgs): BadgeList {
  const { list } = args;
  if (list === "blocked" || list === "listed") return list;
  throw new GatewayError("CLI_USAGE", `--list "${String(list ?? "").slice(0, 40)}" is no list of badges`, {
    hint: "Write --list blocked or --list listed",
  });
}
