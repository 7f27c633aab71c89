// The library's own declarations pull in the types of Node.js as a package, which then replace Deno's for the whole
// program. These are the parts that the simulators use.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** A request as a handler gets it. */
export interface RpcRequest {
  readonly messageId: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** How a connection is closed; `force` cuts it without a close frame. */
export interface RpcCloseOptions {
  readonly code?: number;
  readonly reason?: string;
  readonly force?: boolean;
}

/** Validates the payloads of one subprotocol. */
export interface RpcValidator {
  readonly subprotocol: string;
  /** Its ajv: the bundled 2.1 schemas make it print a warning per enumeration unless `strictTypes` is off. */
  readonly _ajv?: { readonly opts: { strictTypes: boolean | "log" } };
  /** Throws an error with `rpcErrorCode` when the payload breaks the schema. */
  validate(schemaId: string, params: unknown): unknown;
}

/** One end of an OCPP connection. */
export class RPCClient {
  constructor(options: {
    readonly identity: string;
    readonly endpoint: string;
    readonly protocols: readonly string[];
    readonly strictMode: boolean;
    readonly strictModeValidators: readonly RpcValidator[];
    readonly reconnect: boolean;
    readonly pingIntervalMs: number;
    readonly callTimeoutMs: number;
    readonly password?: Uint8Array;
    readonly wsOpts: Readonly<Record<string, unknown>>;
  });
  readonly identity: string;
  readonly protocol: string;
  /** Rejects with `code` = HTTP status when the upgrade was refused. */
  connect(): Promise<unknown>;
  call(method: string, params: unknown): Promise<unknown>;
  handle(handler: (request: RpcRequest) => unknown): void;
  // deno-lint-ignore no-explicit-any -- every event of the library has its own argument
  on(event: string, listener: (event: any) => void): void;
  close(options?: RpcCloseOptions): Promise<unknown>;
}

/** A call was not answered in time. */
export class TimeoutError extends Error {}

/** What is known of a client that asks for an upgrade. */
export interface RpcHandshake {
  readonly identity: string;
  readonly endpoint: string;
  readonly password?: Uint8Array;
  readonly protocols: ReadonlySet<string>;
  readonly request: IncomingMessage;
}

/** Decides about one upgrade by calling one of the two functions. */
export type RpcDecide = (
  accept: () => void,
  reject: (status: number, message: string) => void,
  handshake: RpcHandshake,
) => void;

/** A server without a listener of its own. */
export class RPCServer {
  constructor(options: {
    readonly protocols: readonly string[];
    readonly strictMode: boolean;
    readonly strictModeValidators: readonly RpcValidator[];
    readonly pingIntervalMs: number;
    readonly callTimeoutMs: number;
    readonly wssOptions: Readonly<Record<string, unknown>>;
  });
  /** Its WebSocket server of the package ws, as far as it is needed here. */
  readonly _wss: {
    on(event: "connection", listener: (socket: { pause(): void; resume(): void }) => void): void;
  };
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void;
  auth(decide: RpcDecide): void;
  on(event: "client", listener: (client: RPCClient) => void): void;
  close(options: RpcCloseOptions): Promise<void>;
}

/** The validators that come with the library. */
declare const standardValidators: readonly RpcValidator[];
export default standardValidators;
