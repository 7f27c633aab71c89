import { ProtocolError } from "../../core/errors.ts";
import { SERVING_LIMITS } from "./limits.ts";

/** What a form brings, in order. */
export type FormEvent =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" };

/** The boundary of a multipart/form-data body (RFC 2046 section 5.1.1); undefined: it is none. */
export function readBoundary(contentType: string | undefined): string | undefined {
  const match = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType ?? "");
  const boundary = match?.[1] ?? match?.[2];
  return boundary !== undefined && boundary.length <= SERVING_LIMITS.boundaryChars ? boundary : undefined;
}

/** Finds the first file of a form that comes in pieces of any size; other parts are left out. Pure; holds one piece. */
export class FormReader {
  readonly #delimiter: Uint8Array;
  #rest = new Uint8Array();
  #state: "preamble" | "head" | "file" | "other" | "over" = "preamble";

  constructor(boundary: string) {
    this.#delimiter = latin1(`\r\n--${boundary}`);
    this.#rest = latin1("\r\n"); // the first boundary may stand at the very beginning
  }

  /** @throws ProtocolError FORM_MALFORMED */
  read(piece: Uint8Array): FormEvent[] {
    const events: FormEvent[] = [];
    this.#rest = joined(this.#rest, piece);
    while (this.#step(events));
    return events;
  }

  /** The body has ended. @throws ProtocolError FORM_MALFORMED when the form has not, or held no file */
  end(): void {
    if (this.#state !== "over") throw malformed("it ends before its last boundary, or holds no file");
  }

  /** Takes one step; false: more is needed. */
  #step(events: FormEvent[]): boolean {
    switch (this.#state) {
      case "preamble":
      case "other":
        return this.#skip(() => {});
      case "file":
        return this.#skip((bytes) => events.push({ kind: "bytes", bytes }), () => {
          this.#state = "over";
          events.push({ kind: "end" });
        });
      case "head":
        return this.#head(events);
      case "over":
        this.#rest = new Uint8Array();
        return false;
    }
  }

  /** Gives out what stands before the next boundary; keeps what may be the beginning of one. */
  #skip(give: (bytes: Uint8Array) => void, atEnd = () => this.#next()): boolean {
    const at = indexOf(this.#rest, this.#delimiter);
    const safe = at < 0 ? Math.max(0, this.#rest.length - this.#delimiter.length + 1) : at;
    if (safe > 0) give(this.#rest.slice(0, safe));
    this.#rest = this.#rest.slice(at < 0 ? safe : at + this.#delimiter.length);
    if (at < 0) return false;
    atEnd();
    return true;
  }

  #next(): void {
    this.#state = "head";
  }

  #head(events: FormEvent[]): boolean {
    if (this.#rest.length >= 2 && this.#rest[0] === 0x2d && this.#rest[1] === 0x2d) {
      throw malformed("it holds no file");
    }
    const end = indexOf(this.#rest, HEAD_END);
    if (end < 0) {
      if (this.#rest.length > SERVING_LIMITS.partHeadBytes) throw malformed("the head of a part is too long");
      return false;
    }
    if (end > SERVING_LIMITS.partHeadBytes) throw malformed("the head of a part is too long");
    const head = new TextDecoder("latin1").decode(this.#rest.subarray(0, end));
    this.#rest = this.#rest.slice(end + HEAD_END.length);
    const name = /^content-disposition:.*;\s*filename="?([^";\r\n]*)/im.exec(head)?.[1];
    this.#state = name === undefined ? "other" : "file";
    if (name !== undefined) events.push({ kind: "file", name });
    return true;
  }
}

const HEAD_END = latin1("\r\n\r\n");

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at = 0): boolean {
  return bytes.length - at >= wanted.length && wanted.every((byte, index) => bytes[at + index] === byte);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (startsWith(bytes, wanted, at)) return at;
  }
  return -1;
}

function malformed(why: string): ProtocolError {
  return new ProtocolError("FORM_MALFORMED", `The form cannot be read: ${why}`);
}
