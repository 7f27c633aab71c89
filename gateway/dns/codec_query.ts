import { CLASS_IN, TYPES } from "./codec_constants.ts";
import { malformed, nameBytes, readName } from "./codec_name.ts";
import { DNS_LIMITS } from "./limits.ts";

/** What a client asks. */
export interface DnsQuery {
  readonly id: number;
  readonly opcode: number;
  /** RD: the client wants the name to be looked up for it. */
  readonly wantsRecursion: boolean;
  /** As readName gives it. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question as it was sent: the answer repeats it, letter case included. */
  readonly question: Uint8Array<ArrayBuffer>;
  /** Absent: no EDNS (RFC 6891). */
  readonly edns?: { readonly version: number; readonly udpBytes: number };
}

const HEADER_BYTES = 12;
const RESPONSE_FLAG = 0x8000;
/** Bytes that an encrypted query is filled up to a multiple of (RFC 8467 section 4.1). */
const PADDING_BLOCK = 128;
const OPTION_PADDING = 12;

/**
 * Reads a client's query: exactly one question, no records but those of the additional section, nothing behind it.
 * Options of EDNS are not looked at: cookies and client subnets are nobody's business here.
 * @throws ProtocolError DNS_MALFORMED
 */
export function decodeQuery(bytes: Uint8Array): DnsQuery {
  if (bytes.length < HEADER_BYTES) throw malformed(`${bytes.length} bytes, less than a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  if (flags & RESPONSE_FLAG) throw malformed("the mark of an answer, where a query is wanted");
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => view.getUint16(at));
  if (questions !== 1) throw malformed(`${questions} questions, not one`);
  if (answers !== 0 || authorities !== 0) throw malformed("answers in a query");
  const { name, next, isCompressed } = readName(bytes, HEADER_BYTES);
  if (isCompressed) throw malformed("a compressed question, with nothing in front of it to point to");
  if (next + 4 > bytes.length) throw malformed("a question without type and class");
  const query = {
    id: view.getUint16(0),
    opcode: flags >> 11 & 0xf,
    wantsRecursion: (flags & 0x0100) !== 0,
    name,
    type: view.getUint16(next),
    class: view.getUint16(next + 2),
    question: Uint8Array.from(bytes.subarray(HEADER_BYTES, next + 4)),
  };
  const edns = readAdditionals(bytes, view, next + 4, additionals!);
  return edns ? { ...query, edns } : query;
}

function readAdditionals(bytes: Uint8Array, view: DataView, start: number, count: number): DnsQuery["edns"] {
  if (count > DNS_LIMITS.records) throw malformed(`${count} records in a query`);
  let at = start;
  let edns: DnsQuery["edns"];
  for (let index = 0; index < count; index++) {
    const { name, next } = readName(bytes, at);
    if (next + 10 > bytes.length) throw malformed("a record without its fixed part");
    const end = next + 10 + view.getUint16(next + 8);
    if (end > bytes.length) throw malformed("a record beyond its end");
    if (view.getUint16(next) === TYPES.OPT) {
      if (edns || name !== ".") throw malformed("a second OPT record, or one with a name");
      edns = { udpBytes: view.getUint16(next + 2), version: bytes[next + 5]! };
    }
    at = end;
  }
  if (at !== bytes.length) throw malformed(`${bytes.length - at} bytes behind its end`);
  return edns;
}

/** The id of a message that may be broken behind its header; undefined without a header or when it is an answer. */
export function idOfQuery(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES || bytes[2]! & 0x80) return undefined;
  return bytes[0]! << 8 | bytes[1]!;
}

/**
 * A query to an upstream: recursion wanted, EDNS without any option about the client, and padding, so that its length on
 * the encrypted way says little of the name.
 */
export function encodeQuery(id: number, name: string, type: number): Uint8Array<ArrayBuffer> {
  const wire = nameBytes(name);
  const bare = HEADER_BYTES + wire.length + 4 + 11 + 4;
  const padding = (PADDING_BLOCK - bare % PADDING_BLOCK) % PADDING_BLOCK;
  const bytes = new Uint8Array(bare + padding);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, 0x0100);
  view.setUint16(4, 1);
  view.setUint16(10, 1);
  bytes.set(wire, HEADER_BYTES);
  let at = HEADER_BYTES + wire.length;
  view.setUint16(at, type);
  view.setUint16(at + 2, CLASS_IN);
  at += 5; // the OPT record's name is the root
  view.setUint16(at, TYPES.OPT);
  view.setUint16(at + 2, DNS_LIMITS.udpAnswerBytes);
  view.setUint16(at + 8, 4 + padding);
  view.setUint16(at + 10, OPTION_PADDING);
  view.setUint16(at + 12, padding);
  return bytes;
}
