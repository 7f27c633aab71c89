import type { Duplex, Readable } from "node:stream";
import type { HeaderField } from "../device_headers.ts";
import type { Driver } from "../drivers/driver.ts";
import type { BodyLength } from "../request_head.ts";
import type { OldTlsHelper } from "./old_tls_helper.ts";
import type { Door } from "./door.ts";

/** The device that a link leads to. */
export interface DeviceTarget {
  readonly station: string;
  readonly driver: Driver;
  /** Its ways, as URL.origin writes them; the driver logs in at the first. */
  readonly origins: readonly [string, ...string[]];
  /** The declared helper for a device whose TLS the gateway refuses (`oldTls`); absent: the gateway's own TLS. */
  readonly oldTls?: OldTlsHelper;
}

/** One request of a person to the device, judged already. */
export interface LinkRequest {
  readonly method: string;
  /** Path with query in canonical form. */
  readonly target: string;
  /** From `deviceHeaders`; the link adds login, cookies and length. */
  readonly headers: readonly HeaderField[];
  readonly bodyLength: BodyLength;
  /** One of the target's origins; default the first. */
  readonly origin?: string;
}

/** The device's answer, its body unread. Whoever gets it reads the body or destroys it. */
export interface LinkAnswer {
  readonly kind: "answer";
  readonly status: number;
  /** Names and values in turn, as received; cookies have been kept in the session's jar already. */
  readonly rawHeaders: readonly string[];
  readonly body: Readable;
  /** The body, where it has come already; reading `body` gives it too. */
  readonly whole?: Uint8Array;
  /** The device's URL that was asked, for `browserAnswer`. */
  readonly url: string;
}

/** Nothing was sent to the device, or nothing usable came back: a page of the gateway's own says why. */
export interface LinkDoor {
  readonly kind: "door";
  readonly door: Door;
}

/** The device speaks another protocol from here on. */
export interface LinkSwitch {
  readonly kind: "switched";
  readonly rawHeaders: readonly string[];
  readonly socket: Duplex;
  /** What came behind the head. */
  readonly head: Uint8Array;
}

/** One session's way to one device. */
export interface DeviceLink {
  /**
   * Sends a request, after a login if there is none. A request that changes nothing is sent once more after the device
   * ended the login; any other is answered with a door, since nobody knows whether it was carried out.
   */
  request(request: LinkRequest, body?: Readable): Promise<LinkAnswer | LinkDoor>;
  /**
   * Sends a firmware upload: kept on this box until every file in it is known to the vault as verified, and only then
   * sent, whole and unchanged (invariant 13).
   */
  upload(request: LinkRequest, body: Readable): Promise<LinkAnswer | LinkDoor>;
  /** Asks for a WebSocket on a connection of its own. */
  upgrade(request: LinkRequest): Promise<LinkSwitch | LinkAnswer | LinkDoor>;
  /** Takes the device from whoever has it. */
  takeOver(): Promise<void>;
  /** Somebody else takes the device: resolves when this login and its connections are gone; the next request meets a door. */
  lose(by: string): Promise<void>;
  /** Logs out at the device where it can, ends every connection. Bounded in time, never throws. */
  close(): Promise<void>;
}
