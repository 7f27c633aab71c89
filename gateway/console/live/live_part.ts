import type { Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Child } from "hono/jsx";
import { describeError } from "../../core/errors.ts";
import type { Visit } from "../context.ts";
import { refuse } from "../http/refusal.ts";
import { signIn } from "../http/pages.tsx";
import { SignInNeeded, visitOf } from "../http/visitor.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import type { ConsoleParts } from "../parts.ts";

/** One event of a live part. */
export interface LiveEvent {
  /** What the page swaps it by; "part" where there is only one. */
  readonly event: string;
  /** What the person must be allowed to; absent: anybody who is signed in. */
  readonly needs?: string;
  render(visit: Visit): Promise<Child>;
}

/**
 * What of a page keeps itself up to date: pages/registry.ts lists them. One page has one of them, with several events where
 * it has several parts, since a browser holds few connections to one host.
 */
export interface LivePart {
  /** Below /live/, as "dashboard". */
  readonly name: string;
  readonly events: readonly LiveEvent[];
}

/**
 * Server-sent events: the part again whenever it has changed. It is no activity of a person (EV-14), so the session ends
 * under it and the browser is sent to the door. Bounded per session and in all.
 */
export function mountLive(app: Hono, parts: ConsoleParts, live: readonly LivePart[]): LiveConnections {
  const connections = new LiveConnections();
  for (const part of live) {
    app.get(`/live/${part.name}`, async (context) => {
      let visit: Visit;
      try {
        visit = await visitOf(parts, context, false);
      } catch (error) {
        if (error instanceof SignInNeeded) return signIn(context, error.see);
        throw error;
      }
      const { person } = visit;
      const events = part.events.filter(({ needs }) => needs === undefined || person.may(needs));
      if (events.length === 0) {
        const rule = `roles.${part.events[0]!.needs!.replaceAll(" ", "-")}`;
        return refuse(context, { status: 403, rule, what: "Not allowed" });
      }
      const release = connections.take(visit.person.session.id);
      if (!release) {
        const what = "Too many live pages are open";
        return refuse(context, {
          status: 429,
          rule: "console.live-limit",
          what,
          next: "Close other tabs of this console",
        });
      }
      return follow(parts, context, { name: part.name, events }, release);
    });
  }
  return connections;
}

function follow(parts: ConsoleParts, context: Context, { name, events }: LivePart, release: () => void): Response {
  return streamSSE(context, async (stream) => {
    stream.onAbort(release); // at once: who leafs through live pages must not run into the limit
    const before = new Map<string, string>();
    try {
      while (!stream.aborted && !stream.closed) {
        const visit = await visitOf(parts, context, false);
        let isNews = false;
        for (const { event, render } of events) {
          const text = String(await render(visit)), shape = withoutTimes(text);
          if (shape === before.get(event)) continue;
          before.set(event, shape);
          isNews = true;
          await stream.writeSSE({ event, data: text });
        }
        if (!isNews) await stream.write(": still the same\n\n"); // finds out that the browser has gone
        await pause(parts);
      }
    } catch (error) {
      if (!(error instanceof SignInNeeded)) {
        parts.log.debug("console.live.ended", { part: name, msg: describeError(error) });
      }
    } finally {
      release();
    }
  });
}

/** "3 minutes ago" changes all the time and is no news: what is read or focused would be replaced under the hand. */
const withoutTimes = (text: string): string => text.replace(/(<time\b[^>]*>)[^<]*/g, "$1");

function pause({ timers }: ConsoleParts): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  timers.after(CONSOLE_LIMITS.liveMs, resolve);
  return promise;
}

/** Counts live connections, in all and per session. */
export class LiveConnections {
  readonly #ofSession = new Map<string, number>();
  #all = 0;

  /** A place, given back by the returned function; undefined when none is left. */
  take(session: string): (() => void) | undefined {
    const own = this.#ofSession.get(session) ?? 0;
    if (this.#all >= CONSOLE_LIMITS.live || own >= CONSOLE_LIMITS.liveOfSession) return undefined;
    this.#all++;
    this.#ofSession.set(session, own + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#all--;
      const left = this.#ofSession.get(session)! - 1;
      if (left === 0) this.#ofSession.delete(session);
      else this.#ofSession.set(session, left);
    };
  }
}
