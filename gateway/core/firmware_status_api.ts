/** What an OCPP Worker tells control about updates of stations. Plain JSON values. */

/** A status of an update, as the station told its CSMS or us. */
export interface StationFirmwareStatus {
  readonly stationId: string;
  /** "Downloading", "Installed"...; cut, and perhaps nothing that OCPP knows. */
  readonly status: string;
  /** Absent in plain OCPP 1.6, and where a station leaves it out. */
  readonly requestId?: number;
  /** Wall milliseconds at which it was seen. */
  readonly at: number;
}

/** What Workers may tell control about updates of stations. */
export interface FirmwareStatusApi {
  /** The answer comes when everybody who follows the update has stored it. */
  "firmware.status": (status: StationFirmwareStatus) => void;
}

/** The connectors of a station ("1", or "1.1" of 2.x), as its messages told since its Worker started or it booted. */
export interface StationConnectors {
  /** How many it told of; 0: none yet. */
  readonly count: number;
  readonly faulted: readonly string[];
  readonly reserved: readonly string[];
}

/** What control may ask of a Worker about the connectors of a station. */
export interface FirmwareStatusWorkerApi {
  "station.connectors": (args: { readonly stationId: string }) => StationConnectors;
}
