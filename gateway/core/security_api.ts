/** What an OCPP Worker tells control about security events of stations. Plain JSON values. */

/** A SecurityEventNotification as it was relayed. */
export interface StationSecurityEvent {
  readonly stationId: string;
  /** As the station wrote it: a standard name, or a vendor's own. */
  readonly type: string;
  /** The station's own time. */
  readonly time?: string;
  /** What the station added, without secrets. */
  readonly info?: string;
  /** Events before this one that were too many to be told. */
  readonly missed: number;
}

/** What Workers may tell control about security events. */
export interface SecurityApi {
  /** The answer comes when the event is stored. */
  "security.event": (event: StationSecurityEvent) => void;
}
