import { OCPP_LIMITS } from "./limits.ts";
import { decodeOnce, isStationId } from "./station_id.ts";

/**
 * The identity in a path that is no `<prefix>/<id>` as it should be (Q5): doubled and trailing slashes, extra segments,
 * a whole URL within, no slash between prefix and id. The path behind any host must begin with a configured prefix; the
 * last segment is the id. undefined when none is there. Used only for stations whose quirks say so.
 */
export function readLooseTarget(target: string, prefixes: readonly string[]): string | undefined {
  const all = target.split("/").filter((segment) => segment !== "").slice(0, OCPP_LIMITS.looseSegments);
  if (all.some((segment) => isPathStep(segment))) return undefined;
  const segments = /^wss?:$/i.test(all[0] ?? "") ? all.slice(2) : all;
  for (const prefix of prefixes) {
    const wanted = prefix.split("/").filter((segment) => segment !== "");
    const last = wanted.at(-1);
    if (!wanted.slice(0, -1).every((segment, i) => segments[i] === segment)) continue;
    const rest = segments.slice(Math.max(0, wanted.length - 1));
    const behind = last === undefined ? rest : behindPrefix(rest, last);
    const id = behind.at(-1) === undefined ? undefined : decodeOnce(behind.at(-1)!);
    if (id !== undefined && isStationId(id)) return id;
  }
  return undefined;
}

/** Segments behind the last one of the prefix, which may be glued to the id ("ocppCP001"). */
function behindPrefix([first = "", ...rest]: readonly string[], last: string): readonly string[] {
  if (first === last) return rest;
  return first.startsWith(last) && rest.length === 0 ? [first.slice(last.length)] : [];
}

function isPathStep(segment: string): boolean {
  const decoded = decodeOnce(segment);
  return decoded === undefined || decoded === "." || decoded === "..";
}
