import type { DeviceRole } from "../../../policies/access_types.ts";
import type { DeviceSetting } from "../../core/device_operations_api.ts";
import type { Conversation, DeviceAccount, DeviceRequest, DeviceResponse, DeviceSession } from "./driver.ts";

/** How a controller took what it was asked to change. That it says so is no proof: what counts is what it does then. */
export type ChangeOutcome =
  | { readonly outcome: "done" }
  /** It says no; `why` is in the gateway's words, never the controller's. */
  | { readonly outcome: "rejected"; readonly why: string }
  /** This controller has no such way, or nobody knows it. Nothing was asked of it that could change anything. */
  | { readonly outcome: "unsupported" }
  /** An answer that nobody understands: it may have been carried out. */
  | { readonly outcome: "strange"; readonly why: string };

/** What a controller has. */
export type ReadOutcome =
  | { readonly outcome: "read"; readonly settings: readonly DeviceSetting[] }
  | { readonly outcome: "strange"; readonly why: string };

/** The version of the firmware that a controller runs. */
export type VersionOutcome =
  | { readonly outcome: "version"; readonly version: string }
  | { readonly outcome: "strange"; readonly why: string };

/** A text that a driver puts together from several answers. */
export type TextOutcome =
  | { readonly outcome: "text"; readonly text: string; readonly fileName: string }
  | { readonly outcome: "strange"; readonly why: string };

/** A new password for the account that is logged in. */
export interface PasswordChange {
  readonly session: DeviceSession;
  /** As it logged in: with the old password. */
  readonly account: DeviceAccount;
  readonly next: string;
}

/** A file that a controller gives out. */
export type Download =
  /** As one answer, however long. */
  | {
    readonly role: DeviceRole;
    readonly fileName: string;
    request(session: DeviceSession): DeviceRequest;
    /** Whether the head of this answer is that of the file: small devices answer 200 to everything. */
    isFile(answer: Pick<DeviceResponse, "headers" | "status">): boolean;
  }
  /** In pieces. */
  | { readonly role: DeviceRole; collect(session: DeviceSession): Conversation<TextOutcome> };

/** How a controller takes firmware. */
export interface Upload {
  readonly role: DeviceRole;
  readonly target: string;
  /** Name of the form's field (RFC 7578); absent: the body is the image. */
  readonly field?: string;
  /** Further fields of the form, before the file. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What it says to the image. */
  taken(answer: DeviceResponse): ChangeOutcome;
  /** What has to be asked for then; `fileName` is letters, digits, dots, hyphens and underscores. */
  install?(session: DeviceSession, fileName: string): Conversation<ChangeOutcome>;
}

/**
 * What a driver can do at its controller besides logging in; what is absent is not publicly known, and a person is guided.
 * `role` is the least that may; each is played within one login.
 */
export interface DriverOperations {
  readonly password?: {
    readonly roles: readonly DeviceRole[];
    set(change: PasswordChange): Conversation<ChangeOutcome>;
  };
  readonly read?: { readonly role: DeviceRole; settings(session: DeviceSession): Conversation<ReadOutcome> };
  readonly write?: {
    readonly role: DeviceRole;
    settings(session: DeviceSession, settings: readonly DeviceSetting[]): Conversation<ChangeOutcome>;
  };
  readonly logs?: Download;
  readonly configuration?: Download;
  readonly firmware?: Upload;
  readonly version?: { readonly role: DeviceRole; read(session: DeviceSession): Conversation<VersionOutcome> };
  readonly reboot?: { readonly role: DeviceRole; now(session: DeviceSession): Conversation<ChangeOutcome> };
}

/** The version in an answer; a page of another kind has none. `what` names the request. */
export function versionOf(answer: Pick<DeviceResponse, "status">, version: unknown, what: string): VersionOutcome {
  const text = typeof version === "string" ? version.trim() : "";
  return answer.status === 200 && /^[\w][\w.+ -]{0,63}$/.test(text)
    ? { outcome: "version", version: text }
    : { outcome: "strange", why: `${what} answered ${answer.status} without a version` };
}

/**
 * What a JSON answer says to a change. Devices answer 200 and mean no, so that an object with an error in it is one.
 * @param says which members say no, whatever they hold but null, "", 0 and false
 */
export function changeOf(
  { status, body }: Pick<DeviceResponse, "body" | "status">,
  what: string,
  says: readonly string[] = ["error", "errors", "Error", "errorCode", "error_code"],
): ChangeOutcome {
  if (status === 404 || status === 405 || status === 501) return { outcome: "unsupported" };
  if (status === 401 || status === 403) return { outcome: "rejected", why: `${what} is refused to this account` };
  if (status >= 400 && status < 500) return { outcome: "rejected", why: `${what} answered ${status}` };
  if (status < 200 || status >= 300) return { outcome: "strange", why: `${what} answered ${status}` };
  const object = membersOf(body);
  const no = says.find((name) => object[name]) ?? (isNo(object) ? "its status" : undefined);
  return no === undefined ? { outcome: "done" } : { outcome: "rejected", why: `${what} answered 200 with ${no}` };
}

function isNo(object: Readonly<Record<string, unknown>>): boolean {
  if (object["success"] === false || object["ok"] === false) return true;
  const status = object["status"] ?? object["result"];
  return typeof status === "string" && /^(?:error|fail|failed|failure|nok|denied|rejected|invalid)\b/i.test(status);
}

function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch (_noJson) {
    return /^\s*(?:error|fail(?:ed|ure)?|denied|rejected)\b/i.test(body) ? { error: true } : {};
  }
}
