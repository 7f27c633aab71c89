import type { Json } from "../../../core/control_api.ts";

/** OCPP versions as stations speak them. */
export type Version = "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";

/** What a station is told to do with an image. */
export interface UpdateOrder {
  readonly url: string;
  readonly requestId: number;
  /** Wall milliseconds; both absent in plain 1.6, which knows only when to load. */
  readonly now: number;
  readonly installAt: number;
  readonly retries: number;
  readonly retrySeconds: number;
  /** Vendor signature and certificate, unchanged; absent: the image has none. */
  readonly signature?: { readonly signature: string; readonly certificatePem: string };
}

/** One CALL to a station. */
export interface Ask {
  readonly action: string;
  readonly payload: Json;
}

/**
 * The requests that may carry an update, best first: a station of 1.6 that does not know the first gets the second. The
 * gateway has verified the image either way.
 */
export function updateRequests(version: Version, order: UpdateOrder): readonly Ask[] {
  const { url: location, requestId, retries, retrySeconds: retryInterval, signature } = order;
  const retrieveDateTime = stamp(order.now), installDateTime = stamp(order.installAt);
  const signed = signature && {
    signingCertificate: signature.certificatePem,
    signature: signature.signature,
  };
  if (version !== "ocpp1.6") {
    const firmware = { location, retrieveDateTime, installDateTime, ...signed };
    return [{ action: "UpdateFirmware", payload: { requestId, retries, retryInterval, firmware } }];
  }
  const plain: Ask = {
    action: "UpdateFirmware",
    payload: { location, retrieveDate: retrieveDateTime, retries, retryInterval },
  };
  if (!signed) return [plain];
  const firmware = { location, retrieveDateTime, installDateTime, ...signed };
  return [{ action: "SignedUpdateFirmware", payload: { requestId, retries, retryInterval, firmware } }, plain];
}

/** Whether a station can load an image and wait with the installation until it is told. */
export function canPreload(version: Version, hasSignature: boolean): boolean {
  return version !== "ocpp1.6" || hasSignature;
}

/** Asks a station how far its update is; and to boot its facts anew, which tell its version. */
export function askStatus(version: Version, wasSigned: boolean): Ask {
  return version === "ocpp1.6" && wasSigned
    ? { action: "ExtendedTriggerMessage", payload: { requestedMessage: "FirmwareStatusNotification" } }
    : { action: "TriggerMessage", payload: { requestedMessage: "FirmwareStatusNotification" } };
}

/** Asks a station to say once more who it is and with what version. */
export const askBoot: Ask = { action: "TriggerMessage", payload: { requestedMessage: "BootNotification" } };

/** RFC 3339 without fractions: some stations read no others. */
function stamp(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
