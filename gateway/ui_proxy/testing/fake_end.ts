import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

/** One end of a connection that a test speaks for. */
export class FakeEnd extends Duplex {
  got = "";
  isSlow = false;
  #next: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1_024 });
  }

  override _read(): void {}

  override _write(piece: Uint8Array, _encoding: string, next: () => void): void {
    this.got += Buffer.from(piece).toString("latin1");
    if (this.isSlow) this.#next = next;
    else next();
  }

  say(text: string): void {
    this.push(Buffer.from(text, "latin1"));
  }

  goOn(): void {
    this.isSlow = false;
    this.#next?.();
  }
}
