import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { concatBytes } from "../core/concat_bytes.ts";
import type { Timers } from "../core/timers.ts";
import { DEMO_LIMITS } from "./limits.ts";

/** Where and how to send bytes that no well-behaved client would send. */
export interface RawTarget {
  readonly host: string;
  readonly port: number;
  /** Loopback address to come from, so that limits per source can be told apart. */
  readonly from?: string;
  /** Absent: plain TCP. An attacker does not mind whose certificate the server shows. */
  readonly tls?: { readonly certPem?: string; readonly keyPem?: string };
}

/** What came back. `status` is set when it was an HTTP answer. */
export interface RawAnswer {
  readonly status?: number;
  /** The peer took the TCP connection. */
  readonly reached: boolean;
  readonly bytes: Uint8Array;
  /** How it ended: an answer, a close without one, an error text, or silence until the deadline. */
  readonly end: "answered" | "closed" | "silent" | { readonly error: string };
}

/** Sends bytes and collects the answer until an HTTP head or a TLS record is complete, the peer closes, or time is up. */
export function sendRaw(target: RawTarget, bytes: Uint8Array, timers: Timers): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const socket = open(target);
  let received = new Uint8Array();
  let reached = false;
  const finish = (end: RawAnswer["end"]) => {
    cancel();
    socket.destroy();
    const status = statusOf(received);
    resolve({ reached, bytes: received, end, ...(status === undefined ? {} : { status }) });
  };
  const cancel = timers.after(DEMO_LIMITS.attackMs, () => finish("silent"));
  socket.once("connect", () => reached = true);
  socket.once(target.tls ? "secureConnect" : "connect", () => socket.write(bytes));
  socket.on("data", (chunk: Uint8Array) => {
    if (received.length < DEMO_LIMITS.attackAnswerBytes) received = concatBytes([received, chunk]);
    if (statusOf(received) !== undefined || isAlert(received)) finish("answered");
  });
  socket.on("error", (error: Error) => finish({ error: error.message }));
  socket.on("close", () => finish("closed"));
  return promise;
}

/** An HTTP/1.1 request as bytes; the target and the headers go out exactly as given. */
export function httpRequest(target: string, headers: readonly (readonly [string, string])[]): Uint8Array {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new TextEncoder().encode(`GET ${target} HTTP/1.1\r\n${lines}\r\n`);
}

/** The headers of a WebSocket upgrade for OCPP. */
export function upgradeHeaders(
  protocol: string,
  basic?: { readonly user: string; readonly password: Uint8Array },
): readonly (readonly [string, string])[] {
  return [
    ["Host", "localhost"],
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", btoa("0123456789abcdef")],
    ["Sec-WebSocket-Protocol", protocol],
    ...(basic
      ? [["Authorization", `Basic ${btoa(`${basic.user}:${String.fromCharCode(...basic.password)}`)}`] as const]
      : []),
  ];
}

/** True for a TLS alert record (RFC 8446 section 6): the peer refused the handshake and said so. */
export function isAlert(bytes: Uint8Array): boolean {
  return bytes.length >= 7 && bytes[0] === 0x15 && bytes[1] === 0x03;
}

function open({ host, port, from, tls }: RawTarget): Socket {
  const where = { host, port, ...(from === undefined ? {} : { localAddress: from }) };
  if (!tls) return connectPlain(where);
  const { certPem, keyPem } = tls;
  const client = certPem === undefined ? {} : { cert: certPem, key: keyPem };
  return connectTls({ ...where, rejectUnauthorized: false, ...client });
}

function statusOf(bytes: Uint8Array): number | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 4_096));
  const match = /^HTTP\/1\.1 (\d{3}) [^]*\r\n\r\n/.exec(head);
  return match ? Number(match[1]) : undefined;
}
