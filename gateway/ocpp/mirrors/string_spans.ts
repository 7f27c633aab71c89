import { concatBytes } from "../../core/concat_bytes.ts";

/** A value inside a JSON text: first byte, and the byte behind the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a;

/** Every text value, at any depth, of a member whose name is wanted. The JSON text has been parsed before. */
export function stringMembers(bytes: Uint8Array, isWanted: (name: string) => boolean): readonly Span[] {
  const found: Span[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== QUOTE) {
      at++;
      continue;
    }
    const end = stringEnd(bytes, at);
    let next = skipSpace(bytes, end);
    if (bytes[next] === COLON) {
      next = skipSpace(bytes, next + 1);
      if (bytes[next] === QUOTE && isWanted(textOf(bytes, at, end))) {
        const valueEnd = stringEnd(bytes, next);
        found.push({ start: next, end: valueEnd });
        next = valueEnd;
      }
    }
    at = next;
  }
  return found;
}

/** The same text with another token in each of these places; every byte outside them stays as it is. */
export function replaceEach(bytes: Uint8Array, spans: readonly Span[], tokenOf: (span: Span) => string): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const span of spans) {
    parts.push(bytes.subarray(from, span.start), new TextEncoder().encode(tokenOf(span)));
    from = span.end;
  }
  parts.push(bytes.subarray(from));
  return concatBytes(parts);
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return String(JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)))); // an escaped name is the same name
}

function stringEnd(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] === BACKSLASH) at++;
  }
  return bytes.length;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let index = at;
  while (bytes[index] === 0x20 || bytes[index] === 0x09 || bytes[index] === 0x0a || bytes[index] === 0x0d) index++;
  return index;
}
