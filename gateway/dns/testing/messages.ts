import {
  chainOf,
  CLASS_IN,
  decodeQuery,
  decodeResponse,
  type DnsQuery,
  type DnsRecord,
  type DnsResponse,
  encodeQuery,
  nameBytes,
  sendAnswer,
  TYPES,
  writeAnswer,
} from "../codec.ts";

/** A query as a client sends it: EDNS, and the id 7. */
export function queryFor(name: string, type: number = TYPES.A, more: Partial<DnsQuery> = {}): DnsQuery {
  return { ...decodeQuery(encodeQuery(7, name, type)), ...more };
}

/** An A record. */
export function address(name: string, text: string, ttl = 300): DnsRecord {
  return { name, type: TYPES.A, class: CLASS_IN, ttl, data: Uint8Array.from(text.split("."), Number) };
}

/** A CNAME record. */
export function alias(name: string, target: string, ttl = 300): DnsRecord {
  return { name, type: TYPES.CNAME, class: CLASS_IN, ttl, data: nameBytes(target), target };
}

/** A SOA record that says how long there is none. */
export function soa(name: string, minimum: number): DnsRecord {
  const data = new Uint8Array([...nameBytes("ns.test"), ...nameBytes("host.test"), ...new Array(20).fill(0)]);
  new DataView(data.buffer).setUint32(data.length - 4, minimum);
  return { name, type: TYPES.SOA, class: CLASS_IN, ttl: 3_600, data };
}

/** What an upstream answers to a question. */
export function responseFor(name: string, answers: readonly DnsRecord[], more: Partial<DnsResponse> = {}): DnsResponse {
  const answer = { id: 0, rcode: 0, isTruncated: false, name, type: TYPES.A, class: CLASS_IN, answers, authority: [] };
  return { ...answer, ...more };
}

/** The bytes of what an upstream answers to a query that it got. */
export function answerBytes(query: Uint8Array, answers: readonly DnsRecord[], rcode = 0): Uint8Array<ArrayBuffer> {
  const asked = decodeQuery(query);
  return sendAnswer(writeAnswer(asked, { rcode, answers }), asked, { ageSeconds: 0, maxBytes: 65_535 });
}

/** An answer in words: "NOERROR 203.0.113.7 ttl 300", "code 5". */
export function inWords(bytes: Uint8Array): string {
  const response = decodeResponse(bytes);
  const records = chainOf(response).map(({ data, target, ttl }) => `${target ?? data.join(".")} ttl ${ttl}`);
  return [`code ${response.rcode}`, ...records].join(" ");
}
