import type { Duplex } from "node:stream";
import type { Timers } from "../../../core/timers.ts";
import { UI_PROXY_LIMITS } from "../../limits.ts";
import { DeviceConnection } from "./device_connection.ts";

/** What a pool needs. */
export interface PoolOptions {
  /** Connections at one time. */
  readonly most: number;
  /** Opens one more. */
  readonly dial: () => Promise<Duplex>;
  readonly timers: Timers;
}

/** The connections of one session to one origin of a device: kept open, given out to one request at a time, in order. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #all = new Set<DeviceConnection>();
  /** With whether they were idle at the last look. */
  readonly #idle = new Map<DeviceConnection, boolean>();
  #stopLooking: (() => void) | undefined;
  readonly #waiting: { resolve(connection: DeviceConnection): void; reject(error: unknown): void }[] = [];
  #dialling = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** A connection for one request; it comes back by itself. @throws what dialling throws */
  take(): Promise<DeviceConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<DeviceConnection>();
    if (this.#isClosed) reject(new Error("the session ended"));
    else this.#waiting.push({ resolve, reject });
    this.#serve();
    return promise;
  }

  /** Ends every connection and who waits for one. */
  close(): void {
    this.#isClosed = true;
    this.#stopLooking?.();
    for (const { reject } of this.#waiting.splice(0)) reject(new Error("the session ended"));
    for (const connection of [...this.#all]) connection.destroy();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const known = this.#youngest();
      if (known) {
        this.#idle.delete(known);
        if (known.isIdle) this.#waiting.shift()!.resolve(known);
        continue;
      }
      if (this.#all.size + this.#dialling >= this.#options.most) return;
      void this.#dial();
    }
  }

  /** The one that was used last: the others may run out. */
  #youngest(): DeviceConnection | undefined {
    let last: DeviceConnection | undefined;
    for (const connection of this.#idle.keys()) last = connection;
    return last;
  }

  async #dial(): Promise<void> {
    const { resolve, reject } = this.#waiting.shift()!;
    this.#dialling++;
    try {
      const connection = new DeviceConnection(await this.#options.dial(), { free: this.#free, gone: this.#gone });
      this.#all.add(connection);
      resolve(connection);
      if (this.#isClosed) connection.destroy();
    } catch (error) {
      reject(error);
    } finally {
      this.#dialling--;
      this.#serve();
    }
  }

  readonly #free = (connection: DeviceConnection): void => {
    this.#idle.set(connection, false);
    this.#stopLooking ??= this.#options.timers.every(UI_PROXY_LIMITS.deviceSilenceMs, () => this.#look());
    this.#serve();
  };

  readonly #gone = (connection: DeviceConnection): void => {
    this.#all.delete(connection);
    this.#idle.delete(connection);
    this.#serve();
  };

  /** Closes what nobody has used since the last look: a timer for each request would cost more than what it saves. */
  #look(): void {
    for (const [connection, wasIdle] of [...this.#idle]) {
      if (wasIdle) connection.destroy();
      else this.#idle.set(connection, true);
    }
    if (this.#all.size > 0) return;
    this.#stopLooking?.();
    this.#stopLooking = undefined;
  }
}
