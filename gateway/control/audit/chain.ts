import { createHash } from "node:crypto";
import type { AuditClass, AuditEvent } from "../../core/control_api.ts";
import { AUDIT_LIMITS } from "./limits.ts";

/**
 * The form of the audit chain (docs/decisions/0009-audit-chain.md). One line of a segment is
 * `BODY_WITHOUT_LAST_BRACE,"hash":"<64 hex>"}`: canonical JSON (keys sorted, no spaces) with the link hash as last key.
 *
 *   digest = SHA-256(body text)            link = SHA-256(previous link \n seq \n class \n digest)
 *
 * A line whose time has passed keeps only seq, class and digest ("expired"), so that the links still verify.
 */
export type LineKind = "segment" | "record" | "checkpoint" | "expiry" | "gap" | "expired";

/** Class of the lines that hold the chain together; they live as long as their segment. */
export type LineClass = AuditClass | "chain";

/** The end of a chain: the next line links to it. */
export interface ChainHead {
  readonly seq: number;
  /** Link hash, 64 lower-case hex digits. */
  readonly hash: string;
}

/** Where every chain starts. */
export const GENESIS: ChainHead = { seq: 0, hash: "0".repeat(64) };

/** What stands in a line beside seq, kind and class. Flat. */
export type LineFields = Readonly<Record<string, unknown>>;

/** One line as read: `text` is the line without newline, `digest` as defined above. */
export interface ChainLine extends ChainHead {
  readonly kind: LineKind;
  readonly class: LineClass;
  readonly digest: string;
  readonly fields: LineFields;
  readonly text: string;
}

const KINDS: ReadonlySet<unknown> = new Set<LineKind>([
  "segment",
  "record",
  "checkpoint",
  "expiry",
  "gap",
  "expired",
]);
const CLASSES: ReadonlySet<unknown> = new Set<LineClass>(["security", "access", "operation", "charging", "chain"]);
const TAIL = /,"hash":"([0-9a-f]{64})"\}$/;

/** SHA-256 as lower-case hex. */
export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The link hash of a line. */
export function linkHash(previous: string, seq: number, lineClass: string, digest: string): string {
  return sha256(`${previous}\n${seq}\n${lineClass}\n${digest}`);
}

/** JSON with sorted keys and no spaces; undefined values are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}

/** Chains one line to `head`. `seq` is the next number unless a gap says otherwise. */
export function chainLine(
  head: ChainHead,
  kind: Exclude<LineKind, "expired">,
  lineClass: LineClass,
  fields: LineFields,
  seq: number = head.seq + 1,
): ChainLine {
  const body = canonicalJson({ ...fields, seq, kind, class: lineClass });
  const digest = sha256(body);
  const hash = linkHash(head.hash, seq, lineClass, digest);
  return { seq, hash, kind, class: lineClass, digest, fields, text: `${body.slice(0, -1)},"hash":"${hash}"}` };
}

/** What remains of a record whose time has passed. */
export function expireLine(line: ChainLine): ChainLine {
  const text = expiredText(line);
  return { ...line, kind: "expired", fields: {}, text };
}

function expiredText({ seq, class: lineClass, digest, hash }: Pick<ChainLine, "seq" | "class" | "digest" | "hash">) {
  return `{"class":"${lineClass}","digest":"${digest}","kind":"expired","seq":${seq},"hash":"${hash}"}`;
}

/** Reads one line; undefined when it is not a line of ours. Does not check the link: only a reader of the whole can. */
export function parseLine(text: string): ChainLine | undefined {
  if (text.length > AUDIT_LIMITS.lineBytes) return undefined;
  const hash = TAIL.exec(text)?.[1];
  if (hash === undefined) return undefined;
  const body = `${text.slice(0, -75)}}`;
  const fields = parseObject(body);
  if (!fields) return undefined;
  const { seq, kind, class: lineClass, digest } = fields;
  if (!Number.isSafeInteger(seq) || !KINDS.has(kind) || !CLASSES.has(lineClass)) return undefined;
  const line: ChainLine = {
    seq: seq as number,
    hash,
    kind: kind as LineKind,
    class: lineClass as LineClass,
    digest: kind === "expired" ? String(digest) : sha256(body),
    fields,
    text,
  };
  return kind === "expired" && expiredText(line) !== text ? undefined : line;
}

function parseObject(text: string): LineFields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as LineFields : undefined;
  } catch {
    return undefined; // not JSON, so not a line of ours
  }
}

/** True when `line` follows `head` by its link hash. */
export function linksTo(head: ChainHead, line: ChainLine): boolean {
  return linkHash(head.hash, line.seq, line.class, line.digest) === line.hash;
}

/** The text that a checkpoint's Ed25519 signature covers. */
export function checkpointText(site: string, head: ChainHead, at: string): string {
  return `bulkhead-audit-checkpoint-v1\n${site}\n${head.seq}\n${head.hash}\n${at}`;
}

/** The fields of a record: the event cut to the limits, when it was stored, and salt against guessing expired records. */
export function recordFields(event: AuditEvent, at: string, salt: string): LineFields {
  const fields = { ...trimEvent(event, AUDIT_LIMITS.detailChars), at, salt };
  const size = new TextEncoder().encode(canonicalJson(fields)).length;
  // seq, kind, class and hash need less than 256 bytes more
  return size + 256 <= AUDIT_LIMITS.lineBytes ? fields : { ...trimEvent(event, 32, 32), at, salt, cut: true };
}

function trimEvent(event: AuditEvent, detailChars: number, fieldChars: number = AUDIT_LIMITS.fieldChars): LineFields {
  const field = (text: string | undefined) => text === undefined ? undefined : cut(text, fieldChars);
  return {
    event: cut(event.event, fieldChars),
    who: cut(event.who, fieldChars),
    target: field(event.target),
    outcome: event.outcome,
    rule: field(event.rule),
    source: field(event.source),
    detail: event.detail && trimDetail(event.detail, detailChars, fieldChars),
  };
}

function trimDetail(detail: NonNullable<AuditEvent["detail"]>, chars: number, keyChars: number): LineFields {
  const entries = Object.entries(detail).filter(([, value]) => value !== undefined);
  const kept = entries.slice(0, AUDIT_LIMITS.detailKeys)
    .map(([key, value]) => [cut(key, keyChars), typeof value === "string" ? cut(value, chars) : value]);
  const left = entries.length - kept.length;
  return { ...Object.fromEntries(kept), ...(left > 0 ? { cutKeys: left } : {}) };
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars)}...(+${text.length - chars})`;
}
