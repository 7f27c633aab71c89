/** What control asks of the identity Worker, which alone reaches identity provider and LDAP server. Plain JSON values. */

/** A login that goes to the identity provider. All but the URL stays in control until the browser is back. */
export interface OidcStart {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE code verifier (RFC 7636). */
  readonly verifier: string;
}

/** Tokens of the provider, sealed in control. */
export interface ProviderTokens {
  readonly access: string;
  readonly refresh?: string;
}

/** A person as a provider proved one. */
export interface ProviderPerson {
  /** Issuer and subject, or the DN: never given to anybody else by the provider. */
  readonly subject: string;
  /** The name that people know; it may change hands. */
  readonly name: string;
  readonly displayName: string;
  readonly groups: readonly string[];
  /** The provider's session (OIDC back-channel logout). */
  readonly sid?: string;
  /** The provider asked for more than a password. */
  readonly secondFactor: boolean;
  /** When the person proved it, wall milliseconds; absent: now. */
  readonly provenAt?: number;
  readonly tokens?: ProviderTokens;
}

/** Whether somebody who is logged in still is a person of the provider. */
export type ProviderCheck =
  | { readonly active: false }
  | { readonly active: true; readonly groups?: readonly string[]; readonly tokens?: ProviderTokens };

/** A verified logout token (OpenID Connect Back-Channel Logout 1.0). */
export interface ProviderLogout {
  /** Its `jti`: used once. */
  readonly id: string;
  readonly issuedAt: number;
  readonly subject?: string;
  readonly sid?: string;
}

/** Methods of the identity Worker. All throw IDENTITY_AWAY when the other side does not answer. */
export interface IdentityApi {
  /** `fresh`: the provider asks for the password again. */
  "identity.oidc.begin": (args: { readonly redirectUri: string; readonly fresh: boolean }) => OidcStart;
  /** @throws GatewayError IDENTITY_REFUSED when the answer is not one to this login */
  "identity.oidc.finish": (
    args: { readonly callbackUrl: string; readonly login: Omit<OidcStart, "url"> },
  ) => ProviderPerson;
  "identity.oidc.check": (args: { readonly subject: string; readonly tokens: ProviderTokens }) => ProviderCheck;
  /** @throws GatewayError IDENTITY_REFUSED */
  "identity.oidc.logout": (args: { readonly logoutToken: string }) => ProviderLogout;
  /** The person of this name and password, or none. */
  "identity.ldap.login": (
    args: { readonly name: string; readonly password: string },
  ) => { readonly person?: ProviderPerson };
  "identity.ldap.check": (args: { readonly subject: string }) => ProviderCheck;
}
