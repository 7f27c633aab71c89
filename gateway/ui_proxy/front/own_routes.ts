import type { ServerResponse } from "node:http";
import { describeError, GatewayError } from "../../core/errors.ts";
import { readRequestTarget } from "../request_target.ts";
import type { Arrived } from "./arrival.ts";
import { FRONT_ASSETS } from "./assets.ts";
import { cookieOf, dropCookie, setCookie } from "./cookies.ts";
import { DOOR_HEADERS, languageOf } from "./door_page.ts";
import { sendText, writeHead } from "./exchange.ts";
import { isFrontText, LABELS } from "./front_texts.ts";
import { isRead } from "./judge.ts";
import type { FrontParts } from "./parts.ts";
import { type ReplyTo, replyWith } from "./replies.ts";
import type { Carried, NoSession } from "./session_table.ts";

/** Paths of the gateway's own on a page's origin; no device gets a request for one. */
export const OWN_PREFIX = "/.gw/";

/** One request for such a path. */
interface Own {
  readonly parts: FrontParts;
  readonly arrived: Arrived;
  readonly to: ReplyTo;
  readonly query: URLSearchParams;
}

/** Answers a request below /.gw/. */
export async function answerOwn(parts: FrontParts, arrived: Arrived, response: ServerResponse): Promise<void> {
  const { head, target } = arrived, name = target.path.slice(OWN_PREFIX.length);
  const to: ReplyTo = { response, fields: head.fields, method: head.method, config: parts.config() };
  const own: Own = { parts, arrived, to, query: new URLSearchParams(target.query ?? "") };
  const asset = FRONT_ASSETS.get(name);
  if (isRead(head.method)) {
    if (asset) {
      const headers = [["cache-control", "private, max-age=3600"], ["x-content-type-options", "nosniff"]] as const;
      return sendText(response, 200, headers, { ...asset, isHead: head.method === "HEAD" });
    }
    const route = head.method === "GET" ? READS[name] : undefined;
    if (route) return await route(own);
  } else if (head.method === "POST") {
    const route = WRITES[name];
    if (route) return await route(own);
  }
  return refuseOwn(own);
}

const READS: Readonly<Record<string, (own: Own) => Promise<void> | void>> = {
  "": showSession,
  "at": arriveAt,
  "ended": showEnd,
  "go": goToSibling,
  "open": redeem,
};

const WRITES: Readonly<Record<string, (own: Own) => Promise<void>>> = {
  "beat": beat,
  "leave": leave,
  "take-over": takeOver,
};

/** The session behind the cookie of a request. */
export async function sessionOf(parts: FrontParts, { found, head, source }: Arrived): Promise<Carried | NoSession> {
  const token = cookieOf(head.fields.get("cookie")?.[0], found.cookie);
  return token === undefined ? "ended" : await parts.table.find(token, found.origin, source);
}

/**
 * Takes a ticket. The answer is a page that goes on by itself and not a redirect: a Strict cookie is not sent where the
 * way here began on another site, and the console may be one to the browser.
 */
async function redeem(own: Own): Promise<void> {
  const { parts, arrived: { found, source }, to, query } = own;
  try {
    const args = { ticket: query.get("ticket") ?? "", origin: found.origin, source };
    const { token, session } = await parts.control.call("device.enter", args);
    parts.table.admit(token, found.origin, session);
    const at = ownPath(query.get("path")) ?? found.device.start;
    const goesTo = `/.gw/at?path=${encodeURIComponent(at)}`;
    const labels = LABELS[languageOf(to.fields!)];
    const headers = [["set-cookie", setCookie(found.cookie, token)]] as const;
    replyWith(to, "opening", { status: 200, goesTo, headers, acts: [{ label: labels.goOn, href: goesTo }] });
  } catch (error) {
    const isRefused = error instanceof GatewayError && error.code === "UI_TICKET_REFUSED";
    if (isRefused) return replyWith(to, "ticket", { status: 403, rule: "ui.ticket" });
    replyWith(to, "away", { status: 503, rule: "ui.control.away" });
  }
}

/** The first request with the new cookie: says so when the browser did not keep it, instead of going in a circle. */
async function arriveAt(own: Own): Promise<void> {
  const session = await sessionOf(own.parts, own.arrived);
  if (session === "away") return replyWith(own.to, "away", { status: 503, rule: "ui.control.away" });
  if (session === "ended") return replyWith(own.to, "no-cookie", { status: 403, rule: "ui.session.cookie" });
  redirect(own.to, ownPath(own.query.get("path")) ?? "/");
}

