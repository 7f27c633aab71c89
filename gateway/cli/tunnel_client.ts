import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { describeError, GatewayError, UpstreamError } from "../core/errors.ts";
import { ERROR_CODES, type ErrorCode } from "../core/error_codes.ts";
import type { Timers } from "../core/timers.ts";
import { TUNNEL_FRAME_BYTES, TUNNEL_PROTOCOL } from "../core/tunnel_api.ts";
import { decodeTunnelFrame } from "../tunnel/codec.ts";
import { type ByteEnd, type PumpEnd, TunnelPump } from "../tunnel/pump.ts";

/** Where a tunnel leads, and what opens it. */
export interface TunnelPlace {
  /** https:// and the console's name. */
  readonly gateway: URL;
  readonly station: string;
  readonly port: number;
  readonly token: string;
  /** The gateway's CA; absent: those that the machine trusts. */
  readonly caPem?: string;
}

/** Bytes of a refusal that are read. */
const REFUSAL_BYTES = 8_192;
/** Milliseconds for the handshake with the gateway; it waits up to 12 seconds for the station. */
export const HANDSHAKE_MS = 20_000;

/**
 * Carries one stream through the tunnel until either side is done. In its result `up` counts what came from the station.
 * @throws GatewayError with the code that the gateway refused with; UpstreamError TUNNEL_UNREACHABLE
 */
export async function openTunnel(place: TunnelPlace, end: ByteEnd, timers: Timers): Promise<PumpEnd> {
  const { webSocket, early } = await dial(place, timers);
  const pump = new TunnelPump(end, (frame) => {
    if (webSocket.readyState === WebSocket.OPEN) webSocket.send(frame);
  });
  const receive = (data: Buffer) => {
    try {
      pump.receive(decodeTunnelFrame(new Uint8Array(data)));
    } catch (error) {
      pump.close(describeError(error));
    }
  };
  webSocket.removeAllListeners("message").on("message", receive);
  for (const data of early) receive(data);
  webSocket.on("error", (error) => pump.close(describeError(error)));
  webSocket.on("close", () => pump.close("the gateway closed the tunnel"));
  const result = await pump.done;
  webSocket.close();
  return result;
}

/** An open WebSocket, and what came before anybody listened: a station that speaks first does so at once. */
interface Dialled {
  readonly webSocket: WebSocket;
  readonly early: readonly Buffer[];
}

function dial({ gateway, station, port, token, caPem }: TunnelPlace, timers: Timers): Promise<Dialled> {
  const url = new URL(`/tunnel/${encodeURIComponent(station)}/${port}`, gateway);
  url.protocol = "wss:";
  const webSocket = new WebSocket(url, TUNNEL_PROTOCOL, {
    headers: { authorization: `Bearer ${token}` },
    maxPayload: TUNNEL_FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    ...caPem === undefined ? {} : { ca: caPem },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>();
  const early: Buffer[] = [];
  webSocket.on("message", (data: Buffer) => early.push(data));
  webSocket.once("open", () => resolve({ webSocket, early }));
  webSocket.once("unexpected-response", (_, response) => void readRefusal(response).then(reject));
  const fail = (cause: Error) =>
    reject(
      new UpstreamError("TUNNEL_UNREACHABLE", `Cannot reach the gateway at ${gateway.host}: ${describeError(cause)}`, {
        hint: "Is it the console's name and port, and --ca the file of `cert export-ca`?",
        cause,
      }),
    );
  webSocket.on("error", fail);
  // The library's own handshakeTimeout has no effect on Deno (decision 0203).
  const cancel = timers.after(HANDSHAKE_MS, () => {
    fail(new Error("no answer in time"));
    webSocket.terminate();
  });
  return promise.finally(cancel);
}

/** The gateway's own words, as problem+json says them. */
async function readRefusal(response: IncomingMessage): Promise<GatewayError> {
  let text = "";
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > REFUSAL_BYTES) break;
  }
  const { title, rule, next } = parse(text);
  const code: ErrorCode = typeof rule === "string" && Object.hasOwn(ERROR_CODES, rule)
    ? rule as ErrorCode
    : (response.statusCode ?? 500) < 500
    ? "TUNNEL_REFUSED"
    : "TUNNEL_UNREACHABLE";
  return new GatewayError(code, `The gateway answered ${response.statusCode}: ${String(title ?? "no reason")}`, {
    ...typeof next === "string" ? { hint: next } : {},
  });
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {}; // something else than a gateway answers there
  }
}
