import {
  type AnswerTemplate,
  CLASS_IN,
  type DnsQuery,
  type DnsRecord,
  type DnsResponse,
  EXTENDED_ERRORS,
  negativeTtl,
  RCODES,
  sendAnswer,
  TYPES,
  writeAnswer,
} from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import type { Asker, Refusal } from "./session.ts";

/** Seconds that a client may keep an answer of the gateway's own: a change of site.yaml reaches it within that time. */
const OWN_TTL_SECONDS = 60;

/** The bytes of an answer for one client. */
export function send(
  template: AnswerTemplate,
  query: DnsQuery,
  { maxBytes }: Asker,
  ageSeconds = 0,
): Uint8Array<ArrayBuffer> {
  return sendAnswer(template, query, { ageSeconds, maxBytes });
}

/** An answer that is too old, said to be so (RFC 8767). */
export function sendStale(template: AnswerTemplate, query: DnsQuery, { maxBytes }: Asker): Uint8Array<ArrayBuffer> {
  return sendAnswer(template, query, {
    ageSeconds: 0,
    ttlSeconds: DNS_LIMITS.staleTtlSeconds,
    maxBytes,
    extendedError: { code: EXTENDED_ERRORS.stale, text: "no upstream answers; this was kept" },
  });
}

/** A refusal with the rule that refused. */
export function sendRefusal(by: Refusal, query: DnsQuery, { maxBytes }: Asker): Uint8Array<ArrayBuffer> {
  return sendAnswer(writeAnswer(query, { rcode: by.rcode, answers: [] }), query, {
    ageSeconds: 0,
    maxBytes,
    extendedError: { code: by.extendedError, text: `${by.rule}: ${by.reason}` },
  });
}

/** SERVFAIL and why. */
export function sendFailure(query: DnsQuery, { maxBytes }: Asker, why: string): Uint8Array<ArrayBuffer> {
  return sendAnswer(writeAnswer(query, { rcode: RCODES.servFail, answers: [] }), query, {
    ageSeconds: 0,
    maxBytes,
    extendedError: { code: EXTENDED_ERRORS.noReachableAuthority, text: why },
  });
}

/** An answer to what no policy is asked about; undefined for an ordinary question. */
export function unsupported(query: DnsQuery): AnswerTemplate | undefined {
  if (query.opcode !== 0) return writeAnswer(query, { rcode: RCODES.notImp, answers: [] });
  if ((query.edns?.version ?? 0) !== 0) return writeAnswer(query, { rcode: RCODES.badVers, answers: [] });
  if (query.class !== CLASS_IN) return writeAnswer(query, { rcode: RCODES.refused, answers: [] });
  return undefined;
}

/** The gateway's own answer: the addresses of the wanted kind, or "there is no such record"; it is never looked up. */
export function ownAnswer({ name, type }: DnsQuery, addresses: readonly Uint8Array[]): AnswerTemplate {
  const wanted = type === TYPES.A ? 4 : type === TYPES.AAAA ? 16 : -1;
  const answers = addresses.filter(({ length }) => length === wanted).map((bytes) => ({
    name,
    type,
    class: CLASS_IN,
    ttl: OWN_TTL_SECONDS,
    data: Uint8Array.from(bytes),
  }));
  return writeAnswer({ name, type }, { rcode: RCODES.noError, answers, isAuthoritative: true });
}

/** The SOA that goes with "there is none": the client learns from it how long that holds. */
export function soaOf({ authority }: DnsResponse): DnsRecord[] {
  return authority.filter(({ type }) => type === TYPES.SOA).slice(0, 1);
}

/** Seconds that an answer counts as fresh, within the limits. */
export function freshSeconds(response: DnsResponse, chain: readonly DnsRecord[]): number {
  const isThere = chain.some(({ type }) => type === response.type);
  const ttl = isThere ? Math.min(...chain.map(({ ttl }) => ttl)) : negativeTtl(response) ?? 0;
  const most = isThere ? DNS_LIMITS.ttlMaxSeconds : DNS_LIMITS.negativeTtlSeconds;
  return Math.max(DNS_LIMITS.ttlMinSeconds, Math.min(most, ttl));
}
