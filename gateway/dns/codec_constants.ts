/** Record types that the gateway knows by name (IANA "DNS parameters"). */
export const TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  SVCB: 64,
  HTTPS: 65,
  ANY: 255,
} as const;

/** Response codes (RFC 1035, RFC 6891). */
export const RCODES = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5, badVers: 16 } as const;
/** One response code. */
export type Rcode = number;

/** Class IN: the only one there is. */
export const CLASS_IN = 1;

/** Extended DNS error codes that clients with EDNS get (RFC 8914 section 4). */
export const EXTENDED_ERRORS = { stale: 3, blocked: 15, prohibited: 18, noReachableAuthority: 22 } as const;

const NAMES = new Map<number, string>(Object.entries(TYPES).map(([name, number]) => [number, name]));

/** "A" for 1; "TYPE4711" for a type without a name here (RFC 3597). */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`;
}

/** 1 for "A"; undefined for a name that is not known here. */
export function typeNumber(name: string): number | undefined {
  if (Object.hasOwn(TYPES, name)) return TYPES[name as keyof typeof TYPES];
  const match = /^TYPE(\d{1,5})$/.exec(name);
  return match && Number(match[1]) <= 65_535 ? Number(match[1]) : undefined;
}
