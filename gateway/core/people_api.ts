import type { DevicePeopleApi, DeviceRecordingApi } from "./device_api.ts";
import type { AccessApi } from "./people_access_api.ts";
import type { PersonAdminApi } from "./people_admin_api.ts";
import type { Json } from "./control_api.ts";
import type { TunnelPeopleApi } from "./tunnel_api.ts";

/** Roles of people in the gateway (docs/roles.md), the mightiest first. */
export const ROLES = ["administrator", "operator", "technician", "auditor"] as const;
/** One role of a person. */
export type Role = typeof ROLES[number];

/**
 * Who asks: the token of a session or an API token, and the address the request came from, as the console's socket saw
 * it. The console believes nothing about a person; control judges every call by this.
 */
export interface Caller {
  readonly token: string;
  readonly source: string;
}

/** Ways to prove a second factor. */
export type FactorMethod = "passkey" | "recovery-code" | "totp";

/**
 * Where a login stands. Every step gives a new token and ends the one before: the console puts it into its cookie.
 * Until "done" the token opens nothing but the next step and the logout.
 */
export type LoginStep =
  | { readonly step: "done"; readonly token: string; readonly session: SessionInfo }
  | { readonly step: "second-factor"; readonly token: string; readonly methods: readonly FactorMethod[] }
  | { readonly step: "change-password"; readonly token: string; readonly rules: PasswordRules }
  | { readonly step: "enrol-factor"; readonly token: string; readonly methods: readonly ("passkey" | "totp")[] };

/** A session as its person and administrators see it. Times are wall milliseconds. */
export interface SessionInfo {
  /** Names the session in lists; it opens nothing. */
  readonly id: string;
  readonly person: string;
  readonly displayName: string;
  readonly origin: "break-glass" | "ldap" | "local" | "oidc";
  readonly roles: readonly Role[];
  readonly stage: LoginStep["step"];
  readonly source: string;
  readonly agent: string;
  readonly since: number;
  readonly lastActivity: number;
  /** The session ends then unless the person does something (EV-14). */
  readonly idleAt: number;
  /** The session ends then, whatever happens. */
  readonly endsAt: number;
  /** Until when dangerous acts need no new proof; absent: they need one now. */
  readonly provenUntil?: number;
  /** The verbs of this API and the commands ("command cert issue") that the person's roles allow. */
  readonly may: readonly string[];
}

/** What the login page offers. */
export interface LoginOptions {
  /** No administrator exists: show the setup page. */
  readonly setup: boolean;
  /** The console's name allows passkeys; false where it is an address. */
  readonly passkeys: boolean;
  /** Text for the button of the identity provider; absent: none is configured. */
  readonly oidc?: string;
  readonly ldap: boolean;
}

/** The password rules in force, for the person who chooses one. */
export interface PasswordRules {
  readonly preset: string;
  readonly minLength: number;
  readonly maxLength: number;
  /** One sentence each. */
  readonly rules: readonly string[];
}

/** A WebAuthn ceremony that has begun; `options` go to navigator.credentials as they are. */
export interface Ceremony {
  readonly ceremony: string;
  readonly options: Json;
}

/** A second factor of a person. */
export interface FactorInfo {
  readonly id: string;
  readonly kind: "passkey" | "totp";
  readonly label: string;
  readonly since: number;
}

