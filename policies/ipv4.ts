/** Addresses from `first` to `last`, both included, as numbers below 2^32. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** Reads dotted IPv4 text; undefined when it is none ("010" is octal for some programs: refused). */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Reads an address or a network such as "10.20.0.0/24" (host bits are allowed); undefined when it is neither. */
export function parseIpv4Range(text: string): Ipv4Range | undefined {
  const [host = "", bitsText = "32", ...more] = text.split("/");
  const address = parseIpv4(host);
  if (address === undefined || more.length > 0 || !/^(0|[12]?\d|3[0-2])$/.test(bitsText)) return undefined;
  const size = 2 ** (32 - Number(bitsText));
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

/** True when `address` lies in one of the addresses or networks. */
export function isInRanges(address: string, ranges: readonly string[]): boolean {
  const number = parseIpv4(address);
  if (number === undefined) return false;
  return ranges.some((text) => {
    const range = parseIpv4Range(text);
    return range !== undefined && number >= range.first && number <= range.last;
  });
}

/** The dotted text of an address. */
export function ipv4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** "10.20.0.1/24" -> "10.20.0.0/24"; undefined when it is no network. */
export function networkOf(text: string): string | undefined {
  const range = parseIpv4Range(text);
  return range && `${ipv4Text(range.first)}/${text.split("/")[1] ?? "32"}`;
}

/** The directed broadcast address of a network: "10.20.0.0/24" -> "10.20.0.255". */
export function broadcastOf(network: string): string | undefined {
  const range = parseIpv4Range(network);
  return range && ipv4Text(range.last);
}
