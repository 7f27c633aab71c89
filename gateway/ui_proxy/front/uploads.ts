import { UI_PROXY_LIMITS } from "../limits.ts";
import type { BodyLength } from "../request_head.ts";

/** Why a body is not taken. */
export interface UploadRefusal {
  readonly status: 411 | 413 | 503;
  readonly rule: string;
  readonly reason: string;
}

/**
 * Bodies that go on to devices as they come. TLS in Deno 2.9.6 does not hold back a sender whose receiver is slow
 * (measured: 200 MB of an upload stood in memory), so what is announced is what may have to be kept, and is counted.
 */
export class Uploads {
  #bytes = 0;

  /** Room for a body, to be given back; or why there is none. */
  take(length: BodyLength): (() => void) | UploadRefusal {
    // Controllers do not read chunked bodies, and nobody could say how much is to come.
    if (length === "chunked") {
      return { status: 411, rule: "ui.body.length", reason: "The length of the upload is not announced" };
    }
    if (length > UI_PROXY_LIMITS.passedBytes) {
      const reason = `An upload to this page has at most ${UI_PROXY_LIMITS.passedBytes} bytes`;
      return { status: 413, rule: "ui.body.size", reason };
    }
    if (this.#bytes + length > UI_PROXY_LIMITS.passedAtOnceBytes) {
      return { status: 503, rule: "ui.body.busy", reason: "Other uploads are under way" };
    }
    this.#bytes += length;
    let isGiven = false;
    return () => {
      if (!isGiven) this.#bytes -= length;
      isGiven = true;
    };
  }
}
