import type { Json } from "../../../core/control_api.ts";
import type { FileAnswer, FileRequest } from "../../../core/firmware_transfer_api.ts";

/** How a file was asked for: GetDiagnostics of 1.6, or GetLog of its security extension and of 2.x. */
export type UploadDialect = "diagnostics" | "log-1.6" | "log-2.x";

/** What a file was asked for with. */
export interface UploadAsk {
  readonly dialect: UploadDialect;
  readonly requestId?: number;
  /** Where the CSMS wants the file; absent: the gateway wants it for itself. */
  readonly location?: string;
}

/** What a CSMS asked for. */
export type CsmsAsk = UploadAsk & { readonly location: string };

type Members = { readonly [key: string]: Json | undefined };
const membersOf = (value: Json | undefined): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Members : {};

/** Reads a request; the name of the member that is missing or unusable when it is none. */
export function readUpload(
  { version, action, payload }: Pick<FileRequest, "action" | "payload" | "version">,
): CsmsAsk | string {
  const outer = membersOf(payload);
  const dialect = action === "GetDiagnostics" ? "diagnostics" : version === "ocpp1.6" ? "log-1.6" : "log-2.x";
  const name = dialect === "diagnostics" ? "location" : "remoteLocation";
  const location = dialect === "diagnostics" ? outer.location : membersOf(outer.log).remoteLocation;
  if (typeof location !== "string" || !URL.canParse(location)) return name;
  const { requestId } = outer;
  if (dialect === "diagnostics") return { dialect, location };
  return Number.isSafeInteger(requestId) ? { dialect, location, requestId: requestId as number } : "requestId";
}

/** Numbers of the gateway's own requests begin here, half way up, where CSMSs that count have not come to. */
const OWN_REQUESTS = 2 ** 30;

/** A number for a request of the gateway's own, out of four random bytes. */
export function ownRequestId(random: Uint8Array<ArrayBuffer>): number {
  return OWN_REQUESTS + (new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 2);
}

/** GetLog of the security log, the same in 2.x and in the security extension of 1.6. */
export function askForSecurityLog(requestId: number, remoteLocation: string): Json {
  return { logType: "SecurityLog", requestId, retries: 2, retryInterval: 60, log: { remoteLocation } };
}

/** The answer when the station is not asked: 1.6 says "no diagnostics" by naming no file. */
export function answerUpload(dialect: UploadDialect, reason: string): FileAnswer {
  if (dialect === "diagnostics") return { payload: {} };
  if (dialect === "log-1.6") return { payload: { status: "Rejected" } };
  return {
    payload: { status: "Rejected", statusInfo: { reasonCode: "Bulkhead", additionalInfo: reason.slice(0, 512) } },
  };
}

/** The end, told in the station's name. */
export function writeEnd(
  { dialect, requestId }: Pick<UploadAsk, "dialect"> & { readonly requestId?: number | undefined },
  isGood: boolean,
): { readonly action: string; readonly payload: Json } {
  if (dialect === "diagnostics") {
    return { action: "DiagnosticsStatusNotification", payload: { status: isGood ? "Uploaded" : "UploadFailed" } };
  }
  const status = isGood ? "Uploaded" : "UploadFailure";
  return { action: "LogStatusNotification", payload: { status, requestId: requestId! } };
}

/** Statuses by which a station says that no file comes. */
export const UPLOAD_FAILURES: ReadonlySet<string> = new Set([
  "AcceptedCanceled",
  "BadMessage",
  "NotSupportedOperation",
  "PermissionDenied",
  "UploadFailed",
  "UploadFailure",
]);
