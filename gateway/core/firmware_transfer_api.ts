import type { Json } from "./control_api.ts";
import type { FirmwareStatusApi, FirmwareStatusWorkerApi } from "./firmware_status_api.ts";

/** How a file travels between a station and the gateway. */
export type TransferProtocol = "https" | "sftp" | "http" | "ftp";

/** A permission for one station to fetch one image: one-time, bounded in time and bytes. The token is in `url` alone. */
export interface FirmwareGrant {
  /** Names it in commands, audit and events; opens nothing. */
  readonly id: string;
  readonly stationId: string;
  readonly sha256: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly protocol: TransferProtocol;
  /** What the station is told: at most 512 characters; it is a secret that is kept nowhere. */
  readonly url: string;
  readonly budgetBytes: number;
  readonly sentBytes: number;
  readonly state: "open" | "closed";
  /** Why it is closed. */
  readonly why?: string;
  /** Wall milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Last time bytes were sent. */
  readonly usedAt?: number;
  /** All bytes of the image have been sent at least once, wall milliseconds. */
  readonly completeAt?: number;
  /** Who asked: "csms:main", "campaign:12", a person. */
  readonly who: string;
}

/** What a grant is asked for. */
export interface GrantAsk {
  readonly stationId: string;
  readonly sha256: string;
  readonly who: string;
  /** Absent: as site.yaml says. */
  readonly seconds?: number;
  /** Whole downloads that may be needed beside the first; absent: 3. */
  readonly retries?: number;
}

/** What the transfers offer to the other parts of control. */
export interface FirmwareTransfers {
  /**
   * Lets a station fetch an image.
   * @throws GatewayError FIRMWARE_UNKNOWN, FIRMWARE_UNVERIFIED, FIRMWARE_NOT_SERVED (no listener for its protocol),
   * STATION_UNKNOWN
   */
  grant(ask: GrantAsk): Promise<FirmwareGrant>;
  /** Ends a grant; what is being fetched by it is cut off. Of an unknown or closed one: nothing. */
  closeGrant(id: string, why: string): Promise<void>;
  /** All grants that are kept, newest first; where they lead is told once, by `grant`. */
  all(): readonly Omit<FirmwareGrant, "url">[];
  /** Why a CSMS's own update of this station is under way; undefined: none is. */
  busyWith(stationId: string): string | undefined;
  /**
   * Asks before a CSMS's request for a station is taken: a reason refuses it ("campaign 12 updates it now"). One asker
   * for all; a later call replaces it.
   */
  lockWith(reasonOf: (stationId: string) => string | undefined): void;
}

/** A station's file as the Worker that receives or sends it knows it. */
export type OpenedGrant =
  | {
    readonly kind: "download";
    readonly id: string;
    readonly stationId: string;
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly fileName: string;
    /** Bytes that may still be sent. */
    readonly leftBytes: number;
  }
  | {
    readonly kind: "upload";
    readonly id: string;
    readonly stationId: string;
    /** Name of the sealed file in the uploads folder. */
    readonly file: string;
    /** Key that it is sealed with, base64; in memory only. */
    readonly key: string;
    readonly maxBytes: number;
  };

/** What a station asks the gateway for, as its Worker proved it. */
export interface GrantClaim {
  readonly token: string;
  readonly protocol: TransferProtocol;
  /** "either": the protocol says later which. */
  readonly purpose: "download" | "upload" | "either";
  /** Absent: the protocol names it later, or the station chooses it (uploads). */
  readonly fileName?: string;
  readonly source: string;
  readonly commonName?: string;
}

/** A CALL of a CSMS about files, taken by the OCPP Worker. */
export interface FileRequest {
  readonly stationId: string;
  readonly csms: string;
  readonly version: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";
  readonly action: string;
  readonly payload: Json;
}

/** Control's answer to the CSMS, in the version's own words. */
export type FileAnswer =
  | { readonly payload: Json }
  | { readonly error: { readonly code: string; readonly description: string } };

