/** One of the two secrets of a rotation. */
export type Which = "new" | "old";

/**
 * Where one controller stands. "prove": it is asked with the secret that it should have; "set": that was proven, it gets
 * the other one; "sent": that was sent, what came of it is not known; "check": it is asked with the one that it should have
 * now; "recheck": that was refused, it is asked with the one before; "done"; "failed": it keeps the one before and nothing
 * more is tried; "held": nobody knows what it has, and no try is left until a person acts.
 */
export type MemberStep = "check" | "done" | "failed" | "held" | "prove" | "recheck" | "sent" | "set";

/** One controller of a unit in a rotation. Times are wall milliseconds. */
export interface RotationMember {
  readonly station: string;
  /** "person": the driver cannot set the secret, or there is no network to it. */
  readonly way: "driver" | "person";
  /** The driver can log in, so that a secret can be proven. */
  readonly isProvable: boolean;
  readonly step: MemberStep;
  /** What a login, or a person's word, proved last; "unknown" from the moment that the other one was sent. */
  readonly has: Which | "unknown";
  /** Logins in a row that were refused or got no answer; each is counted before it is made. */
  readonly failed: number;
  /** How often it kept the one before although it was asked to change. */
  readonly refusals: number;
  /** How often in a row it was away. */
  readonly waits: number;
  /** Nothing is done before. */
  readonly notBefore: number;
  /** When the secret before was proven last, in this direction. */
  readonly provenAt?: number;
  /** The other secret was sent to it once, in this direction. */
  readonly wasSent: boolean;
  /** Why it stands so, for people. */
  readonly why?: string;
}

/** A change of the secret of all controllers of a unit: all end with the new one, or all with those that they had. */
export interface Rotation {
  readonly direction: "back" | "forward";
  /** In the order in which they are changed. */
  readonly members: readonly RotationMember[];
}

/** What is to be done next. */
export type RotationAct =
  | { readonly kind: "login"; readonly station: string; readonly with: Which }
  | { readonly kind: "set"; readonly station: string; readonly from: Which; readonly to: Which }
  /** A person sets it by hand, then confirms. */
  | { readonly kind: "person"; readonly station: string; readonly to: Which }
  /** Nothing before this time. */
  | { readonly kind: "wait"; readonly until: number }
  /** Nothing until a person acts. */
  | { readonly kind: "held"; readonly station: string }
  | { readonly kind: "end"; readonly outcome: "committed" | "rolled-back" };

/** What came of a login. */
export type LoginOutcome =
  | "blocked"
  | "busy"
  | "in"
  | "spent"
  /** The password may have gone out, and no answer that is understood came back. */
  | "unknown"
  /** It never came to a password. */
  | "unreachable"
  | "wrong-password";

/** What came of asking a controller to take another secret. */
export type SetOutcome =
  | "blocked"
  | "busy"
  | "done"
  /** The driver knows no way: a person has to. */
  | "guided"
  /** The controller says that it did not take it. */
  | "refused"
  | "spent"
  | "unknown"
  | "unreachable"
  | "wrong-password";

/** What people are told of a rotation as it stands. */
export interface RotationStanding {
  /** Controllers that nobody may try any more until a person acts. */
  readonly held: readonly string[];
  /** Controllers of the unit have different secrets, and the gateway cannot bring them together by itself now. */
  readonly isSplit: boolean;
  /** Controllers that were sent a secret and have been away for long since. */
  readonly unsettled: readonly string[];
  /** Controllers that wait for a person's hand. */
  readonly person: readonly string[];
}
