import { POLICY_LIMITS } from "./limits.ts";

/** Scheme and host of a URL, both in canonical form. */
export interface UrlTarget {
  readonly scheme: string;
  readonly host: string;
}

const SHAPE = /^([A-Za-z][A-Za-z0-9+.-]{0,31}):\/\/([^/?#\\\s]+)([/?#].*)?$/;
/** User info with one "@", then a name, an IPv4 or a bracketed IPv6 address, then a port (RFC 3986 section 3.2). */
const AUTHORITY =
  /^(?:[A-Za-z0-9._~!$&'()*+,;=:%-]*@)?(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::(\d{0,5}))?$/;

/**
 * Where a URL in a message leads. null when two programs could read it differently: a backslash, blank, control or
 * non-ASCII character before the path, two "@", a percent-encoded host, "#@" (CVE-2016-8624), an IPv4 address in octal,
 * hexadecimal or with fewer than four numbers. A URL of RFC 3986 needs none of these.
 */
export function readUrlTarget(text: string): UrlTarget | null {
  if (text.length > POLICY_LIMITS.fieldChars) return null;
  // Blanks within a path are common in the field; they change no host.
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return null;
  const [, scheme, authority, rest] = SHAPE.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return null;
  if (rest !== undefined && rest[0] !== "/" && rest.includes("@")) return null;
  const [, name, port] = AUTHORITY.exec(authority) ?? [];
  if (Number(port ?? 0) > 65_535) return null;
  const host = name === undefined ? undefined : canonicalName(name);
  return host === undefined ? null : { scheme: scheme.toLowerCase(), host };
}

/**
 * A host as people write it in a rule, in the form that messages are compared in: lower case, punycode, without the
 * root's dot, IPv6 in its shortest form and brackets. undefined when it is no host.
 */
export function canonicalHost(text: string): string | undefined {
  if (text.includes(":") && /^[0-9A-Fa-f:.]*$/.test(text)) return canonicalName(`[${text}]`);
  if (/^[\x21-\x7e]+$/.test(text)) return AUTHORITY.exec(text)?.[1] === text ? canonicalName(text) : undefined;
  if (!/^[\p{L}\p{N}\p{M}.-]+$/u.test(text)) return undefined;
  const ascii = URL.parse(`http://${text}/`)?.hostname;
  return ascii === undefined ? undefined : canonicalName(ascii);
}

function canonicalName(name: string): string | undefined {
  if (name.startsWith("[")) return canonicalIpv6(name);
  const host = name.toLowerCase().replace(/\.$/, "");
  const labels = host.split(".");
  // What is no punycode is a name to some programs and a fault to others.
  if (host.includes("xn--") && URL.parse(`http://${host}/`)?.hostname !== host) return undefined;
  if (host.length > 253 || labels.some((label) => label === "" || label.length > 63)) return undefined;
  // What ends in a number is an IPv4 address to some programs, in whichever base (WHATWG URL section 3.5).
  if (!/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!)) return host;
  return labels.length === 4 && labels.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
    ? host
    : undefined;
}

function canonicalIpv6(bracketed: string): string | undefined {
  const host = URL.parse(`http://${bracketed}/`)?.hostname;
  if (host === undefined) return undefined;
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host);
  if (!mapped) return host;
  // ::ffff:10.0.0.1 reaches 10.0.0.1: a rule about one is a rule about the other.
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
