import { isInside } from "../../config/ip.ts";
import type { DeviceSession, DeviceTicket } from "../../core/device_api.ts";
import { describeError, GatewayError, IdentityError } from "../../core/errors.ts";
import type { AccessLease } from "../../core/people_access_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { Access } from "../access.ts";
import type { AccessBook } from "../access_book.ts";
import type { People } from "../people.ts";
import { RecordBook } from "../record_book.ts";
import type { SessionRecord } from "../records.ts";
import { newToken } from "../secret_text.ts";
import { sessionEnded } from "../sessions.ts";
import { DEVICE_LIMITS } from "./limits.ts";
import { type TicketPurpose, Tickets } from "./tickets.ts";

/** A device session as it is stored. */
export interface DeviceSessionRecord {
  readonly id: string;
  readonly person: string;
  /** The console session; both have one idle time and end together. */
  readonly parent: string;
  readonly station: string;
  readonly deviceRole: AccessLease["deviceRole"];
  readonly capabilities: AccessLease["capabilities"];
  readonly grant: string;
  readonly lease: string;
  readonly watches?: string;
  readonly source: string;
  /** Wall milliseconds. */
  readonly since: number;
  /** The Worker that carries it. */
  readonly worker: string;
  /** Keyed digest of the cookie of each origin. */
  readonly cookies: Readonly<Record<string, string>>;
}

/** What device sessions need. */
export interface DeviceSessionParts {
  readonly people: People;
  readonly access: Access;
  readonly book: AccessBook;
  /** Version that a station reported last. */
  readonly firmware: (station: string) => string | undefined;
}

/** Live device sessions: made from tickets, ended with their way, their login, their Worker or by a person. */
export class DeviceSessions {
  /** Told of every session that has ended, when it opens nothing any more. */
  readonly onEnded: ((session: DeviceSessionRecord, rule: string) => void)[] = [];
  readonly tickets: Tickets;
  readonly #book: RecordBook<DeviceSessionRecord>;
  readonly #parts: DeviceSessionParts;
  /** Digest of a cookie to the session's id. */
  readonly #byCookie = new Map<string, string>();
  /** The newest that have ended: their Worker may still tell what they had done. */
  readonly #late = new Map<string, DeviceSessionRecord>();

  private constructor(book: RecordBook<DeviceSessionRecord>, parts: DeviceSessionParts) {
    this.#book = book;
    this.#parts = parts;
    this.tickets = new Tickets(parts.people.digest, parts.people.context.random);
    for (const record of book.all()) this.#index(record);
  }

  static async open(parts: DeviceSessionParts): Promise<DeviceSessions> {
    const book = await RecordBook.open<DeviceSessionRecord>(
      parts.people.context.store,
      [...KEYS.people, "device-session"],
    );
    return new DeviceSessions(book, parts);
  }

  all(): readonly DeviceSessionRecord[] {
    return this.#book.all();
  }

  get(id: string): DeviceSessionRecord | undefined {
    return this.#book.get(id);
  }

  /** A session that has just ended. */
  late(id: string): DeviceSessionRecord | undefined {
    return this.#late.get(id);
  }

