import { ProtocolError } from "../../gateway/core/errors.ts";
import { ECHO_LIMITS } from "./limits.ts";

const NEWLINE = 0x0a;

/** Bytes to lines: pure, total and bounded, whatever a peer sends and however TCP cuts it. */
export class LineDecoder {
  #rest = new Uint8Array(0);

  /**
   * The lines that are complete after these bytes, without their ends; text that is no UTF-8 is replaced.
   * @throws ProtocolError ECHO_LINE_TOO_LONG; the decoder is of no use afterwards
   */
  push(bytes: Uint8Array): string[] {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const lines: string[] = [];
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      checkLength(end - start);
      lines.push(new TextDecoder().decode(all.subarray(start, end)));
      start = end + 1;
    }
    checkLength(all.length - start);
    this.#rest = all.slice(start);
    return lines;
  }
}

/** A line as bytes. */
export const encodeLine = (line: string): Uint8Array => new TextEncoder().encode(`${line}\n`);

function checkLength(bytes: number): void {
  if (bytes <= ECHO_LIMITS.lineBytes) return;
  throw new ProtocolError(
    "ECHO_LINE_TOO_LONG",
    `A line has ${bytes} bytes, at most ${ECHO_LIMITS.lineBytes} are allowed`,
  );
}
