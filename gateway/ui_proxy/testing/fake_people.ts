import type { AuditEvent } from "../../core/control_api.ts";
import type { DeviceRequestRecord, DeviceSession } from "../../core/device_api.ts";
import type { ImageVerdict, LeaseAnswer, LoginTurn } from "../../core/device_link_api.ts";
import { GatewayError, IdentityError } from "../../core/errors.ts";
import type { ListenerTrust } from "../../core/control_api.ts";

/** Control as the door needs it: sessions and tickets that a test makes, and what it was told. */
export class FakePeople {
  readonly sessions = new Map<string, DeviceSession>();
  /** `origin token` to session id. */
  readonly cookies = new Map<string, string>();
  /** Ticket to session id; taken once. */
  readonly tickets = new Map<string, { readonly session: string; readonly origin: string }>();
  readonly audited: AuditEvent[] = [];
  readonly requests: (DeviceRequestRecord & { readonly session: string })[] = [];
  readonly calls: string[] = [];
  turn: LoginTurn = { allowed: true, attempt: "1", account: { name: "operator", password: "right" } };
  lease: LeaseAnswer = { held: true };
  pin: string | undefined;
  image: ImageVerdict = { verified: false, why: "no vault is configured" };
  /** Nothing answers. */
  away = false;
  /** Only the audit does not answer. */
  auditAway = false;
  #made = 0;

  constructor(readonly trust: ListenerTrust, readonly now: () => number) {}

  /** A session of a station, living. */
  make(station: string, more: Partial<DeviceSession> = {}): DeviceSession {
    const session: DeviceSession = {
      id: `session-${++this.#made}`,
      person: "anna",
      station,
      deviceRole: "installer",
      capabilities: ["view", "edit"],
      grant: "field-7",
      lease: "lease",
      grantsLegacy: false,
      firmware: "5.33.11",
      source: "127.0.0.1",
      since: this.now(),
      lastActivity: this.now(),
      idleAt: this.now() + 1_800_000,
      endsAt: this.now() + 3_600_000,
      ...more,
    };
    this.sessions.set(session.id, session);
    return session;
  }

  readonly call = async (method: string, args: Record<string, unknown>): Promise<unknown> => {
    this.calls.push(method);
    if (this.away || (this.auditAway && method === "device.requests")) {
      throw new GatewayError("RPC_PEER_GONE", `${method} was not answered`);
    }
    const handler = (this.#methods as Record<string, ((args: Record<string, unknown>) => unknown) | undefined>)[method];
    if (!handler) throw new GatewayError("RPC_UNKNOWN_METHOD", method);
    return await handler(args);
  };

  readonly #methods = {
    "trust.listener": () => this.trust,
    "audit.record": (event: unknown) => ({ sequence: this.audited.push(event as AuditEvent) }),
    "device.enter": ({ ticket, origin }: Record<string, unknown>) => {
      const found = this.tickets.get(ticket as string);
      this.tickets.delete(ticket as string);
      if (!found || found.origin !== origin) throw new IdentityError("UI_TICKET_REFUSED", "no");
      const token = `token-${this.cookies.size + 1}`;
      this.cookies.set(`${origin} ${token}`, found.session);
      return { token, session: this.#need(found.session) };
    },
    "device.check": ({ token, origin }: Record<string, unknown>) =>
      this.#need(this.cookies.get(`${origin} ${token}`) ?? ""),
    "device.look": ({ session }: Record<string, unknown>) => this.#need(session as string),
    "device.active": ({ session }: Record<string, unknown>) => {
      const known = this.#need(session as string);
      const next = { ...known, lastActivity: this.now(), idleAt: this.now() + 1_800_000 };
      this.sessions.set(known.id, next);
      return next;
    },
    "device.leave": ({ session }: Record<string, unknown>) => {
      this.sessions.delete(session as string);
      return this.onLeave(session as string);
    },
    "device.sibling": ({ token, origin, to }: Record<string, unknown>) => {
      const session = this.#need(this.cookies.get(`${origin} ${token}`) ?? "");
      const ticket = `sibling-${this.tickets.size + 1}`;
      this.tickets.set(ticket, { session: session.id, origin: to as string });
      return { url: `${to}/.gw/open?ticket=${ticket}`, expiresAt: this.now() + 30_000 };
    },
    "device.requests": ({ session, requests }: Record<string, unknown>) => {
      for (const one of requests as DeviceRequestRecord[]) this.requests.push({ ...one, session: session as string });
    },
    "device.clock.seen": () => undefined,
    "device.lease.take": ({ takeOver }: Record<string, unknown>) => takeOver ? this.lease = { held: true } : this.lease,
    "device.lease.leave": () => undefined,
    "device.login.begin": () => this.turn,
    "device.login.ended": () => undefined,
    "device.pin": () => this.pin === undefined ? {} : { der: this.pin },
    "device.pin.presented": () => undefined,
    "device.image.verdict": () => this.image,
  };

  /** What control does when a person leaves: tells the Worker. */
  onLeave: (session: string) => unknown = () => undefined;

  #need(id: string): DeviceSession {
    const session = this.sessions.get(id);
    if (session && this.now() < Math.min(session.idleAt, session.endsAt)) return session;
    throw new IdentityError("SESSION_ENDED", "over");
  }
}
