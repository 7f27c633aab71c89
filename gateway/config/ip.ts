/** An IP address as bytes: 4 for IPv4, 16 for IPv6. */
export type IpBytes = readonly number[];

/** Parses dotted IPv4 or RFC 4291 IPv6 text without zone and without embedded IPv4; undefined when it is neither. */
export function parseIp(text: string): IpBytes | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  // "010" is octal for some programs and decimal for others: refused.
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

function parseIpv6(text: string): IpBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string | undefined) => half === undefined || half === "" ? [] : half.split(":");
  const head = groupsOf(halves[0]);
  const tail = groupsOf(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(halves.length === 1 ? 0 : missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
}

/** A socket address taken apart: "10.20.0.1:8444" or "[::1]:8444". */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Parses an IP address and port; IPv6 stands in brackets. Port 0 means any free port. Undefined when malformed. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const parsed = parseHostPort(text);
  return parsed && parseIp(parsed.host) ? parsed : undefined;
}

/** Parses a name or IP address and port; IPv6 stands in brackets. Undefined when malformed. */
export function parseHostPort(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(0|[1-9]\d{0,4})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (!match || host === undefined || Number(match[3]) > 65_535) return undefined;
  if (match[1] !== undefined ? !parseIp(host) : !isHostName(host) && !parseIp(host)) return undefined;
  return { host, port: Number(match[3]) };
}

/** True for a DNS name of letters, digits and hyphens (RFC 1123); a name of digits and dots only is not one. */
export function isHostName(text: string): boolean {
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false;
  return text.split(".").every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
}

/** Parses "10.20.0.1/24" into address and prefix length; undefined when malformed. */
export function parseCidr(text: string): { readonly ip: IpBytes; readonly bits: number } | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = match && parseIp(match[1]!);
  if (!match || !ip || Number(match[2]) > ip.length * 8) return undefined;
  return { ip, bits: Number(match[2]) };
}

/** True when `host` (an IP address) lies in the network of `cidr`. */
export function isInside(host: string, cidr: string): boolean {
  const ip = parseIp(host);
  const net = parseCidr(cidr);
  if (!ip || !net || ip.length !== net.ip.length) return false;
  return ip.every((byte, index) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, net.bits - index * 8))) & 0xff;
    return (byte & mask) === (net.ip[index]! & mask);
  });
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return isInside(host, "127.0.0.0/8") || isInside(host, "::1/128");
}

/** True for 0.0.0.0 and ::, which mean every address of the box. */
export function isWildcard(host: string): boolean {
  return parseIp(host)?.every((byte) => byte === 0) ?? false;
}

/** Loopback, link-local, RFC 1918, shared (RFC 6598), unique local (RFC 4193). */
const PRIVATE = [
  ...["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
  ...["::1/128", "fc00::/7", "fe80::/10"],
];

/** Whether nobody of the Internet reaches an address by itself. */
export function isPrivate(host: string): boolean {
  return PRIVATE.some((cidr) => isInside(host, cidr));
}
