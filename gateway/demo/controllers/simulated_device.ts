import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Server } from "node:net";

/** What a simulated controller is asked. */
export interface SimRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** SHA-256 of the body's bytes, lower-case hex. */
  readonly sha256: string;
  /** The same object for all requests of one TCP connection. */
  readonly connection: object;
}

/** What it answers. */
export interface SimAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** The device closes the connection after this answer, as small ones do. */
  readonly closes?: boolean;
  /** It breaks the connection instead of answering, as one does that restarts. */
  readonly drops?: boolean;
  /** It never answers. */
  readonly hangs?: boolean;
}

/** A controller's pages as one function; its state is the function's own. */
export type SimPages = (request: SimRequest) => SimAnswer;

/** One simulated controller that listens. */
export interface SimDevice {
  readonly origin: string;
  /** "METHOD /path?query" of each request, in order. */
  readonly asked: readonly string[];
  /** TCP connections so far. */
  readonly connections: () => number;
  /** Breaks every connection, as a restart of the device does. */
  dropAll(): void;
  close(): Promise<void>;
}

/** How it listens; port 0 takes a free one. Without a certificate it speaks plain HTTP. */
export interface SimListen {
  readonly hostname?: string;
  readonly port?: number;
  readonly certificate?: { readonly keyPem: string; readonly certPem: string } | undefined;
}

const MOST_BYTES = 4 * 1_048_576;

/** Starts a controller of these pages. */
export async function startDevice(pages: SimPages, listen: SimListen = {}): Promise<SimDevice> {
  const { hostname = "127.0.0.1", port = 0, certificate } = listen;
  const asked: string[] = [];
  let connections = 0;
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`);
    answer(pages, request, response).catch((error) => response.destroy(error));
  };
  const server: Server = certificate
    ? createHttps({ key: certificate.keyPem, cert: certificate.certPem }, serve)
    : createHttp(serve);
  server.on(certificate ? "secureConnection" : "connection", () => connections++);
  server.listen(port, hostname);
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  const dropAll = () => (server as unknown as { closeAllConnections(): void }).closeAllConnections();
  return {
    origin: `http${certificate ? "s" : ""}://${hostname}:${bound}`,
    asked,
    connections: () => connections,
    dropAll,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      dropAll();
      await closed;
    },
  };
}

async function answer(pages: SimPages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://device.invalid");
  const { text: asked, sha256 } = await read(request);
  const { status, headers = {}, body = "", closes, drops, hangs } = pages({
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: asked,
    sha256,
    connection: request.socket,
  });
  if (hangs) return;
  if (drops) return void response.destroy();
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (closes) response.setHeader("connection", "close");
  response.writeHead(status);
  response.end(body);
}

async function read(request: IncomingMessage): Promise<{ readonly text: string; readonly sha256: string }> {
  let text = "", size = 0;
  const decoder = new TextDecoder(), hash = createHash("sha256");
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length;
    hash.update(part);
    if (size <= MOST_BYTES) text += decoder.decode(part, { stream: true });
  }
  return { text, sha256: hash.digest("hex") };
}

/** A page of HTML with a title and a body. */
export function page(title: string, body: string): SimAnswer {
  return {
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`,
  };
}

/** An answer of JSON. */
export function json(value: unknown, status = 200): SimAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** A JSON object of a body; empty when it is none. */
export function objectOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Name and password of HTTP Basic; undefined without. */
export function basicOf(headers: SimRequest["headers"]): readonly [name: string, password: string] | undefined {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = new TextDecoder().decode(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));
  const at = text.indexOf(":");
  return [text.slice(0, at), text.slice(at + 1)];
}
