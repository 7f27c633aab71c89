import { DNS_RULES } from "./dns_rule.ts";
import { fits } from "./dns.ts";
import type { Decision } from "./decision.ts";

/** One network: the first `bits` bits of `bytes`. */
interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
  readonly what: string;
}

/** Addresses that no name of the Internet may lead a station to (IANA special-purpose registries). */
const LOCAL_4: readonly Network[] = [
  { bytes: [0], bits: 8, what: "this network" },
  { bytes: [10], bits: 8, what: "a private network" },
  { bytes: [100, 64], bits: 10, what: "a provider's shared network" },
  { bytes: [127], bits: 8, what: "the station itself" },
  { bytes: [169, 254], bits: 16, what: "a link-local network" },
  { bytes: [172, 16], bits: 12, what: "a private network" },
  { bytes: [192, 0, 0], bits: 24, what: "a protocol assignment" },
  { bytes: [192, 168], bits: 16, what: "a private network" },
  { bytes: [198, 18], bits: 15, what: "a test network" },
  { bytes: [224], bits: 4, what: "multicast" },
  { bytes: [240], bits: 4, what: "a reserved network or broadcast" },
];
const LOCAL_6: readonly Network[] = [
  { bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], bits: 120, what: "the station itself" },
  { bytes: [0xfc], bits: 7, what: "a private network" },
  { bytes: [0xfe, 0x80], bits: 10, what: "a link-local network" },
  { bytes: [0xfe, 0xc0], bits: 10, what: "a private network" },
  { bytes: [0xff], bits: 8, what: "multicast" },
];
/** IPv6 addresses that hold an IPv4 address, and where. */
const EMBEDDED: readonly (Network & { readonly at: number })[] = [
  { bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], bits: 96, what: "IPv4-mapped", at: 12 },
  { bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], bits: 96, what: "IPv4-compatible", at: 12 },
  { bytes: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], bits: 96, what: "NAT64", at: 12 },
  { bytes: [0x20, 0x02], bits: 16, what: "6to4", at: 2 },
];

/**
 * Says what is local about an address of 4 or 16 bytes; undefined for a public one. An IPv4 address inside an IPv6 one
 * counts as itself, so that there is no way around.
 */
export function localKind(bytes: readonly number[]): string | undefined {
  if (bytes.length === 4) return LOCAL_4.find((network) => isWithin(bytes, network))?.what;
  const own = LOCAL_6.find((network) => isWithin(bytes, network))?.what;
  if (own !== undefined) return own;
  const carrier = EMBEDDED.find((network) => isWithin(bytes, network));
  return carrier && localKind(bytes.slice(carrier.at, carrier.at + 4));
}

function isWithin(bytes: readonly number[], network: Network): boolean {
  for (let bit = 0; bit < network.bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((bytes[bit >> 3]! & mask) !== ((network.bytes[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

/**
 * Decides on the addresses in an upstream's answer (DNS rebinding): a public name that leads into a private network is
 * refused as a whole, unless the site names it. Undefined: nothing against it.
 */
export function judgeAddresses(
  name: string,
  addresses: readonly (readonly number[])[],
  allowed: readonly string[],
): (Decision & { readonly effect: "deny" }) | undefined {
  if (allowed.some((pattern) => fits(pattern, name))) return undefined;
  for (const address of addresses) {
    const kind = localKind(address);
    if (kind === undefined) continue;
    return {
      effect: "deny",
      rule: DNS_RULES.rebinding,
      reason: `The upstream's answer leads to ${kind}`,
      hint: `If that is right, add ${name} to dns.privateNames`,
    };
  }
  return undefined;
}
