import { RPCClient, RPCServer } from "ocpp-rpc";
import standardValidators from "ocpp-rpc/lib/standard-validators.js";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { DEMO_LIMITS } from "./limits.ts";
import { OCPP_VERSIONS, type OcppVersion, type StationAccess } from "./model.ts";

/** A request as a handler of ocpp-rpc gets it. */
export interface RpcRequest {
  readonly messageId: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** One end of an OCPP connection of ocpp-rpc 2.2.1, as far as the simulators use it. */
export interface RpcPeer {
  readonly identity: string;
  readonly protocol: string;
  call(method: string, params: unknown): Promise<unknown>;
  handle(handler: (request: RpcRequest) => unknown): void;
  // deno-lint-ignore no-explicit-any -- every event of the library has its own argument
  on(event: string, listener: (event: any) => void): void;
  close(options?: { readonly code?: number; readonly reason?: string; readonly force?: boolean }): Promise<unknown>;
}

/** What the client adds. */
export interface RpcClientPeer extends RpcPeer {
  /** Rejects with `code` = HTTP status when the upgrade was refused. */
  connect(): Promise<unknown>;
}

/** What ocpp-rpc knows of a client that asks for an upgrade. */
export interface RpcHandshake {
  readonly identity: string;
  readonly endpoint: string;
  readonly password?: Uint8Array;
  readonly protocols: ReadonlySet<string>;
  readonly request: IncomingMessage;
}

/** The server of ocpp-rpc, as far as the simulators use it. */
export interface RpcServerPeer {
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void;
  auth(
    decide: (
      accept: () => void,
      reject: (status: number, message: string) => void,
      handshake: RpcHandshake,
    ) => void,
  ): void;
  on(event: "client", listener: (client: RpcPeer) => void): void;
  close(options: { readonly code?: number; readonly reason?: string; readonly force?: boolean }): Promise<void>;
}

interface Validator {
  readonly subprotocol: string;
  /** Its ajv: the bundled 2.1 schemas make it print a warning per enumeration unless `strictTypes` is off. */
  readonly _ajv?: { readonly opts: { strictTypes: boolean | "log" } };
  validate(schemaId: string, params: unknown): unknown;
}

/**
 * ocpp-rpc 2.2.1 bundles the 2.1 schemas under the names "urn:XRequest" and "urn:XResponse" but asks for "urn:X.req" and
 * "urn:X.conf", so its strict mode refuses every 2.1 message. This validator asks for the names that are there.
 */
function strict21(): Validator {
  const bundled = (standardValidators as unknown as readonly Validator[]).find((v) => v.subprotocol === "ocpp2.1")!;
  if (bundled._ajv) bundled._ajv.opts.strictTypes = false;
  return {
    subprotocol: "ocpp2.1",
    validate: (schemaId, params) =>
      bundled.validate(schemaId.replace(/\.req$/, "Request").replace(/\.conf$/, "Response"), params),
  };
}

const STRICT = { strictMode: true, strictModeValidators: [strict21()] };

/** A strictly validating OCPP client for one station. It never reconnects by itself: its owner decides when. */
export function createRpcClient(identity: string, protocol: OcppVersion, access: StationAccess): RpcClientPeer {
  const { caPem, certPem, keyPem } = access;
  const options = {
    ...STRICT,
    identity,
    endpoint: access.endpoint,
    protocols: [protocol],
    reconnect: false,
    pingIntervalMs: 0,
    callTimeoutMs: DEMO_LIMITS.callMs,
    ...(access.password ? { password: access.password } : {}),
    wsOpts: {
      handshakeTimeout: DEMO_LIMITS.callMs,
      ...(caPem === undefined ? {} : { ca: caPem }),
      ...(certPem === undefined ? {} : { cert: certPem, key: keyPem }),
    },
  };
  return new RPCClient(options as unknown as ConstructorParameters<typeof RPCClient>[0]) as unknown as RpcClientPeer;
}

/** A strictly validating OCPP server without a listener: give `handleUpgrade` to a node:http or node:https server. */
export function createRpcServer(protocols: readonly OcppVersion[] = OCPP_VERSIONS): RpcServerPeer {
  const options = {
    ...STRICT,
    protocols,
    pingIntervalMs: 0,
    callTimeoutMs: DEMO_LIMITS.callMs,
    wssOptions: { perMessageDeflate: true, maxPayload: DEMO_LIMITS.messageBytes },
  };
  return new RPCServer(options as unknown as ConstructorParameters<typeof RPCServer>[0]) as unknown as RpcServerPeer;
}
