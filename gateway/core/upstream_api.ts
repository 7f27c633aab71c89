import type { UpstreamRoute } from "./control_api.ts";

/** Ways in which the gateway may show itself at a CSMS for one station, in the order in which they are tried. */
export const UPSTREAM_CHOICES = ["new", "new-as-text", "kept", "configured"] as const;
/** "new" waits to be proven, "kept" was proven, "configured" is what site.yaml or the station itself gives. */
export type UpstreamChoiceName = typeof UPSTREAM_CHOICES[number];

/** One of these ways. */
export interface UpstreamChoice {
  readonly choice: UpstreamChoiceName;
  readonly route: UpstreamRoute;
}

/** What a CSMS may set of its leg; the names of policies/ocpp_rehoming_keys.ts. */
export type UpstreamSettingName =
  | "active-network"
  | "identity"
  | "network"
  | "organization"
  | "password"
  | "priority"
  | "profile";

/** One setting with its new value as text. */
export interface UpstreamChange {
  readonly setting: UpstreamSettingName;
  readonly value: string;
  /** A password that OCPP 1.6 writes as hex digits of its bytes (AuthorizationKey). */
  readonly isHex?: true;
}

/** What became of one change. "reboot": taken at the next connection. */
export interface UpstreamChangeResult {
  readonly status: "accepted" | "reboot" | "rejected";
  readonly reason?: string;
}

/** A way to the CSMS as SetNetworkProfile describes it. */
export interface UpstreamNetwork {
  readonly slot: number;
  readonly url: string;
  readonly securityProfile: number;
  readonly identity?: string;
  readonly password?: string;
  /** A VPN, an access point or another transport: ways that the gateway does not take for a CSMS. */
  readonly foreign?: string;
}

/** What the CSMS sees when it reads the settings of its leg. No secret is among them. */
export interface UpstreamSettings {
  readonly identity: string;
  readonly organization: string;
  readonly profile: number;
  readonly url: string;
  /** Slots in the order in which they are tried, as text: "1,2". */
  readonly priority: string;
  readonly activeSlot: number;
}

/** CertificateHashDataType of OCPP; hex in lower case. */
export interface CertificateHash {
  readonly hashAlgorithm: "SHA256" | "SHA384" | "SHA512";
  readonly issuerNameHash: string;
  readonly issuerKeyHash: string;
  readonly serialNumber: string;
}

/**
 * What the OCPP Worker asks of control when the CSMS speaks about its leg. A session stands for its station: a Worker
 * asks for the sessions it has, and for nobody else. Everything is stored when the answer arrives.
 */
export interface UpstreamApi {
  /** All or none are stored; `choices` are there when the leg is to be opened anew with them. */
  "upstream.change": (args: { readonly session: string; readonly changes: readonly UpstreamChange[] }) => {
    readonly results: readonly UpstreamChangeResult[];
    readonly choices?: readonly UpstreamChoice[];
  };
  "upstream.read": (args: { readonly session: string }) => UpstreamSettings;
  "upstream.network": (args: { readonly session: string; readonly network: UpstreamNetwork }) => UpstreamChangeResult;
  /** A new key, kept in control, and the request for it in PEM. */
  "upstream.request": (args: { readonly session: string }) => { readonly csr: string };
  /** A certificate chain in PEM, leaf first. "foreign": it is for a key that is not the gateway's. */
  "upstream.certificate": (args: { readonly session: string; readonly chainPem: string }) => {
    readonly status: "accepted" | "rejected" | "foreign";
    readonly reason?: string;
    readonly choices?: readonly UpstreamChoice[];
  };
  /** A root of the CSMS, one certificate in PEM. */
  "upstream.root.install": (args: { readonly session: string; readonly certificatePem: string }) => {
    readonly status: "accepted" | "rejected";
    readonly reason?: string;
    /** The same ways with the roots as they are now: for the next dial, no reason to dial. */
    readonly choices?: readonly UpstreamChoice[];
  };
  /** "foreign": no root of the CSMS leg, and none that the station needs for the gateway. "kept": it may not go. */
  "upstream.root.delete": (args: {
    readonly session: string;
    readonly hash: CertificateHash;
    /** The message was signed: a root of the CSMS leg is "kept", since nobody but the station could answer for it. */
    readonly isSigned?: boolean;
  }) => {
    readonly status: "deleted" | "kept" | "foreign";
    readonly reason?: string;
    readonly choices?: readonly UpstreamChoice[];
  };
  "upstream.root.list": (args: { readonly session: string }) => { readonly hashes: readonly CertificateHash[] };
  /** The CSMS took `choice`, after it had refused those in `refused`. */
  "upstream.proved": (args: {
    readonly session: string;
    readonly choice: UpstreamChoiceName;
    readonly refused: readonly UpstreamChoiceName[];
  }) => void;
  /** A station's own request (PEM), to be signed by the site CA: the chain, or what is wrong with it. */
  "station.certificate": (args: { readonly session: string; readonly csr: string }) => {
    readonly chainPem?: string;
    readonly reason?: string;
  };
}
