import { TYPES } from "./codec_constants.ts";
import { nameBytes } from "./codec_name.ts";
import type { DnsQuery } from "./codec_query.ts";
import type { DnsRecord } from "./codec_response.ts";
import { DNS_LIMITS } from "./limits.ts";

/** An answer that is written once and sent many times; what differs between two sendings is patched. */
export interface AnswerTemplate {
  /** Header and question included; id, flags and the letters of the question are those of nobody. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly questionBytes: number;
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  /** Where each TTL stands. */
  readonly ttlAt: readonly number[];
}

/** What differs from one sending to the next. */
export interface Sending {
  /** Seconds since the answer was written: taken off every TTL. */
  readonly ageSeconds: number;
  /** The answer is too old: its TTLs are this instead. */
  readonly ttlSeconds?: number;
  /** Bytes that the client takes. */
  readonly maxBytes: number;
  /** For clients with EDNS (RFC 8914). */
  readonly extendedError?: { readonly code: number; readonly text: string };
}

const HEADER_BYTES = 12;
const OPT_BYTES = 11;
/** QR and RA. */
const ANSWER_FLAGS = 0x8080;

/** Writes an answer. Owner names that were written before are pointed to (RFC 1035 section 4.1.4). */
export function writeAnswer(
  question: { readonly name: string; readonly type: number },
  answer: {
    readonly rcode: number;
    readonly answers: readonly DnsRecord[];
    readonly authority?: readonly DnsRecord[];
    readonly isAuthoritative?: boolean;
  },
): AnswerTemplate {
  const { answers, authority = [] } = answer;
  const name = nameBytes(question.name);
  const out: number[] = [...new Uint8Array(HEADER_BYTES), ...name, ...u16(question.type), 0, 1];
  const known = new Map([[question.name, HEADER_BYTES]]);
  const ttlAt: number[] = [];
  for (const record of [...answers, ...authority]) {
    const seen = known.get(record.name);
    if (seen === undefined && out.length < 0x4000) known.set(record.name, out.length);
    out.push(...seen === undefined ? nameBytes(record.name) : u16(0xc000 | seen));
    out.push(...u16(record.type), ...u16(record.class));
    ttlAt.push(out.length);
    out.push(...u16(record.ttl >>> 16), ...u16(record.ttl & 0xffff), ...u16(record.data.length));
    if (record.target !== undefined && out.length < 0x4000) known.set(record.target, out.length);
    for (const byte of record.data) out.push(byte);
  }
  const bytes = Uint8Array.from(out);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, 1);
  view.setUint16(6, answers.length);
  view.setUint16(8, authority.length);
  return {
    bytes,
    questionBytes: name.length + 4,
    rcode: answer.rcode,
    isAuthoritative: answer.isAuthoritative === true,
    ttlAt,
  };
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

/** The bytes for one client: its id, its letters, the TTLs of this moment. Too long for it: cut, with TC set. */
export function sendAnswer(template: AnswerTemplate, query: DnsQuery, sending: Sending): Uint8Array<ArrayBuffer> {
  const option = query.edns ? optBytes(template.rcode, sending.extendedError) : new Uint8Array();
  const isWhole = template.bytes.length + option.length <= sending.maxBytes;
  const body = isWhole ? template.bytes.length : HEADER_BYTES + template.questionBytes;
  const bytes = new Uint8Array(body + option.length);
  bytes.set(template.bytes.subarray(0, body));
  const view = new DataView(bytes.buffer);
  writeHeader(view, query, template, isWhole);
  bytes.set(query.question, HEADER_BYTES);
  if (isWhole) {
    for (const at of template.ttlAt) {
      view.setUint32(at, sending.ttlSeconds ?? Math.max(0, view.getUint32(at) - sending.ageSeconds));
    }
  } else {
    view.setUint32(6, 0);
  }
  if (option.length > 0) view.setUint16(10, 1);
  bytes.set(option, body);
  return bytes;
}

function writeHeader(view: DataView, query: DnsQuery, template: AnswerTemplate, isWhole: boolean): void {
  view.setUint16(0, query.id);
  view.setUint16(
    2,
    ANSWER_FLAGS | query.opcode << 11 | (template.isAuthoritative ? 0x0400 : 0) | (isWhole ? 0 : 0x0200) |
      (query.wantsRecursion ? 0x0100 : 0) | template.rcode & 0xf,
  );
}

function optBytes(rcode: number, error: Sending["extendedError"]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(error?.text.slice(0, DNS_LIMITS.explanationChars) ?? "");
  const bytes = new Uint8Array(OPT_BYTES + (error ? 6 + text.length : 0));
  const view = new DataView(bytes.buffer);
  view.setUint16(1, TYPES.OPT);
  view.setUint16(3, DNS_LIMITS.udpAnswerBytes);
  bytes[5] = rcode >> 4;
  if (error) {
    view.setUint16(9, 6 + text.length);
    view.setUint16(11, 15);
    view.setUint16(13, 2 + text.length);
    view.setUint16(15, error.code);
    bytes.set(text, 17);
  }
  return bytes;
}

/** An answer to something that could not be read: a header that says so, for a client that has a bug and no more. */
export function sendFormatError(id: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([id >> 8, id & 0xff, 0x80, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]);
}
