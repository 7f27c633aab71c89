/** One run against the ACME server. The keys stay in control: the Worker gets the request and has its calls signed. */
export interface AcmeTask {
  /** Names the run; control signs for the newest only. */
  readonly run: string;
  readonly names: readonly string[];
  /** PKCS #10 in DER, base64url. */
  readonly csr: string;
  /** Of the account key (RFC 7638). */
  readonly thumbprint: string;
  readonly contact?: string;
  /** URL of an order that an earlier run started. */
  readonly order?: string;
}

/** How a run ended. `interrupted`: the gateway ended it, the order may be gone on with. */
export type AcmeOutcome =
  | { readonly issued: true; readonly chainPem: string }
  | {
    readonly issued: false;
    readonly why: string;
    readonly retryAfterSeconds?: number;
    readonly interrupted?: boolean;
  };

/** A signed request in the flattened JSON form of RFC 7515; all parts base64url. */
export interface AcmeJws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}
