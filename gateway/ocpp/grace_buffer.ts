import { OCPP_LIMITS } from "./limits.ts";

/** Messages for the CSMS while its connection is dialled anew; bounded by number and bytes. */
export class GraceBuffer {
  readonly #messages: (Uint8Array | string)[] = [];
  #bytes = 0;

  get length(): number {
    return this.#messages.length;
  }

  /** Keeps a message; false when there is no room: then the station has to keep it. */
  push(message: Uint8Array | string): boolean {
    if (this.#messages.length >= OCPP_LIMITS.graceMessages) return false;
    if (this.#bytes + message.length > OCPP_LIMITS.graceBytes) return false;
    this.#messages.push(message);
    this.#bytes += message.length;
    return true;
  }

  /** Hands out all messages in order. */
  drain(): readonly (Uint8Array | string)[] {
    this.#bytes = 0;
    return this.#messages.splice(0);
  }
}
