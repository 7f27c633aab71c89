import { createHash, type Hash } from "node:crypto";
import { ProtocolError } from "../../core/errors.ts";
import { boundaryOf, MultipartReader } from "../../core/multipart_reader.ts";
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
  const boundary = boundaryOf(type);
  if (boundary === undefined) throw malformed("no single boundary");
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

/** The body is a form; each part with a file name is a file. */
class FormScan implements UploadScan {
  readonly #reader: MultipartReader;
  #fieldBytes = 0;
  #file: { readonly hash: Hash; bytes: number } | undefined;
  readonly #files: UploadedFile[] = [];

  constructor(boundary: string) {
    const { uploadParts: parts, partHeadBytes: headBytes } = UI_PROXY_LIMITS;
    this.#reader = new MultipartReader(boundary, { parts, headBytes, malformed }, {
      begin: ({ fileName }) => {
        this.#file = fileName === undefined ? undefined : { hash: createHash("sha256"), bytes: 0 };
      },
      take: (bytes) => this.#take(bytes),
      end: () => {
        if (this.#file) this.#files.push({ sha256: this.#file.hash.digest("hex"), bytes: this.#file.bytes });
      },
    });
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  end(): readonly UploadedFile[] {
    this.#reader.end();
    if (this.#files.length === 0) throw malformed("no file in it");
    return this.#files;
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

function malformed(what: string): ProtocolError {
  return new ProtocolError("UI_UPLOAD_MALFORMED", `The upload cannot be judged: ${what}`, {
    hint: "Upload one file with the device's own page, unchanged by other programs",
  });
}
