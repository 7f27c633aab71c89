/** The bytes asked for: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads `Range` of a file of this size (RFC 9110 section 14). "whole": there is none, or one that may be ignored (another
 * unit, several ranges, not readable). "unsatisfiable": it begins behind the end.
 */
export function readRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | "whole" {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.replaceAll(/[ \t]/g, "") ?? "");
  if (!match) return "whole";
  const [, first, last] = match;
  if (first === "") {
    if (last === "") return "whole";
    const count = Number(last);
    return count === 0 || size === 0 ? "unsatisfiable" : { start: Math.max(0, size - count), end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return "whole";
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

/** The conditions of a request that are about our one strong tag (RFC 9110 section 13). */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifRange?: string | undefined;
}

/** What the conditions lead to: "full" forgets the range. Dates are never equal to a tag: then all is sent. */
export function judgeConditions(
  { ifMatch, ifNoneMatch, ifRange }: Conditions,
  etag: string,
): "go" | "full" | 304 | 412 {
  if (ifMatch !== undefined && !lists(ifMatch, etag)) return 412;
  if (ifNoneMatch !== undefined && lists(ifNoneMatch.replaceAll("W/", ""), etag)) return 304;
  return ifRange !== undefined && ifRange.trim() !== etag ? "full" : "go";
}

function lists(header: string, etag: string): boolean {
  return header.trim() === "*" || header.split(",").some((tag) => tag.trim() === etag);
}
