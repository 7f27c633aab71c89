import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { WorkerContext } from "../core/conduit.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { listenShared } from "../core/shared_port.ts";
import { readCertificate } from "../pki/certificate.ts";
import type { HandshakeFailure } from "../pki/handshake_failure.ts";
import { openEndpoint } from "../pki/worker_endpoint.ts";
import type { SocketVerdict } from "../pki/verify_socket.ts";
import type { DoorConfig, DoorListener } from "./worker_config.ts";

/** Who is at the other end, or why nobody is let in. */
export type PeerJudgement =
  | { readonly ok: true; readonly client: string; readonly role: string | undefined }
  | { readonly ok: false; readonly rule: string; readonly why: string; readonly client?: string };

/** An open listener. */
export interface OpenListener {
  readonly port: number;
  /** By what holds now: at the door, and again while the client is there. */
  judge(socket: Socket): PeerJudgement;
  /** Takes a new trust after a handshake self-test, or throws and keeps the old one. */
  swap(trust: ListenerTrust): Promise<void>;
  /** Accepts nobody any more; clients stay. */
  close(): void;
}

/** Told of clients, and of handshakes that failed. */
export interface ListenerEvents {
  readonly accepted: (socket: Socket) => void;
  readonly handshakeFailed: (failure: HandshakeFailure) => void;
}

/** Opens one listener. @throws GatewayError SUP_PERMISSION or SUP_START_FAILED, IntegrityError PKI_CERTIFICATE_UNUSABLE */
export function openListener(
  listener: DoorListener,
  context: WorkerContext<DoorConfig>,
  events: ListenerEvents,
): Promise<OpenListener> {
  return listener.tls ? openTls(listener, context, events) : openPlain(listener, context, events);
}

async function openPlain(
  listener: DoorListener,
  { sharedPorts }: WorkerContext<DoorConfig>,
  { accepted }: ListenerEvents,
): Promise<OpenListener> {
  const server: Server = createServer({ noDelay: true }, accepted);
  await listenShared(server, listener, sharedPorts);
  return {
    port: (server.address() as AddressInfo).port,
    // Nothing is proven: rules know such a client by its listener, and by its address.
    judge: () => ({ ok: true, client: listener.name, role: undefined }),
    swap: () => Promise.reject(new GatewayError("CTL_REFUSED", `Listener ${listener.name} has no TLS to change`)),
    close: () => void server.close(),
  };
}

/** Modbus/TCP Security: TLS 1.2 and 1.3, both sides with certificates, the role from the client's (MB-TCP-Security v36). */
async function openTls(
  listener: DoorListener,
  context: WorkerContext<DoorConfig>,
  { accepted, handshakeFailed }: ListenerEvents,
): Promise<OpenListener> {
  const endpoint = await openEndpoint(context, {
    name: trustName(listener),
    host: listener.host,
    port: listener.port,
    askForCertificate: true,
    requireCertificate: true, // without one the handshake itself ends, with an alert
    limits: { connections: listener.connections },
    serve: (options) => {
      const server = createTlsServer({ ...options, noDelay: true });
      server.on("secureConnection", (socket) => accepted(socket));
      return server;
    },
    onFailure: handshakeFailed,
  });
  return {
    port: endpoint.port,
    judge: (socket) => judgement(endpoint.judge(socket as TLSSocket)),
    swap: (trust) => endpoint.swap(trust),
    close: () => endpoint.close(),
  };
}

/** Name of a listener's trust in control: other conduits may have a listener of the same id. */
export function trustName({ name }: Pick<DoorListener, "name">): string {
  return `modbus:${name}`;
}

/** A resumed session is judged by the chain of its full handshake, so it keeps its role (MB-TCP-Security 8.4). */
function judgement(verdict: SocketVerdict): PeerJudgement {
  if (verdict.ok) {
    const role = readCertificate(verdict.chain[0]!).extensions.modbusRole;
    return { ok: true, client: verdict.commonName, role };
  }
  const { rule, message: why, commonName: client } = verdict;
  return { ok: false, rule, why, ...client === undefined ? {} : { client } };
}
