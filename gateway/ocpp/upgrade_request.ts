import { Buffer } from "node:buffer";
import { OCPP_LIMITS } from "./limits.ts";
import { readLooseTarget } from "./loose_target.ts";
import { decodeOnce, isStationId } from "./station_id.ts";

export { isStationId } from "./station_id.ts";

/** Why an upgrade request is refused before anyone's identity is looked at. */
export interface RequestRefusal {
  readonly status: 400 | 404 | 405 | 414 | 426 | 431;
  /** Rule id, for audit. */
  readonly rule: string;
}

/** What a well-formed upgrade request asks for. */
export interface UpgradeRequest {
  /** Identity from the path, percent-decoded once. */
  readonly stationId: string;
  readonly offeredProtocols: readonly string[];
  /** Bytes as base64. */
  readonly basic?: { readonly user: string; readonly password: string };
  readonly userAgent?: string;
  /** Quirks that the station must have for its request to count (Q5). */
  readonly needs?: readonly string[];
  /** The target names no station: `stationId` is the target itself. */
  readonly isMisdirected?: true;
}

/** The parts of node's IncomingMessage that are read. */
export interface RawRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion?: string | undefined;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
}

/**
 * Reads an upgrade request (invariant 8): one canonical reading of target and headers, or a refusal. Nothing of the
 * raw target goes on to the CSMS; its path is made anew from the identity. `keepMisdirected`: a request whose path names no
 * station is read to its end instead of being refused.
 */
export function readUpgradeRequest(
  request: RawRequest,
  pathPrefixes: readonly string[],
  keepMisdirected = false,
): UpgradeRequest | RequestRefusal {
  if (request.method !== "GET") return refuse(405, "ocpp.request.method");
  const target = readTarget(request.url ?? "", pathPrefixes);
  const loose = "status" in target ? looseTarget(target, request.url ?? "", pathPrefixes) : undefined;
  const isMisdirected = "status" in target && !loose;
  if (isMisdirected && !(keepMisdirected && target.rule === "ocpp.request.path")) return target;
  const { stationId } = isMisdirected ? { stationId: request.url ?? "" } : loose ?? target as { stationId: string };
  const headers = collect(request.rawHeaders);
  const fault = headerFault(headers);
  if (fault) return fault;
  const basic = readBasic(headers.get("authorization")?.[0]);
  const userAgent = headers.get("user-agent")?.[0]?.slice(0, 120);
  return {
    stationId,
    ...(loose ? { needs: ["loose-path"] } : {}),
    ...(isMisdirected ? { isMisdirected } : {}),
    offeredProtocols: readProtocols(headers.get("sec-websocket-protocol") ?? []),
    ...(basic ? { basic } : {}),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

/** The identity in a request target: <prefix>/<id>, with at most one slash behind it. */
export function readTarget(
  target: string,
  pathPrefixes: readonly string[],
): { readonly stationId: string } | RequestRefusal {
  if (target.length > OCPP_LIMITS.targetBytes) return refuse(414, "ocpp.request.target-length");
  // Absolute and authority forms, fragments, backslashes and anything outside printable ASCII.
  if (!/^\/[\x21-\x22\x24-\x5b\x5d-\x7e]*$/.test(target)) return refuse(400, "ocpp.request.target-form");
  if (target.includes("?")) return refuse(400, "ocpp.request.target-query");
  for (const prefix of pathPrefixes) {
    if (!target.startsWith(`${prefix}/`)) continue;
    const raw = target.slice(prefix.length + 1).replace(/\/$/, "");
    const stationId = decodeOnce(raw);
    if (stationId !== undefined && isStationId(stationId)) return { stationId };
  }
  return refuse(404, "ocpp.request.path");
}

/** What a quirk makes of a target that names no station in the way it should (Q5). */
function looseTarget(refusal: RequestRefusal, target: string, pathPrefixes: readonly string[]) {
  const stationId = refusal.rule === "ocpp.request.path" ? readLooseTarget(target, pathPrefixes) : undefined;
  return stationId === undefined ? undefined : { stationId };
}

/** User and password of HTTP Basic as bytes: split at the first ":" (RFC 7617), never read as text (Q7, Q8). */
export function readBasic(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const match = header === undefined ? null : /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header);
  if (!match?.[1] || match[1].length > OCPP_LIMITS.basicBytes * 2) return undefined;
  const bytes = Buffer.from(match[1], "base64");
  const colon = bytes.indexOf(0x3a);
  if (colon < 0 || bytes.length > OCPP_LIMITS.basicBytes) return undefined;
  return {
    user: bytes.subarray(0, colon).toString("base64"),
    password: bytes.subarray(colon + 1).toString("base64"),
  };
}

function collect(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const known = headers.get(name);
    if (known) known.push(rawHeaders[i + 1]!);
    else headers.set(name, [rawHeaders[i + 1]!]);
  }
  return headers;
}

/** Headers of which two would let two readers see two requests. */
const SINGLE_HEADERS = ["authorization", "sec-websocket-key", "sec-websocket-version", "upgrade"];

function headerFault(headers: ReadonlyMap<string, readonly string[]>): RequestRefusal | undefined {
  if (headers.get("host")?.length !== 1) return refuse(400, "ocpp.request.host");
  if (headers.has("transfer-encoding") || headers.has("content-length")) return refuse(400, "ocpp.request.body");
  if (SINGLE_HEADERS.some((name) => (headers.get(name)?.length ?? 0) > 1)) {
    return refuse(400, "ocpp.request.repeated-header");
  }
  if (headers.get("upgrade")?.[0]?.toLowerCase() !== "websocket") return refuse(426, "ocpp.request.no-upgrade");
  // Checked here and not only by ws, which would find out when the CSMS has been dialled.
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers.get("sec-websocket-key")?.[0] ?? "")) {
    return refuse(400, "ocpp.request.key");
  }
  if (headers.get("sec-websocket-version")?.[0] !== "13") return refuse(426, "ocpp.request.version");
  return undefined;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;

function readProtocols(values: readonly string[]): readonly string[] {
  const names = values.join(",").split(",").map((name) => name.trim()).filter((name) => TOKEN.test(name));
  return [...new Set(names)].slice(0, OCPP_LIMITS.offeredProtocols);
}

function refuse(status: RequestRefusal["status"], rule: string): RequestRefusal {
  return { status, rule };
}
