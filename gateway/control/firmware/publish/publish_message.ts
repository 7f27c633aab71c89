import type { PublishStatus } from "../../../../policies/firmware_publish.ts";
import type { Json } from "../../../core/control_api.ts";
import type { FileAnswer } from "../../../core/firmware_transfer_api.ts";
import { membersOf, retriesOf, textOf } from "../transfers/update_message.ts";

/** What a CSMS asks of the gateway as its Local Controller about images. */
export type PublishAsk =
  | {
    readonly is: "publish";
    readonly requestId: number;
    readonly location: string;
    /** MD5, lower-case hex. */
    readonly checksum: string;
    readonly retries: number;
    readonly retryMs: number;
  }
  | { readonly is: "unpublish"; readonly checksum: string }
  | { readonly is: "trigger" };

/** Reads a request; the name of the member that is missing or unusable when it is none. */
export function readPublish(action: string, payload: Json): PublishAsk | string {
  const members = membersOf(payload);
  if (action === "TriggerMessage") return { is: "trigger" };
  const checksum = textOf(members.checksum)?.toLowerCase() ?? "";
  if (!/^[0-9a-f]{32}$/.test(checksum)) return "checksum (MD5, 32 hex digits)";
  if (action === "UnpublishFirmware") return { is: "unpublish", checksum };
  const location = textOf(members.location), { requestId } = members;
  if (location === undefined || !URL.canParse(location)) return "location";
  if (!Number.isSafeInteger(requestId)) return "requestId";
  return { is: "publish", requestId: requestId as number, location, checksum, ...retriesOf(members) };
}

/** The answer to PublishFirmware. */
export function answerPublish(refusal?: string): FileAnswer {
  if (refusal === undefined) return { payload: { status: "Accepted" } };
  const statusInfo = { reasonCode: "Bulkhead", additionalInfo: refusal.slice(0, 512) };
  return { payload: { status: "Rejected", statusInfo } };
}

/** The answer to UnpublishFirmware (L04.FR.01 to 04). */
export function answerUnpublish(status: "DownloadOngoing" | "NoFirmware" | "Unpublished"): FileAnswer {
  return { payload: { status } };
}

/** PublishFirmwareStatusNotification; `locations` belong to Published alone. */
export function writeStatus(
  status: PublishStatus,
  requestId: number | undefined,
  locations: readonly string[],
): { readonly action: string; readonly payload: Json } {
  return {
    action: "PublishFirmwareStatusNotification",
    payload: {
      status,
      ...status === "Idle" || requestId === undefined ? {} : { requestId },
      ...status === "Published" ? { location: locations } : {},
    },
  };
}
