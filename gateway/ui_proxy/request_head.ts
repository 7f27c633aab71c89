import { UI_PROXY_LIMITS } from "./limits.ts";

/** The parts of node's IncomingMessage that are judged. */
export interface RawHead {
  readonly method: string;
  readonly httpVersion: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
}

/** Header fields by lower-case name, each with its values in the order received. */
export type HeaderFields = ReadonlyMap<string, readonly string[]>;

/** How much of a body follows: bytes, or "chunked" when nobody knows. */
export type BodyLength = number | "chunked";

/** A head that every program reads alike. */
export interface RequestHead {
  readonly method: string;
  readonly fields: HeaderFields;
  readonly bodyLength: BodyLength;
  /** Asks to become a WebSocket. */
  readonly webSocket: boolean;
}

/** Why a head is refused before anybody looks at who asks; `rule` goes into the audit. */
export interface HeadRefusal {
  readonly status: 400 | 403 | 405 | 417 | 431 | 501 | 505;
  readonly rule: string;
}

/** TRACE gives back what a browser may not see, CONNECT makes a tunnel; the others no device page needs. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Methods that change nothing (RFC 9110 section 9.2.1). */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
/** Fields of which two would let two programs see two requests. */
const SINGLE = ["authorization", "content-length", "content-type", "cookie", "host", "origin", "transfer-encoding"];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Judges the head of a request at the door (invariant 8): what a smuggler needs is refused, not repaired: both lengths
 * at once, two hosts, folded lines, unknown transfer codings (RFC 9112 sections 5.2, 6.1, 6.3; RFC 9110 section 7.2).
 */
export function readRequestHead(raw: RawHead): RequestHead | HeadRefusal {
  if (raw.httpVersion !== "1.1") return refuse(505, "version");
  if (!METHODS.has(raw.method)) return refuse(raw.method === raw.method.toUpperCase() ? 405 : 400, "method");
  const fields = collect(raw.rawHeaders);
  if (!(fields instanceof Map)) return fields as HeadRefusal;
  for (const name of SINGLE) {
    if ((fields.get(name)?.length ?? 0) > 1) return refuse(400, name === "host" ? "host" : "repeated-header");
  }
  if (!/^[A-Za-z0-9.:[\]_-]+$/.test(fields.get("host")?.[0] ?? "")) return refuse(400, "host");
  const expect = fields.get("expect")?.join(",").toLowerCase();
  if (expect !== undefined && expect !== "100-continue") return refuse(417, "expect");
  const bodyLength = readBodyLength(fields);
  if (typeof bodyLength === "object") return bodyLength;
  const webSocket = fields.has("upgrade");
  if (webSocket && !isWebSocketUpgrade(raw.method, fields, bodyLength)) return refuse(400, "upgrade");
  return { method: raw.method, fields, bodyLength, webSocket };
}

/**
 * Whether a request came from a page of its own origin, or changes nothing. Cookies travel with forms of other sites
 * and a WebSocket is not held back by CORS, so both need a witness that a page cannot forge: Origin, or Sec-Fetch-Site.
 */
export function judgeSite(head: RequestHead, ownOrigin: string): HeadRefusal | undefined {
  const site = head.fields.get("sec-fetch-site")?.[0];
  const origin = head.fields.get("origin")?.[0];
  const foreign = (origin !== undefined && origin !== ownOrigin) || site === "cross-site" || site === "same-site";
  if (SAFE.has(head.method) && !head.webSocket) {
    // A link from elsewhere may be followed; a script of elsewhere may not read.
    const followed = head.fields.get("sec-fetch-mode")?.[0] === "navigate" && head.method === "GET";
    return foreign && !followed ? refuse(403, "cross-site") : undefined;
  }
  return foreign || (origin === undefined && site !== "same-origin") ? refuse(403, "cross-site") : undefined;
}

function collect(rawHeaders: readonly string[]): HeaderFields | HeadRefusal {
  if (rawHeaders.length > UI_PROXY_LIMITS.requestHeaders * 2) return refuse(431, "header-count");
  const fields = new Map<string, string[]>();
  let bytes = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name, value] = [rawHeaders[at]!, rawHeaders[at + 1]!];
    bytes += name.length + value.length;
    // A line break in a value is a folded line or a field that hides in another (RFC 9112 section 5.2).
    // deno-lint-ignore no-control-regex
    if (!TOKEN.test(name) || /[\0-\x08\x0a-\x1f\x7f]/.test(value)) return refuse(400, "header-form");
    const key = name.toLowerCase();
    const known = fields.get(key);
    if (known) known.push(value);
    else fields.set(key, [value]);
  }
  return bytes > UI_PROXY_LIMITS.requestHeaderBytes ? refuse(431, "header-bytes") : fields;
}

function readBodyLength(fields: HeaderFields): BodyLength | HeadRefusal {
  const coding = fields.get("transfer-encoding")?.[0];
  const length = fields.get("content-length")?.[0];
  if (coding !== undefined && length !== undefined) return refuse(400, "two-lengths");
  if (coding !== undefined) return coding.toLowerCase() === "chunked" ? "chunked" : refuse(501, "transfer-coding");
  if (length === undefined) return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : refuse(400, "content-length");
}

function isWebSocketUpgrade(method: string, fields: HeaderFields, bodyLength: BodyLength): boolean {
  const asked = fields.get("connection")?.join(",").toLowerCase().split(",").map((part) => part.trim()) ?? [];
  return method === "GET" && bodyLength === 0 && asked.includes("upgrade") &&
    fields.get("upgrade")!.join(",").toLowerCase() === "websocket";
}

function refuse(status: HeadRefusal["status"], rule: string): HeadRefusal {
  return { status, rule: `ui.request.${rule}` };
}
