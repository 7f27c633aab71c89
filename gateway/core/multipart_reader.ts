import { concatBytes } from "./concat_bytes.ts";

/** One part of a form, as its head says. */
export interface FormPart {
  readonly name: string;
  /** Present for a file; empty when no file was chosen. */
  readonly fileName?: string;
}

/** Takes a form while it passes: `begin`, any number of `take`, `end`, for each part in order. */
export interface FormSink {
  begin(part: FormPart): void;
  /** The bytes are good until the call returns. */
  take(bytes: Uint8Array): void;
  end(): void;
}

/** Bounds of a form, and the error for one that is not right. */
export interface FormRules {
  readonly parts: number;
  /** Bytes of the head of one part. */
  readonly headBytes: number;
  /** Makes the error; `what` completes "the form has ...". */
  malformed(what: string): Error;
}

/**
 * The boundary of a form with files (RFC 7578, RFC 2046 section 5.1.1); undefined when the type names none, or in a way
 * that programs could read differently.
 */
export function boundaryOf(contentType: string): string | undefined {
  const match = /^multipart\/form-data\s*;\s*boundary=(?:"([^"]*)"|([^\s;"]+))\s*$/i.exec(contentType.trim());
  const boundary = match?.[1] ?? match?.[2] ?? "";
  return /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary) ? boundary : undefined;
}

type Place = "start" | "head" | "content" | "end";

/**
 * Reads a form that comes in pieces of any size, and holds no more of it than a part's head or the piece at hand. Strict: a
 * form that two programs could read differently is none.
 */
export class MultipartReader {
  readonly #delimiter: Uint8Array;
  #place: Place = "start";
  /** What is not judged yet: part of a delimiter, or of a head. */
  #rest: Uint8Array = new Uint8Array(0);
  #parts = 0;

  constructor(boundary: string, private readonly rules: FormRules, private readonly sink: FormSink) {
    this.#delimiter = latin1(`\r\n--${boundary}`);
  }

  /** Takes the next piece. @throws the error of the rules, or of the sink */
  push(bytes: Uint8Array): void {
    // As if a line ended before the form: then the first delimiter looks like all others, and nothing may precede it.
    this.#rest = this.#place === "start" && this.#rest.length === 0
      ? join(latin1("\r\n"), bytes)
      : join(this.#rest, bytes);
    while (this.#step());
    if (this.#place === "end" && this.#rest.length > 2) throw this.rules.malformed("bytes behind its end");
    this.#rest = this.#rest.slice(); // the piece is its owner's again
  }

  /** The body has ended. @throws the error of the rules when the form has not */
  end(): void {
    if (this.#place !== "end" || !["", "\r\n"].includes(text(this.#rest))) throw this.rules.malformed("no end");
  }

  /** @returns whether to look again */
  #step(): boolean {
    switch (this.#place) {
      case "start":
        return this.#begin();
      case "head":
        return this.#head();
      case "content":
        return this.#content();
      case "end":
        return false;
    }
  }

  #begin(): boolean {
    if (this.#rest.length < this.#delimiter.length + 2) return false;
    if (indexOf(this.#rest, this.#delimiter) !== 0) throw this.rules.malformed("bytes before its first part");
    return this.#afterDelimiter();
  }

  #head(): boolean {
    const { headBytes, malformed } = this.rules;
    const end = indexOf(this.#rest, HEAD_END);
    if (end < 0 && this.#rest.length <= headBytes) return false;
    if (end < 0 || end > headBytes) throw malformed("a part's head that is too long");
    this.#openPart(text(this.#rest.subarray(0, end)));
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    this.#place = "content";
    return true;
  }

  #openPart(head: string): void {
    const { parts, malformed } = this.rules;
    if (++this.#parts > parts) throw malformed(`more than ${parts} parts`);
    const lines = head.split("\r\n").filter((line) => line !== "");
    if (lines.some((line) => !/^content-(?:disposition|type):/i.test(line))) {
      throw malformed("a field in a part's head that is neither Content-Disposition nor Content-Type");
    }
    const dispositions = lines.filter((line) => /^content-disposition:/i.test(line));
    const names = /^content-disposition:\s*form-data((?:\s*;\s*[a-z]+="[^"\\]*")*)\s*$/i.exec(dispositions[0] ?? "");
    if (dispositions.length !== 1 || !names) throw malformed("a part whose name programs could read differently");
    const keys = [...names[1]!.matchAll(/;\s*([a-z]+)="([^"]*)"/gi)]
      .map(([, key, value]) => [key!.toLowerCase(), utf8(value!)] as const);
    const said = new Map(keys);
    if (said.size !== keys.length || [...said.keys()].some((key) => key !== "name" && key !== "filename")) {
      throw malformed("a part that is named twice");
    }
    const fileName = said.get("filename");
    this.sink.begin({ name: said.get("name") ?? "", ...fileName === undefined ? {} : { fileName } });
  }

  #content(): boolean {
    const at = indexOf(this.#rest, this.#delimiter);
    const whole = at < 0 ? Math.max(0, this.#rest.length - this.#delimiter.length + 1) : at;
    if (whole > 0) this.sink.take(this.#rest.subarray(0, whole));
    this.#rest = this.#rest.subarray(whole);
    if (at < 0 || this.#rest.length < this.#delimiter.length + 2) return false;
    this.sink.end();
    return this.#afterDelimiter();
  }

  /** Behind a delimiter stands the next part, or the end. */
  #afterDelimiter(): boolean {
    const { length } = this.#delimiter;
    const behind = text(this.#rest.subarray(length, length + 2));
    if (behind !== "\r\n" && behind !== "--") throw this.rules.malformed("a delimiter that goes on");
    this.#rest = this.#rest.subarray(length + 2);
    this.#place = behind === "--" ? "end" : "head";
    return true;
  }
}

const HEAD_END = latin1("\r\n\r\n");

function latin1(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Browsers send names as UTF-8; the head was read byte by byte. */
function utf8(value: string): string {
  return new TextDecoder().decode(latin1(value));
}

const join = (a: Uint8Array, b: Uint8Array): Uint8Array => a.length === 0 ? b : concatBytes([a, b]);

/** First place of `wanted` in `bytes`, by its first byte: fast where that byte is rare. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}
