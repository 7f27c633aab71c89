/** Accounts of a controller, the weakest first (docs/roles.md). */
export const DEVICE_ROLES = ["user", "operator", "installer", "manufacturer"] as const;
/** One account of a controller. */
export type DeviceRole = typeof DEVICE_ROLES[number];

/** What a person may do with a controller. */
export const CAPABILITIES = ["view", "edit", "firmware", "secrets", "reset", "tunnel"] as const;
/** One capability. */
export type Capability = typeof CAPABILITIES[number];

/** Days in the order of the week. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** One day of the week. */
export type Day = typeof DAYS[number];

/** Who: everything that is given must be true of the person. */
export interface GrantWho {
  readonly person?: string;
  readonly group?: string;
  readonly role?: string;
}

/** Which stations: one list must name the station; `all` names every one. */
export interface GrantStations {
  readonly all?: true;
  readonly ids?: readonly string[];
  readonly units?: readonly string[];
  readonly vendors?: readonly string[];
}

/** When: at any time, within hours of the week in the site's time zone, or after approval. */
export type GrantWhen =
  | { readonly kind: "always" }
  | { readonly kind: "schedule"; readonly days?: readonly Day[]; readonly from: string; readonly to: string }
  | { readonly kind: "request" };

/** One grant: who x which stations x device role x capabilities x when x how. */
export interface AccessGrant {
  readonly id: string;
  readonly who: GrantWho;
  readonly stations: GrantStations;
  readonly deviceRoles: readonly DeviceRole[];
  readonly capabilities: readonly Capability[];
  readonly when: GrantWhen;
  /** A second factor within the last minutes is asked for. */
  readonly secondFactor: boolean;
  /** Minutes after which the way closes. */
  readonly maxMinutes: number;
  /** Networks it may be used from; absent: any. */
  readonly sources?: readonly string[];
  /** Wall milliseconds after which it is void. */
  readonly notAfter?: number;
  /** The maker's old pages too, where the site leaves them to grants (BC-09). */
  readonly oldPages?: true;
  /** A sentence for people. */
  readonly because: string;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** A request for access that needs somebody's approval. */
export interface AccessRequest {
  readonly id: string;
  readonly person: string;
  readonly station: string;
  readonly deviceRole: DeviceRole;
  readonly capability: Capability;
  /** The grant that allows it after approval. */
  readonly grant: string;
  readonly reason: string;
  readonly minutes: number;
  readonly state: "approved" | "denied" | "pending" | "withdrawn";
  readonly createdAt: number;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  readonly note?: string;
  /** While it may be used, wall milliseconds: from the approval on for `minutes`. */
  readonly until?: number;
}

/** The person as a policy sees one. */
export interface AccessPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

/** The station as a policy sees it. */
export interface AccessStation {
  readonly id: string;
  readonly unit?: string;
  readonly vendor?: string;
}

/** One question: may this person do this to this station now? */
export interface AccessQuestion {
  readonly person: AccessPerson;
  readonly station: AccessStation;
  readonly deviceRole: DeviceRole;
  readonly capability: Capability;
  /** Wall milliseconds. */
  readonly now: number;
  /** Minutes since Monday 00:00 in the site's time zone. */
  readonly minuteOfWeek: number;
  /** The networks named by grants that the person's address lies in. */
  readonly networks: readonly string[];
  /** Milliseconds since the last second factor; absent: none in this session. */
  readonly secondFactorAgeMs?: number;
}

/** One grant that did not allow it, and the first reason. */
export interface ConsideredGrant {
  readonly grant: string;
  readonly failed: "capability" | "device-role" | "expired" | "person" | "schedule" | "source" | "station";
  readonly why: string;
}

/** The answer, with all that was looked at. */
export type AccessDecision =
  | {
    readonly effect: "allow";
    readonly rule: string;
    readonly because: string;
    /** Wall milliseconds up to which the way may stay open. */
    readonly until: number;
    readonly request?: string;
    readonly considered: readonly ConsideredGrant[];
  }
  | {
    readonly effect: "deny";
    readonly rule: string;
    readonly reason: string;
    readonly hint: string;
    /** What would open it: ask for approval under this grant, or a second factor. */
    readonly next?: { readonly kind: "request" | "second-factor"; readonly grant: string };
    readonly considered: readonly ConsideredGrant[];
  };
