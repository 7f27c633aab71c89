/** The OCPP versions that the simulators speak. */
export const OCPP_VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
/** One OCPP subprotocol name. */
export type OcppVersion = typeof OCPP_VERSIONS[number];

/** What a simulated station is. */
export interface StationSpec {
  readonly id: string;
  readonly protocol: OcppVersion;
  /** OCPP security profile: 1 plain + Basic, 2 TLS + Basic, 3 mutual TLS. */
  readonly securityProfile: 1 | 2 | 3;
  readonly vendor: string;
  readonly model: string;
  readonly powerWatts: number;
  /** The badge its driver uses. */
  readonly badge: string;
}

/** How a simulated station reaches the gateway (or a CSMS). */
export interface StationAccess {
  /** URL without the station id: "wss://127.0.0.1:8444/ocpp". */
  readonly endpoint: string;
  /** Basic password as bytes; the user is the station id. */
  readonly password?: Uint8Array;
  /** CA certificates (PEM) that the server must chain to. */
  readonly caPem?: string;
  /** Client certificate and key (PEM) of profile 3. */
  readonly certPem?: string;
  readonly keyPem?: string;
}

/** One OCPP request: action name and payload. */
export interface Call {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A charging session while it runs in a station. */
export interface Transaction {
  /** 2.x: made by the station. 1.6: the number that the CSMS gives, unknown until StartTransaction is answered. */
  id: string | number | undefined;
  readonly badge: string;
  /** Energy register at the start, in whole watt-hours. */
  readonly startWh: number;
  /** `seqNo` of the next TransactionEvent. */
  nextSequence: number;
  /** Meter values of it that were answered. */
  answeredMeters: number;
}

/** A finished charging session, as its station saw it. */
export interface FinishedSession {
  readonly stationId: string;
  readonly badge: string;
  readonly startWh: number;
  readonly stopWh: number;
  /** Meter values of it that were answered, so that the station has forgotten them. */
  readonly answeredMeters?: number;
}

/** What a charging connector can report. */
export type ConnectorState = "available" | "occupied" | "charging";

/** Where a simulated station is in its life. */
export type StationState = "offline" | "connecting" | "booting" | "available" | "charging";

/** What the live table shows of one station. */
export interface StationView {
  readonly id: string;
  readonly protocol: OcppVersion;
  readonly securityProfile: 1 | 2 | 3;
  readonly state: StationState;
  /** Energy of all sessions so far, in watt-hours. */
  readonly deliveredWh: number;
  readonly lastMessage: string;
  readonly sessions: number;
  readonly connects: number;
  readonly queued: number;
  readonly faults: number;
}
