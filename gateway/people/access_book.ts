import { GatewayError } from "../core/errors.ts";
import type { AccessLease, NewGrant } from "../core/people_access_api.ts";
import { KEYS } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { BUILT_IN_GRANTS } from "../../policies/access_builtin.ts";
import { REQUEST_MS } from "../../policies/access_approval.ts";
import type { AccessGrant, AccessRequest } from "../../policies/access_types.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { RecordBook } from "./record_book.ts";

const DAY = 86_400_000;

/** Grants, requests and opened ways, stored before they count. */
export class AccessBook {
  private constructor(
    readonly grants: RecordBook<AccessGrant>,
    readonly requests: RecordBook<AccessRequest>,
    readonly leases: RecordBook<AccessLease>,
  ) {}

  static async open(store: Store): Promise<AccessBook> {
    return new AccessBook(
      await RecordBook.open(store, [...KEYS.people, "grant"]),
      await RecordBook.open(store, [...KEYS.people, "request"]),
      await RecordBook.open(store, [...KEYS.people, "lease"]),
    );
  }

  /** Every grant, the site's own first. */
  allGrants(): readonly AccessGrant[] {
    return [...this.grants.all(), ...BUILT_IN_GRANTS];
  }

  /** @throws GatewayError GRANT_INVALID when the id is taken or there is no room */
  async addGrant(grant: NewGrant, createdBy: string, createdAt: number): Promise<AccessGrant> {
    if (this.grants.get(grant.id)) {
      throw new GatewayError("GRANT_INVALID", `There is a grant "${grant.id}" already`, {
        hint: "Remove it first, or choose another id: a grant is never changed under its users",
      });
    }
    if (this.grants.size >= PEOPLE_LIMITS.grants) {
      throw new GatewayError("GRANT_INVALID", `The gateway keeps at most ${PEOPLE_LIMITS.grants} grants`, {
        hint: "Use groups, units or vendors instead of single stations and people",
      });
    }
    const made = { ...grant, createdBy, createdAt };
    await this.grants.put(grant.id, made);
    return made;
  }

  /** @throws GatewayError GRANT_UNKNOWN */
  needGrant(id: string): AccessGrant {
    const grant = this.grants.get(id);
    if (grant) return grant;
    const isBuiltIn = BUILT_IN_GRANTS.some((each) => each.id === id);
    throw new GatewayError("GRANT_UNKNOWN", isBuiltIn ? `"${id}" is built in and stays` : `There is no grant "${id}"`, {
      hint: "`grant list` shows all",
    });
  }

  /** @throws GatewayError REQUEST_UNKNOWN */
  needRequest(id: string): AccessRequest {
    const request = this.requests.get(id);
    if (request) return request;
    throw new GatewayError("REQUEST_UNKNOWN", `There is no request "${id.slice(0, 64)}"`, {
      hint: "`request list` shows all",
    });
  }

  /** @throws GatewayError ACCESS_REFUSED when too many wait for a decision */
  async addRequest(request: AccessRequest): Promise<void> {
    const pending = this.requests.all().filter(({ state }) => state === "pending");
    if (pending.length >= PEOPLE_LIMITS.requestsPending) {
      throw new GatewayError("ACCESS_REFUSED", `${pending.length} requests wait for a decision: no more are taken`, {
        hint: "Somebody has to decide them: `request list`",
      });
    }
    await this.requests.put(request.id, request);
  }

  /** @throws GatewayError ACCESS_REFUSED when too many ways are open */
  async addLease(lease: AccessLease): Promise<void> {
    if (this.leases.size >= PEOPLE_LIMITS.leases) {
      throw new GatewayError("ACCESS_REFUSED", `${this.leases.size} ways to controllers are open: no more at once`, {
        hint: "End some: `access list`, `access end ID`",
      });
    }
    await this.leases.put(lease.id, lease);
  }

  /** Removes what is over. @returns the ways whose time is up */
  async sweep(now: number): Promise<readonly AccessLease[]> {
    const old = this.requests.all().filter(({ state, createdAt }) =>
      now - createdAt >= (state === "pending" ? REQUEST_MS : PEOPLE_LIMITS.requestDays * DAY)
    );
    if (old.length > 0) await this.requests.remove(old.map(({ id }) => id));
    const over = this.leases.all().filter(({ until }) => now >= until);
    if (over.length > 0) await this.leases.remove(over.map(({ id }) => id));
    return over;
  }
}
