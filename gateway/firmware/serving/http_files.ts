import type { IncomingMessage, ServerResponse } from "node:http";
import type { Timers } from "../../core/timers.ts";
import type { Clock } from "../../core/clock.ts";
import { GatewayError } from "../../core/errors.ts";
import type { OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { Slowness } from "./byte_bucket.ts";
import { FormReader, readBoundary } from "./codec_multipart.ts";
import { judgeConditions, readRange } from "./codec_range.ts";
import { type FileTarget, readTarget } from "./codec_target.ts";
import type { FileDesk, OpenDownload } from "./file_desk.ts";
import { SERVING_LIMITS } from "./limits.ts";

/** Who is at the other end, as the transport proved it. */
export interface HttpPeer {
  readonly source: string;
  readonly commonName?: string;
}

/** What the handler works with. */
export interface HttpFilesOptions {
  readonly desk: FileDesk;
  readonly protocol: "https" | "http";
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Answers requests of stations: HEAD and GET of an image with ranges, PUT and POST of a log. */
export class HttpFiles {
  constructor(private readonly options: HttpFilesOptions) {}

  /** One request; never throws. */
  async handle(request: IncomingMessage, response: ServerResponse, peer: HttpPeer): Promise<void> {
    // A peer that leaves is no fault; without a listener it would be one.
    request.on("error", () => {});
    response.on("error", () => {});
    try {
      const target = readTarget(request.url ?? "");
      if (!target) return answer(response, 404);
      const methods = target.purpose === "download" ? ["GET", "HEAD"] : ["PUT", "POST"];
      if (!methods.includes(request.method ?? "")) return answer(response, 405, { Allow: methods.join(", ") });
      const grant = await this.options.desk.ask({ ...target, ...peer, protocol: this.options.protocol });
      if (!grant || grant.kind !== target.purpose) return answer(response, 404);
      if (grant.kind === "download") await this.#download(request, response, grant);
      else await this.#upload(request, response, grant, target);
    } catch (error) {
      fail(response, error);
    }
  }

  async #download(
    request: IncomingMessage,
    response: ServerResponse,
    grant: OpenedGrant & { readonly kind: "download" },
  ): Promise<void> {
    const download = await this.options.desk.download(grant);
    if (!download) return answer(response, 503, { "Retry-After": "10" });
    try {
      const { status, headers, range } = headOf(request, download);
      response.writeHead(status, headers);
      if (!range || request.method === "HEAD") return void response.end();
      const sent = await this.#send(response, download, range);
      if (sent === "all") response.end();
      else if (sent === "slow") response.destroy();
      else request.socket.destroySoon(); // what was written arrives; half a body does not look whole
    } finally {
      download.close();
    }
  }

  /** Sends a range as fast as pacing and the peer allow. "part": its grant has ended or is used up. */
  async #send(
    response: ServerResponse,
    download: OpenDownload,
    { start, end }: { readonly start: number; readonly end: number },
  ): Promise<"all" | "part" | "slow"> {
    const slowness = new Slowness(SERVING_LIMITS);
    let sent = 0;
    for await (const piece of download.read(start, end)) {
      if (response.destroyed) return "slow";
      sent += piece.length;
      if (response.write(piece)) continue;
      const { clock } = this.options, before = clock.monotonic();
      if (!await this.#drained(response, download.signal)) return "slow";
      if (slowness.note(piece.length, clock.monotonic() - before)) return "slow";
    }
    return sent === end - start ? "all" : "part";
  }

  /** Waits until the peer has taken what was written; false: it went, stalls, or its grant was closed. */
  async #drained(response: ServerResponse, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || response.destroyed) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const drained = () => resolve(true), over = () => resolve(false);
    const cancel = this.options.timers.after(SERVING_LIMITS.stallMs, over);
    response.once("drain", drained);
    response.once("close", over);
    signal.addEventListener("abort", over, { once: true });
    const result = await promise;
    cancel();
    response.off("drain", drained);
    response.off("close", over);
    signal.removeEventListener("abort", over);
    return result;
  }

  async #upload(
    request: IncomingMessage,
    response: ServerResponse,
    grant: OpenedGrant & { readonly kind: "upload" },
    target: FileTarget,
  ): Promise<void> {
    if (Number(request.headers["content-length"] ?? 0) > grant.maxBytes) return answer(response, 413);
    const { desk } = this.options;
    const sink = desk.upload(grant);
    if (!sink) return answer(response, 503, { "Retry-After": "30" });
    try {
      const named = await this.#receive(request, (bytes) => sink.write(bytes));
      await desk.received(grant, sink, target.fileName ?? named ?? `${grant.stationId}.log`);
    } catch (error) {
      desk.abandon(grant, sink);
      throw error;
    }
    answer(response, 201);
  }

  /** Reads the body into the sink; returns the file's name when a form says it. */
  #receive(request: IncomingMessage, write: (bytes: Uint8Array) => void): Promise<string | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const boundary = readBoundary(request.headers["content-type"]);
    const form = boundary === undefined ? undefined : new FormReader(boundary);
    const slowness = new Slowness(SERVING_LIMITS);
    let named: string | undefined, heardAt = this.options.clock.monotonic();
    const give = (piece: Uint8Array) => {
      if (!form) return write(piece);
      for (const event of form.read(piece)) {
        if (event.kind === "bytes") write(event.bytes);
        else if (event.kind === "file") named = event.name;
      }
    };
    const stalled = () => reject(new Error("the station brings nothing more"));
    let cancel = this.options.timers.after(SERVING_LIMITS.stallMs, stalled);
    request.on("data", (piece: Uint8Array) => {
      cancel();
      cancel = this.options.timers.after(SERVING_LIMITS.stallMs, stalled);
      const now = this.options.clock.monotonic();
      try {
        if (slowness.note(piece.length, now - heardAt)) throw new Error("the station brings its file too slowly");
        give(piece);
      } catch (error) {
        reject(error);
      }
      heardAt = now;
    });
    request.on("end", () => {
      try {
        form?.end();
        resolve(named);
      } catch (error) {
        reject(error);
      }
    });
    request.on("close", () => reject(new Error("the station left")));
    return promise.finally(() => {
      cancel();
      request.removeAllListeners("data");
      request.resume();
    });
  }
}

