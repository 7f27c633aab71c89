import { describeError } from "../core/errors.ts";
import { encodeTunnelFrame, type TunnelFrame } from "./codec.ts";
import { TUNNEL_LIMITS } from "./limits.ts";
import { TunnelFlow } from "./session.ts";

/** A stream of bytes at one end of the tunnel; Deno.TcpConn is one. */
export interface ByteEnd {
  /** @returns how many bytes were read, null at the end */
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Says that nothing more comes. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** How a pump ends. */
export interface PumpEnd {
  readonly up: number;
  readonly down: number;
  readonly why: string;
}

/**
 * Carries bytes between one stream and the frames of the other side, both ways, each within its window. The same at the
 * station and at the laptop. `up` counts what came as frames and was written, `down` what was read and sent.
 */
export class TunnelPump {
  readonly #end: ByteEnd;
  readonly #send: (frame: Uint8Array) => void;
  readonly #flow = new TunnelFlow();
  readonly #done = Promise.withResolvers<PumpEnd>();
  #writing: Promise<void> = Promise.resolve();
  #room: (() => void) | undefined;
  #isReadOver = false;
  #isWriteOver = false;
  #isClosed = false;
  #up = 0;
  #down = 0;

  constructor(end: ByteEnd, send: (frame: Uint8Array) => void) {
    this.#end = end;
    this.#send = send;
    this.#read().catch((error) => this.close(describeError(error)));
  }

  /** Resolves when both directions are over or the pump was closed; never rejects. */
  get done(): Promise<PumpEnd> {
    return this.#done.promise;
  }

  get counts(): { readonly up: number; readonly down: number } {
    return { up: this.#up, down: this.#down };
  }

  /** Takes a frame of the other side. @throws ProtocolError TUNNEL_FRAME */
  receive(frame: TunnelFrame): void {
    if (this.#isClosed) return;
    switch (frame.kind) {
      case "data":
        this.#flow.received(frame.bytes.length);
        return this.#queue(() => this.#write(frame.bytes));
      case "taken":
        this.#flow.taken(frame.count);
        this.#room?.();
        return;
      case "end":
        return this.#queue(async () => {
          await this.#end.closeWrite();
          this.#isWriteOver = true;
          this.#finish();
        });
      case "closed":
        return this.#over(frame.why || "the other side closed it");
    }
  }

  /** Ends both directions and tells the other side why. */
  close(why: string): void {
    if (this.#isClosed) return;
    this.#send(encodeTunnelFrame({ kind: "closed", why }));
    this.#over(why);
  }

  #queue(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error) => this.close(describeError(error)));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#isClosed;) at += await this.#end.write(bytes.subarray(at));
    if (this.#isClosed) return;
    this.#up += bytes.length;
    const count = this.#flow.passed(bytes.length);
    if (count > 0) this.#send(encodeTunnelFrame({ kind: "taken", count }));
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(TUNNEL_LIMITS.dataBytes);
    while (!this.#isClosed) {
      if (this.#flow.credit === 0) await this.#waitForRoom();
      if (this.#isClosed) return;
      const count = await this.#end.read(buffer.subarray(0, Math.min(buffer.length, this.#flow.credit)));
      if (this.#isClosed) return;
      if (count === null) break;
      if (count === 0) continue;
      this.#flow.sent(count);
      this.#down += count;
      this.#send(encodeTunnelFrame({ kind: "data", bytes: buffer.subarray(0, count) }));
    }
    this.#send(encodeTunnelFrame({ kind: "end" }));
    this.#isReadOver = true;
    this.#finish();
  }

  #waitForRoom(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#room = resolve;
    return promise;
  }

  #finish(): void {
    if (this.#isReadOver && this.#isWriteOver) this.#over("both sides are done");
  }

  #over(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room?.();
    this.#end.close();
    this.#done.resolve({ ...this.counts, why });
  }
}
