import type { Json, UpstreamRoute } from "./control_api.ts";

/** A further CSMS of one station, beside its own: what it gets and what it may do. */
export interface MirrorRoute {
  readonly route: UpstreamRoute;
  /** A shadow is a read-only mirror whose answers are compared with those of the station's own CSMS. */
  readonly mode: "limited" | "read-only" | "shadow";
  /** Actions that a limited secondary may send to the station. */
  readonly actions: readonly string[];
  /** mask: badges and vehicles are replaced by pseudonyms. */
  readonly badges: "mask" | "pass";
  readonly whenMetered: "pause" | "send";
  /** The Basic credential that the station showed is shown there too: only to a CSMS that is to become its own. */
  readonly relaysCredential?: true;
}

/** What Workers tell control of mirrors. */
export interface MirrorControlApi {
  /** Answers of a CSMS that shadows, compared with the primary's, since the last report. Never payloads. */
  "shadow.compared": (args: {
    readonly stationId: string;
    readonly csms: string;
    readonly same: number;
    readonly different: number;
    readonly missing: number;
    readonly samples: readonly {
      readonly action: string;
      readonly field: string;
      readonly primary: string;
      readonly shadow: string;
    }[];
  }) => void;
}

/** What control asks Workers about mirrors. */
export interface MirrorWorkerApi {
  /** Every mirror of every live session: station, CSMS, mode, state, messages that wait. */
  "mirrors.live": (args: Record<never, never>) => Json;
  /** The mirrors of a live session from now on; those that stay keep their connection. */
  "mirrors.set": (args: { readonly session: string; readonly mirrors: readonly MirrorRoute[] }) => void;
}
