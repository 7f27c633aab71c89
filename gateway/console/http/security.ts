import type { Context, Next } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import { TOKEN_FIELD } from "../components/form.tsx";
import { CONSOLE_LIMITS } from "../limits.ts";
import { NOT_OUR_FORM, refuse } from "./refusal.ts";

/** Holds the proof that forms carry. The prefix lets no other host, path or plain HTTP set it. */
export const TOKEN_COOKIE = "__Host-bulkhead-form";
/** Holds the session's token. */
export const SESSION_COOKIE = "__Host-bulkhead-session";

/** Everything from our own origin, nothing inline, no frames. */
export const securityHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    fontSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  crossOriginOpenerPolicy: "same-origin",
  crossOriginResourcePolicy: "same-origin",
  strictTransportSecurity: "max-age=31536000",
  permissionsPolicy: { camera: [], geolocation: [], microphone: [], publickeyCredentialsGet: ["self"] },
});

/** Nothing that a person sees is kept by a browser or anything between; assets say otherwise themselves. */
export async function noStore(context: Context, next: Next): Promise<void> {
  await next();
  if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
}

/**
 * Answers only to the console's own name, localhost or an address: a page on a name of an attacker that points here
 * (DNS rebinding) is refused before anything is looked at. Health is asked by machines under any name.
 */
export function ownNameOnly(hostname: () => string) {
  return async function checkHost(context: Context, next: Next): Promise<Response | void> {
    if (/^\/(healthz|readyz)$/.test(context.req.path)) return await next();
    const host = hostOf(context.req.header("host"));
    if (isOwnName(host, hostname())) return await next();
    return refuse(context, {
      status: 421,
      rule: "console.host",
      what: `This console does not answer to the name "${host.slice(0, 80)}"`,
      next: `Open https://${hostname()}`,
    });
  };
}

/** Whether a Host header names this console. */
export function isOwnName(header: string | undefined, hostname: string): boolean {
  const host = hostOf(header);
  return host === hostname.toLowerCase() || host === "localhost" || isAddress(host);
}

/**
 * Refuses whatever would change something and did not come from a page of ours: another origin says so in Origin or
 * Sec-Fetch-Site, and a form or script of ours carries the token of its cookie. A caller of the API with a token of its own
 * has no cookie to abuse.
 */
export function ownPagesOnly(isFileForm: (context: Context) => boolean) {
  return (context: Context, next: Next) => requireOwnPage(context, next, isFileForm);
}

async function requireOwnPage(
  context: Context,
  next: Next,
  isFileForm: (context: Context) => boolean,
): Promise<Response | void> {
  const { method } = context.req;
  if (method === "GET" || method === "HEAD" || bringsToken(context)) return await next();
  const origin = context.req.header("origin");
  const site = context.req.header("sec-fetch-site");
  const isForeign =
    (origin !== undefined && hostOf(originHost(origin), true) !== hostOf(context.req.header("host"), true)) ||
    (site !== undefined && site !== "same-origin" && site !== "none");
  if (isForeign) {
    return refuse(context, { status: 403, rule: "console.origin", what: "The request came from another site" });
  }
  // The token of a form with a file is its first part: whoever reads the form looks at it before the file.
  if (isFileForm(context)) return await next();
  const shown = context.req.header("x-bulkhead-token") ?? await fieldOf(context);
  if (isOwnToken(context, shown)) return await next();
  return refuse(context, NOT_OUR_FORM);
}

/** Whether a token is the one of this browser. */
export function isOwnToken(context: Context, shown: string | undefined): boolean {
  const cookie = getCookie(context, TOKEN_COOKIE);
  return cookie !== undefined && shown !== undefined && sameText(cookie, shown);
}

/** Not "any Authorization": a browser sends Basic by itself when a link of an attacker says user:password@. */
function bringsToken(context: Context): boolean {
  return context.req.path.startsWith("/api/") && /^Bearer /.test(context.req.header("authorization") ?? "");
}

/** Whether a request named the console by an address and not by a name. */
export const cameByAddress = (host: string | undefined): boolean => isAddress(hostOf(host));

/** The token of this browser; makes one when it has none. */
export function formToken(context: Context, randomBytes: (length: number) => Uint8Array): string {
  const known = getCookie(context, TOKEN_COOKIE);
  if (known !== undefined && /^[\w-]{22}$/.test(known)) return known;
  const token = randomBytes(CONSOLE_LIMITS.tokenBytes).toBase64({ alphabet: "base64url", omitPadding: true });
  setCookie(context, TOKEN_COOKIE, token, { path: "/", secure: true, httpOnly: true, sameSite: "Strict" });
  return token;
}

async function fieldOf(context: Context): Promise<string | undefined> {
  const type = context.req.header("content-type") ?? "";
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/.test(type)) return undefined;
  const value = (await context.req.parseBody())[TOKEN_FIELD];
  return typeof value === "string" ? value : undefined;
}

/** Compares without saying by time how much was right. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

function originHost(origin: string): string {
  try {
    const url = new URL(origin);
    return url.protocol === "https:" ? url.host : "";
  } catch {
    return ""; // "null" and nonsense are nobody's origin
  }
}

function hostOf(header: string | undefined, withPort = false): string {
  const text = (header ?? "").toLowerCase();
  return withPort ? text.replace(/:443$/, "") : text.replace(/:\d+$/, "");
}

const isAddress = (host: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^\[[0-9a-f:.]+\]$/.test(host);
