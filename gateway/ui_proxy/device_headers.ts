import { UI_PROXY_LIMITS } from "./limits.ts";
import type { HeaderFields } from "./request_head.ts";

/** A header field as it goes on the wire. */
export type HeaderField = readonly [name: string, value: string];

/** The two origins between which a request is carried. */
export interface OriginPair {
  /** What the browser sees: `https://bay-07.gw.site.example:8443`. */
  readonly own: string;
  /** The device's own: `https://10.20.0.11`. */
  readonly device: string;
}

/** What a driver changes about the header of a request. */
export interface HeaderHabits {
  /** Names that its pages need besides the common ones, in lower case. */
  readonly allow?: readonly string[];
  /** Bytes of header that the device takes. */
  readonly bytes?: number;
}

/** What a device needs to answer like to a browser of its own; everything else stays here. */
const COMMON = [
  "accept",
  "accept-language",
  "cache-control",
  "content-language",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "pragma",
  "range",
  "x-requested-with",
];
const WEB_SOCKET = ["sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version"];

/**
 * Names that never reach a device, whatever a driver says (invariant 5): the login of the person, and what a device or
 * the program before it may take for an identity.
 */
const NEVER =
  /^(?:cookie2?|authorization|proxy-.*|x-forwarded-.*|forwarded|x-real-ip|x-client-.*|remote-.*|x-remote-.*|x-auth-.*|x-user.*|via|sec-fetch-.*|x-csrf-.*|host|origin|referer|connection|keep-alive|te|trailer|transfer-encoding|content-length|upgrade|expect)$/;

/** True for a name that no driver may add to the allow-list. */
export function isForbiddenDeviceHeader(name: string): boolean {
  return NEVER.test(name.toLowerCase());
}

/**
 * The header fields of a request as the device gets them: an allow-list, with Host, Origin and Referer of the device,
 * since its pages check them, and without any compression, since answers are read here. Length, login and cookies are
 * added by who sends it. Fields beyond the device's bytes are dropped, the least needed first.
 */
export function deviceHeaders(
  fields: HeaderFields,
  origins: OriginPair,
  options: { readonly webSocket?: boolean; readonly habits?: HeaderHabits } = {},
): readonly HeaderField[] {
  const { webSocket = false, habits = {} } = options;
  const extra = (habits.allow ?? []).filter((name) => !isForbiddenDeviceHeader(name));
  const host = origins.device.slice(origins.device.indexOf("//") + 2); // as URL.origin writes it
  const out: HeaderField[] = [["host", host], ["accept-encoding", "identity"]];
  const origin = fields.get("origin")?.[0];
  if (origin === origins.own) out.push(["origin", origins.device]);
  if (webSocket) out.push(["connection", "Upgrade"], ["upgrade", "websocket"]);
  let bytes = out.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const most = Math.min(habits.bytes ?? UI_PROXY_LIMITS.deviceHeaderBytes, UI_PROXY_LIMITS.deviceHeaderBytes);
  const add = (name: string, value: string) => {
    bytes += name.length + value.length + 4;
    if (bytes <= most) out.push([name, value]);
    else bytes -= name.length + value.length + 4;
  };
  for (const name of [...(webSocket ? WEB_SOCKET : []), "content-type", ...extra, ...COMMON]) {
    if (out.some(([known]) => known === name)) continue;
    const values = fields.get(name);
    if (values) add(name, values.join(", "));
  }
  const referer = deviceReferer(fields.get("referer")?.[0], origins);
  if (referer !== undefined) add("referer", referer);
  return out;
}

/** A referring page of the same device, by the device's own address; of any other page the device learns nothing. */
function deviceReferer(referer: string | undefined, origins: OriginPair): string | undefined {
  if (referer === undefined) return undefined;
  const url = URL.parse(referer);
  return url?.origin === origins.own ? `${origins.device}${url.pathname}${url.search}` : undefined;
}
