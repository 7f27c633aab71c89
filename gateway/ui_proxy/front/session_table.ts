import type { Clock } from "../../core/clock.ts";
import type { DeviceControlApi, DeviceSession } from "../../core/device_api.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { DeviceLink } from "../upstream/mod.ts";
import { RequestLog } from "./request_log.ts";

/** What the table works with. */
export interface SessionTableParts {
  readonly control: Pick<Rpc<DeviceControlApi>, "call">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly openLink: (session: DeviceSession) => DeviceLink;
  /** Told how many sessions are carried. */
  readonly onCount: (sessions: number) => void;
}

/** One session while this Worker carries it. */
export interface Carried {
  session: DeviceSession;
  readonly link: DeviceLink;
  readonly log: RequestLog;
  /** Ends what is open for a browser: streams, WebSockets, uploads. */
  readonly live: Set<() => void>;
  /** Requests that wait for the device. */
  inFlight: number;
  /** Monotonic time at which control was told last that the person did something. */
  toldAt: number;
}

/** Why a cookie opens nothing: it never did or is over, or control, which alone knows, is away. */
export type NoSession = "away" | "ended";

/** Sessions that this Worker carries, by the cookies that browsers showed. Control is asked once per cookie. */
export class SessionTable {
  readonly #parts: SessionTableParts;
  readonly #carried = new Map<string, Carried>();
  /** Origin and token to session id. */
  readonly #cookies = new Map<string, string>();

  constructor(parts: SessionTableParts) {
    this.#parts = parts;
  }

  /** Ids of all sessions carried. */
  ids(): readonly string[] {
    return [...this.#carried.keys()];
  }

  get(id: string): Carried | undefined {
    return this.#carried.get(id);
  }

  /** The session of a cookie at its origin, while it lives. */
  async find(token: string, origin: string, source: string): Promise<Carried | NoSession> {
    const key = `${origin} ${token}`;
    const known = this.#carried.get(this.#cookies.get(key) ?? "");
    if (known && !this.#isDue(known.session) && known.session.source === source) return known;
    try {
      const session = await this.#parts.control.call("device.check", { token, origin, source });
      return this.admit(token, origin, session);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "SESSION_ENDED") return "away";
      if (known && this.#isDue(known.session)) await this.end([known.session.id]);
      this.#cookies.delete(key);
      return "ended";
    }
  }

  /** A cookie that control has given or confirmed. */
  admit(token: string, origin: string, session: DeviceSession): Carried {
    const known = this.#carried.get(session.id);
    if (this.#cookies.size >= UI_PROXY_LIMITS.cookies) this.#cookies.delete(this.#cookies.keys().next().value!);
    this.#cookies.set(`${origin} ${token}`, session.id);
    if (known) {
      known.session = session;
      return known;
    }
    const { control, timers, clock, openLink } = this.#parts;
    const tell = async (requests: Parameters<DeviceControlApi["device.requests"]>[0]["requests"]) => {
      await control.call("device.requests", { session: session.id, requests });
    };
    const watched = session.watches === undefined ? undefined : this.#carried.get(session.watches);
    const carried: Carried = {
      session,
      link: watched?.link ?? openLink(session),
      log: new RequestLog(tell, timers),
      live: new Set(),
      inFlight: 0,
      toldAt: clock.monotonic(),
    };
    this.#carried.set(session.id, carried);
    this.#parts.onCount(this.#carried.size);
    return carried;
  }

  /**
   * The person did something: tells control, at most every beat. A session that control does not know any more ends.
   * @returns false when it has ended
   */
  async active(carried: Carried, isNow = false): Promise<boolean> {
    const { clock, control } = this.#parts, now = clock.monotonic();
    if (!isNow && now - carried.toldAt < UI_PROXY_LIMITS.beatMs) return true;
    carried.toldAt = now;
    try {
      carried.session = await control.call("device.active", { session: carried.session.id });
      return true;
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "SESSION_ENDED") return true; // the deadline holds anyway
      await this.end([carried.session.id]);
      return false;
    }
  }

  /** Ends sessions here: cookies open nothing at once, streams close, the device is logged out of. */
  async end(ids: readonly string[]): Promise<number> {
    const ended = ids.flatMap((id) => this.#carried.get(id) ?? []);
    for (const { session } of ended) this.#carried.delete(session.id);
    for (const [key, id] of this.#cookies) if (ids.includes(id)) this.#cookies.delete(key);
    for (const { live } of ended) for (const close of live) close();
    this.#parts.onCount(this.#carried.size);
    // Who only looked on used the other's way to the device, which stays.
    await Promise.all(ended.map(async ({ session, link, log }) => {
      await log.flush();
      if (session.watches === undefined) await link.close();
      await log.flush(); // what was under way has ended meanwhile
    }));
    return ended.length;
  }

  /** Ends what is over, should control be away: the deadline is here too (EV-14). Asks before it does. */
  async sweep(): Promise<void> {
    for (const { session } of this.#carried.values()) {
      if (!this.#isDue(session)) continue;
      const isOver = this.#parts.clock.now() >= session.endsAt;
      const renewed = isOver ? undefined : await this.#look(session.id);
      const carried = this.#carried.get(session.id);
      if (renewed && carried && renewed.idleAt > this.#parts.clock.now()) carried.session = renewed;
      else await this.end([session.id]);
    }
  }

  async #look(session: string): Promise<DeviceSession | undefined> {
    try {
      return await this.#parts.control.call("device.look", { session });
    } catch (_awayOrEnded) {
      return undefined;
    }
  }

  #isDue({ idleAt, endsAt }: DeviceSession): boolean {
    return this.#parts.clock.now() >= Math.min(idleAt, endsAt);
  }
}
