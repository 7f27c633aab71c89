import type { Socket } from "node:net";

/** What node calls to begin and end reading from a connection. */
interface Reading {
  readStart(): number;
  readStop(): number;
}

/** A socket with the handle that it reads from, and the socket that TLS runs over. Node and Deno name both so. */
interface Layered {
  readonly _handle?: Reading | null;
  readonly _parent?: Layered | null;
}

const reaching = new WeakSet<object>();

/**
 * Makes `pause()`, and each pipe and `for await` that rests on it, hold back the sender of a TLS connection. Deno 2.9.6
 * stops handing on what it has decrypted but reads on from the connection below, so a slow reader's peer fills the memory
 * (measured: 200 MB within half a second; 0.2 MB with this). Here who stops TLS stops the TCP connection below as well.
 *
 * For a TLS socket that was made over a connected socket, on either side; may be called again. A plain socket needs
 * nothing. @returns false where that connection cannot be reached: then bytes have to be counted and the peer cut off
 */
export function letPauseReachTcp(socket: Socket): boolean {
  if (reaching.has(socket)) return true;
  const { _handle: tls, _parent: tcp } = socket as unknown as Layered;
  if (tcp === undefined || tcp === null) return !("encrypted" in socket);
  if (!isReading(tls) || !isReading(tcp._handle)) return false;
  const { readStart, readStop } = tls;
  tls.readStop = () => {
    tcp._handle?.readStop(); // null when it has closed meanwhile
    return readStop.call(tls);
  };
  tls.readStart = () => {
    tcp._handle?.readStart();
    return readStart.call(tls);
  };
  reaching.add(socket);
  return true;
}

function isReading(handle: Reading | null | undefined): handle is Reading {
  return typeof handle?.readStart === "function" && typeof handle.readStop === "function";
}
