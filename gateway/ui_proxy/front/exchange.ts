import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Timers } from "../../core/timers.ts";
import type { HeaderField } from "../device_headers.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { BodyRewriter } from "./page_rewriter.ts";

/** Writes a head; fields of one name stay as many. */
export function writeHead(response: ServerResponse, status: number, headers: readonly HeaderField[]): void {
  response.writeHead(status, headers.flat());
}

/** A device's answer whose body is there, in one piece. @returns bytes of the body */
export function sendWhole(
  response: ServerResponse,
  { status, headers }: { readonly status: number; readonly headers: readonly HeaderField[] },
  body: Uint8Array,
): number {
  const hasBody = status !== 204 && status !== 304 && (response.req?.method ?? "GET") !== "HEAD";
  const isCounted = headers.some(([name]) => name === "content-length");
  const length: readonly HeaderField[] = hasBody && !isCounted ? [["content-length", String(body.length)]] : [];
  writeHead(response, status, [...headers, ...length]);
  response.end(hasBody && body.length > 0 ? body : undefined);
  return hasBody ? body.length : 0;
}

/** A whole answer of the gateway's own. */
export function sendText(
  response: ServerResponse,
  status: number,
  headers: readonly HeaderField[],
  { type, text, isHead = false }: { readonly type: string; readonly text: string; readonly isHead?: boolean },
): void {
  const bytes = Buffer.from(text);
  writeHead(response, status, [...headers, ["content-type", type], ["content-length", String(bytes.length)]]);
  response.end(isHead ? undefined : bytes);
}

/**
 * A body that is judged, read whole. undefined: it is longer than may be judged, was broken off, or stood still.
 */
export async function readWhole(
  request: IncomingMessage,
  timers: Timers,
  most: number,
): Promise<Uint8Array | "broken" | "too-long"> {
  const stop = watchBody(request, timers);
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of request as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > most) return "too-long";
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (_broken) {
    return "broken";
  } finally {
    stop();
  }
}

/** Breaks off a request whose body stands still, unless it is held back while the device is slow. @returns ends the watch */
export function watchBody(request: IncomingMessage, timers: Timers): () => void {
  let seen = -1;
  const stop = timers.every(UI_PROXY_LIMITS.bodySilenceMs, () => {
    const { bytesRead } = request.socket;
    if (request.complete) stop();
    else if (bytesRead === seen && !request.isPaused()) request.destroy(new Error("its body stood still"));
    seen = bytesRead;
  });
  request.once("close", stop);
  return stop;
}

/** What carrying an answer came to. */
export interface Carriage {
  readonly bytes: number;
  /** The browser left, was too slow, or the device broke off. */
  readonly fault?: "backlog" | "browser" | "device";
}

/**
 * Carries a device's answer to a browser, no faster than it takes it. A browser that takes nothing for a while is cut
 * off, and one that is slow where the device cannot be held back is, at a bound.
 */
export function carryAnswer(
  body: Readable,
  response: ServerResponse,
  timers: Timers,
  rewriter?: BodyRewriter,
): Promise<Carriage> {
  const { promise, resolve } = Promise.withResolvers<Carriage>();
  let bytes = 0, isDone = false, stopStall: (() => void) | undefined;
  const finish = (fault?: Carriage["fault"]) => {
    if (isDone) return;
    isDone = true;
    stopStall?.();
    resolve(fault === undefined ? { bytes } : { bytes, fault });
    if (fault === undefined) return;
    body.destroy();
    response.destroy();
  };
  const wait = () => {
    if (stopStall) return;
    body.pause();
    stopStall = timers.after(UI_PROXY_LIMITS.answerStallMs, () => finish("backlog"));
    response.once("drain", () => {
      stopStall?.();
      stopStall = undefined;
      if (!isDone) body.resume();
    });
  };
  const write = (piece: Uint8Array) => {
    if (piece.length === 0) return;
    bytes += piece.length;
    if (!response.write(piece)) wait();
    if (response.writableLength > UI_PROXY_LIMITS.answerBacklogBytes) finish("backlog");
  };
  body.on("data", (piece: Uint8Array) => isDone || write(rewriter ? rewriter.push(piece) : piece));
  body.on("end", () => {
    if (isDone) return;
    if (rewriter) write(rewriter.end());
    response.end(() => finish());
  });
  body.on("error", () => finish("device"));
  body.on("close", () => response.writableEnded || finish("device"));
  response.on("close", () => finish(response.writableFinished ? undefined : "browser"));
  return promise;
}
