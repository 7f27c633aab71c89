import type { Role } from "../core/people_api.ts";
import type { TokenScope } from "../core/people_admin_api.ts";

/** A passkey as the store keeps it (WebAuthn level 3, credential record). */
export interface PasskeyRecord {
  readonly id: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly label: string;
  readonly since: number;
}

/** A recovery code: generated ones under a keyed digest, own ones (PUK) as argon2id, since people choose them. */
export type RecoveryRecord =
  | { readonly kind: "generated"; readonly digest: string }
  | { readonly kind: "own"; readonly hash: string };

/** ["people", "account", name]. */
export interface AccountRecord {
  readonly name: string;
  readonly displayName: string;
  readonly origin: "ldap" | "local" | "oidc";
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly state: "active" | "disabled";
  readonly password?: { readonly hash: string; readonly at: number; readonly temporary: boolean };
  /** The secret is sealed under a key of its own. `lastStep` is the newest time step that was used (no replay). */
  readonly totp?: { readonly since: number; readonly lastStep: number };
  readonly passkeys: readonly PasskeyRecord[];
  readonly recovery: readonly RecoveryRecord[];
  /** Who the identity provider says it is: issuer and subject, or the LDAP DN. */
  readonly subject?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly lastLogin?: number;
}

/** Stages of a session; all but "done" open only their own step. */
export type Stage = "change-password" | "done" | "enrol-factor" | "second-factor";

/** ["people", "session", digest of the token]. Times are of the steady clock (steady_clock.ts). */
export interface SessionRecord {
  readonly id: string;
  readonly digest: string;
  /** Name of the account, or BREAK_GLASS. */
  readonly person: string;
  readonly stage: Stage;
  readonly source: string;
  readonly agent: string;
  readonly since: number;
  readonly lastActivity: number;
  /** When a second factor was proven in this session. */
  readonly secondFactorAt?: number;
  /** When the person last proved who they are, as well as their factors allow. */
  readonly provenAt?: number;
  /** A recovery code was used: it stood in for the password, or for the second factor. */
  readonly recovered?: "factor" | "password";
  readonly notAfter?: number;
  /** The session at the identity provider. */
  readonly provider?: { readonly sid?: string; readonly subject: string; readonly checkedAt: number };
}

/** ["people", "token", id]. The secret is kept as a keyed digest. */
export interface TokenRecord {
  readonly id: string;
  readonly person: string;
  readonly label: string;
  readonly digest: string;
  readonly scopes: readonly TokenScope[];
  readonly since: number;
  readonly expiresAt: number;
  readonly lastUsed?: number;
}

/** Name in audit and sessions of whoever uses the sealed account. */
export const BREAK_GLASS = "break-glass";
