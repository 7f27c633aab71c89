import { localKind } from "../../../policies/dns_address.ts";
import { parseIp } from "../../config/ip.ts";
import { GatewayError } from "../../core/errors.ts";

/** A host that firmware may be fetched from, with its CAs by value. JSON. */
export interface HostRule {
  /** Lower case. */
  readonly host: string;
  readonly address: "public" | "on-site";
  readonly schemes: readonly string[];
  /** PEM; absent: the public CAs of the box. */
  readonly ca?: string;
  /** "SHA256:..." of an SFTP server. */
  readonly hostKey?: string;
}

/** A URL that may be fetched, with the rule that allows it. */
export interface AllowedUrl {
  readonly url: URL;
  readonly rule: HostRule;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80, "ftp:": 21, "sftp:": 22 };

/**
 * Decides whether a URL may be fetched: exactly a host of the list, by a scheme of that host. The text is canonicalised
 * once, by the URL parser, and only what came out of it is used from here on.
 * @throws GatewayError FIRMWARE_HOST_REFUSED
 */
export function allowUrl(text: string, hosts: readonly HostRule[]): AllowedUrl {
  const url = text.length > 2_000 ? null : URL.parse(text);
  if (!url || !(url.protocol in DEFAULT_PORTS)) {
    throw refused(`"${shown(text)}" is no URL that can be fetched`, "https, http, ftp or sftp");
  }
  const host = hostOf(url);
  const scheme = url.protocol.slice(0, -1);
  const rule = hosts.find((entry) => entry.host === host);
  if (!rule) throw refused(`firmware is not fetched from the host "${host}"`, "a host under firmware.fetchHosts");
  if (!rule.schemes.includes(scheme)) {
    throw refused(
      `firmware is not fetched by ${scheme} from "${host}"`,
      `${rule.schemes.join(" or ")}, as its entry says`,
    );
  }
  return { url, rule };
}

/**
 * Judges where a connection has led: a public host must not lead into a private network (rebinding, SSRF).
 * @throws GatewayError FIRMWARE_HOST_REFUSED
 */
export function requireAddress(remote: string | undefined, rule: HostRule): void {
  if (rule.address === "on-site") return;
  const bytes = remote === undefined ? undefined : parseIp(remote.replace(/^::ffff:(?=\d+\.)/i, ""));
  const kind = bytes ? localKind(bytes) : "an address that cannot be read";
  if (kind === undefined) return;
  throw refused(
    `the host "${rule.host}" leads to ${kind} (${remote})`,
    "a public address, or address: on-site in its entry",
  );
}

/** Host of a URL, brackets of IPv6 removed. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
}

/** Port of a URL. */
export function portOf(url: URL): number {
  return url.port === "" ? DEFAULT_PORTS[url.protocol]! : Number(url.port);
}

/** A URL for logs, audit and pages: without user, password, query and fragment. */
export function shownUrl(url: URL): string {
  return shown(`${url.protocol}//${url.host}${url.pathname}`);
}

/** The last part of a URL's path as a file name, or "image". */
export function fileNameOf(url: URL): string {
  const last = decode(url.pathname.split("/").at(-1) ?? "");
  const name = last.replace(/[^A-Za-z0-9._+-]/g, "_").replace(/^\.+/, "").slice(-100);
  return name === "" ? "image" : name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (_malformed) {
    return text;
  }
}

const shown = (text: string): string => text.slice(0, 200).replace(/[^\x20-\x7e]/g, "?");

function refused(what: string, wanted: string): GatewayError {
  return new GatewayError("FIRMWARE_HOST_REFUSED", `${what[0]!.toUpperCase()}${what.slice(1)}: wanted ${wanted}`, {
    hint: "If it is right, name it under firmware.fetchHosts and reload",
  });
}
