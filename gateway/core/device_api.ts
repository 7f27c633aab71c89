import type { Capability, DeviceRole } from "../../policies/access_types.ts";
import type { DeviceLinkControlApi, DeviceLinkWorkerApi } from "./device_link_api.ts";
import type { DeviceOperationsControlApi, DeviceOperationsWorkerApi } from "./device_operations_api.ts";
import type { Caller } from "./people_api.ts";

/**
 * Pages of controllers between console, ui_proxy and control. A device session belongs to one person, one station, one
 * account of its controller and one opened way (AccessLease); control alone makes and ends it. The console asks for a
 * ticket in the person's name, the browser carries it to the page's own origin, ui_proxy redeems it for a cookie.
 */

/** Name of the Worker that carries device pages. */
export const UI_PROXY_WORKER = "ui_proxy";

/** A live device session as people, audit and ui_proxy know it. Times are wall milliseconds. */
export interface DeviceSession {
  /** Names the session in lists and audit; it opens nothing. */
  readonly id: string;
  readonly person: string;
  readonly station: string;
  readonly deviceRole: DeviceRole;
  /** What may be done; only "view" for one who joined. */
  readonly capabilities: readonly Capability[];
  /** The grant behind the way, the rule that allows each request. */
  readonly grant: string;
  /** The opened way; the session ends with it. */
  readonly lease: string;
  /** Set for one who looks on: the session that is looked at, whose connection to the device it uses. */
  readonly watches?: string;
  /** The grant names the maker's old pages (BC-09). */
  readonly grantsLegacy: boolean;
  /** What is asked and the fields of forms are recorded, secrets masked (`people.recordings`). */
  readonly recorded?: true;
  /** Version that the station reported last; absent: nobody knows, so every known hole is taken to be there. */
  readonly firmware?: string;
  readonly source: string;
  readonly since: number;
  /** When the person did something last, anywhere: console and device pages have one idle time (EV-14). */
  readonly lastActivity: number;
  /** Ends then unless the person does something. */
  readonly idleAt: number;
  /** Ends then, whatever happens. */
  readonly endsAt: number;
}

/** A way to a page that may be walked once, within seconds. */
export interface DeviceTicket {
  /** Where the browser goes: `https://cp001.gw.site.example:8447/.gw/open?ticket=...`. */
  readonly url: string;
  readonly expiresAt: number;
}

/** One way to a controller's pages. */
export interface DevicePage {
  readonly station: string;
  /** Port of the device, as its URL says. */
  readonly port: number;
  /** Origin of the page by name, where the site has names for device pages. */
  readonly origin?: string;
  /** The gateway's own port for this page, where the site has a port range. */
  readonly ownPort?: number;
}

/** The pages of one station. */
export interface StationPages {
  readonly station: string;
  readonly driver: string;
  /** What the driver is for, in words. */
  readonly title: string;
  /** Accounts of the device that the driver knows. */
  readonly roles: readonly DeviceRole[];
  /** The first is where a person begins. */
  readonly pages: readonly DevicePage[];
  /** Accounts whose sessions are recorded: people are told before. */
  readonly recorded?: readonly DeviceRole[];
  /** Plain HTTP to the device: shown for ever. */
  readonly cleartext: boolean;
}

/** One request, or several alike, as audit and watchers see them: never bodies, values or whole paths. */
export interface DeviceRequestRecord {
  /** Of the first, wall milliseconds. */
  readonly at: number;
  readonly method: string;
  /** The row of the driver's table: the path template. */
  readonly page: string;
  readonly capability: Exclude<Capability, "tunnel">;
  readonly decision: "allowed" | "refused";
  /** The grant that allowed, or the rule that refused. */
  readonly rule: string;
  /** Of the device, or of the door for a refusal; 0: no answer came. */
  readonly status: number;
  readonly count: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Names of settings that were written, never values. */
  readonly settings?: readonly string[];
  /** Of a recorded session: fields of the form, secrets masked. For the recording alone, never for audit or watchers. */
  readonly fields?: readonly { readonly name: string; readonly value: string }[];
}

/** A recorded session. */
export interface DeviceRecording {
  /** The id of the session. */
  readonly id: string;
  readonly person: string;
  readonly station: string;
  readonly deviceRole: DeviceRole;
  readonly grant: string;
  readonly since: number;
  /** It came to its limit: the rest of the session is in the audit alone. */
  readonly isFull: boolean;
}

