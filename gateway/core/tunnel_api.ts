import type { DeviceRole } from "../../policies/access_types.ts";
import type { Caller } from "./people_api.ts";

/**
 * The engineering tunnel: one TCP port of one station, for minutes, through the console's listener. The console carries
 * frames and understands none of them; the tunnel Worker dials, after control has judged the token.
 */

/** Name of the Worker that dials stations' engineering ports. */
export const TUNNEL_WORKER = "tunnel";
/** WebSocket subprotocol between `bulkhead connect` and the console. */
export const TUNNEL_PROTOCOL = "bulkhead-tunnel.v1";
/** Bytes of one frame on that WebSocket: its kind and at most 32 KiB. */
export const TUNNEL_FRAME_BYTES = 32_769;

/** Where a token leads, once control has let it in. Times are wall milliseconds. */
export interface TunnelTarget {
  /** The tunnel: the id of the opened way. */
  readonly tunnel: string;
  /** This one connection in it. */
  readonly connection: string;
  readonly host: string;
  readonly port: number;
  readonly until: number;
}

/** What passed through one connection; `up` is towards the station. */
export interface TunnelCount {
  readonly tunnel: string;
  readonly connection: string;
  readonly up: number;
  readonly down: number;
}

/** What the tunnel Worker asks of control. */
export interface TunnelControlApi {
  /** Judges a token for exactly this port of this station. Audited. @throws TUNNEL_REFUSED, the same whatever was wrong */
  "tunnel.enter": (
    args: { readonly token: string; readonly station: string; readonly port: number; readonly source: string },
  ) => TunnelTarget;
  /** A connection has ended. Audited when it resolves. */
  "tunnel.left": (args: TunnelCount & { readonly why: string }) => void;
}

/** What control asks of the tunnel Worker. */
export interface TunnelWorkerApi {
  /** Ends every connection of these tunnels now. */
  "tunnel.close": (args: { readonly tunnels: readonly string[]; readonly why: string }) => { readonly closed: number };
  /** The connections that are open. */
  "tunnel.counts": (args: Record<never, never>) => { readonly open: readonly TunnelCount[] };
}

/** A tunnel as its person and operators see it. */
export interface TunnelInfo {
  /** The id of the opened way; ending that ends the tunnel. */
  readonly id: string;
  readonly person: string;
  readonly station: string;
  readonly port: number;
  readonly reason: string;
  readonly since: number;
  readonly until: number;
  readonly connections: number;
  readonly up: number;
  readonly down: number;
}

/** What the console asks in a person's name. */
export interface TunnelPeopleApi {
  /**
   * Opens a tunnel under a grant with the capability "tunnel". Without `deviceRole` the weakest account that a grant allows
   * it with. The token is shown once. @throws ACCESS_REFUSED, STEP_UP_NEEDED, TUNNEL_NOT_DECLARED
   */
  "people.tunnel.open": (
    args: {
      readonly by: Caller;
      readonly station: string;
      readonly port: number;
      readonly deviceRole?: DeviceRole;
      readonly reason: string;
      readonly minutes?: number;
    },
  ) => { readonly tunnel: TunnelInfo; readonly token: string };
  /** Own tunnels, operators and administrators see all; and the ports that site.yaml declares, by station. */
  "people.tunnel.list": (
    args: { readonly by: Caller },
  ) => { readonly open: readonly TunnelInfo[]; readonly declared: Readonly<Record<string, readonly number[]>> };
}

/** What the console's Worker sends to the tunnel Worker about one connection of its own numbering. */
export type ToTunnel =
  | {
    readonly kind: "open";
    readonly id: number;
    readonly token: string;
    readonly station: string;
    readonly port: number;
    readonly source: string;
  }
  | { readonly kind: "frame"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "gone"; readonly id: number };

/** What comes back. */
export type FromTunnel =
  | { readonly kind: "opened"; readonly id: number }
  | {
    readonly kind: "refused";
    readonly id: number;
    readonly code: string;
    readonly text: string;
    readonly hint?: string;
  }
  | { readonly kind: "frame"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "gone"; readonly id: number };