  /** The session as it stands, without waking it. @throws SESSION_ENDED */
  look(record: DeviceSessionRecord): DeviceSession {
    if (!this.#parent(record.parent)) throw sessionEnded();
    return this.describe(record);
  }

  /** A ticket, with the URL that redeems it. */
  async ticket(purpose: TicketPurpose): Promise<DeviceTicket> {
    const { clock } = this.#parts.people;
    const now = clock.now();
    const text = await this.tickets.issue(purpose, now);
    return {
      url: `${purpose.origin}/.gw/open?ticket=${text}`,
      expiresAt: clock.toWall(now + DEVICE_LIMITS.ticketMs),
    };
  }

  /** Redeems a ticket for the cookie of its origin. @throws IdentityError UI_TICKET_REFUSED, always the same */
  async enter(
    ticket: string,
    { origin, source, worker }: { readonly origin: string; readonly source: string; readonly worker: string },
  ): Promise<{ readonly token: string; readonly session: DeviceSession }> {
    const { people } = this.#parts;
    const purpose = await this.tickets.take(ticket, origin, people.clock.now());
    if (!purpose) throw await this.#refuse(source, "ticket.unknown");
    const lease = await this.#leaseOf(purpose);
    if (!lease) throw await this.#refuse(source, "ticket.way-closed", purpose);
    if (!this.#parent(purpose.parent)) throw await this.#refuse(source, "ticket.logged-out", purpose);
    if (!this.#mayComeFrom(source, lease.grant)) throw await this.#refuse(source, "ticket.source", purpose);
    const token = newToken(people.context.random);
    const digest = await people.digest("device-cookie", token);
    const known = this.#same(purpose);
    if (purpose.session !== undefined && !known) throw await this.#refuse(source, "ticket.session-ended", purpose);
    const record = known
      ? await this.#addOrigin(known, origin, digest)
      : await this.#start(purpose, lease, { origin, source, worker, digest });
    return { token, session: this.describe(record) };
  }

  /** The living session of a cookie at its origin; another Worker than before may ask. @throws SESSION_ENDED */
  async check(
    token: string,
    { origin, source, worker }: { readonly origin: string; readonly source: string; readonly worker: string },
  ): Promise<DeviceSession> {
    const record = await this.#find(token, origin);
    await this.#requireAlive(record, source);
    if (record.worker === worker) return this.describe(record);
    await this.#tell(record.worker, [record.id], "device-session.moved");
    const moved = await this.#book.change(record.id, (now) => ({ ...now, worker }));
    if (!moved) throw sessionEnded();
    return this.describe(moved);
  }

  /** A ticket for another port of the same controller. `mayOpen` says whether the origin is one of the station's. */
  async sibling(
    token: string,
    { origin, to, source, mayOpen }: {
      readonly origin: string;
      readonly to: string;
      readonly source: string;
      readonly mayOpen: (station: string) => boolean;
    },
  ): Promise<DeviceTicket> {
    const record = await this.#find(token, origin);
    await this.#requireAlive(record, source);
    if (!mayOpen(record.station)) {
      throw new GatewayError("UI_NO_PAGES", `"${to.slice(0, 200)}" is no page of station "${record.station}"`);
    }
    const { person, parent, lease, id: session } = record;
    return await this.ticket({ person, parent, lease, origin: to, session });
  }

  /** The person did something: the console session stays awake too. @throws SESSION_ENDED */
  async active(id: string): Promise<DeviceSession> {
    const record = this.#book.get(id), parent = record && this.#parent(record.parent);
    if (!record || !parent) throw sessionEnded();
    await this.#parts.people.sessions.active(parent);
    return this.describe(record);
  }

  /** Ends sessions and those that look on: their cookies open nothing when this resolves. @returns how many ended */
  async end(records: readonly DeviceSessionRecord[], rule: string, by: string): Promise<number> {
    const ids = new Set(records.map(({ id }) => id));
    const living = this.#book.all().filter(({ id, watches }) =>
      ids.has(id) || (watches !== undefined && ids.has(watches))
    );
    for (const { cookies } of living) for (const digest of Object.values(cookies)) this.#byCookie.delete(digest);
    for (const record of living) this.#remember(record);
    const carriers = Map.groupBy(living, ({ worker }) => worker);
    const told = [...carriers].map(([worker, own]) => this.#tell(worker, own.map(({ id }) => id), rule));
    try {
      await this.#book.remove(living.map(({ id }) => id));
    } finally {
      await Promise.all(told); // a full disk must not keep a page open
    }
    await Promise.all(living.map((record) => this.#recordEnd(record, rule, by)));
    return living.length;
  }

  /** Ends sessions of which the way or the login is gone, should one of their ends have been missed. */
  async sweep(): Promise<void> {
    const { book } = this.#parts, now = this.#parts.people.context.clock.now();
    for (const record of this.#book.all()) {
      const lease = book.leases.get(record.lease);
      if (!lease || now >= lease.until) await this.end([record], "device-session.way-closed", "gateway");
      else if (!this.#parent(record.parent)) await this.end([record], "device-session.logged-out", "gateway");
    }
  }

  /** For people, audit and ui_proxy. */
  describe(record: DeviceSessionRecord): DeviceSession {
    const { people, book, firmware } = this.#parts;
    const parent = this.#parent(record.parent), lease = book.leases.get(record.lease);
    const info = parent && people.describe(parent);
    const grant = book.allGrants().find(({ id }) => id === record.grant);
    const version = firmware(record.station);
    const { parent: _parent, worker: _worker, cookies: _cookies, ...shown } = record;
    const endsAt = Math.min(info?.endsAt ?? 0, lease?.until ?? 0);
    return {
      ...shown,
      grantsLegacy: grant?.oldPages === true,
      ...people.context.site.people.recordings?.deviceRoles.includes(record.deviceRole) ? { recorded: true } : {},
      ...(version === undefined ? {} : { firmware: version }),
      lastActivity: info?.lastActivity ?? record.since,
      idleAt: Math.min(info?.idleAt ?? 0, endsAt),
      endsAt,
    };
  }

  async #start(
    purpose: TicketPurpose,
    lease: AccessLease,
    { origin, source, worker, digest }: Record<"digest" | "origin" | "source" | "worker", string>,
  ): Promise<DeviceSessionRecord> {
    const { people } = this.#parts, { person, parent, watches } = purpose;
    const own = this.#book.all().filter((record) => record.person === person);
    if (own.length >= DEVICE_LIMITS.sessionsOfPerson) await this.end([own[0]!], "device-session.too-many", "gateway");
    if (this.#book.size >= DEVICE_LIMITS.sessions) throw await this.#refuse(source, "ticket.no-room", purpose);
    const record: DeviceSessionRecord = {
      id: newToken(people.context.random).slice(0, 12),
      person,
      parent,
      station: lease.station,
      deviceRole: lease.deviceRole,
      capabilities: watches === undefined ? lease.capabilities : ["view"],
      grant: lease.grant,
      lease: lease.id,
      ...(watches === undefined ? {} : { watches }),
      source,
      since: people.context.clock.now(),
      worker,
      cookies: { [origin]: digest },
    };
    await people.audit({
      event: watches === undefined ? "device.session.opened" : "device.session.joined",
      who: person,
      target: record.station,
      source,
      rule: lease.grant,
      detail: { session: record.id, lease: lease.id, deviceRole: lease.deviceRole, ...watches ? { watches } : {} },
    });
    await this.#book.put(record.id, record);
    this.#index(record);
    return record;
  }

  async #addOrigin({ id }: DeviceSessionRecord, origin: string, digest: string): Promise<DeviceSessionRecord> {
    let before: string | undefined;
    const next = await this.#book.change(id, (now) => {
      before = now.cookies[origin];
      const others = Object.entries(now.cookies).filter(([other]) => other !== origin).slice(
        -DEVICE_LIMITS.origins + 1,
      );
      return { ...now, cookies: { ...Object.fromEntries(others), [origin]: digest } };
    });
    if (!next) throw sessionEnded();
    if (before !== undefined) this.#byCookie.delete(before);
    this.#index(next);
    return next;
  }

  /** The session that a ticket goes on with: the one it names, or that of the same way in the same login. */
  #same({ session, parent, lease, watches, person }: TicketPurpose): DeviceSessionRecord | undefined {
    if (session !== undefined) return this.#book.get(session);
    return this.#book.all().find((record) =>
      record.parent === parent && record.lease === lease && record.watches === watches && record.person === person
    );
  }

  async #find(token: string, origin: string): Promise<DeviceSessionRecord> {
    if (token.length > MAX_TOKEN_CHARS) throw sessionEnded();
    const digest = await this.#parts.people.digest("device-cookie", token);
    const record = this.#book.get(this.#byCookie.get(digest) ?? "");
    if (!record || record.cookies[origin] !== digest) throw sessionEnded();
    return record;
  }

