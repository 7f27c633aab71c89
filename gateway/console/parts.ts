import type { Context } from "hono";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import type { Random, Timers } from "../core/timers.ts";
import type { ConsoleSite } from "./context.ts";
import type { DropFolder } from "./upload/drop_folder.ts";
import type { ConsoleControl } from "./person.ts";

/** What the console's application works with; everything from outside comes in here. */
export interface ConsoleParts {
  readonly control: ConsoleControl;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly site: () => ConsoleSite;
  /** The name that people type. */
  readonly hostname: () => string;
  /** Where files that people bring wait for their verdict; absent: the site takes no firmware. */
  readonly drop?: DropFolder;
  /** Where encrypted ZIPs of stations' files wait to be fetched; absent: the site takes no firmware. */
  readonly handOuts?: string;
  /** Where the verified images of the vault are; absent: the site takes no firmware. */
  readonly images?: string;
  /** The body of this request, which may take its time from now on: it is watched by whoever reads it. */
  readonly longBody: (context: Context) => AsyncIterable<Uint8Array>;
  /** The address that a request came from, as the socket saw it. */
  readonly sourceOf: (context: Context) => string;
}
