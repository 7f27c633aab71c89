import { Buffer } from "node:buffer";
import { ProtocolError } from "../../../core/errors.ts";
import { UI_PROXY_LIMITS } from "../../limits.ts";

/** The head of a device's answer. */
export interface ResponseHead {
  readonly status: number;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** Bytes of the body; undefined: it ends as its chunks or the connection say. */
  readonly length: number | undefined;
  /** The connection may carry another request afterwards. */
  readonly keepsAlive: boolean;
}

/** Who is told what an answer says. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  /** A piece of the body, never empty. */
  piece(bytes: Buffer): void;
  /** The answer is over; `rest` came behind it. */
  end(rest: Buffer): void;
}

type State = "chunk" | "chunk-end" | "chunk-size" | "done" | "head" | "length" | "trailer" | "until-close";

/**
 * Reads one answer of HTTP/1 (RFC 9112) from the bytes of a connection. Takes what small devices write beside the standard: lines that end
 * with LF alone, no reason phrase, any status, bytes beyond ASCII, a body that ends with the connection. What two programs could
 * read differently is refused: both lengths, two lengths, folded lines, blanks in names, unknown codings.
 */
export class ResponseReader {
  readonly #sink: ResponseSink;
  /** The answer has no body, whatever its head says: it is to HEAD. */
  readonly #isHead: boolean;
  #state: State = "head";
  #held: Buffer = NOTHING;
  /** Where the search for a line's end goes on in what is held. */
  #scanned = 0;
  #left = 0;
  #interim = 0;

  constructor(sink: ResponseSink, isHead: boolean) {
    this.#sink = sink;
    this.#isHead = isHead;
  }

  /** Nothing of the answer has come yet. */
  get isUntouched(): boolean {
    return this.#state === "head" && this.#held.length === 0 && this.#interim === 0;
  }

  /** @throws ProtocolError UI_DEVICE_STRANGE; what follows must not be given */
  push(bytes: Buffer): void {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = NOTHING;
    while (rest.length > 0 && this.#state !== "done") {
      const left = this.#step(rest);
      if (left === undefined) {
        this.#held = rest;
        return;
      }
      rest = left;
    }
  }

