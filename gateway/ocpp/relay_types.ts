import type { Clock } from "../core/clock.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { StationAttempt } from "../core/control_api.ts";
import type { MirrorRoute } from "../core/mirror_api.ts";
import type { OcppFrame, OcppVersion } from "./codec.ts";
import type { RelayCounters } from "./counters.ts";
import type { CallVerdict } from "./effects.ts";
import type { FlightRecorder } from "./flight_recorder.ts";
import type { Relay } from "./relay.ts";
import type { Observers } from "./relay_observer.ts";
import type { Reporter } from "./reporter.ts";
import type { Session } from "./session.ts";
import type { Takers } from "./taker.ts";
import type { UpstreamLeg } from "./upstream.ts";
import type { UpstreamWays } from "./upstream_ways.ts";

/** Why a session ended; label values of a metric. */
export type EndReason =
  | "closed-by-station"
  | "closed-by-csms"
  | "csms-lost"
  | "drained"
  | "idle"
  | "moved"
  | "mute"
  | "not-reading"
  | "protocol"
  | "refused-by-control"
  | "replaced"
  | "revoked"
  | "station-lost";

/** What a relay shares with the others of its isolate. */
export interface RelayShared {
  readonly clock: Clock;
  readonly timers: Timers;
  /** For the message ids of own calls. */
  readonly random: Random;
  readonly counters: RelayCounters;
  readonly flight: FlightRecorder;
  readonly reporter: Reporter;
  readonly pingMs: number;
  /** The same for the leg to the CSMS. */
  readonly csmsPingMs: number;
  /** Told of everything; they never wait and never throw into the relay. */
  readonly observers: Observers;
  /** Who answers a taken CALL, by the rule of its verdict. */
  readonly takers: Takers;
}

/** One admitted station. */
export interface RelayOptions {
  readonly session: string;
  readonly stationId: string;
  readonly version: OcppVersion;
  readonly csms: string;
  readonly securityProfile: number;
  readonly source: string;
  readonly conversation: Session;
  readonly graceMs: number;
  /** CALLs in a row that the station may leave unanswered before its connection is closed (Q16); absent: any number. */
  readonly muteCalls?: number;
  /** Further CSMS that get copies; absent: none. */
  readonly mirrors?: readonly MirrorRoute[];
  /** Transactions that run already. */
  readonly transactions?: readonly string[];
  /** The station was moved to its CSMS and has not been accepted there yet. */
  readonly isNewCsms?: true;
  /** The Basic credential that the station showed, bytes as base64; held in memory only. */
  readonly basic?: StationAttempt["basic"];
  /**
   * What the gateway says to this CALL of the CSMS of that name: holds limited secondaries to what the station's own CSMS
   * is held to, and to the site's rules about themselves.
   */
  judgeCsmsCall(frame: OcppFrame, csms: string): CallVerdict;
  /** What the CSMS connection of a store-and-forward leg is doing: "through", or the gateway answers itself. */
  csmsState?(): string;
  /** Who signs the certificates with which stations come to this listener; absent: not the site CA. */
  readonly stationCertificates?: "site-ca" | "elsewhere";
  /** When to ask for a new certificate of the CSMS leg, wall milliseconds; absent: it has none from its CSMS. */
  readonly certificateRenewAt?: number;
  /** How the gateway shows itself at the CSMS; absent: nobody changes it. */
  readonly ways?: Pick<UpstreamWays, "take">;
  /** Set by a leg that opens its connections by itself: told when it is to open another one. */
  readonly renewLeg?: () => void;
  /**
   * Opens a new leg to the CSMS within this time, with the same subprotocol or not at all. Ends early when `isWanted`
   * says no.
   */
  redial(isWanted: () => boolean, withinMs: number): Promise<UpstreamLeg | undefined>;
  /** Told once, when both legs are being closed. */
  onEnd(relay: Relay, reason: EndReason): void;
}
