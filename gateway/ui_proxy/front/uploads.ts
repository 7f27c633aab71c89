import { UI_PROXY_LIMITS } from "../limits.ts";
import type { BodyLength } from "../request_head.ts";

/** Why a body is not taken. */
export interface UploadRefusal {
  readonly status: 411 | 413 | 503;
  readonly rule: string;
  readonly reason: string;
}

/** Bodies that go on to devices as they come, counted by the memory that each may take (decisions/0109). */
export class Uploads {
  #bytes = 0;

  /**
   * Room for a body, to be given back; or why there is none.
   * @param most the longest that the site takes, in bytes
   * @param isHeld the browser is held back while the device is slow: else all that it announces may stand in memory
   */
  take(length: BodyLength, most: number, isHeld: boolean): (() => void) | UploadRefusal {
    // Controllers do not read chunked bodies, and nobody could say how much is to come.
    if (length === "chunked") {
      return { status: 411, rule: "ui.body.length", reason: "The length of the upload is not announced" };
    }
    if (length > most) {
      const reason = `An upload to this page has at most ${most} bytes, this one ${length}: see uploadMegabytes`;
      return { status: 413, rule: "ui.body.size", reason };
    }
    const bytes = isHeld ? Math.min(length, UI_PROXY_LIMITS.passedBytes) : length;
    if (this.#bytes + bytes > UI_PROXY_LIMITS.passedAtOnceBytes) {
      return { status: 503, rule: "ui.body.busy", reason: "Other uploads are under way" };
    }
    this.#bytes += bytes;
    let isGiven = false;
    return () => {
      if (!isGiven) this.#bytes -= bytes;
      isGiven = true;
    };
  }
}
