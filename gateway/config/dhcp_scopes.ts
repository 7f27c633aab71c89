import type { DhcpConfig, DhcpScope } from "../dhcp/config.ts";
import { parseCidr, parseIp } from "./ip.ts";
import type { Path } from "./fault.ts";

export type { DhcpScope } from "../dhcp/config.ts";

/** DHCP of every zone, with the place of its keys in site.yaml. */
export function dhcpScopes(
  config: DhcpConfig | undefined,
): readonly { readonly path: Path; readonly scope: DhcpScope }[] {
  if (!config) return [];
  const { more, ...first } = config;
  return [{ path: ["dhcp"], scope: first }, ...more.map((scope, at) => ({ path: ["dhcp", "more", at], scope }))];
}

/** An IPv4 address as an unsigned 32-bit number; undefined for anything else. */
export function ipv4Number(text: string): number | undefined {
  const bytes = parseIp(text);
  if (bytes?.length !== 4) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** "10.20.0.100-10.20.0.199" as numbers; undefined when it is none or runs backwards. */
export function rangeNumbers(text: string | undefined): { readonly from: number; readonly to: number } | undefined {
  const [first, last] = (text ?? "").split("-").map(ipv4Number);
  return first === undefined || last === undefined || first > last ? undefined : { from: first, to: last };
}

/** "10.20.0.1/24" as the box's own address and the first and last of its network. */
export function subnetNumbers(
  text: string | undefined,
): { readonly self: number; readonly from: number; readonly to: number; readonly bits: number } | undefined {
  const cidr = text === undefined ? undefined : parseCidr(text);
  const self = text === undefined ? undefined : ipv4Number(text.split("/")[0]!);
  if (cidr?.ip.length !== 4 || self === undefined) return undefined;
  const size = 2 ** (32 - cidr.bits);
  const from = Math.floor(self / size) * size;
  return { self, from, to: from + size - 1, bits: cidr.bits };
}
