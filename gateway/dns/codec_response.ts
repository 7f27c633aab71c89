import { concatBytes } from "../core/concat_bytes.ts";
import { TYPES } from "./codec_constants.ts";
import { malformed, nameBytes, readName } from "./codec_name.ts";
import { DNS_LIMITS } from "./limits.ts";

/** One resource record. */
export interface DnsRecord {
  /** As readName gives it. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds; a value with the highest bit set counts as 0 (RFC 2181 section 8). */
  readonly ttl: number;
  /** Data with all names written out, so that it can stand in another message. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Of a CNAME: the name it leads to. */
  readonly target?: string;
}

/** What an upstream answered. */
export interface DnsResponse {
  readonly id: number;
  /** With the upper bits from EDNS. */
  readonly rcode: number;
  readonly isTruncated: boolean;
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
}

const HEADER_BYTES = 12;

/** Bytes of fixed fields before and behind the names in the data of these types; all others hold no compressed name. */
const NAMES_IN_DATA: Readonly<
  Record<number, { readonly before: number; readonly names: number; readonly behind: number }>
> = {
  [TYPES.NS]: { before: 0, names: 1, behind: 0 },
  [TYPES.CNAME]: { before: 0, names: 1, behind: 0 },
  [TYPES.SOA]: { before: 0, names: 2, behind: 20 },
  [TYPES.PTR]: { before: 0, names: 1, behind: 0 },
  [TYPES.MX]: { before: 2, names: 1, behind: 0 },
  [TYPES.SRV]: { before: 6, names: 1, behind: 0 },
  [TYPES.DNAME]: { before: 0, names: 1, behind: 0 },
};
const DATA_BYTES: Readonly<Record<number, number>> = { [TYPES.A]: 4, [TYPES.AAAA]: 16 };

/** Reads an upstream's answer: one question, all records. @throws ProtocolError DNS_MALFORMED */
export function decodeResponse(bytes: Uint8Array): DnsResponse {
  if (bytes.length < HEADER_BYTES) throw malformed(`${bytes.length} bytes, less than a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) === 0) throw malformed("the mark of a query, where an answer is wanted");
  if ((flags & 0x7800) !== 0) throw malformed("another operation than a query");
  const [questions, ...counts] = [4, 6, 8, 10].map((at) => view.getUint16(at));
  if (questions !== 1) throw malformed(`${questions} questions, not one`);
  if (counts.reduce((sum, count) => sum + count) > DNS_LIMITS.records) {
    throw malformed(`more than ${DNS_LIMITS.records} records`);
  }
  const { name, next } = readName(bytes, HEADER_BYTES);
  if (next + 4 > bytes.length) throw malformed("a question without type and class");
  const sections: DnsRecord[][] = [];
  let at = next + 4;
  for (const count of counts) {
    const section: DnsRecord[] = [];
    for (let index = 0; index < count; index++) {
      const read = readRecord(bytes, view, at);
      section.push(read.record);
      at = read.next;
    }
    sections.push(section);
  }
  const opt = sections[2]!.find(({ type }) => type === TYPES.OPT);
  return {
    id: view.getUint16(0),
    rcode: (flags & 0xf) | (opt ? (opt.ttl >>> 24) << 4 : 0),
    isTruncated: (flags & 0x0200) !== 0,
    name,
    type: view.getUint16(next),
    class: view.getUint16(next + 2),
    answers: sections[0]!,
    authority: sections[1]!,
  };
}

function readRecord(bytes: Uint8Array, view: DataView, start: number): { record: DnsRecord; next: number } {
  const { name, next } = readName(bytes, start);
  if (next + 10 > bytes.length) throw malformed("a record without its fixed part");
  const type = view.getUint16(next);
  const at = next + 10;
  const end = at + view.getUint16(next + 8);
  if (end > bytes.length) throw malformed("a record beyond its end");
  const raw = view.getUint32(next + 4);
  const ttl = type === TYPES.OPT ? raw : raw >= 0x8000_0000 ? 0 : raw;
  const record = { name, type, class: view.getUint16(next + 2), ttl, ...readData(bytes, type, at, end) };
  return { record, next: end };
}

function readData(bytes: Uint8Array, type: number, at: number, end: number): Pick<DnsRecord, "data" | "target"> {
  const wanted = DATA_BYTES[type];
  if (wanted !== undefined && end - at !== wanted) throw malformed(`an address of ${end - at} bytes`);
  const form = NAMES_IN_DATA[type];
  if (!form) return { data: Uint8Array.from(bytes.subarray(at, end)) };
  const parts: Uint8Array[] = [bytes.subarray(at, at + form.before)];
  let next = at + form.before;
  let target = "";
  for (let index = 0; index < form.names; index++) {
    const read = readName(bytes, next);
    target = read.name;
    next = read.next;
    parts.push(nameBytes(read.name));
  }
  if (next + form.behind !== end) throw malformed("data of another length than its type has");
  parts.push(bytes.subarray(next, end));
  const data = concatBytes(parts);
  return type === TYPES.CNAME ? { data, target } : { data };
}

/** The text of an A or AAAA record's data: "10.20.0.1", "2001:db8:0:0:0:0:0:1"; undefined for other types. */
export function addressOf({ type, data }: Pick<DnsRecord, "type" | "data">): string | undefined {
  if (type === TYPES.A) return data.join(".");
  if (type !== TYPES.AAAA) return undefined;
  const groups: string[] = [];
  for (let at = 0; at < data.length; at += 2) groups.push((data[at]! << 8 | data[at + 1]!).toString(16));
  return groups.join(":");
}

/**
 * The records of an answer that belong to its question: the chain of CNAMEs from the name asked for, and the records of
 * the wanted type at its end. All else that an upstream puts in is left out.
 */
export function chainOf({ name, type, answers }: Pick<DnsResponse, "name" | "type" | "answers">): DnsRecord[] {
  const chain: DnsRecord[] = [];
  let current = name;
  for (let step = 0; step <= DNS_LIMITS.chain; step++) {
    const here = answers.filter((record) => record.name === current && record.class === 1);
    const wanted = here.filter((record) => record.type === type);
    if (wanted.length > 0) return [...chain, ...wanted];
    const alias = here.find((record) => record.target !== undefined);
    if (!alias || chain.includes(alias)) return chain;
    chain.push(alias);
    current = alias.target!;
  }
  return chain;
}

/** Seconds that "no such name" or "no such record" may be kept: the SOA's TTL or MINIMUM (RFC 2308 section 5). */
export function negativeTtl({ authority }: Pick<DnsResponse, "authority">): number | undefined {
  const soa = authority.find(({ type }) => type === TYPES.SOA);
  if (!soa) return undefined;
  const minimum = new DataView(soa.data.buffer, soa.data.byteOffset).getUint32(soa.data.length - 4);
  return Math.min(soa.ttl, minimum);
}
