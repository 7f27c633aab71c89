import type { DeviceRole } from "../../policies/access_types.ts";
import type { LoginOutcome, SetOutcome } from "../../policies/secret_rotation_types.ts";

/** One account of one controller, and for whom it is touched. */
export interface AccountAsk {
  readonly station: string;
  readonly role: DeviceRole;
  /** A person, or "rotation"; stands in the audit. */
  readonly who: string;
}

/** What came of touching an account. `why` is for people and holds no secret. */
export interface AccountEnd<Outcome> {
  readonly outcome: Outcome;
  readonly why?: string;
}

/** What can be done at a controller without a person's hands. */
export interface AccountWays {
  /** Somebody can log in, so that a password can be proven. */
  readonly canLogIn: boolean;
  /** Accounts whose password can be set. */
  readonly canSet: readonly DeviceRole[];
  /** What a person does to set one by hand, where the maker's way is known. */
  readonly steps?: { readonly en: string; readonly de: string };
}

/**
 * The accounts of controllers, as far as the vault needs them. Neither call throws for what a controller does, and both
 * keep to the budget of failed logins, which they count before a try (never more than two until a person acts).
 */
export interface DeviceAccounts {
  ways(station: string): AccountWays;
  /** Logs in and out. */
  logIn(ask: AccountAsk & { readonly password: string }): Promise<AccountEnd<LoginOutcome>>;
  /** Logs in with the old password and sets the next one. */
  setPassword(ask: AccountAsk & { readonly old: string; readonly next: string }): Promise<AccountEnd<SetOutcome>>;
}

/** A site whose controllers nobody reaches: everything is done by people. */
export const NO_DEVICE_ACCOUNTS: DeviceAccounts = {
  ways: () => ({ canLogIn: false, canSet: [] }),
  logIn: () => Promise.resolve({ outcome: "blocked", why: "the gateway has no login for this controller" }),
  setPassword: () => Promise.resolve({ outcome: "guided" }),
};
