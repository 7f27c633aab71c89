import type { Json } from "./control_api.ts";

/** Where an address comes from. */
export type LeaseKind = "reservation" | "pool" | "quarantine" | "relayed";

/** One address given to one device; stored by control before the device is told. */
export interface Lease {
  readonly zone: string;
  /** IPv4 as an unsigned 32-bit number. */
  readonly address: number;
  /** Of the device; of the one that has the address without a lease when declined. */
  readonly mac: string;
  /** "declined": somebody else uses the address, nobody gets it before it expires. */
  readonly state: "bound" | "released" | "declined";
  readonly kind: LeaseKind;
  /** When this device first got this address, wall milliseconds. */
  readonly since: number;
  readonly renewedAt: number;
  readonly expiresAt: number;
  readonly hostname?: string;
  /** Option 61 in hex. */
  readonly clientId?: string;
  /** What the device asks for and calls itself: changes when it becomes another device. */
  readonly fingerprint?: string;
  /** Option 82 sub-option 1 in hex. */
  readonly circuitId?: string;
}

/** A device that may have an address in a zone: a station, a reservation, or one that was adopted. */
export interface KnownDevice {
  /** Station id, or a name for people. */
  readonly name: string;
  readonly isStation: boolean;
  readonly mac?: string;
  readonly clientId?: string;
  readonly circuitId?: string;
  readonly address?: number;
  readonly hostname?: string;
  readonly vendor?: string;
}

/** What happened in a zone that control records, alarms or shows. */
export type DhcpFact =
  | { readonly kind: "granted"; readonly lease: Lease; readonly isNew: boolean; readonly device?: string }
  | { readonly kind: "released"; readonly lease: Lease }
  | {
    readonly kind: "refused";
    readonly rule: string;
    readonly reason: string;
    readonly mac: string;
    readonly zone: string;
    readonly hostname?: string;
    readonly vendorClass?: string;
    readonly fingerprint?: string;
  }
  | {
    readonly kind: "conflict";
    readonly zone: string;
    readonly address: number;
    /** Who wanted the address. */
    readonly mac: string;
    /** Who has it; absent when the device only said that somebody does. */
    readonly claimedBy?: string;
    readonly device?: string;
  }
  /** Another server was seen, or a client took up another server's offer. */
  | { readonly kind: "foreign-server"; readonly zone: string; readonly address: number; readonly mac?: string }
  | { readonly kind: "exhausted"; readonly zone: string; readonly pool: LeaseKind }
  /** A station became another device: other MAC, or other behaviour behind the same MAC. */
  | {
    readonly kind: "changed";
    readonly zone: string;
    readonly device: string;
    readonly what: "mac" | "fingerprint";
    readonly before: string;
    readonly after: string;
  }
  /** Messages that were dropped because there were too many. */
  | { readonly kind: "flood"; readonly zone: string; readonly mac: string; readonly dropped: number }
  /** Whether messages of the zone come in at all. */
  | { readonly kind: "link"; readonly zone: string; readonly isUp: boolean; readonly why?: string }
  /** The tunnel to the central server. */
  | { readonly kind: "tunnel"; readonly zone: string; readonly isUp: boolean; readonly why?: string };

/** What the DHCP Worker may ask of control. */
export interface DhcpControlApi {
  /** This Worker serves from now on; one that did before is told so when it next stores something. */
  "dhcp.open": (
    args: Record<never, never>,
  ) => { readonly devices: Readonly<Record<string, readonly KnownDevice[]>> };
  /** Leases of all zones in order, a page at a time. */
  "dhcp.leases": (
    args: { readonly after?: { readonly zone: string; readonly address: number } },
  ) => { readonly leases: readonly Lease[]; readonly more: boolean };
  /** On the disk when the answer arrives. @throws GatewayError DHCP_SUPERSEDED, StorageError */
  "dhcp.commit": (args: { readonly leases: readonly Lease[] }) => void;
  "dhcp.facts": (args: { readonly facts: readonly DhcpFact[] }) => void;
}

/** What control asks the DHCP Worker. */
export interface DhcpWorkerApi {
  /** The known devices of these zones have changed. */
  "dhcp.devices": (args: { readonly devices: Readonly<Record<string, readonly KnownDevice[]>> }) => void;
  /** A person took these leases away. */
  "dhcp.forget": (args: { readonly zone: string; readonly addresses: readonly number[] }) => void;
  /** How each zone is doing. */
  "dhcp.state": (args: Record<never, never>) => Json;
}
