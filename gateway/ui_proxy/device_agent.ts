import { Buffer } from "node:buffer";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { IntegrityError, UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { letPauseReachTcp } from "../core/tls_pause.ts";
import { readCertificate } from "../pki/certificate.ts";
import { UI_PROXY_LIMITS } from "./limits.ts";

/** How one device is reached. */
export interface DeviceAddress {
  readonly host: string;
  readonly port: number;
  /**
   * The whole certificate of the device as DER, as it was seen and approved at adoption (invariant 3); absent: plain
   * HTTP inside the OT zone.
   */
  readonly pin?: Uint8Array;
  /** Opens the bytes to a device whose TLS only the declared helper speaks; the helper checks the pin. */
  readonly helper?: (host: string, port: number) => Promise<Duplex>;
  /** Connections at one time; absent: one, since some controllers log in the connection rather than the browser. */
  readonly sockets?: number;
}

/** What the agent needs besides the address. */
export interface DeviceAgentOptions {
  readonly timers: Timers;
  /** Told what a device presented instead of its pinned certificate, before any byte of HTTP went there. */
  readonly onPinChanged?: (presented: Uint8Array) => void;
}

/**
 * The connections of one session to one device, kept open and never shared: some controllers log in the connection
 * rather than the browser, and a shared one would carry one person's login into another's requests.
 */
export function createDeviceAgent(address: DeviceAddress, options: DeviceAgentOptions): HttpAgent {
  const settings = { keepAlive: true, maxSockets: address.sockets ?? 1, timeout: UI_PROXY_LIMITS.deviceSilenceMs };
  if (address.helper) return new HelperAgent(address.helper, address, settings);
  return address.pin === undefined ? new HttpAgent(settings) : new PinnedAgent(address, options, settings);
}

/** Opens connections by a helper; what comes out of it is the device's HTTP. */
class HelperAgent extends HttpAgent {
  constructor(
    private readonly helper: (host: string, port: number) => Promise<Duplex>,
    private readonly address: DeviceAddress,
    settings: ConstructorParameters<typeof HttpAgent>[0],
  ) {
    super(settings);
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex {
    this.helper(this.address.host, this.address.port).then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined as never;
  }
}

/** Opens TLS connections only to the holder of the key of one certificate. */
class PinnedAgent extends HttpsAgent {
  constructor(
    private readonly address: DeviceAddress,
    private readonly needs: DeviceAgentOptions,
    settings: ConstructorParameters<typeof HttpsAgent>[0],
  ) {
    super(settings);
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex {
    openPinned(this.address, this.needs).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    // Nothing returned: the callback brings the connection (documented by node, not by its types).
    return undefined as never;
  }
}

/**
 * A TLS connection to the device whose certificate is the pinned one, byte for byte. Dates, names and issuers are not
 * looked at: devices sign their own and let them end; the whole certificate was approved by a person. TLS begins when
 * TCP is there: a device can then be held back, and Deno 2.9.6 keeps what a refused `tls.connect` has made for ever.
 * @throws IntegrityError UI_PIN_CHANGED when another certificate is presented, or one of version 1, whose key Deno
 * does not ask a proof of; UpstreamError UI_DEVICE_UNREACHABLE
 */
function openPinned({ host, port, pin }: DeviceAddress, needs: DeviceAgentOptions): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const tcp = connectTcp({ host, port, noDelay: true });
  const stop = needs.timers.after(
    UI_PROXY_LIMITS.deviceConnectMs,
    () => fail(new Error(`no TLS connection within ${UI_PROXY_LIMITS.deviceConnectMs} ms`)),
  );
  const fail = (error: Error) => {
    stop();
    tcp.destroy();
    reject(unreachable(host, port, error));
  };
  const closed = () => fail(new Error("it closed during the handshake"));
  tcp.on("error", fail); // stays: whoever uses the connection hears of it from TLS
  tcp.once("connect", () => {
    const names = isIP(host) ? {} : { servername: host };
    const socket = connectTls({ socket: tcp, ...names, rejectUnauthorized: false, minVersion: "TLSv1.2" });
    socket.once("error", fail).once("close", closed);
    socket.once("secureConnect", () => {
      stop();
      socket.off("error", fail).off("close", closed);
      settle(socket);
    });
  });
  const settle = (socket: TLSSocket) => {
    const presented = socket.getPeerCertificate(true)?.raw;
    if (presented && Buffer.from(pin!).equals(presented) && isVersion3(presented)) {
      letPauseReachTcp(socket);
      return resolve(socket);
    }
    socket.destroy();
    if (presented) needs.onPinChanged?.(presented);
    reject(
      new IntegrityError(
        "UI_PIN_CHANGED",
        `The device at ${host}:${port} presents another certificate than the approved one`,
        {
          hint: "Compare the fingerprint at the device and approve the new certificate, or take the device off the net",
        },
      ),
    );
  };
  return promise;
}

function isVersion3(der: Uint8Array): boolean {
  try {
    return readCertificate(der).version === 3;
  } catch (_unreadable) {
    return false;
  }
}

function unreachable(host: string, port: number, cause: Error): UpstreamError {
  return new UpstreamError(
    "UI_DEVICE_UNREACHABLE",
    `The device at ${host}:${port} cannot be reached: ${cause.message}`,
    {
      cause,
      hint: "`why STATION` looks at link, lease and address",
    },
  );
}