/** The head of the answer; `range` absent: no body. */
function headOf(request: IncomingMessage, { grant, size }: OpenDownload) {
  const etag = `"${grant.sha256}"`;
  const headers = { ETag: etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-transform" };
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch, "if-range": ifRange } = request.headers;
  const verdict = judgeConditions({ ifMatch, ifNoneMatch, ifRange: first(ifRange) }, etag);
  if (verdict === 304) return { status: 304, headers };
  if (verdict === 412) return { status: 412, headers: { ...headers, "Content-Length": 0 } };
  const range = verdict === "full" ? "whole" : readRange(request.headers.range, size);
  if (range === "unsatisfiable") {
    return { status: 416, headers: { ...headers, "Content-Length": 0, "Content-Range": `bytes */${size}` } };
  }
  const content = { ...headers, "Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff" };
  if (range === "whole") {
    return { status: 200, headers: { ...content, "Content-Length": size }, range: { start: 0, end: size } };
  }
  const { start, end } = range;
  const partial = { "Content-Length": end - start, "Content-Range": `bytes ${start}-${end - 1}/${size}` };
  return { status: 206, headers: { ...content, ...partial }, range };
}

const first = (value: string | string[] | undefined): string | undefined => Array.isArray(value) ? value[0] : value;

/** An answer without a body; anything but a good one ends the connection, since a body may still be on its way. */
export function answer(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const close: Record<string, string> = status >= 400 ? { Connection: "close" } : {};
  response.writeHead(status, { "Content-Length": "0", ...close, ...headers });
  response.end();
}

const STATUS: Readonly<Record<string, number>> = {
  FORM_MALFORMED: 400,
  UPLOAD_FULL: 507,
  UPLOAD_TOO_LARGE: 413,
  RPC_PEER_GONE: 503,
  RPC_DEADLINE: 503,
  RPC_OVERLOAD: 503,
};

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const code = error instanceof GatewayError ? error.code : "";
  // An image that cannot be served is not there, for a station.
  answer(response, code.startsWith("FIRMWARE_") ? 404 : STATUS[code] ?? 500);
}
