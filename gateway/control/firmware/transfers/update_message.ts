import type { RequestEvent, Telling, UpdateDialect } from "../../../../policies/firmware_request_types.ts";
import type { Json, StationCallAnswer } from "../../../core/control_api.ts";
import type { FileAnswer, FileRequest } from "../../../core/firmware_transfer_api.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

/** What a CSMS asked for: UpdateFirmware of 1.6, SignedUpdateFirmware, UpdateFirmware of 2.x. */
export interface UpdateAsk {
  readonly dialect: UpdateDialect;
  readonly requestId?: number;
  readonly location: string;
  /** Wall milliseconds. */
  readonly retrieveAt: number;
  readonly retries: number;
  readonly retryMs: number;
  readonly signature?: string;
  readonly certificate?: string;
  /** As it came; only the location and the time of retrieval are written anew. */
  readonly payload: { readonly [key: string]: Json | undefined };
}

/** Members of a payload by name. */
export type Members = { readonly [key: string]: Json | undefined };

/** The members of a payload; none when it is no object. */
export const membersOf = (value: Json | undefined): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Members : {};
/** A text that says something. */
export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Reads a request; the name of the member that is missing or unusable when it is none. */
export function readUpdate(
  { version, action, payload }: Pick<FileRequest, "action" | "payload" | "version">,
): UpdateAsk | string {
  const dialect: UpdateDialect = version !== "ocpp1.6" ? "2.x" : action === "SignedUpdateFirmware" ? "signed" : "core";
  const outer = membersOf(payload), inner = dialect === "core" ? outer : membersOf(outer.firmware);
  const location = textOf(inner.location);
  if (location === undefined || !URL.canParse(location)) return "location";
  const when = textOf(dialect === "signed" || dialect === "2.x" ? inner.retrieveDateTime : inner.retrieveDate);
  const retrieveAt = when === undefined ? Number.NaN : Date.parse(when);
  if (Number.isNaN(retrieveAt)) return dialect === "core" ? "retrieveDate" : "retrieveDateTime";
  const { requestId } = outer;
  if (dialect !== "core" && !Number.isSafeInteger(requestId)) return "requestId";
  const signature = textOf(inner.signature), certificate = textOf(inner.signingCertificate);
  return {
    dialect,
    ...dialect === "core" ? {} : { requestId: requestId as number },
    location,
    retrieveAt,
    ...retriesOf(outer),
    ...signature === undefined ? {} : { signature },
    ...certificate === undefined ? {} : { certificate },
    payload: outer,
  };
}

/** How often and how soon a CSMS wants a fetch tried again, within bounds. */
export function retriesOf({ retries, retryInterval }: Members): { readonly retries: number; readonly retryMs: number } {
  const { mostRetries, retries: usual, leastRetrySeconds, mostRetrySeconds, usualRetrySeconds } = TRANSFER_LIMITS;
  return {
    retries: within(retries, 0, mostRetries, usual),
    retryMs: 1_000 * within(retryInterval, leastRetrySeconds, mostRetrySeconds, usualRetrySeconds),
  };
}

function within(value: Json | undefined, least: number, most: number, usual: number): number {
  return typeof value === "number" && Number.isFinite(value)
    ? Math.min(Math.max(Math.trunc(value), least), most)
    : usual;
}

/** The CALL to the station: everything as the CSMS wrote it, from another place and now. */
export function writeUpdate(ask: Pick<UpdateAsk, "dialect" | "payload">, location: string, now: number) {
  const { dialect, payload } = ask, time = new Date(now).toISOString();
  if (dialect === "core") return { action: "UpdateFirmware", payload: { ...payload, location, retrieveDate: time } };
  const firmware = { ...membersOf(payload.firmware), location, retrieveDateTime: time };
  return {
    action: dialect === "signed" ? "SignedUpdateFirmware" : "UpdateFirmware",
    payload: { ...payload, firmware },
  };
}

/** An answer with a status; 1.6 core has none. */
export function answerUpdate(dialect: UpdateDialect, status: string, reason = ""): FileAnswer {
  if (dialect === "core") return { payload: {} };
  // Reasons have a place in 2.x alone.
  const info = dialect === "2.x" && reason !== ""
    ? { statusInfo: { reasonCode: "Bulkhead", additionalInfo: reason.slice(0, 512) } }
    : {};
  return { payload: { status, ...info } };
}

/** What the CSMS hears in the station's name. */
export function writeTelling(
  { dialect, requestId }: Pick<UpdateAsk, "dialect"> & { readonly requestId?: number | undefined },
  telling: Telling,
  now: number,
): { readonly action: string; readonly payload: Json } {
  if (telling.kind === "event") {
    const { type, info: techInfo } = telling;
    return { action: "SecurityEventNotification", payload: { type, timestamp: new Date(now).toISOString(), techInfo } };
  }
  const action = dialect === "signed" ? "SignedFirmwareStatusNotification" : "FirmwareStatusNotification";
  return { action, payload: { status: telling.status, ...dialect === "core" ? {} : { requestId: requestId! } } };
}

function statusOf(result: Json): string | undefined {
  return textOf(membersOf(result).status);
}

/** A URL for people: without login, query and fragment. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return "no URL";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`.slice(0, 200);
}

/** The last part of a URL's path, as a file name. */
export function fileNameOf(url: string): string {
  return URL.canParse(url) ? decodeURIComponentSafe(new URL(url).pathname.split("/").at(-1) ?? "") : "";
}

/** A version in a file name, as vendors write it: "ebee_firmware_5.33.2-12230.deb" -> "5.33.2-12230"; "" without one. */
export function versionOf(fileName: string): string {
  // Looked for once in each run of digits: a name of 256 KB of them held control up for half a minute.
  return /(?<!\d)\d+(?:\.\d+)+(?:-\d+)?/.exec(fileName)?.[0] ?? "";
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // escapes that are none
  }
}

/** What a station answered to the request, as an event of it. */
export function outcomeOf(answer: StationCallAnswer | Error): RequestEvent {
  if (answer instanceof Error) return { is: "refused", why: answer.message.slice(0, 300) };
  if ("noAnswer" in answer) {
    const { noAnswer: why } = answer;
    return { is: "unanswered", why, isSent: why === "timeout" || why === "ended" };
  }
  if ("error" in answer) {
    return { is: "refused", why: `${answer.error.code} ${answer.error.description}`.slice(0, 300) };
  }
  const status = statusOf(answer.result);
  return { is: "answered", ...status === undefined ? {} : { status } };
}
