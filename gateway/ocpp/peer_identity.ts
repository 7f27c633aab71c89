import type { Socket } from "node:net";

/** What the transport proved about the peer of one connection. */
export type PeerIdentity =
  | { readonly kind: "anonymous" }
  | {
    readonly kind: "certificate";
    readonly commonName: string;
    readonly fingerprint: string;
    readonly serial: string;
  }
  | RefusedPeer;

/** A peer whose certificate verifyPeer refused. */
export interface RefusedPeer {
  readonly kind: "refused";
  readonly rule: string;
  readonly message: string;
  /** Absent: it could not be read. */
  readonly commonName?: string;
  /** It has nothing to do with the CAs of this listener. */
  readonly isStranger?: true;
}

/** Judges the peer of an accepted socket. Asked at the upgrade and again on a timer for live connections. */
export type IdentifyPeer = (socket: Socket) => PeerIdentity;

/** Peers of a plaintext listener prove nothing. */
export const anonymousPeer: IdentifyPeer = () => ({ kind: "anonymous" });
