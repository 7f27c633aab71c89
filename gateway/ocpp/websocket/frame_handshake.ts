import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type IncomingMessage, request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import type { Random } from "../../core/timers.ts";
import { FrameSocket, type FrameSocketOptions } from "./frame_socket.ts";
import { MaskKeys } from "./frame_writer.ts";

/** The constant of RFC 6455 section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer to a Sec-WebSocket-Key (RFC 6455 section 4.2.2). */
export function acceptKey(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}

/**
 * Answers an upgrade request, whose form was checked before, with 101 and without extensions; undefined when the peer
 * has gone meanwhile.
 */
export function acceptFrames(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  protocol: string | undefined,
  options: FrameSocketOptions,
): FrameSocket | undefined {
  if (!socket.readable || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  lines.push(`Sec-WebSocket-Accept: ${acceptKey(request.headers["sec-websocket-key"] ?? "")}`);
  if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  const answer = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return new FrameSocket(socket, head, options, answer);
}

/** How to open a client's connection. */
export interface FrameDial {
  readonly url: URL;
  /** Subprotocols to offer, in order. */
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** Opens the socket: TCP, or TLS with all its checks. */
  readonly connect: () => Socket;
  /** Milliseconds until the whole handshake must be done. */
  readonly timeoutMs: number;
  readonly random: Random;
  /** Given the socket the moment it opens: messages that came with the answer need a listener by then. */
  readonly onOpen: (socket: FrameSocket) => void;
}

/** An open client connection. */
export interface DialledFrames {
  readonly socket: FrameSocket;
  /** The subprotocol that the server picked. */
  readonly protocol: string;
}

/** The server answered with something else than 101. */
export class UnexpectedStatus extends Error {
  override readonly name = "UnexpectedStatus";

  constructor(readonly status: number) {
    super(`it answered ${status}`);
  }
}

/**
 * Opens a WebSocket connection without extensions as a client (RFC 6455 section 4.1).
 * @throws UnexpectedStatus, or the error of the socket, or an Error that says what is wrong with the answer
 */
export function dialFrames(dial: FrameDial, options: Omit<FrameSocketOptions, "keys">): Promise<DialledFrames> {
  const { promise, resolve, reject } = Promise.withResolvers<DialledFrames>();
  const key = Buffer.from(dial.random.bytes(16)).toString("base64");
  const sent = httpRequest({
    createConnection: dial.connect,
    path: dial.url.pathname + dial.url.search,
    headers: {
      ...dial.headers,
      Host: dial.url.host,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Protocol": dial.protocols.join(","),
    },
  });
  const cancel = options.timers.after(dial.timeoutMs, () => sent.destroy(new Error("no answer in time")));
  sent.on("error", reject);
  sent.once("response", (response) => {
    reject(new UnexpectedStatus(response.statusCode ?? 0));
    sent.destroy();
  });
  sent.once("upgrade", (response, socket, head) => {
    const fault = faultOf(response, key, dial.protocols);
    if (fault !== undefined) {
      reject(new Error(fault));
      return void socket.destroy();
    }
    const frames = new FrameSocket(socket as Socket, head, { ...options, keys: keysOf(dial.random) });
    dial.onOpen(frames);
    resolve({ socket: frames, protocol: response.headers["sec-websocket-protocol"]! });
  });
  sent.end();
  return promise.finally(cancel);
}

/** What is wrong with a 101; undefined when nothing is. */
function faultOf({ headers }: IncomingMessage, key: string, protocols: readonly string[]): string | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return "the answer 101 is not for a WebSocket";
  if (headers["sec-websocket-accept"] !== acceptKey(key)) return "the answer 101 is not to our request";
  const protocol = headers["sec-websocket-protocol"];
  if (protocol === undefined) return "the server sent no subprotocol";
  if (!protocols.includes(protocol)) return "the server chose a subprotocol that was not offered";
  if (headers["sec-websocket-extensions"] !== undefined) return "the server chose an extension that was not offered";
  return undefined;
}

/** One store of keys for all connections: drawing them is the expensive part. */
const keyStores = new WeakMap<Random, MaskKeys>();

function keysOf(random: Random): MaskKeys {
  let keys = keyStores.get(random);
  if (!keys) keyStores.set(random, keys = new MaskKeys(random));
  return keys;
}
