import type { Clock } from "./clock.ts";
import type { ErrorCode } from "./error_codes.ts";
import { describeError, GatewayError } from "./errors.ts";
import { CORE_LIMITS } from "./limits.ts";
import type { Timers } from "./timers.ts";

/** The part of a MessagePort or Worker that RPC needs. */
export interface RpcPort {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** A contract between isolates: method name to a function of one JSON value. Declared as an interface, never as code. */
// deno-lint-ignore no-explicit-any
export type RpcContract<T> = { [M in keyof T]: (args: any) => unknown };
/** The argument of one method. */
export type RpcArgs<T, M extends keyof T> = T[M] extends (args: infer A) => unknown ? A : never;
/** The answer of one method, awaited. */
export type RpcResult<T, M extends keyof T> = T[M] extends (args: never) => infer R ? Awaited<R> : never;
/** What one side serves. A method that is absent is not open to the other side. */
export type RpcHandlers<T> = { [M in keyof T]?: (args: RpcArgs<T, M>) => RpcResult<T, M> | Promise<RpcResult<T, M>> };

/** One end of a typed RPC: calls `Remote`'s methods; what this end serves was given at creation. */
export interface Rpc<Remote> {
  /**
   * Calls a method of the other side with a JSON value.
   * @throws GatewayError RPC_DEADLINE, RPC_PEER_GONE, RPC_OVERLOAD, RPC_UNKNOWN_METHOD or the code the other side threw
   */
  call<M extends keyof Remote & string>(
    method: M,
    args: RpcArgs<Remote, M>,
    options?: { readonly deadlineMs?: number },
  ): Promise<RpcResult<Remote, M>>;
  /** Sends without waiting for an answer; nothing is known of its fate. */
  notify<M extends keyof Remote & string>(method: M, args: RpcArgs<Remote, M>): void;
  /** Ends this side: all pending calls are rejected with RPC_PEER_GONE. */
  close(reason: string): void;
}

interface Pending {
  readonly method: string;
  readonly dueAt: number;
  resolve(value: unknown): void;
  reject(error: GatewayError): void;
}

/** Wire form: text across, not object trees (measured: five times cheaper than structured clones of trees). */
type Message =
  | { readonly c: number; readonly m: string; readonly a: string }
  | { readonly n: string; readonly a: string }
  | { readonly r: number; readonly v: string }
  | { readonly e: number; readonly k: string; readonly t: string; readonly h?: string };

/** What createRpc needs beside the port. */
export interface RpcOptions<Local> {
  readonly handlers: RpcHandlers<Local>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Name of the other side, for error texts. */
  readonly peer: string;
  /** Told of a handler that failed on a notification, which has no one else to tell. */
  readonly onFault?: (method: string, error: unknown) => void;
}

/** Puts a typed RPC on a port. One sweep timer serves all deadlines and runs only while calls are pending. */
export function createRpc<Local extends RpcContract<Local>, Remote extends RpcContract<Remote>>(
  port: RpcPort,
  options: RpcOptions<Local>,
): Rpc<Remote> {
  return new PortRpc<Local, Remote>(port, options);
}

class PortRpc<Local extends RpcContract<Local>, Remote extends RpcContract<Remote>> implements Rpc<Remote> {
  readonly #pending = new Map<number, Pending>();
  readonly #port: RpcPort;
  readonly #options: RpcOptions<Local>;
  #nextId = 1;
  #stopSweep: (() => void) | undefined;
  #closed: string | undefined;

  constructor(port: RpcPort, options: RpcOptions<Local>) {
    this.#port = port;
    this.#options = options;
    port.onmessage = (event) => this.#receive(event.data as Message);
  }

