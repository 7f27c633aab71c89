import { createHash, type Hash } from "node:crypto";
import { ProtocolError } from "../../core/errors.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** One file of an upload. */
export interface UploadedFile {
  /** SHA-256 of its bytes, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Reads what an upload holds while it passes. */
export interface UploadScan {
  /** @throws ProtocolError UI_UPLOAD_MALFORMED */
  push(bytes: Uint8Array): void;
  /** The files in it, in order; at least one. @throws ProtocolError UI_UPLOAD_MALFORMED */
  end(): readonly UploadedFile[];
}

/**
 * The scan for a body of this type: a form with files (RFC 7578), or the file itself.
 * @throws ProtocolError UI_UPLOAD_MALFORMED for a form that programs could read differently
 */
export function scanUpload(contentType: string | undefined): UploadScan {
  const type = (contentType ?? "").trim();
  if (!/^multipart\//i.test(type)) return new WholeScan();
  const match = /^multipart\/form-data\s*;\s*boundary=(?:"([^"]*)"|([^\s;"]+))\s*$/i.exec(type);
  const boundary = match?.[1] ?? match?.[2] ?? "";
  // RFC 2046 section 5.1.1.
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw malformed("no single boundary");
  }
  return new FormScan(boundary);
}

/** The body is the file. */
class WholeScan implements UploadScan {
  readonly #hash = createHash("sha256");
  #bytes = 0;

  push(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  end(): readonly UploadedFile[] {
    if (this.#bytes === 0) throw malformed("no byte in it");
    return [{ sha256: this.#hash.digest("hex"), bytes: this.#bytes }];
  }
}

type Place = "start" | "head" | "content" | "end";

/** The body is a form; each part with a file name is a file. */
class FormScan implements UploadScan {
  readonly #delimiter: Uint8Array;
  #place: Place = "start";
  /** What is not judged yet: part of a delimiter, or of a head. */
  #rest: Uint8Array = new Uint8Array(0);
  #parts = 0;
  #fieldBytes = 0;
  #file: { readonly hash: Hash; bytes: number } | undefined;
  readonly #files: UploadedFile[] = [];

  constructor(boundary: string) {
    this.#delimiter = latin1(`\r\n--${boundary}`);
  }

  push(bytes: Uint8Array): void {
    // As if a line ended before the form: then the first delimiter looks like all others, and nothing may precede it.
    this.#rest = this.#place === "start" && this.#rest.length === 0
      ? join(latin1("\r\n"), bytes)
      : join(this.#rest, bytes);
    while (this.#step());
    if (this.#place === "end" && this.#rest.length > 2) throw malformed("bytes behind its end");
  }

  end(): readonly UploadedFile[] {
    if (this.#place !== "end" || !["", "\r\n"].includes(text(this.#rest))) throw malformed("no end");
    if (this.#files.length === 0) throw malformed("no file in it");
    return this.#files;
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
    if (indexOf(this.#rest, this.#delimiter) !== 0) throw malformed("bytes before its first part");
    return this.#afterDelimiter(0);
  }

  #head(): boolean {
    const end = indexOf(this.#rest, HEAD_END);
    if (end < 0 && this.#rest.length <= UI_PROXY_LIMITS.partHeadBytes) return false;
    if (end < 0 || end > UI_PROXY_LIMITS.partHeadBytes) throw malformed("a part's head that is too long");
    this.#openPart(text(this.#rest.subarray(0, end)));
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    this.#place = "content";
    return true;
  }

  #openPart(head: string): void {
    if (++this.#parts > UI_PROXY_LIMITS.uploadParts) throw malformed(`more than ${UI_PROXY_LIMITS.uploadParts} parts`);
    const lines = head.split("\r\n").filter((line) => line !== "");
    if (lines.some((line) => !/^content-(?:disposition|type):/i.test(line))) {
      throw malformed("a field in a part's head that is neither Content-Disposition nor Content-Type");
    }
    const dispositions = lines.filter((line) => /^content-disposition:/i.test(line));
    const names = /^content-disposition:\s*form-data((?:\s*;\s*[a-z]+="[^"\\]*")*)\s*$/i.exec(dispositions[0] ?? "");
    if (dispositions.length !== 1 || !names) throw malformed("a part whose name programs could read differently");
    const keys = [...names[1]!.matchAll(/;\s*([a-z]+)=/gi)].map(([, key]) => key!.toLowerCase());
    if (new Set(keys).size !== keys.length || keys.some((key) => key !== "name" && key !== "filename")) {
      throw malformed("a part that is named twice");
    }
    this.#file = keys.includes("filename") ? { hash: createHash("sha256"), bytes: 0 } : undefined;
  }

  #content(): boolean {
    const at = indexOf(this.#rest, this.#delimiter);
    const whole = at < 0 ? Math.max(0, this.#rest.length - this.#delimiter.length + 1) : at;
    this.#take(this.#rest.subarray(0, whole));
    this.#rest = this.#rest.subarray(whole);
    if (at < 0 || this.#rest.length < this.#delimiter.length + 2) return false;
    if (this.#file) this.#files.push({ sha256: this.#file.hash.digest("hex"), bytes: this.#file.bytes });
    this.#file = undefined;
    return this.#afterDelimiter(0);
  }

  /** Behind a delimiter stands the next part, or the end. */
  #afterDelimiter(at: number): boolean {
    const behind = text(this.#rest.subarray(at + this.#delimiter.length, at + this.#delimiter.length + 2));
    if (behind !== "\r\n" && behind !== "--") throw malformed("a delimiter that goes on");
    // A head may be empty only on paper: its end needs the line break of the delimiter.
    this.#rest = this.#rest.subarray(at + this.#delimiter.length + (behind === "--" ? 2 : 0));
    if (behind === "\r\n") this.#rest = this.#rest.subarray(2);
    this.#place = behind === "--" ? "end" : "head";
    return true;
  }

  #take(bytes: Uint8Array): void {
    if (this.#file) {
      this.#file.hash.update(bytes);
      this.#file.bytes += bytes.length;
      return;
    }
    this.#fieldBytes += bytes.length;
    if (this.#fieldBytes > UI_PROXY_LIMITS.uploadFieldBytes) throw malformed("fields that are too long");
  }
}

const HEAD_END = latin1("\r\n\r\n");

function malformed(what: string): ProtocolError {
  return new ProtocolError("UI_UPLOAD_MALFORMED", `The upload cannot be judged: ${what}`, {
    hint: "Upload one file with the device's own page, unchanged by other programs",
  });
}

function latin1(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

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
