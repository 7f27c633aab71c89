import { nextTick } from "node:process";
// @ts-types="./ocpp_rpc_module.d.ts"
import { RPCClient, RPCServer } from "ocpp-rpc";
// @ts-types="./ocpp_rpc_module.d.ts"
import { TimeoutError } from "ocpp-rpc/lib/errors.js";
// @ts-types="./ocpp_rpc_module.d.ts"
import standardValidators from "ocpp-rpc/lib/standard-validators.js";
import { DEMO_LIMITS } from "./limits.ts";
import { OCPP_VERSIONS, type OcppVersion, type StationAccess } from "./model.ts";
import type { RpcValidator } from "./ocpp_rpc_module.d.ts";

export type { RPCClient as RpcPeer, RpcHandshake, RpcRequest, RPCServer as RpcServer } from "./ocpp_rpc_module.d.ts";

/**
 * ocpp-rpc 2.2.1 bundles the 2.1 schemas under the names "urn:XRequest" and "urn:XResponse" but asks for "urn:X.req" and
 * "urn:X.conf", so its strict mode refuses every 2.1 message. This validator asks for the names that are there.
 */
function strict21(): RpcValidator {
  const bundled = standardValidators.find(({ subprotocol }) => subprotocol === "ocpp2.1")!;
  if (bundled._ajv) bundled._ajv.opts.strictTypes = false;
  return {
    subprotocol: "ocpp2.1",
    validate: (schemaId, params) =>
      bundled.validate(schemaId.replace(/\.req$/, "Request").replace(/\.conf$/, "Response"), params),
  };
}

const STRICT = { strictMode: true, strictModeValidators: [strict21()] };

/** A strictly validating OCPP client for one station. It never reconnects by itself: its owner decides when. */
export function createRpcClient(
  identity: string,
  protocol: OcppVersion,
  access: StationAccess,
  callMs: number = DEMO_LIMITS.callMs,
): RPCClient {
  const { caPem, certPem, keyPem } = access;
  return new RPCClient({
    ...STRICT,
    identity,
    endpoint: access.endpoint,
    protocols: [protocol],
    reconnect: false,
    pingIntervalMs: 0,
    callTimeoutMs: callMs,
    ...(access.password ? { password: access.password } : {}),
    wsOpts: {
      handshakeTimeout: DEMO_LIMITS.callMs,
      ...(caPem === undefined ? {} : { ca: caPem }),
      ...(certPem === undefined ? {} : { cert: certPem, key: keyPem }),
    },
  });
}

/** True for the error of a call that was not answered in time; the library gives it no name of its own. */
export function isCallTimeout(error: unknown): boolean {
  return error instanceof TimeoutError;
}

/**
 * A strictly validating OCPP server without a listener: give `handleUpgrade` to a node:http or node:https server. The library
 * listens for messages a tick after the upgrade, and in Deno loses those that are there before: until then nothing is read.
 */
export function createRpcServer(protocols: readonly OcppVersion[] = OCPP_VERSIONS): RPCServer {
  const server = new RPCServer({
    ...STRICT,
    protocols,
    pingIntervalMs: 0,
    callTimeoutMs: DEMO_LIMITS.callMs,
    wssOptions: { perMessageDeflate: true, maxPayload: DEMO_LIMITS.messageBytes },
  });
  server._wss.on("connection", (socket) => {
    socket.pause();
    nextTick(() => socket.resume()); // behind the library's own, which waits since it was told of the same connection
  });
  return server;
}
