import { Buffer } from "node:buffer";
import { isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { describeError, IntegrityError, UpstreamError } from "../core/errors.ts";
import type { Timers } from "../core/timers.ts";
import { letPauseReachTcp } from "../core/tls_pause.ts";
import { readCertificate } from "../pki/certificate.ts";
import { reachTcp } from "../uplink/reach_tcp.ts";
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
}

/** What dialling needs besides the address. */
export interface DialOptions {
  readonly timers: Timers;
  /** Told what a device presented instead of its pinned certificate, before any byte of HTTP went there. */
  readonly onPinChanged?: (presented: Uint8Array) => void;
}

/**
 * One more connection to a device: TLS only to the holder of the key of the pinned certificate.
 * @throws IntegrityError UI_PIN_CHANGED, UpstreamError UI_DEVICE_UNREACHABLE
 */
export async function dialDevice(address: DeviceAddress, options: DialOptions): Promise<Socket> {
  const tcp = await connected(address, options.timers);
  return address.pin === undefined ? tcp : await openPinned(tcp, address, options);
}

/** TCP to the device. */
async function connected({ host, port }: DeviceAddress, timers: Timers): Promise<Socket> {
  try {
    return await reachTcp({ host, port, noDelay: true, withinMs: UI_PROXY_LIMITS.deviceConnectMs }, timers);
  } catch (error) {
    throw unreachable(host, port, error);
  }
}

/**
 * A TLS connection to the device whose certificate is the pinned one, byte for byte. Dates, names and issuers are not
 * looked at: devices sign their own and let them end; the whole certificate was approved by a person. TLS begins when
 * TCP is there: a device can then be held back, and Deno 2.9.6 keeps what a refused `tls.connect` has made for ever.
 * @throws IntegrityError UI_PIN_CHANGED when another certificate is presented, or one of version 1, whose key Deno
 * does not ask a proof of; UpstreamError UI_DEVICE_UNREACHABLE
 */
function openPinned(tcp: Socket, { host, port, pin }: DeviceAddress, needs: DialOptions): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const names = isIP(host) ? {} : { servername: host };
  const socket = connectTls({ socket: tcp, ...names, rejectUnauthorized: false, minVersion: "TLSv1.2" });
  const fail = (error: Error) => {
    tcp.destroy();
    reject(unreachable(host, port, error));
  };
  const closed = () => fail(new Error("it closed during the handshake"));
  const within = UI_PROXY_LIMITS.deviceConnectMs;
  const stop = needs.timers.after(within, () => fail(new Error(`no TLS connection within ${within} ms`)));
  socket.once("error", fail).once("close", closed);
  socket.once("secureConnect", () => {
    socket.off("error", fail).off("close", closed);
    const presented = socket.getPeerCertificate(true)?.raw;
    if (presented && Buffer.from(pin!).equals(presented) && isVersion3(presented)) {
      letPauseReachTcp(socket);
      return resolve(socket);
    }
    socket.on("error", () => {}).destroy();
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
  });
  return promise.finally(stop);
}

function isVersion3(der: Uint8Array): boolean {
  try {
    return readCertificate(der).version === 3;
  } catch (_unreadable) {
    return false;
  }
}

function unreachable(host: string, port: number, cause: unknown): UpstreamError {
  return new UpstreamError(
    "UI_DEVICE_UNREACHABLE",
    `The device at ${host}:${port} cannot be reached: ${describeError(cause)}`,
    {
      cause,
      hint: "`why STATION` looks at link, lease and address",
    },
  );
}