/** Logins, second factors and sessions. `source` and `agent` are of the browser. */
export interface LoginApi {
  /** Codes: none. What the login page shows. */
  "people.login.options": (args: Record<never, never>) => LoginOptions;
  /** First administrator. @throws SETUP_REFUSED when the code is wrong or an administrator exists */
  "people.setup.claim": (
    args: {
      readonly code: string;
      readonly name: string;
      readonly password: string;
      readonly source: string;
      readonly agent: string;
    },
  ) => LoginStep;
  /** @throws LOGIN_REFUSED, always the same whatever was wrong; IDENTITY_AWAY when an LDAP server does not answer */
  "people.login.password": (
    args: { readonly name: string; readonly password: string; readonly source: string; readonly agent: string },
  ) => LoginStep;
  /** Second factor by time-based code. @throws LOGIN_REFUSED */
  "people.login.totp": (args: { readonly by: Caller; readonly code: string }) => LoginStep;
  /** A recovery code in the place of a lost second factor, which has to be enrolled anew. @throws LOGIN_REFUSED */
  "people.login.recovery": (args: { readonly by: Caller; readonly code: string }) => LoginStep;
  /** A recovery code in the place of a forgotten password; the second factor is still asked for. @throws LOGIN_REFUSED */
  "people.login.forgotten": (
    args: { readonly name: string; readonly code: string; readonly source: string; readonly agent: string },
  ) => LoginStep;
  /** With `by` the second factor of a login, without it a login by passkey alone. */
  "people.login.passkey.begin": (args: { readonly by?: Caller; readonly source: string }) => Ceremony;
  "people.login.passkey.finish": (
    args: {
      readonly by?: Caller;
      readonly ceremony: string;
      readonly response: Json;
      readonly source: string;
      readonly agent: string;
    },
  ) => LoginStep;
  /** Break-glass: the sealed password alone. Alarmed; it works once. @throws LOGIN_REFUSED */
  "people.login.break-glass": (
    args: { readonly password: string; readonly source: string; readonly agent: string },
  ) => LoginStep;
  /** Where to send the browser; `ticket` goes into a cookie (Lax) and comes back with the callback. `fresh`: with a new proof. */
  "people.oidc.begin": (
    args: { readonly source: string; readonly returnTo?: string; readonly fresh?: boolean },
  ) => { readonly url: string; readonly ticket: string };
  /** @throws LOGIN_REFUSED, IDENTITY_AWAY */
  "people.oidc.finish": (
    args: { readonly ticket: string; readonly callbackUrl: string; readonly source: string; readonly agent: string },
  ) => { readonly step: LoginStep; readonly returnTo?: string };
  /** Back-channel logout: what the provider posted. @throws LOGIN_REFUSED when the token does not verify */
  "people.oidc.logout": (args: { readonly logoutToken: string; readonly source: string }) => { readonly ended: number };

  /** Changes the own password; `current` is not asked for in the step "change-password". @throws PASSWORD_REFUSED */
  "people.password.change": (
    args: { readonly by: Caller; readonly current?: string; readonly next: string },
  ) => LoginStep;
  /** The rules in force, and all presets side by side as a table. */
  "people.password.rules": (
    args: Record<never, never>,
  ) => { readonly rules: PasswordRules; readonly presets: readonly Json[] };

  /** A new TOTP secret, not in force before `finish`. */
  "people.totp.begin": (args: { readonly by: Caller }) => { readonly secret: string; readonly uri: string };
  /** `whyNoPasskey` is asked of administrators where the console's name would allow one; it is audited. */
  "people.totp.finish": (
    args: { readonly by: Caller; readonly code: string; readonly whyNoPasskey?: string },
  ) => LoginStep;
  "people.passkey.begin": (args: { readonly by: Caller }) => Ceremony;
  "people.passkey.finish": (
    args: { readonly by: Caller; readonly ceremony: string; readonly response: Json; readonly label: string },
  ) => LoginStep;
  "people.factor.list": (
    args: { readonly by: Caller },
  ) => { readonly factors: readonly FactorInfo[]; readonly recoveryCodes: number };
  /** Needs a fresh proof. The last one of a role that must have one stays. */
  "people.factor.remove": (args: { readonly by: Caller; readonly id: string }) => void;
  /** New recovery codes, shown once; the old ones are dead. Needs a fresh proof. `own` adds one of 8 to 100 characters. */
  "people.recovery.renew": (
    args: { readonly by: Caller; readonly own?: string },
  ) => { readonly codes: readonly string[] };

  /** A fresh proof before a dangerous act: second factor where there is one, else the password. @throws LOGIN_REFUSED */
  "people.step-up": (
    args: {
      readonly by: Caller;
      readonly password?: string;
      readonly totp?: string;
      readonly passkey?: { readonly ceremony: string; readonly response: Json };
    },
  ) => SessionInfo;
  /**
   * Whom a token stands for. `activity` is true only for what a person did with mouse or keyboard: a navigation, a form,
   * a beat of the activity script; polling, SSE and WebSocket traffic ask with false (EV-14). @throws SESSION_ENDED
   */
  "people.session.check": (args: { readonly by: Caller; readonly activity: boolean }) => SessionInfo;
  /** Own sessions, or with `all` those of everybody (administrators). */
  "people.session.list": (args: { readonly by: Caller; readonly all?: boolean }) => readonly SessionInfo[];
  /** Ends a session by its id; absent: the own one (logout). */
  "people.session.end": (args: { readonly by: Caller; readonly session?: string }) => { readonly ended: number };
}

/** All that the console may ask about people. */
export interface PeopleApi
  extends LoginApi, PersonAdminApi, AccessApi, DevicePeopleApi, DeviceRecordingApi, TunnelPeopleApi {}
