import type { HeaderField } from "./device_headers.ts";
import type { DeviceOrigins } from "./device_origins.ts";

/** The head of a device's answer. */
export interface DeviceAnswer {
  readonly status: number;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
}

/** What becomes of it. */
export interface BrowserAnswer {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  /** Set-Cookie values for the jar; none of them goes on (invariant 5). */
  readonly cookies: readonly string[];
  /** The device asks for a login: it was logged out, and no browser may show its own box for that. */
  readonly wantsLogin: boolean;
  /** Where the answer would lead to, when that is no part of the device: the person is asked first. */
  readonly leaves?: string;
}

/** Meant for the next program only (RFC 9110 section 7.6.1), or made anew. */
const HOP = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;
/**
 * What a device may not say for the gateway's origin: who else may read or frame it, how browsers shall reach it in
 * years to come, which scripts control it, where reports go; and what it runs on.
 */
const KEPT_BACK =
  /^(?:set-cookie2?|www-authenticate|authentication-info|strict-transport-security|public-key-pins.*|expect-ct|alt-svc|access-control-.*|cross-origin-.*|timing-allow-origin|service-worker-allowed|clear-site-data|nel|report-to|reporting-endpoints|sourcemap|x-frame-options|server|x-powered-by|via|p3p|content-security-policy.*|link|location|content-location|refresh|cache-control|expires|pragma)$/;
/** Types that hold nothing of the device's state; a browser's cache would show all else to the next person. */
const ASSET = /^(?:image\/|font\/|text\/css|(?:text|application)\/(?:x-)?javascript|application\/(?:wasm|font))/;

/** Put on every answer: the pages of a device are foreign content with a history of stored scripts (CVE-2021-34590). */
const ADDED: readonly HeaderField[] = [
  ["content-security-policy", "frame-ancestors 'self'"], // old pages are made of frames of their own
  ["referrer-policy", "same-origin"],
  ["x-frame-options", "SAMEORIGIN"],
];

/**
 * The head of a device's answer as a browser gets it: references to the device lead to the gateway, cookies go into
 * the jar, the login box stays shut.
 * @param url the device's URL that was asked
 */
export function browserAnswer(answer: DeviceAnswer, url: string, origins: DeviceOrigins): BrowserAnswer {
  const headers: HeaderField[] = [];
  const cookies: string[] = [];
  let leaves: string | undefined;
  let type = "";
  let caching: string | undefined;
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    const name = answer.rawHeaders[at]!.toLowerCase();
    const value = printable(answer.rawHeaders[at + 1]!);
    if (name === "set-cookie") cookies.push(value);
    if (name === "content-type") type = value.toLowerCase();
    if (name === "cache-control") caching = value;
    if (name === "location" || name === "content-location") {
      const translated = origins.translate(value, url);
      if (translated !== undefined) headers.push([name, translated]);
      else if (name === "location") leaves = value;
    } else if (name === "refresh") {
      const refresh = translateRefresh(value, url, origins);
      if (refresh !== undefined) headers.push([name, refresh]);
    } else if (name === "link") {
      const link = translateLinks(value, url, origins);
      if (link !== "") headers.push([name, link]);
    } else if (!HOP.test(name) && !KEPT_BACK.test(name)) headers.push([name, value]);
  }
  headers.push(
    ["cache-control", ASSET.test(type) ? caching ?? "private, no-cache" : "no-store"],
    ...ADDED,
  );
  return {
    status: answer.status,
    headers,
    cookies,
    wantsLogin: answer.status === 401 || answer.status === 407,
    ...(leaves === undefined ? {} : { leaves }),
  };
}

/**
 * `5; url=http://10.20.0.11/x` (a browser's own extension); without an address it reloads the page. Read in steps: one
 * expression for all of it took hours for the blanks that a head has room for.
 */
function translateRefresh(value: string, url: string, origins: DeviceOrigins): string | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:[;,]([^]*))?$/.exec(value.trim());
  if (!match) return undefined;
  const [, seconds, rest = ""] = match;
  const target = rest.trim().replace(/^url\s*=\s*/i, "").replace(/^["']|["']$/g, "");
  if (/["']/.test(target)) return undefined;
  if (target === "") return seconds!;
  const translated = origins.translate(target, url);
  return translated === undefined ? undefined : `${seconds}; url=${translated}`;
}

/** `<uri>; rel=...` fields (RFC 8288); those that lead elsewhere are dropped, since a browser loads some of them. */
function translateLinks(value: string, url: string, origins: DeviceOrigins): string {
  return [...value.matchAll(/<([^<>]*)>([^,<"]*(?:"[^"]*"[^,<"]*)*)/g)].flatMap(([, target, rest]) => {
    const translated = origins.translate(target!, url);
    return translated === undefined ? [] : [`<${translated}>${rest!.trimEnd()}`];
  }).join(", ");
}

/** Devices write Latin-1 and worse into header fields; what node would refuse to send is left out. */
function printable(value: string): string {
  // deno-lint-ignore no-control-regex
  return value.replace(/[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/g, "");
}
