import { Buffer } from "node:buffer";
import * as ws from "ws";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";

/** What a right reader makes of one connection's bytes: the receiver of `ws`, independent of the gateway's own. */
export class Oracle {
  /** All messages so far. */
  readonly texts: string[] = [];
  /** Everything so far, in hex. */
  sent = "";
  /** A close frame or a broken frame was among the bytes: nothing behind it counts. */
  isOver = false;
  // deno-lint-ignore no-explicit-any -- exported, but not in the types of ws
  readonly #receiver: any;

  constructor() {
    // deno-lint-ignore no-explicit-any
    this.#receiver = new (ws as any).Receiver({
      isServer: true,
      allowSynchronousEvents: true,
      maxPayload: OCPP_LIMITS.messageBytes,
      maxFragments: OCPP_LIMITS.messageFragments,
    });
    const over = () => this.isOver = true;
    this.#receiver.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) over(); // OCPP-J is text
      else if (!this.isOver) this.texts.push(data.toString());
    });
    this.#receiver.on("conclude", over).on("error", over);
    const { createError } = this.#receiver;
    this.#receiver.createError = (...args: unknown[]) => {
      over(); // the error event only comes with the next tick
      return createError.apply(this.#receiver, args);
    };
  }

  /** Takes what was sent. */
  push(bytes: Uint8Array): void {
    this.sent += ` ${Buffer.from(bytes).toString("hex")}`;
    if (!this.isOver) this.#receiver.write(Buffer.from(bytes));
  }
}
