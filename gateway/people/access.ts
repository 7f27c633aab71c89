import { isInside } from "../config/ip.ts";
import { GatewayError, IdentityError } from "../core/errors.ts";
import type { AccessLease, AccessWish } from "../core/people_access_api.ts";
import { decideAccess, isGrantedTo, minutesOf } from "../../policies/access.ts";
import { decideApproval } from "../../policies/access_approval.ts";
import type { AccessDecision, AccessGrant, AccessRequest, AccessStation } from "../../policies/access_types.ts";
import type { AccessBook } from "./access_book.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import type { People } from "./people.ts";
import type { SessionRecord } from "./records.ts";
import type { RemoteGate } from "./remote_gate.ts";
import { newToken } from "./secret_text.ts";

/** What access needs beside people. */
export interface AccessParts {
  readonly people: People;
  readonly book: AccessBook;
  /** The station of this id, exactly; undefined when the site has none. */
  readonly station: (id: string) => AccessStation | undefined;
  /** Minutes since Monday 00:00 in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
  /** What the key switch at the box says. */
  readonly gate: RemoteGate;
}

/** Who asks for a station, from where. */
export interface AccessCaller {
  readonly person: string;
  readonly source: string;
  readonly session?: Pick<SessionRecord, "secondFactorAt">;
}

/** Grants, requests and ways: judged by policies/access.ts, stored before they are answered, audited. */
export class Access {
  readonly #parts: AccessParts;
  /** Told of every way that has closed, when it opens nothing any more. */
  readonly onEnded: ((lease: AccessLease, rule: string) => void)[] = [];

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /** May this person do this at that time, from there, and why. */
  decide(caller: AccessCaller, wish: AccessWish, at = this.#parts.people.context.clock.now()): AccessDecision {
    const { people, book, minuteOfWeek, gate } = this.#parts;
    this.#station(wish.station);
    if (gate.refusal) return { effect: "deny", ...gate.refusal, considered: [] };
    const grants = book.allGrants();
    const networks = new Set(grants.flatMap(({ sources }) => sources ?? []));
    const proven = caller.session?.secondFactorAt;
    return decideAccess(
      {
        person: this.#person(caller.person),
        station: this.#station(wish.station),
        deviceRole: wish.deviceRole,
        capability: wish.capability,
        now: at,
        minuteOfWeek: minuteOfWeek(at),
        networks: [...networks].filter((network) => isInside(caller.source.replace(/^::ffff:(?=\d)/i, ""), network)),
        ...proven === undefined ? {} : { secondFactorAgeMs: people.clock.now() - proven },
      },
      grants,
      book.requests.all(),
    );
  }

  /** Opens the way, or says what would. @throws IdentityError ACCESS_REFUSED, STEP_UP_NEEDED */
  async open(
    caller: AccessCaller,
    { wish, reason, minutes }: { readonly wish: AccessWish; readonly reason: string; readonly minutes?: number },
  ): Promise<AccessLease> {
    const { people, book } = this.#parts, now = people.context.clock.now();
    const decision = this.decide(caller, wish, now);
    const event = { who: caller.person, target: wish.station, source: caller.source, rule: decision.rule };
    if (decision.effect === "deny") {
      await people.audit({ ...event, event: "people.access.refused", outcome: "refused", detail: { ...wish } });
      const code = decision.next?.kind === "second-factor" ? "STEP_UP_NEEDED" : "ACCESS_REFUSED";
      throw new IdentityError(code, decision.reason, { hint: decision.hint });
    }
    const wanted = minutes === undefined ? Infinity : readMinutes(minutes);
    const lease: AccessLease = {
      id: newToken(people.context.random).slice(0, 16),
      person: caller.person,
      station: wish.station,
      deviceRole: wish.deviceRole,
      capabilities: this.#capabilities(caller, wish, now),
      grant: decision.rule,
      reason: readReason(reason),
      since: now,
      until: Math.min(decision.until, now + wanted * 60_000),
    };
    await people.audit({
      ...event,
      event: "people.access.opened",
      detail: {
        lease: lease.id,
        deviceRole: wish.deviceRole,
        capabilities: lease.capabilities.join(" "),
        until: new Date(lease.until).toISOString(),
        reason: lease.reason,
        ...decision.request ? { request: decision.request } : {},
      },
    });
    await book.addLease(lease);
    return lease;
  }

