/** A value inside a JSON text: first byte, and the byte behind the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The way to a value: indexes of arrays, names of members. */
export type TokenPath = readonly (number | string)[];

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d, OPEN = 0x7b, CLOSE = 0x7d;

/**
 * Finds every value at a path of a JSON text that has been parsed before (so it is valid and not nested deeper than the
 * codec allows). More than one when keys are repeated: then a reader may take any of them, so all are found.
 */
export function findValues(bytes: Uint8Array, path: TokenPath): readonly Span[] {
  const found: Span[] = [];
  walk(bytes, skipSpace(bytes, 0), path, 0, found);
  return found;
}

/** The same text with other tokens in these places; every byte outside them stays as it is. */
export function replaceSpans(bytes: Uint8Array, spans: readonly Span[], token: string): Uint8Array {
  if (spans.length === 0) return bytes;
  const piece = new TextEncoder().encode(token);
  const removed = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  const result = new Uint8Array(bytes.length - removed + spans.length * piece.length);
  let from = 0, to = 0;
  for (const { start, end } of spans) {
    result.set(bytes.subarray(from, start), to);
    to += start - from;
    result.set(piece, to);
    to += piece.length;
    from = end;
  }
  result.set(bytes.subarray(from), to);
  return result;
}

/** The text of one token. */
export function tokenText(bytes: Uint8Array, { start, end }: Span): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}

/** @returns the index behind the value at `at` */
function walk(bytes: Uint8Array, at: number, path: TokenPath, depth: number, found: Span[]): number {
  const wanted = path[depth];
  if (wanted === undefined) {
    const end = skipValue(bytes, at);
    found.push({ start: at, end });
    return end;
  }
  if (typeof wanted === "number" && bytes[at] === OPEN_ARRAY) return walkArray(bytes, at, path, depth, found);
  if (typeof wanted === "string" && bytes[at] === OPEN) return walkObject(bytes, at, path, depth, found);
  return skipValue(bytes, at);
}

function walkArray(bytes: Uint8Array, start: number, path: TokenPath, depth: number, found: Span[]): number {
  let at = skipSpace(bytes, start + 1);
  for (let index = 0; at < bytes.length && bytes[at] !== CLOSE_ARRAY; index++) {
    at = index === path[depth] ? walk(bytes, at, path, depth + 1, found) : skipValue(bytes, at);
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return at + 1;
}

function walkObject(bytes: Uint8Array, start: number, path: TokenPath, depth: number, found: Span[]): number {
  let at = skipSpace(bytes, start + 1);
  while (at < bytes.length && bytes[at] !== CLOSE) {
    const end = skipValue(bytes, at);
    const key = JSON.parse(tokenText(bytes, { start: at, end })); // an escaped key names the same member
    at = skipSpace(bytes, end);
    if (bytes[at] === COLON) at = skipSpace(bytes, at + 1);
    at = key === path[depth] ? walk(bytes, at, path, depth + 1, found) : skipValue(bytes, at);
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return at + 1;
}

function skipValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return skipString(bytes, at);
  if (first !== OPEN && first !== OPEN_ARRAY) return skipScalar(bytes, at);
  let depth = 0;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = skipString(bytes, i) - 1;
    else if (byte === OPEN || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE || byte === CLOSE_ARRAY) && --depth === 0) return i + 1;
  }
  return bytes.length;
}

function skipString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) return i + 1;
    if (bytes[i] === BACKSLASH) i++;
  }
  return bytes.length;
}

function skipScalar(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length && !isSpace(bytes[i]!) && ![COMMA, CLOSE, CLOSE_ARRAY].includes(bytes[i]!)) i++;
  return i;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length && isSpace(bytes[i]!)) i++;
  return i;
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
