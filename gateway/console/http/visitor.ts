import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { GatewayError } from "../../core/errors.ts";
import type { Caller, LoginStep } from "../../core/people_api.ts";
import type { Flash, Visit } from "../context.ts";
import { chooseLanguage, type Language } from "../i18n/language.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { Person } from "../person.ts";
import type { ConsoleParts } from "../parts.ts";
import { formToken, SESSION_COOKIE } from "./security.ts";

const LANGUAGE_COOKIE = "__Host-bulkhead-language";
const FLASH_COOKIE = "__Host-bulkhead-flash";
const COOKIE = { path: "/", secure: true, httpOnly: true, sameSite: "Strict" } as const;
const YEAR_SECONDS = 31_536_000;

/** Where each step of a login goes on. */
export const STEP_PATHS: Readonly<Record<LoginStep["step"], string>> = {
  "done": "/",
  "second-factor": "/login/factor",
  "change-password": "/login/password",
  "enrol-factor": "/login/enrol",
};

/** Why somebody has to sign in (again). */
export class SignInNeeded extends Error {
  constructor(readonly see: string) {
    super("Not signed in");
  }
}

/** Who asks as control is told: the session's token and the address of the browser. */
export function callerOf(parts: ConsoleParts, context: Context): Caller | undefined {
  const token = getCookie(context, SESSION_COOKIE);
  return token === undefined ? undefined : { token, source: parts.sourceOf(context) };
}

/**
 * The person behind a request. `activity` is false for what no person did: live updates, polling (EV-14).
 * @throws SignInNeeded, or GatewayError when control is away
 */
export async function personOf(parts: ConsoleParts, context: Context, activity: boolean): Promise<Person> {
  const caller = callerOf(parts, context);
  if (!caller) throw new SignInNeeded(loginPath(context));
  try {
    const session = await parts.control.call("people.session.check", { by: caller, activity });
    if (session.stage !== "done") throw new SignInNeeded(STEP_PATHS[session.stage]);
    return new Person(parts.control, caller, context.req.header("host") ?? "", session);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== "SESSION_ENDED") throw error;
    deleteCookie(context, SESSION_COOKIE, COOKIE);
    throw new SignInNeeded(`${loginPath(context)}${loginPath(context).includes("?") ? "&" : "?"}why=ended`);
  }
}

/** All that a page needs to know of who looks at it. */
export async function visitOf(parts: ConsoleParts, context: Context, activity = true): Promise<Visit> {
  const person = await personOf(parts, context, activity);
  const language = languageOf(context);
  const site = parts.site();
  return {
    person,
    site,
    language,
    time: { language, timeZone: site.timeZone, now: parts.clock.now() },
    token: formToken(context, parts.random.bytes),
    path: context.req.path,
    params: context.req.param() as Record<string, string>,
    query: new URL(context.req.url).searchParams,
    flash: takeFlash(context),
  };
}

/** The language that a browser is answered in. */
export function languageOf(context: Context): Language {
  return chooseLanguage(getCookie(context, LANGUAGE_COOKIE), context.req.header("accept-language"));
}

/** Remembers a choice of language. */
export function keepLanguage(context: Context, language: Language): void {
  setCookie(context, LANGUAGE_COOKIE, language, { ...COOKIE, maxAge: YEAR_SECONDS });
}

/** Puts the token of a login step into the browser; it ends with the browser or with the session, what comes first. */
export function keepToken(context: Context, { token }: LoginStep): void {
  setCookie(context, SESSION_COOKIE, token, COOKIE);
}

/** Takes the token out of the browser. */
export function dropToken(context: Context): void {
  deleteCookie(context, SESSION_COOKIE, COOKIE);
}

/** Keeps what an act said for the page that follows. */
export function keepFlash(context: Context, { tone, text }: Flash): void {
  const value = JSON.stringify([tone, text.slice(0, CONSOLE_LIMITS.flashChars)]);
  setCookie(context, FLASH_COOKIE, encodeURIComponent(value), { ...COOKIE, maxAge: 60 });
}

function takeFlash(context: Context): Flash | undefined {
  const kept = getCookie(context, FLASH_COOKIE);
  if (kept === undefined) return undefined;
  deleteCookie(context, FLASH_COOKIE, COOKIE);
  try {
    const [tone, text] = JSON.parse(decodeURIComponent(kept)) as [Flash["tone"], string];
    return ["good", "warn", "bad"].includes(tone) ? { tone, text: String(text) } : undefined;
  } catch {
    return undefined; // somebody's own cookie
  }
}

/** Only a path of ours: never another site, whatever a link says. */
export function ownPath(path: string | undefined | null): string {
  return path && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes("\\") ? path.slice(0, 500) : "/";
}

function loginPath(context: Context): string {
  const { path, method } = context.req;
  return method === "GET" && path !== "/" ? `/login?next=${encodeURIComponent(path)}` : "/login";
}