  async #requireAlive(record: DeviceSessionRecord, source: string): Promise<void> {
    const lease = await this.#leaseOf(record);
    if (lease && this.#parent(record.parent) && this.#mayComeFrom(source, record.grant)) return;
    if (!lease) await this.end([record], "device-session.way-closed", "gateway");
    throw sessionEnded();
  }

  /** The way behind a session, if it is open: of the one who is looked at, for one who looks on. */
  async #leaseOf({ lease, person, watches }: Pick<TicketPurpose, "lease" | "person" | "watches">) {
    const owner = watches === undefined ? person : this.#book.get(watches)?.person;
    if (owner === undefined) return undefined;
    return await this.#parts.access.check(owner, lease).catch((error) => {
      if (error instanceof IdentityError && error.code === "ACCESS_REFUSED") return undefined;
      throw error;
    });
  }

  #parent(id: string): SessionRecord | undefined {
    return this.#parts.people.sessions.living().find((session) => session.id === id && session.stage === "done");
  }

  #mayComeFrom(source: string, grantId: string): boolean {
    const sources = this.#parts.book.allGrants().find(({ id }) => id === grantId)?.sources;
    const address = source.replace(/^::ffff:(?=\d)/i, "");
    return sources === undefined || sources.some((network) => isInside(address, network));
  }

  #index({ id, cookies }: DeviceSessionRecord): void {
    for (const digest of Object.values(cookies)) this.#byCookie.set(digest, id);
  }

  #remember(record: DeviceSessionRecord): void {
    this.#late.set(record.id, record);
    if (this.#late.size > DEVICE_LIMITS.sessions) this.#late.delete(this.#late.keys().next().value!);
  }

  /** Waits for the Worker, but not for ever: a Worker that is gone carries nothing. */
  async #tell(worker: string, sessions: readonly string[], rule: string): Promise<void> {
    const { workers, log } = this.#parts.people.context;
    try {
      await workers.get(worker).call("device.ended", { sessions, rule }, { deadlineMs: DEVICE_LIMITS.endMs });
    } catch (error) {
      log.info("device.session.worker-away", { worker, msg: describeError(error) });
    }
  }

  async #recordEnd(record: DeviceSessionRecord, rule: string, by: string): Promise<void> {
    for (const tell of this.onEnded) tell(record, rule);
    const { people } = this.#parts, { id, person, station, since } = record;
    const minutes = Math.round((people.context.clock.now() - since) / 60_000);
    const detail = { session: id, person, minutes };
    await people.audit({ event: "device.session.ended", who: by, target: station, rule, detail });
  }

  async #refuse(source: string, rule: string, purpose?: TicketPurpose): Promise<IdentityError> {
    const who = purpose?.person ?? "unknown";
    await this.#parts.people.audit({ event: "device.ticket.refused", who, source, outcome: "refused", rule });
    return new IdentityError("UI_TICKET_REFUSED", "This link to a controller's page is not good (any more)", {
      hint: "Open the page from the console again",
    });
  }
}

/** Longer texts are no cookie of ours: they are not even hashed. */
const MAX_TOKEN_CHARS = 128;
