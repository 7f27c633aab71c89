import type { DeviceRole } from "../../../policies/access_types.ts";
import type { PageTable } from "../../../policies/device_page.ts";
import type { PagePatch } from "../../../policies/page_patch.ts";
import type { LearnedSetting } from "../../core/device_link_api.ts";
import type { HeaderField, HeaderHabits } from "../device_headers.ts";
import type { PathHabits } from "../request_target.ts";
import type { DriverOperations } from "./operations.ts";

/** A request of a driver of its own. */
export interface DeviceRequest {
  readonly method: "GET" | "POST";
  /** Path with query. */
  readonly target: string;
  readonly headers?: readonly HeaderField[];
  readonly body?: string;
}

/** What the device answered; the body at most UI_PROXY_LIMITS.driverBodyBytes of it. */
export interface DeviceResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** One account of a device. */
export interface DeviceAccount {
  readonly role: DeviceRole;
  /** The name that the device has for the role. */
  readonly name: string;
  readonly password: string;
}

/** What a login gave. Cookies that the device set are in the session's jar. */
export interface DeviceSession {
  /** Put on every request of the session. */
  readonly headers: readonly HeaderField[];
  /** The device knows the login by its TCP connection: a new one needs a new login. */
  readonly connectionBound?: boolean;
  /** What the driver needs for a logout or a renewal; secret like a password. */
  readonly memory?: string;
}

/** How a login ended. Each "refused" counts towards the device's own lockout; the others do not. */
export type LoginOutcome =
  | { readonly outcome: "in"; readonly session: DeviceSession }
  /** Name or password is not the device's: the vault has drifted from the device. */
  | { readonly outcome: "refused" }
  /** The account is right and may not be used: said in `why` for the person. */
  | { readonly outcome: "closed"; readonly why: string }
  /** The device asks for another password first; `session` is good for giving it one, where the device says so. */
  | { readonly outcome: "must-change"; readonly session?: DeviceSession }
  /** Somebody else is logged in and the device knows only one. */
  | { readonly outcome: "busy" }
  /** The answers are not those of this kind of device; `why` names the step, never content. */
  | { readonly outcome: "strange"; readonly why: string };

/**
 * A conversation with a device: yields what it asks, is given the answer, returns what came of it. It has no socket, no
 * clock and no cookies, so a test or another transport plays the device.
 */
export type Conversation<T> = Generator<DeviceRequest, T, DeviceResponse>;

/** What the gateway knows of one family of controllers' pages. */
export interface Driver {
  readonly id: string;
  readonly title: string;
  /** How sure it is: seen in a maker's documents, in programs that speak with real devices, or assumed. */
  readonly evidence: "maker" | "field" | "assumed";
  readonly pages: PageTable;
  readonly patches: readonly PagePatch[];
  readonly habits?: PathHabits & { readonly headers?: HeaderHabits };
  /** The device's names for its roles; a role without a name has no account. */
  readonly accounts: Partial<Readonly<Record<DeviceRole, string>>>;
  /** At most so many people at one time; the device's own limit. */
  readonly sessions?: number;
  /** Connections of one session; one where the login belongs to the connection. Default UI_PROXY_LIMITS.deviceSockets. */
  readonly connections?: number;
  login(account: DeviceAccount): Conversation<LoginOutcome>;
  /** A new session for one that the device let run out, without the password; undefined: log in anew. */
  renew?(session: DeviceSession): Conversation<DeviceSession | undefined>;
  /** Reads the settings that the device lists itself; asked once for each firmware. */
  learn?(): Conversation<readonly LearnedSetting[]>;
  /** Ends a login at the device; absent: the device has no way to. */
  logout?(session: DeviceSession): Conversation<void>;
  /** What it can do at the device without a person. */
  readonly operations?: DriverOperations;
  /** Whether this answer to a person's request says that the device has ended the login. */
  isLoggedOut(response: Pick<DeviceResponse, "status" | "headers">): boolean;
}

/** A JSON object of an answer; undefined when it is none. Devices write it with commas before the end (Alfen). */
export function readObject(body: string): Readonly<Record<string, unknown>> | undefined {
  for (const text of [body, body.replace(/,(\s*[}\]])/g, "$1")]) {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? value as Record<string, unknown>
        : undefined;
    } catch (_notYet) {
      continue;
    }
  }
  return undefined;
}

/** A text member of an answer that may go into a header field of later requests. */
export function readToken(body: string, ...names: readonly string[]): string | undefined {
  const object = readObject(body);
  const token = names.map((name) => object?.[name]).find((value) => typeof value === "string");
  return typeof token === "string" && /^[\x21-\x7e]{1,4096}$/.test(token) ? token : undefined;
}

/** The body and type of a JSON request. */
export function jsonBody(value: unknown): Pick<DeviceRequest, "headers" | "body"> {
  return { headers: [["content-type", "application/json"]], body: JSON.stringify(value) };
}

/** The Authorization field of HTTP Basic (RFC 7617), in UTF-8. */
export function basicAuthorization(name: string, password: string): HeaderField {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return ["authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`];
}
