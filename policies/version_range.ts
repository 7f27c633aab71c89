import { compareVersions } from "./version.ts";

/** One bound of a range. */
export interface VersionBound {
  readonly op: "!=" | "<" | "<=" | "=" | ">" | ">=";
  readonly version: string;
}

/** Versions that are meant: all, or those within bounds in the order in which they were written. */
export type VersionRange = "all" | readonly VersionBound[];

const LIMITS = { chars: 500, bounds: 32 };
const WORDS: readonly (readonly [RegExp, VersionBound["op"]])[] = [
  [/^(?:prior to|before|below|earlier than|lower than|less than|older than|vor|kleiner als)\s+(?:version\s+)?/i, "<"],
  [/^(?:up to and including|up to|through|until|bis)\s+(?:version\s+)?/i, "<="],
  [/^(?:from|since|starting with|ab)\s+(?:version\s+)?/i, ">="],
  [/^(?:after|newer than|later than)\s+(?:version\s+)?/i, ">"],
];
const BEHIND = /\s+(?:and|or|und|oder)\s+(?:earlier|prior|older|below|lower|früher|älter)(?:\s+versions?)?$/i;
const AHEAD = /\s+(?:and|or)\s+(?:later|newer|above|higher)(?:\s+versions?)?$/i;

/**
 * Versions as advisories write them: a version range specifier (`vers:intdot/>=1.0|<1.6.3`), comparison signs
 * (`< 5.33.11`, `>=1.0, <1.6`), or the few phrases that publishers use ("prior to 1.6.3", "3.4 and earlier", "all
 * versions"). undefined: nobody knows what it means. Total.
 */
export function parseRange(text: string): VersionRange | undefined {
  const plain = text.trim().slice(0, LIMITS.chars + 1);
  if (plain.length > LIMITS.chars || plain === "") return undefined;
  const vers = /^vers:[a-z0-9.-]+\/(.*)$/i.exec(plain);
  const body = vers ? decode(vers[1]!) : plain;
  if (body === undefined) return undefined;
  if (/^(?:\*|all|all versions|any|alle(?: versionen)?|vers:all\/\*)$/i.test(body.trim())) return "all";
  const parts = body.split(vers ? "|" : /\s*[|,;&]\s*|\s+(?:and|und)\s+(?=[<>=≤≥]|before\b|prior to\b|up to\b)/i);
  if (parts.length > LIMITS.bounds) return undefined;
  const bounds = parts.map((part) => readBound(part.trim(), vers !== null));
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined;
}

/**
 * Whether a version is within a range: equal to one that is named, or between two bounds that follow each other. A bound at
 * an end stands alone.
 */
export function isWithin(version: string, range: VersionRange): boolean {
  if (range === "all") return true;
  const is = (op: VersionBound["op"], than: string) => holds(op, compareVersions(version, than));
  if (range.some((bound) => bound.op === "!=" && is("=", bound.version))) return false;
  if (range.some((bound) => bound.op === "=" && is("=", bound.version))) return true;
  const bounds = range.filter(({ op }) => op !== "=" && op !== "!=");
  if (bounds.length === 0) return range.length > 0 && range.every(({ op }) => op === "!=");
  const isLower = ({ op }: VersionBound) => op === ">" || op === ">=";
  for (let at = 0; at < bounds.length; at++) {
    const bound = bounds[at]!, next = bounds[at + 1];
    if (isLower(bound)) {
      const hasUpper = next !== undefined && !isLower(next);
      if (is(bound.op, bound.version) && (!hasUpper || is(next.op, next.version))) return true;
      if (hasUpper) at++;
    } else if (is(bound.op, bound.version)) return true;
  }
  return false;
}

function readBound(text: string, isVers: boolean): VersionBound | undefined {
  const signed = /^(<=|>=|!=|<|>|==|=|≤|≥)\s*v?(.+)$/i.exec(text);
  if (signed) return bound(SIGNS[signed[1]!]!, signed[2]!);
  if (isVers) return bound("=", text);
  const worded = WORDS.find(([phrase]) => phrase.test(text));
  if (worded) return bound(worded[1], text.replace(worded[0], ""));
  if (BEHIND.test(text)) return bound("<=", text.replace(BEHIND, ""));
  if (AHEAD.test(text)) return bound(">=", text.replace(AHEAD, ""));
  return bound("=", text.replace(/^(?:version|firmware|v)\s*(?=\d)/i, ""));
}

const SIGNS: Readonly<Record<string, VersionBound["op"]>> = {
  ...{ "<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">=", "=": "=", "==": "=", "!=": "!=" },
};

/** A version has a digit and no sentence in it. */
function bound(op: VersionBound["op"], text: string): VersionBound | undefined {
  const version = text.trim().replace(/^(?:version|firmware)\s+/i, "");
  const isVersion = /\d/.test(version) && version.length <= 60 && version.split(/\s+/).length <= 3 &&
    !/[<>=|*]/.test(version);
  return isVersion ? { op, version } : undefined;
}

function holds(op: VersionBound["op"], order: number): boolean {
  switch (op) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (_bad) {
    return undefined;
  }
}