  call<M extends keyof Remote & string>(
    method: M,
    args: RpcArgs<Remote, M>,
    { deadlineMs = CORE_LIMITS.rpcDeadlineMs }: { readonly deadlineMs?: number } = {},
  ): Promise<RpcResult<Remote, M>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#closed !== undefined) {
      reject(this.#error("RPC_PEER_GONE", `Cannot call ${method}: ${this.#closed}`));
    } else if (this.#pending.size >= CORE_LIMITS.rpcPending) {
      reject(this.#error("RPC_OVERLOAD", `Cannot call ${method}: ${this.#pending.size} calls are pending`));
    } else {
      const text = encode(args);
      if (text.length > CORE_LIMITS.rpcMessageChars) {
        reject(this.#error("RPC_OVERLOAD", `Cannot call ${method}: its arguments have ${text.length} characters`));
      } else {
        const id = this.#nextId++;
        this.#pending.set(id, { method, dueAt: this.#options.clock.monotonic() + deadlineMs, resolve, reject });
        this.#stopSweep ??= this.#options.timers.every(CORE_LIMITS.rpcSweepMs, () => this.#sweep());
        this.#port.postMessage({ c: id, m: method, a: text });
      }
    }
    return promise as Promise<RpcResult<Remote, M>>;
  }

  notify<M extends keyof Remote & string>(method: M, args: RpcArgs<Remote, M>): void {
    if (this.#closed === undefined) this.#port.postMessage({ n: method, a: encode(args) });
  }

  close(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#stopSweep?.();
    this.#port.onmessage = null;
    for (const { method, reject } of this.#pending.values()) {
      reject(this.#error("RPC_PEER_GONE", `${method} was not answered: ${reason}`));
    }
    this.#pending.clear();
  }

  #receive(message: Message): void {
    if ("c" in message) void this.#serve(message.c, message.m, message.a);
    else if ("n" in message) void this.#serveNotification(message.n, message.a);
    else if ("r" in message) this.#settle(message.r)?.resolve(decode(message.v));
    else this.#settle(message.e)?.reject(new GatewayError(message.k as ErrorCode, message.t, hintOf(message.h)));
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id); // a late answer finds nothing: its caller was told RPC_DEADLINE
    if (pending) this.#pending.delete(id);
    if (this.#pending.size === 0) this.#pause();
    return pending;
  }

  async #serve(id: number, method: string, args: string): Promise<void> {
    try {
      const text = encode(await this.#run(method, args));
      if (text.length > CORE_LIMITS.rpcMessageChars) {
        throw new GatewayError("RPC_OVERLOAD", `The answer to ${method} has ${text.length} characters`);
      }
      this.#port.postMessage({ r: id, v: text });
    } catch (error) {
      const { code, hint } = error instanceof GatewayError ? error : { code: "RPC_FAILED", hint: undefined };
      this.#port.postMessage({ e: id, k: code, t: describeError(error), ...hintOf(hint, "h") });
    }
  }

  async #serveNotification(method: string, args: string): Promise<void> {
    try {
      await this.#run(method, args);
    } catch (error) {
      this.#options.onFault?.(method, error);
    }
  }

  #run(method: string, args: string): unknown {
    const handlers = this.#options.handlers as Record<string, ((args: unknown) => unknown) | undefined>;
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (!handler) throw new GatewayError("RPC_UNKNOWN_METHOD", `No method "${method}" is open to this caller`);
    return handler(decode(args));
  }

  #sweep(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, { method, dueAt, reject }] of this.#pending) {
      if (dueAt > now) continue;
      this.#pending.delete(id);
      reject(this.#error("RPC_DEADLINE", `${method} was not answered in time`));
    }
    if (this.#pending.size === 0) this.#pause();
  }

  #pause(): void {
    this.#stopSweep?.();
    this.#stopSweep = undefined;
  }

  #error(code: ErrorCode, message: string): GatewayError {
    return new GatewayError(code, `${message} (peer "${this.#options.peer}")`);
  }
}

const encode = (value: unknown): string => value === undefined ? "" : JSON.stringify(value);
const decode = (text: string): unknown => text === "" ? undefined : JSON.parse(text);
function hintOf(hint: string | undefined, key: "hint" | "h" = "hint"): { hint?: string } {
  return hint === undefined ? {} : { [key]: hint };
}
