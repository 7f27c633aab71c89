import type { LinePlace } from "./worker_config.ts";
import type { LineFrame } from "./session.ts";

/** An attempt to reach a line, and the connection that comes of it. It ends once, by `close` or by `lost`. */
export interface LineDriver {
  /** Sends one request. Only after `opened`. */
  transmit(frame: Required<LineFrame>): void;
  /** Ends it; nothing is told after that. */
  close(): void;
}

/** What a driver tells. */
export interface DriverEvents {
  opened(): void;
  received(frame: LineFrame): void;
  /** So many bytes came that are no frame. */
  noise(bytes: number): void;
  /** It could not be opened, or ended. */
  lost(why: string): void;
}

/** Begins to open a line; what becomes of it is told by the events, never before this returns. */
export type OpenLine = (place: LinePlace, events: DriverEvents) => LineDriver;