/** What the firmware and OCPP Workers ask of control. */
export interface FirmwareTransferControlApi extends FirmwareStatusApi {
  /** Private keys (PEM) that the SFTP server shows, the same for ever. */
  "firmware.host-keys": (args: Record<never, never>) => { readonly keys: readonly string[] };
  /** Whether a station may fetch or bring a file now. undefined: no, and it learns no reason. */
  "firmware.open": (claim: GrantClaim) => { readonly grant?: OpenedGrant };
  /** Bytes were sent for a grant since the last word; `isWhole`: the station has all of it. */
  "firmware.sent": (args: { readonly id: string; readonly bytes: number; readonly isWhole: boolean }) => void;
  /** An image on the disk is no more what its name says. */
  "firmware.changed": (args: { readonly sha256: string; readonly why: string }) => void;
  /** A station's file is whole, sealed and on the disk. The answer comes when that is recorded. */
  "firmware.received": (
    args: { readonly id: string; readonly fileName: string; readonly bytes: number; readonly sha256: string },
  ) => void;
  /** A CSMS asks for an update; stored when the answer comes. */
  "firmware.request": (request: FileRequest) => FileAnswer;
  /** A CSMS asks how far an update is of which its station knows nothing yet; stored when the answer comes. */
  "firmware.triggered": (args: { readonly stationId: string }) => void;
  /** The request was answered: its work begins. */
  "firmware.requested": (args: { readonly stationId: string }) => void;
  /**
   * A CSMS asks for a file of a station (GetDiagnostics, GetLog): where the station is to bring it. Stored when the
   * answer comes; `answer` instead of `url`: the station is not asked.
   */
  "firmware.upload": (
    request: FileRequest,
  ) => { readonly id: string; readonly url: string } | { readonly answer: FileAnswer };
  /** What the station answered to it: the name of the file, or that it brings none. */
  "firmware.upload-answered": (
    args: { readonly id: string; readonly isTaken: boolean; readonly fileName?: string },
  ) => void;
  /** The end of an upload, as a station told it; its CSMS gets the end from control. */
  "firmware.upload-told": (
    args: { readonly stationId: string; readonly status: string; readonly requestId?: number },
  ) => void;
  /** Stations whose statuses are not all for their CSMS. */
  "firmware.watched": (args: Record<never, never>) => { readonly stations: readonly WatchedStation[] };
  /** A CSMS asks the gateway itself, as its Local Controller, to publish an image (L03) or not to any more (L04). */
  "firmware.publish": (
    args: { readonly csms: string; readonly version: string; readonly action: string; readonly payload: Json },
  ) => FileAnswer;
  /** The CSMS got the answer: the work begins. */
  "firmware.published": (args: { readonly csms: string }) => void;
}

/** Which messages of a station are control's for now. */
export interface WatchedStation {
  readonly stationId: string;
  /** "update": it is being updated for its CSMS, which has heard DownloadScheduled already. */
  readonly update: boolean;
  /** The station knows nothing of the update yet: it would say that nothing is under way. */
  readonly unasked?: true;
  /** "upload": its file is on its way by the gateway, so the CSMS hears the end from control. */
  readonly upload: boolean;
  /** Logs that the gateway asked for by itself: what the station says of them is not for its CSMS. */
  readonly own?: OwnUploads;
}

/** Requests for logs that are the gateway's own. */
export interface OwnUploads {
  readonly requestIds: readonly number[];
  /** One is under way: a status without a number may be of it. */
  readonly isOpen: boolean;
}

/** What control asks of the OCPP, firmware and firmware-files Workers. */
export interface FirmwareTransferWorkerApi extends FirmwareStatusWorkerApi {
  /** ocpp: what is watched now, all of it. */
  "firmware.watch": (args: { readonly stations: readonly WatchedStation[] }) => void;
  /** ocpp: a CALL to the station's CSMS in its name, when none of the station's own is unanswered. */
  "station.tell": (
    args: { readonly stationId: string; readonly action: string; readonly payload: Json; readonly timeoutMs: number },
  ) => { readonly outcome: "answered" | "refused" | "away"; readonly why?: string };
  /** firmware-intake: brings a sealed file of a station to a host of `firmware.uploadHosts`. @throws GatewayError UPLOAD_UNSENT */
  "firmware.forward": (
    args: {
      readonly file: string;
      /** Base64. */
      readonly key: string;
      readonly bytes: number;
      readonly url: string;
      readonly fileName: string;
    },
  ) => void;
  /** firmware-intake: makes an AES-256 ZIP of a sealed file for a person. @throws GatewayError UPLOAD_BROKEN, UPLOAD_FULL */
  "firmware.hand-out": (
    args: {
      readonly file: string;
      /** Base64. */
      readonly key: string;
      readonly fileName: string;
      /** Name of the ZIP in its folder. */
      readonly handOut: string;
      readonly password: string;
    },
  ) => { readonly bytes: number };
  /** firmware, firmware-files: cut off what goes by these grants. */
  "firmware.close": (args: { readonly ids: readonly string[] }) => void;
}
