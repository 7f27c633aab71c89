import type { Json } from "../../../core/control_api.ts";
import type { FileAnswer, FileRequest } from "../../../core/firmware_transfer_api.ts";

/** How a file was asked for: GetDiagnostics of 1.6, or GetLog of its security extension and of 2.x. */
export type UploadDialect = "diagnostics" | "log-1.6" | "log-2.x";

/** What a CSMS asked for. */
export interface UploadAsk {
  readonly dialect: UploadDialect;
  readonly requestId?: number;
  /** Where the CSMS wants the file. */
  readonly location: string;
}

type Members = { readonly [key: string]: Json | undefined };
const membersOf = (value: Json | undefined): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Members : {};

/** Reads a request; the name of the member that is missing or unusable when it is none. */
export function readUpload(
  { version, action, payload }: Pick<FileRequest, "action" | "payload" | "version">,
): UploadAsk | string {
  const outer = membersOf(payload);
  const dialect = action === "GetDiagnostics" ? "diagnostics" : version === "ocpp1.6" ? "log-1.6" : "log-2.x";
  const name = dialect === "diagnostics" ? "location" : "remoteLocation";
  const location = dialect === "diagnostics" ? outer.location : membersOf(outer.log).remoteLocation;
  if (typeof location !== "string" || !URL.canParse(location)) return name;
  const { requestId } = outer;
  if (dialect === "diagnostics") return { dialect, location };
  return Number.isSafeInteger(requestId) ? { dialect, location, requestId: requestId as number } : "requestId";
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
  "BadMessage",
  "NotSupportedOperation",
  "PermissionDenied",
  "UploadFailed",
  "UploadFailure",
]);
