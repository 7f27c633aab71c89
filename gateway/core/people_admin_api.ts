import type { Json } from "./control_api.ts";
import type { Caller, Role } from "./people_api.ts";

/** A person as administrators see one. */
export interface PersonInfo {
  readonly name: string;
  readonly displayName: string;
  readonly origin: "ldap" | "local" | "oidc";
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly state: "active" | "disabled";
  readonly factors: readonly string[];
  /** The password is temporary: the next login has to change it. */
  readonly mustChange: boolean;
  /** Wall milliseconds until which logins are refused (EV-11). */
  readonly lockedUntil?: number;
  readonly lastLogin?: number;
  readonly sessions: number;
}

/** What an API token may do; never more than its owner's roles allow, and nothing that needs a fresh proof. */
export const TOKEN_SCOPES = ["audit", "operate", "read"] as const;
/** One scope. */
export type TokenScope = typeof TOKEN_SCOPES[number];

/** An API token in a list. */
export interface TokenInfo {
  readonly id: string;
  readonly person: string;
  readonly label: string;
  readonly scopes: readonly TokenScope[];
  readonly since: number;
  readonly expiresAt: number;
  readonly lastUsed?: number;
}

/** Accounts, tokens and commands. Each verb is judged by the roles of the caller. */
export interface PersonAdminApi {
  "people.account.list": (args: { readonly by: Caller }) => readonly PersonInfo[];
  /** A local account; the temporary password is shown once. @throws PERSON_EXISTS, PERSON_INVALID */
  "people.account.add": (
    args: {
      readonly by: Caller;
      readonly name: string;
      readonly displayName?: string;
      readonly roles: readonly Role[];
    },
  ) => { readonly person: PersonInfo; readonly temporaryPassword: string };
  /** Ends the sessions of the person. Nobody changes the own roles; the last administrator stays one. */
  "people.account.change": (
    args: {
      readonly by: Caller;
      readonly name: string;
      readonly displayName?: string;
      readonly roles?: readonly Role[];
      readonly groups?: readonly string[];
      readonly state?: "active" | "disabled";
    },
  ) => PersonInfo;
  /** A new temporary password, shown once; `factors` also removes the second factors. Ends all sessions. */
  "people.account.reset": (
    args: { readonly by: Caller; readonly name: string; readonly factors?: boolean },
  ) => { readonly temporaryPassword: string };
  "people.account.unlock": (args: { readonly by: Caller; readonly name: string }) => PersonInfo;
  "people.account.remove": (args: { readonly by: Caller; readonly name: string }) => void;
  /** A new sealed password of the break-glass account, shown once; clears its alarm. */
  "people.break-glass.renew": (args: { readonly by: Caller }) => { readonly password: string };

  /** Own tokens; administrators see all. */
  "people.token.list": (args: { readonly by: Caller }) => readonly TokenInfo[];
  /** `secret` is shown once. @throws TOKEN_INVALID */
  "people.token.add": (
    args: {
      readonly by: Caller;
      readonly label: string;
      readonly scopes: readonly TokenScope[];
      readonly days: number;
    },
  ) => { readonly token: TokenInfo; readonly secret: string };
  "people.token.revoke": (args: { readonly by: Caller; readonly id: string }) => void;

  /** Runs one command of docs/commands.md for the caller, if the roles allow it. */
  "people.run": (
    args: { readonly by: Caller; readonly command: string; readonly args: Json },
  ) => { readonly text: string; readonly data: Json; readonly ok?: boolean };
}