/** A ticket for another port of the same controller, which sent the browser here because it does not know it yet. */
async function goToSibling({ parts, arrived, to, query }: Own): Promise<void> {
  const { found, head, source, target } = arrived;
  const token = cookieOf(head.fields.get("cookie")?.[0], found.cookie);
  if (token === undefined && !query.has("again")) {
    // Asked from another site: the Strict cookie comes with a request that begins here.
    const goesTo = `${target.path}?${target.query ?? ""}&again=1`;
    return replyWith(to, "opening", { status: 200, goesTo });
  }
  const wanted = query.get("to") ?? "", path = ownPath(query.get("path")) ?? "/";
  try {
    const args = { token: token ?? "", origin: found.origin, to: wanted, source };
    const { url } = await parts.control.call("device.sibling", args);
    redirect(to, `${url}&path=${encodeURIComponent(path)}`);
  } catch (error) {
    if (error instanceof GatewayError && ["SESSION_ENDED", "UI_NO_PAGES"].includes(error.code)) {
      return replyWith(to, "no-session", { status: 403, rule: "ui.session.none" });
    }
    replyWith(to, "away", { status: 503, rule: "ui.control.away" });
  }
}

/** Who works here, until when, and the way out without any script. */
async function showSession(own: Own): Promise<void> {
  const found = await sessionOf(own.parts, own.arrived);
  if (typeof found === "string") return noSession(own, found);
  const labels = LABELS[languageOf(own.to.fields!)], { session } = found;
  replyWith(own.to, "session", {
    status: 200,
    shown: [
      [labels.station, session.station],
      [labels.person, session.person],
      [labels.role, session.deviceRole],
      [labels.until, new Date(session.endsAt).toISOString().replace(/\.\d+Z$/, "Z")],
    ],
    acts: [{ label: labels.goOn, href: own.arrived.found.device.start }, { label: labels.leave, post: "/.gw/leave" }],
  });
}

function showEnd({ query, to }: Own): void {
  const why = query.get("why") ?? "";
  replyWith(to, why !== "idle" && why !== "left" || !isFrontText(why) ? "ended" : why, { status: 200 });
}

/** The activity script tells that the person did something. */
async function beat(own: Own): Promise<void> {
  const found = await sessionOf(own.parts, own.arrived);
  if (typeof found === "string" || !await own.parts.table.active(found, true)) {
    return replyWith(own.to, found === "away" ? "away" : "ended", {
      status: found === "away" ? 503 : 401,
      rule: found === "away" ? "ui.control.away" : "ui.session.none",
    });
  }
  writeHead(own.to.response, 204, DOOR_HEADERS);
  own.to.response.end();
}

async function leave(own: Own): Promise<void> {
  const { parts, arrived: { found }, to } = own;
  const carried = await sessionOf(parts, own.arrived);
  if (typeof carried !== "string") {
    // Control tells this Worker to end it; should control be away, it ends here all the same.
    const session = carried.session.id;
    await parts.control.call("device.leave", { session }).catch(() => parts.table.end([session]));
  }
  replyWith(to, "left", { status: 200, headers: [["set-cookie", dropCookie(found.cookie)]] });
}

async function takeOver(own: Own): Promise<void> {
  const found = await sessionOf(own.parts, own.arrived);
  if (typeof found === "string") return noSession(own, found);
  if (found.session.watches !== undefined) return refuseOwn(own);
  try {
    await found.link.takeOver();
    redirect(own.to, own.arrived.found.device.start);
  } catch (error) {
    own.parts.log.warn("ui.takeover.failed", { msg: describeError(error) });
    replyWith(own.to, "away", { status: 503, rule: "ui.control.away" });
  }
}

function noSession(own: Own, why: NoSession): void {
  if (why === "away") return replyWith(own.to, "away", { status: 503, rule: "ui.control.away" });
  replyWith(own.to, "no-session", { status: 401, rule: "ui.session.none" });
}

function refuseOwn({ to }: Own): void {
  replyWith(to, "ended", { status: 404, rule: "ui.path.own" });
}

function redirect({ response }: ReplyTo, location: string): void {
  writeHead(response, 303, [...DOOR_HEADERS, ["location", location], ["content-length", "0"]]);
  response.end();
}

/** A path of this origin, in its one canonical form; undefined for anything that leads elsewhere. */
function ownPath(path: string | null): string | undefined {
  if (path === null || !/^\/(?!\/)/.test(path)) return undefined;
  const target = readRequestTarget(path);
  if ("rule" in target || target.path.startsWith(OWN_PREFIX)) return undefined;
  return target.query === undefined ? target.path : `${target.path}?${target.query}`;
}
