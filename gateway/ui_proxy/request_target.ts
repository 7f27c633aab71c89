import { UI_PROXY_LIMITS } from "./limits.ts";

/** The one reading of a request target: what is judged is what goes on to the device (invariant 8). */
export interface RequestTarget {
  /** Begins with "/", each character plain or percent-encoded in one way only, without empty or dot segments. */
  readonly path: string;
  /** As received without "?", undefined when there was none; an empty one is kept, since a device may tell them apart. */
  readonly query?: string;
}

/** Why a target is refused; `rule` goes into the audit, `wanted` into the page. */
export interface TargetRefusal {
  readonly status: 400 | 414;
  readonly rule: TargetRule;
  readonly wanted: string;
}

type TargetRule = keyof typeof WANTED;

/** Each rule with what would have been taken. */
const WANTED = {
  "ui.target.length": `a target of at most ${UI_PROXY_LIMITS.targetBytes} bytes`,
  "ui.target.form": "a path that begins with one slash and holds printable ASCII without backslash and fragment",
  "ui.target.encoding": "percent signs that begin two hexadecimal digits, each character encoded once",
  "ui.target.hidden": "no encoded slash, backslash, percent sign or control character in the path",
  "ui.target.dots": "no dot segments",
  "ui.target.parameters": "no path parameters after a semicolon",
} as const;

/** What a driver says about how its device reads a path. */
export interface PathHabits {
  /** The device takes /Legacy for /legacy: judged and forwarded in lower case. */
  readonly foldCase?: boolean;
  /** The device uses path parameters (/page;jsessionid=1): left in the path. */
  readonly pathParameters?: boolean;
}

/** What needs no encoding in a path segment (RFC 3986 section 2.3): encoding it only hides it from a rule. */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/**
 * Reads a request target in origin form (RFC 9112 section 3.2.1) into its one canonical form, or refuses it: absolute
 * form, `..`, encoded slashes and doubly encoded characters are read differently by different programs, and the
 * difference is how a filter is passed (`/legacy/%6danufacturer`, `/x/..%2flegacy`).
 */
export function readRequestTarget(raw: string, habits: PathHabits = {}): RequestTarget | TargetRefusal {
  if (raw.length > UI_PROXY_LIMITS.targetBytes) return refuse("ui.target.length", 414);
  if (!/^\/[\x21-\x22\x24-\x5b\x5d-\x7e]*$/.test(raw)) return refuse("ui.target.form");
  const mark = raw.indexOf("?");
  const query = mark < 0 ? undefined : raw.slice(mark + 1);
  if (query !== undefined && faultOfEncoding(query)) return refuse("ui.target.encoding");
  const decoded = decodePath(mark < 0 ? raw : raw.slice(0, mark));
  if (typeof decoded !== "string") return decoded;
  if (decoded.includes(";") && !habits.pathParameters) return refuse("ui.target.parameters");
  const segments = decoded.split("/");
  if (segments.some((segment) => /^\.{1,2}(?:;|$)/.test(segment))) return refuse("ui.target.dots");
  const path = collapse(segments);
  return { path: habits.foldCase ? foldCase(path) : path, ...(query === undefined ? {} : { query }) };
}

/** The target as it goes on to the device. */
export function formatRequestTarget(target: RequestTarget): string {
  return target.query === undefined ? target.path : `${target.path}?${target.query}`;
}

/** Decodes what needs no encoding, keeps the rest with upper-case digits, refuses what would be another path decoded. */
function decodePath(path: string): string | TargetRefusal {
  if (faultOfEncoding(path)) return refuse("ui.target.encoding");
  let hidden = false;
  const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (encoded, digits: string) => {
    const code = Number.parseInt(digits, 16);
    const character = String.fromCharCode(code);
    hidden ||= code < 0x20 || code === 0x7f || "/\\%".includes(character);
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
  return hidden ? refuse("ui.target.hidden") : decoded;
}

function faultOfEncoding(text: string): boolean {
  return /%(?![0-9A-Fa-f]{2})/.test(text);
}

/** Without empty segments, except the last, which says "folder". */
function collapse(segments: readonly string[]): string {
  const last = segments.length - 1;
  return `/${segments.filter((segment, at) => at > 0 && (segment !== "" || at === last)).join("/")}`;
}

/** Lower case, with the digits of percent-encodings left in upper case. */
function foldCase(path: string): string {
  return path.toLowerCase().replace(/%[0-9a-f]{2}/g, (encoded) => encoded.toUpperCase());
}

function refuse(rule: TargetRule, status: TargetRefusal["status"] = 400): TargetRefusal {
  return { status, rule, wanted: WANTED[rule] };
}
