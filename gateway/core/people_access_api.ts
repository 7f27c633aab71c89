import type {
  AccessDecision,
  AccessGrant,
  AccessRequest,
  Capability,
  DeviceRole,
} from "../../policies/access_types.ts";
import type { Caller } from "./people_api.ts";

/** A grant before it has an id and an author. */
export type NewGrant = Omit<AccessGrant, "createdAt" | "createdBy">;

/** An opened way to a controller: ends at `until`, when it is ended, or when its person or grant is gone. */
export interface AccessLease {
  readonly id: string;
  readonly person: string;
  readonly station: string;
  readonly deviceRole: DeviceRole;
  readonly capabilities: readonly Capability[];
  /** The grant that allowed it. */
  readonly grant: string;
  readonly reason: string;
  readonly since: number;
  readonly until: number;
}

/** What somebody wants to know: may this person do this, then, from there? */
export interface AccessWish {
  readonly station: string;
  readonly deviceRole: DeviceRole;
  readonly capability: Capability;
}

/** Grants, requests and the ways they open. */
export interface AccessApi {
  "people.grant.list": (args: { readonly by: Caller }) => readonly AccessGrant[];
  /** @throws GRANT_INVALID */
  "people.grant.add": (args: { readonly by: Caller; readonly grant: NewGrant }) => AccessGrant;
  /** Ends the ways that it opened. @throws GRANT_UNKNOWN */
  "people.grant.remove": (args: { readonly by: Caller; readonly id: string }) => void;

  /** Own requests; those who may decide see all. */
  "people.request.list": (args: { readonly by: Caller }) => readonly AccessRequest[];
  /** Asks for access that a grant allows on approval. @throws ACCESS_REFUSED */
  "people.request.add": (
    args: { readonly by: Caller; readonly wish: AccessWish; readonly reason: string; readonly minutes: number },
  ) => AccessRequest;
  /** Nobody decides the own request. @throws ACCESS_REFUSED, REQUEST_UNKNOWN */
  "people.request.decide": (
    args: { readonly by: Caller; readonly id: string; readonly approve: boolean; readonly note?: string },
  ) => AccessRequest;
  "people.request.withdraw": (args: { readonly by: Caller; readonly id: string }) => AccessRequest;

  /** May this person (absent: the caller) do this, and why. `at` and `source` are assumed when given. */
  "people.access.explain": (
    args: {
      readonly by: Caller;
      readonly person?: string;
      readonly wish: AccessWish;
      readonly at?: number;
      readonly from?: string;
    },
  ) => { readonly decision: AccessDecision; readonly text: string };
  /** Opens the way for the caller. @throws ACCESS_REFUSED, STEP_UP_NEEDED */
  "people.access.open": (
    args: { readonly by: Caller; readonly wish: AccessWish; readonly reason: string; readonly minutes?: number },
  ) => AccessLease;
  /** Whether a way is still open; asked by what uses it. @throws ACCESS_REFUSED */
  "people.access.check": (args: { readonly by: Caller; readonly lease: string }) => AccessLease;
  /** Own ways; operators and administrators see all. */
  "people.access.list": (args: { readonly by: Caller }) => readonly AccessLease[];
  "people.access.end": (args: { readonly by: Caller; readonly lease: string }) => void;
}