  /** The way, while it is open: in time, its person active, its grant still there and for that person. @throws ACCESS_REFUSED */
  async check(person: string, id: string): Promise<AccessLease> {
    const { people, book } = this.#parts;
    const lease = book.leases.get(id);
    if (!lease || lease.person !== person || this.#parts.gate.refusal) throw closed();
    if (people.context.clock.now() >= lease.until) throw closed();
    const grant = book.allGrants().find((each) => each.id === lease.grant);
    const account = people.accounts.get(person);
    const isActive = account ? account.state === "active" : people.rolesOf(person).length > 0;
    if (isActive && grant && isGrantedTo(grant, this.#person(person))) return lease;
    await this.end([lease], "access.grant-gone", "gateway");
    throw closed();
  }

  /** Closes ways. */
  async end(leases: readonly AccessLease[], rule: string, by: string): Promise<void> {
    const { book } = this.#parts;
    const living = leases.filter(({ id }) => book.leases.get(id));
    await book.leases.remove(living.map(({ id }) => id));
    for (const lease of living) await this.#recordEnd(lease, rule, by);
  }

  /** Closes ways whose time is up, and forgets old requests. */
  async sweep(): Promise<void> {
    const { people, book } = this.#parts;
    for (const lease of await book.sweep(people.context.clock.now())) {
      await this.#recordEnd(lease, "access.time", "gateway");
    }
  }

  /** Asks for access that a grant allows after approval. @throws ACCESS_REFUSED when none does, or it is open already */
  async request(
    caller: AccessCaller,
    { wish, reason, minutes }: { readonly wish: AccessWish; readonly reason: string; readonly minutes: number },
  ): Promise<AccessRequest> {
    const { people, book } = this.#parts, now = people.context.clock.now();
    const decision = this.decide(caller, wish, now);
    if (decision.effect === "allow" || decision.next?.kind !== "request") {
      const why = decision.effect === "allow" || decision.next ? "it needs no approval: open it" : decision.reason;
      throw new IdentityError("ACCESS_REFUSED", `This cannot be asked for: ${why}`, {
        hint: decision.effect === "allow" ? "Open the station" : decision.hint,
      });
    }
    const grant = book.allGrants().find(({ id }) => id === decision.next?.grant)!;
    const request: AccessRequest = {
      id: newToken(people.context.random).slice(0, 10),
      person: caller.person,
      ...wish,
      grant: grant.id,
      reason: readReason(reason),
      minutes: Math.min(readMinutes(minutes), minutesOf(grant, wish.deviceRole)),
      state: "pending",
      createdAt: now,
    };
    await people.audit({
      event: "people.request.made",
      who: caller.person,
      target: wish.station,
      source: caller.source,
      rule: grant.id,
      detail: { request: request.id, deviceRole: wish.deviceRole, capability: wish.capability, reason: request.reason },
    });
    await book.addRequest(request);
    return request;
  }

  /** Approves or denies somebody else's request. @throws ACCESS_REFUSED, REQUEST_UNKNOWN */
  async judgeRequest(
    by: string,
    { id, approve, note }: { readonly id: string; readonly approve: boolean; readonly note?: string },
  ): Promise<AccessRequest> {
    const { people, book } = this.#parts, now = people.context.clock.now();
    return await people.turns.take(`request ${id}`, async () => {
      const request = book.needRequest(id);
      const verdict = decideApproval({ request, by, roles: people.rolesOf(by), now });
      const event = { who: by, target: request.station, rule: verdict.rule, event: "people.request.decided" } as const;
      const detail = { request: id, person: request.person, deviceRole: request.deviceRole };
      if (verdict.effect === "deny") {
        await people.audit({ ...event, outcome: "refused", detail });
        throw new IdentityError(
          "ACCESS_REFUSED",
          verdict.reason,
          verdict.hint === undefined ? {} : { hint: verdict.hint },
        );
      }
      const decided: AccessRequest = {
        ...request,
        state: approve ? "approved" : "denied",
        decidedBy: by,
        decidedAt: now,
        ...note === undefined ? {} : { note: note.slice(0, 200) },
        ...approve ? { until: now + request.minutes * 60_000 } : {},
      };
      await people.audit({ ...event, detail: { ...detail, verdict: decided.state } });
      await book.requests.put(id, decided);
      return decided;
    });
  }

  /** The person takes the own request back; what it had opened is closed. */
  async withdraw(person: string, id: string): Promise<AccessRequest> {
    const { people, book } = this.#parts;
    return await people.turns.take(`request ${id}`, async () => {
      const request = book.needRequest(id);
      if (request.person !== person) throw new GatewayError("REQUEST_UNKNOWN", `There is no request "${id}" of yours`);
      const { until: _, ...rest } = request;
      const withdrawn: AccessRequest = { ...rest, state: "withdrawn" };
      await people.audit({
        event: "people.request.withdrawn",
        who: person,
        target: request.station,
        detail: { request: id },
      });
      await book.requests.put(id, withdrawn);
      return withdrawn;
    });
  }

  /** Removes a grant and closes what it had opened. @throws GRANT_UNKNOWN */
  async removeGrant(by: string, id: string): Promise<void> {
    const { people, book } = this.#parts, grant = book.needGrant(id);
    await people.audit({ event: "people.grant.removed", who: by, target: id, detail: { because: grant.because } });
    await book.grants.remove([id]);
    await this.end(book.leases.all().filter((lease) => lease.grant === id), "access.grant-removed", by);
  }

  /** Makes a grant. @throws GRANT_INVALID */
  async addGrant(by: string, grant: Parameters<AccessBook["addGrant"]>[0]): Promise<AccessGrant> {
    const { people, book } = this.#parts;
    if (grant.who.person === by) {
      throw new GatewayError("GRANT_INVALID", "Nobody makes a grant for themselves", {
        hint: "Ask another administrator",
      });
    }
    const made = await book.addGrant(grant, by, people.context.clock.now());
    const { who, stations, deviceRoles, capabilities, when } = made;
    const detail = {
      who: JSON.stringify(who),
      stations: JSON.stringify(stations),
      deviceRoles: deviceRoles.join(" "),
      capabilities: capabilities.join(" "),
      when: JSON.stringify(when),
      because: made.because,
    };
    await people.audit({ event: "people.grant.added", who: by, target: made.id, detail });
    return made;
  }

  /** All that the grant that opened it allows, so that one way serves viewing and editing. */
  #capabilities(caller: AccessCaller, wish: AccessWish, at: number): AccessLease["capabilities"] {
    const grant = this.decide(caller, wish, at).rule;
    const all = this.#parts.book.allGrants().find(({ id }) => id === grant)?.capabilities ?? [wish.capability];
    return all.filter((capability) => {
      const decision = this.decide(caller, { ...wish, capability }, at);
      return decision.effect === "allow" && decision.rule === grant;
    });
  }

  #person(name: string) {
    const { people } = this.#parts;
    return { name, roles: people.rolesOf(name), groups: people.accounts.get(name)?.groups ?? [] };
  }

  #station(id: string): AccessStation {
    const station = this.#parts.station(id);
    if (station) return station;
    throw new GatewayError("STATION_UNKNOWN", `There is no station "${id.slice(0, 64)}"`, {
      hint: "`stations` lists all",
    });
  }

  async #recordEnd(lease: AccessLease, rule: string, by: string): Promise<void> {
    const { id, person, station, since } = lease;
    for (const tell of this.onEnded) tell(lease, rule);
    const minutes = Math.round((this.#parts.people.context.clock.now() - since) / 60_000);
    await this.#parts.people.audit({
      event: "people.access.ended",
      who: by,
      target: station,
      rule,
      detail: { lease: id, person, minutes },
    });
  }
}

function closed(): IdentityError {
  return new IdentityError("ACCESS_REFUSED", "This way to the controller is closed", { hint: "Open it again" });
}

function readReason(text: string): string {
  const reason = text.trim();
  if (reason.length >= 3 && reason.length <= 200) return reason;
  throw new GatewayError("PERSON_INVALID", "A reason of 3 to 200 characters is needed", {
    hint: "Say in a few words what for; it stands in the audit trail",
  });
}

function readMinutes(minutes: number): number {
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= PEOPLE_LIMITS.leaseMinutes) return minutes;
  throw new GatewayError("PERSON_INVALID", `Cannot open for ${minutes} minutes`, {
    hint: `Whole minutes from 1 to ${PEOPLE_LIMITS.leaseMinutes}`,
  });
}
