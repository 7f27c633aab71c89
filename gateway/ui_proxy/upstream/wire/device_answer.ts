import { Readable } from "node:stream";
import type { ResponseHead } from "./response_reader.ts";

/** A device's answer; reading it reads the body. Whoever gets it reads it or destroys it. */
export class DeviceAnswer extends Readable {
  readonly statusCode: number;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** The body where it has come already: then nobody needs to read. */
  readonly whole: Uint8Array | undefined;
  /** Goes on with a connection that was held back; or gives it up, when nobody wants the rest. */
  readonly #source: { resume(): void; giveUp(): void };

  constructor(head: ResponseHead, source: { resume(): void; giveUp(): void }, whole?: Uint8Array) {
    super({ highWaterMark: 65_536 });
    this.statusCode = head.status;
    this.rawHeaders = head.rawHeaders;
    this.whole = whole;
    this.#source = source;
  }

  override _read(): void {
    if (this.whole === undefined) return this.#source.resume();
    if (this.whole.length > 0) this.push(this.whole);
    this.push(null);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.whole === undefined) this.#source.giveUp();
    done(error);
  }
}
