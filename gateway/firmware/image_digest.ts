import { createHash } from "node:crypto";

/** What names an image, and what OCPP and vendors publish of one. Lower-case hex. */
export interface ImageDigest {
  readonly sha256: string;
  /** Absent unless it was asked for, like MD5. */
  readonly sha512?: string;
  /** Trusted by nobody; PublishFirmware asks for it (L03.FR.03). Absent unless it was asked for: it costs thrice the time. */
  readonly md5?: string;
  readonly bytes: number;
}

/** Anything that looks at an image while it passes once: hashes and signature checks. */
export interface PartObserver {
  update(part: Uint8Array): void;
}

/** Hashes an image that comes in parts. */
export class Digester implements PartObserver {
  readonly #sha256 = createHash("sha256");
  readonly #sha512: ReturnType<typeof createHash> | undefined;
  readonly #md5: ReturnType<typeof createHash> | undefined;
  #bytes = 0;

  constructor(options: { readonly md5?: boolean; readonly sha512?: boolean } = {}) {
    this.#sha512 = options.sha512 ? createHash("sha512") : undefined;
    this.#md5 = options.md5 ? createHash("md5") : undefined;
  }

  update(part: Uint8Array): void {
    this.#sha256.update(part);
    this.#sha512?.update(part);
    this.#md5?.update(part);
    this.#bytes += part.length;
  }

  /** To be called once. */
  digest(): ImageDigest {
    const md5 = this.#md5?.digest("hex");
    const sha512 = this.#sha512?.digest("hex");
    return {
      sha256: this.#sha256.digest("hex"),
      ...(sha512 === undefined ? {} : { sha512 }),
      ...(md5 === undefined ? {} : { md5 }),
      bytes: this.#bytes,
    };
  }
}