/** What happened in a session, newest last; `sequence` counts from 1 in each session. */
export interface DeviceSessionEvent {
  readonly sequence: number;
  readonly request: DeviceRequestRecord;
}

/** What the console asks in a person's name. Every verb is judged by control. */
export interface DevicePeopleApi {
  /** Stations with pages; none where the site has no `console.devicePages`. */
  "device.pages": (args: { readonly by: Caller }) => readonly StationPages[];
  /**
   * A ticket for the pages of an opened way. `host` is the name or address by which the person reached the console.
   * @throws ACCESS_REFUSED when the way is closed or not the caller's, UI_NO_PAGES when the station has none
   */
  "device.open": (args: { readonly by: Caller; readonly lease: string; readonly host: string }) => DeviceTicket;
  /** Own sessions; operators and administrators see all. */
  "device.sessions": (args: { readonly by: Caller }) => readonly DeviceSession[];
  /** Ends a session of one's own, or, as operator or administrator, anybody's. Resolves when its cookie opens nothing. */
  "device.end": (args: { readonly by: Caller; readonly session: string }) => { readonly ended: number };
  /** A ticket to look on (operators, administrators): same page, own origin cookie, view only. @throws UI_SESSION_UNKNOWN */
  "device.join": (args: { readonly by: Caller; readonly session: string; readonly host: string }) => DeviceTicket;
  /** What happened in a session after `after`; the newest 200 are kept. @throws UI_SESSION_UNKNOWN */
  "device.watch": (
    args: { readonly by: Caller; readonly session: string; readonly after: number },
  ) => { readonly session: DeviceSession; readonly events: readonly DeviceSessionEvent[] };
}

/** What administrators and auditors ask about recorded sessions. */
export interface DeviceRecordingApi {
  "device.recordings": (args: { readonly by: Caller }) => readonly DeviceRecording[];
  /** Needs a fresh proof; who looks is audited. @throws RECORDING_UNKNOWN, SEAL_BROKEN */
  "device.replay": (
    args: { readonly by: Caller; readonly recording: string },
  ) => { readonly recording: DeviceRecording; readonly requests: readonly DeviceRequestRecord[] };
}

/** What ui_proxy asks of control. */
export interface DeviceControlApi extends DeviceLinkControlApi, DeviceOperationsControlApi {
  /**
   * Redeems a ticket at the origin that it is for; the token is the value of the cookie there, given once.
   * @throws UI_TICKET_REFUSED, always the same whatever was wrong
   */
  "device.enter": (
    args: { readonly ticket: string; readonly origin: string; readonly source: string },
  ) => { readonly token: string; readonly session: DeviceSession };
  /** Whom a cookie stands for at this origin. @throws SESSION_ENDED */
  "device.check": (
    args: { readonly token: string; readonly origin: string; readonly source: string },
  ) => DeviceSession;
  /** A ticket for another origin of the same station, for somebody who is logged in at one. @throws SESSION_ENDED */
  "device.sibling": (
    args: { readonly token: string; readonly origin: string; readonly to: string; readonly source: string },
  ) => DeviceTicket;
  /** The person did something: a navigation, a form, a beat of the activity script. @throws SESSION_ENDED */
  "device.active": (args: { readonly session: string }) => DeviceSession;
  /** The session as it stands, without waking it. @throws SESSION_ENDED */
  "device.look": (args: { readonly session: string }) => DeviceSession;
  /** The person logs out on the page. */
  "device.leave": (args: { readonly session: string }) => void;
  /**
   * What was asked and decided; stored when it resolves. Writes are told before they go on to the device, with status 0.
   * A session that has just ended may still tell what it had done.
   */
  "device.requests": (
    args: { readonly session: string; readonly requests: readonly DeviceRequestRecord[] },
  ) => void;
}

/** What control asks of ui_proxy. */
export interface DeviceWorkerApi extends DeviceLinkWorkerApi, DeviceOperationsWorkerApi {
  /** Ends sessions now: cookies open nothing, streams close, the device is logged out of. `rule` says why. */
  "device.ended": (
    args: { readonly sessions: readonly string[]; readonly rule: string },
  ) => { readonly ended: number };
  /** Sessions that this Worker carries: those it does not are over. */
  "device.carried": (args: Record<never, never>) => { readonly sessions: readonly string[] };
}