  /** The connection has ended. @returns whether the answer is whole @throws ProtocolError UI_DEVICE_STRANGE: it never began */
  close(): boolean {
    if (this.#state === "head" && this.#held.length > 0) throw strange("it closed before its head was whole");
    if (this.#state === "until-close") this.#finish(NOTHING);
    return this.#state === "done";
  }

  /** @returns what is left; undefined: it is not enough, and is held */
  #step(bytes: Buffer): Buffer | undefined {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk":
        return this.#counted(bytes);
      case "until-close":
        this.#sink.piece(bytes);
        return NOTHING;
      case "chunk-size":
        return this.#line(bytes, UI_PROXY_LIMITS.chunkLineBytes, (line) => this.#chunkSize(line));
      case "chunk-end":
        return this.#line(bytes, 2, (line) => {
          if (line !== "") throw strange("a chunk that goes on behind its length");
          this.#state = "chunk-size";
        });
      case "trailer":
        return this.#line(bytes, UI_PROXY_LIMITS.chunkLineBytes, (line, rest) => line === "" && this.#finish(rest));
      case "done":
        return bytes;
    }
  }

  #head(bytes: Buffer): Buffer | undefined {
    let start = this.#scanned === 0 ? 0 : bytes.lastIndexOf(LF, this.#scanned - 1) + 1;
    let at = bytes.indexOf(LF, this.#scanned);
    for (; at >= 0; start = at + 1, at = bytes.indexOf(LF, start)) {
      if (at === start || (at === start + 1 && bytes[start] === CR)) break;
    }
    if (at < 0 ? bytes.length > MOST : at >= MOST) throw strange(`a head of more than ${MOST} bytes`);
    this.#scanned = at < 0 ? bytes.length : 0;
    if (at < 0) return undefined;
    const text = bytes.toString("latin1", 0, start), rest = bytes.subarray(at + 1);
    if (text.trim() === "") return rest; // an empty line before the answer
    this.#begin(text, rest);
    return this.#state === "done" ? NOTHING : rest;
  }

  #begin(text: string, rest: Buffer): void {
    const { status, isOld, fields, rawHeaders } = readHead(text);
    if (status >= 100 && status < 200 && status !== 101) {
      if (++this.#interim > UI_PROXY_LIMITS.interimAnswers) throw strange("one interim answer after another");
      return;
    }
    const length = bodyLength(fields), isChunked = fields.has("transfer-encoding");
    const connection = (fields.get("connection") ?? "").toLowerCase();
    const hasNone = this.#isHead || status === 204 || status === 304 || status === 101;
    const isFramed = hasNone || isChunked || length !== undefined;
    const keepsAlive = isFramed && (isOld ? /\bkeep-alive\b/ : /^(?!.*\bclose\b)/).test(connection);
    this.#left = hasNone ? 0 : length ?? 0;
    this.#state = hasNone || length !== undefined ? "length" : isChunked ? "chunk-size" : "until-close";
    this.#sink.head({ status, rawHeaders, length: hasNone ? 0 : length, keepsAlive });
    if (this.#state === "length" && this.#left === 0) this.#finish(rest);
  }

  #counted(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#left), rest = bytes.subarray(piece.length);
    this.#left -= piece.length;
    this.#sink.piece(piece);
    if (this.#left > 0) return rest;
    if (this.#state === "chunk") this.#state = "chunk-end";
    else this.#finish(rest);
    return this.#state === "done" ? NOTHING : rest;
  }

  #chunkSize(line: string): void {
    const [, digits] = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\0]*)?$/.exec(line) ?? [];
    if (digits === undefined) throw strange("a chunk without a length");
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? "trailer" : "chunk";
  }

  #line(bytes: Buffer, most: number, take: (line: string, rest: Buffer) => unknown): Buffer | undefined {
    const at = bytes.indexOf(LF);
    if (at > most || (at < 0 && bytes.length > most)) throw strange(`a line of more than ${most} bytes between chunks`);
    if (at < 0) return undefined;
    const rest = bytes.subarray(at + 1);
    take(bytes.toString("latin1", 0, at > 0 && bytes[at - 1] === CR ? at - 1 : at), rest);
    return this.#state === "done" ? NOTHING : rest;
  }

  #finish(rest: Buffer): void {
    this.#state = "done";
    this.#sink.end(rest);
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
const LF = 0x0a, CR = 0x0d, MOST = UI_PROXY_LIMITS.deviceAnswerHeadBytes;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function readHead(text: string) {
  const [first = "", ...lines] = text.trimStart().split("\n").map((line) =>
    line.endsWith("\r") ? line.slice(0, -1) : line
  );
  const [, minor, status] = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/.exec(first) ?? [];
  if (status === undefined) throw strange("something else than HTTP/1");
  lines.pop(); // behind the last line's end
  if (lines.length > UI_PROXY_LIMITS.deviceAnswerFields) throw strange("too many header fields");
  const fields = new Map<string, string>(), rawHeaders: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":"), name = line.slice(0, colon), value = line.slice(colon + 1).trim();
    if (colon < 1 || !NAME.test(name) || /[\0\r]/.test(value)) throw strange("a header field that cannot be read");
    const key = name.toLowerCase(), known = fields.get(key);
    fields.set(key, known === undefined ? value : `${known}, ${value}`);
    rawHeaders.push(name, value);
  }
  return { status: Number(status), isOld: minor === "0", fields, rawHeaders };
}

/** RFC 9112 section 6.3; undefined when no length is announced. */
function bodyLength(fields: ReadonlyMap<string, string>): number | undefined {
  const coding = fields.get("transfer-encoding"), length = fields.get("content-length");
  if (coding !== undefined && length !== undefined) throw strange("both Content-Length and Transfer-Encoding");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") throw strange("an unknown transfer coding");
  if (length === undefined) return undefined;
  const [one, ...others] = length.split(",").map((each) => each.trim());
  if (!/^\d{1,15}$/.test(one!) || others.some((other) => other !== one)) {
    throw strange("two lengths, or one that is none");
  }
  return Number(one);
}

function strange(what: string): ProtocolError {
  return new ProtocolError("UI_DEVICE_STRANGE", `The device does not speak HTTP that is safe to pass on: ${what}`, {
    hint: "Compare driver and firmware of this station; gateway/ui_proxy/README.md lists what is let through",
  });
}
