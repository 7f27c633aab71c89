import { type Decision, deny } from "./decision.ts";
import { matchesPath, type PageRequest } from "./device_page.ts";

/** A hole in a device's pages that the gateway closes in front of it, until the device has the firmware that does. */
export interface PagePatch {
  /** The advisory's id, which is the rule's. */
  readonly id: string;
  readonly because: string;
  /** First version without the hole; absent: there is none. */
  readonly fixedIn?: string;
  /** Paths as in PageRow. */
  readonly paths: readonly string[];
  /** Default: all. */
  readonly methods?: readonly string[];
  /**
   * Parameters that are looked at, "*" for all, and what their whole value must match; absent: the request is refused
   * as such.
   */
  readonly parameters?: { readonly names: readonly string[] | "*"; readonly allow: string };
}

/** The patch that refuses this request to a device of this firmware; undefined when none does. */
export function judgePatches(
  request: PageRequest,
  firmware: string | undefined,
  patches: readonly PagePatch[],
): Extract<Decision, { effect: "deny" }> | undefined {
  const hit = patches.find((patch) => isOpen(patch, firmware) && isHit(patch, request));
  if (!hit) return undefined;
  const until = hit.fixedIn === undefined ? "No firmware mends it" : `Firmware ${hit.fixedIn} mends it`;
  return deny(`ui.patch.${hit.id}`, hit.because, until) as Extract<Decision, { effect: "deny" }>;
}

/** A firmware that nobody knows has the hole. */
function isOpen({ fixedIn }: PagePatch, firmware: string | undefined): boolean {
  return fixedIn === undefined || firmware === undefined || compareVersions(firmware, fixedIn) < 0;
}

function isHit({ paths, methods, parameters }: PagePatch, request: PageRequest): boolean {
  if (!paths.some((path) => matchesPath(request.path, path))) return false;
  if (methods && !methods.includes(request.method)) return false;
  if (!parameters) return true;
  const { names, allow } = parameters;
  const whole = new RegExp(`^(?:${allow})$`, "su");
  return request.parameters.some(([name, value]) =>
    (names === "*" || names.some((one) => one.toLowerCase() === name.toLowerCase())) && !whole.test(value)
  );
}

/**
 * Compares versions as makers count: numbers by value, words by letters, part by part ("5.9" is before "5.22.1-13295",
 * "R8 V3.4.0.1" before "R8 V3.4.0.2"). What goes on with a number is after what ends, with a word before it: "5.20.2-rc1"
 * is not yet 5.20.2. Negative: `a` is before `b`.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    const order = x === undefined ? -compareToEnd(y!) : y === undefined ? compareToEnd(x) : compareParts(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function partsOf(version: string): string[] {
  return version.toLowerCase().match(/\d+|[a-z]+/g) ?? [];
}

function compareToEnd(part: string): number {
  return /^\d/.test(part) ? 1 : -1;
}

/** Numbers as long as they come, without losing digits; a word is before a number, as "rc" before "1". */
function compareParts(a: string, b: string): number {
  const [left, right] = [/^\d/.test(a), /^\d/.test(b)];
  if (left !== right) return left ? 1 : -1;
  if (!left) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [a.replace(/^0+(?=\d)/, ""), b.replace(/^0+(?=\d)/, "")];
  return x.length !== y.length ? x.length - y.length : x < y ? -1 : x > y ? 1 : 0;
}
