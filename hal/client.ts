import type { Clock } from "../gateway/core/clock.ts";
import { describeError, HardwareError } from "../gateway/core/errors.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { HaldConnection } from "./client_connection.ts";
import { HaldKeyStore } from "./hald_key_store.ts";
import type { KeyStore } from "./key_store.ts";
import { HAL_LIMITS } from "./limits.ts";
import { HALD_PROTOCOL } from "./verbs/hello.ts";
import type { VerbAnswer, VerbArgs, VerbName } from "./verbs/mod.ts";

/** What the client needs. Its isolate needs net `unix:PATH` and read and write on PATH. */
export interface HaldClientOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told when the link comes and goes, for health, alarm and log; once per change, not per attempt. */
  readonly onChange?: (state: HaldState) => void;
  /** Opens the socket; a parameter for tests. */
  readonly connect?: (socketPath: string) => Promise<Deno.Conn>;
}

/** "connected", or not and why. */
export interface HaldState {
  readonly connected: boolean;
  readonly why?: string;
}

/** A link to hald that comes back by itself. */
export interface HaldClient {
  readonly state: HaldState;
  /**
   * Calls a verb. While hald is away the call waits for it until its deadline.
   * @throws HardwareError HAL_UNREACHABLE, HAL_DEADLINE, HAL_OVERLOAD, HAL_VERSION, or what hald answered
   */
  call<N extends VerbName>(
    verb: N,
    args: VerbArgs<N>,
    options?: { readonly deadlineMs?: number },
  ): Promise<VerbAnswer<N>>;
  /** The key store behind hald, described. @throws as `call` */
  keyStore(): Promise<KeyStore>;
  /** Ends the link; calls that wait are rejected. */
  close(): void;
}

/** Starts to connect and returns at once. */
export function connectHald(socketPath: string, options: HaldClientOptions): HaldClient {
  return new ReconnectingClient(socketPath, options);
}

interface Waiter {
  resolve(connection: HaldConnection): void;
  reject(error: HardwareError): void;
}

class ReconnectingClient implements HaldClient {
  readonly #path: string;
  readonly #options: HaldClientOptions;
  readonly #waiters = new Set<Waiter>();
  #connection: HaldConnection | undefined;
  #state: HaldState = { connected: false, why: "not connected yet" };
  #delayMs: number = HAL_LIMITS.reconnectFirstMs;
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  constructor(path: string, options: HaldClientOptions) {
    this.#path = path;
    this.#options = options;
    this.#connect();
  }

  get state(): HaldState {
    return this.#state;
  }

  async call<N extends VerbName>(
    verb: N,
    args: VerbArgs<N>,
    options: { readonly deadlineMs?: number } = {},
  ): Promise<VerbAnswer<N>> {
    const deadlineMs = options.deadlineMs ?? HAL_LIMITS.callDeadlineMs;
    const dueAt = this.#options.clock.monotonic() + deadlineMs;
    const connection = this.#connection ?? await this.#wait(deadlineMs);
    return await connection.call(verb, args, Math.max(1, dueAt - this.#options.clock.monotonic()));
  }

  async keyStore(): Promise<KeyStore> {
    return new HaldKeyStore(this, await this.call("keystore.describe", {}));
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#connection?.close();
    this.#connection = undefined;
    this.#state = { connected: false, why: "the client was closed" }; // No news for its owner.
    for (const waiter of this.#waiters) waiter.reject(this.#unreachable());
  }

  #wait(deadlineMs: number): Promise<HaldConnection> {
    if (this.#closed) return Promise.reject(this.#unreachable());
    if (this.#waiters.size >= HAL_LIMITS.clientPending) {
      return Promise.reject(
        new HardwareError("HAL_OVERLOAD", `More than ${HAL_LIMITS.clientPending} calls wait for hald`),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<HaldConnection>();
    const waiter = { resolve, reject };
    this.#waiters.add(waiter);
    const cancel = this.#options.timers.after(deadlineMs, () => reject(this.#unreachable()));
    return promise.finally(() => {
      cancel();
      this.#waiters.delete(waiter);
    });
  }

  async #connect(): Promise<void> {
    try {
      const open = this.#options.connect ?? ((path) => Deno.connect({ transport: "unix", path }));
      const connection = new HaldConnection(await open(this.#path), {
        ...this.#options,
        onEnd: (why) => this.#connection === connection ? this.#lost(why) : undefined,
      });
      if (this.#closed) return connection.close();
      await this.#greet(connection);
    } catch (error) {
      this.#lost(describeError(error));
    }
  }

  async #greet(connection: HaldConnection): Promise<void> {
    try {
      const { protocol, version } = await connection.call("hald.hello", {}, HAL_LIMITS.callDeadlineMs);
      if (protocol !== HALD_PROTOCOL) {
        throw new HardwareError("HAL_VERSION", `hald ${version} speaks protocol ${protocol}, wanted ${HALD_PROTOCOL}`, {
          hint: "Install gateway and hald from the same release",
        });
      }
    } catch (error) {
      connection.close();
      throw error;
    }
    if (this.#closed) return connection.close();
    this.#connection = connection;
    this.#delayMs = HAL_LIMITS.reconnectFirstMs;
    this.#change({ connected: true });
    for (const waiter of this.#waiters) waiter.resolve(connection);
  }

  #lost(why: string): void {
    if (this.#closed) return;
    this.#lose(why);
    this.#cancelRetry = this.#options.timers.after(this.#delayMs, () => void this.#connect());
    this.#delayMs = Math.min(this.#delayMs * 2, HAL_LIMITS.reconnectLongestMs);
  }

  #lose(why: string): void {
    this.#connection = undefined;
    this.#change({ connected: false, why });
  }

  #change(next: HaldState): void {
    const isNews = next.connected !== this.#state.connected;
    this.#state = next;
    if (isNews) this.#options.onChange?.(next);
  }

  #unreachable(): HardwareError {
    return new HardwareError("HAL_UNREACHABLE", `hald does not answer on "${this.#path}": ${this.#state.why}`, {
      hint: "Is bulkhead-hald running? `systemctl status bulkhead-hald`",
    });
  }
}
