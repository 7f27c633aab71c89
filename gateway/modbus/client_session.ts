import { ProtocolError } from "../core/errors.ts";
import { encodeException, EXCEPTION } from "./codec.ts";
import { encodeMbap, MbapDecoder } from "./codec_mbap.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** What the conversation with one client wants done. */
export type ClientEffect =
  | { readonly do: "ask"; readonly sequence: number; readonly unit: number; readonly pdu: Uint8Array }
  | { readonly do: "send"; readonly bytes: Uint8Array }
  | { readonly do: "close"; readonly rule: string; readonly why: string };

interface Pending {
  readonly transaction: number;
  readonly unit: number;
  readonly functionCode: number;
}

/**
 * The conversation with one client, without its socket: frames in, requests out, each answered once with the client's own
 * transaction id, in any order. Bytes that are no frames end it. `now` is monotonic milliseconds.
 */
export class ClientSession {
  readonly #decoder = new MbapDecoder();
  readonly #pending = new Map<number, Pending>();
  readonly #nextSequence: () => number;
  readonly #idleMs: number;
  #heardAt: number;
  /** When the frame that is not whole began. */
  #frameSince: number | undefined;

  /** @param nextSequence gives each request of this Worker a number of its own */
  constructor(options: { readonly idleMs: number; readonly nextSequence: () => number }, now: number) {
    this.#idleMs = options.idleMs;
    this.#nextSequence = options.nextSequence;
    this.#heardAt = now;
  }

  /** Requests without an answer. */
  get pending(): readonly number[] {
    return [...this.#pending.keys()];
  }

  /** Bytes came, however TCP cut them. */
  receive(bytes: Uint8Array, now: number): ClientEffect[] {
    const effects: ClientEffect[] = [];
    this.#heardAt = now;
    try {
      const frames = this.#decoder.push(bytes);
      if (frames.length > 0) this.#frameSince = undefined;
      for (const { transaction, unit, pdu } of frames) effects.push(this.#request(transaction, unit, pdu));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return [{ do: "close", rule: "modbus.frame.malformed", why: error.message }];
    }
    if (this.#decoder.waiting === 0) this.#frameSince = undefined;
    else this.#frameSince ??= now;
    return effects;
  }

  /** The answer to a request came; an empty one says that there will be none. */
  answer(sequence: number, pdu: Uint8Array): ClientEffect[] {
    const pending = this.#pending.get(sequence);
    if (!pending) return [];
    this.#pending.delete(sequence);
    return pdu.length === 0 ? [] : [send(pending, pdu)];
  }

  /** Nobody will answer this request. */
  fail(sequence: number): ClientEffect[] {
    const pending = this.#pending.get(sequence);
    if (!pending) return [];
    return this.answer(sequence, encodeException(pending.functionCode, EXCEPTION.gatewayPathUnavailable));
  }

  /** Ends clients that stop within a frame, or say nothing for long. */
  tick(now: number): ClientEffect[] {
    if (this.#frameSince !== undefined && now - this.#frameSince >= MODBUS_LIMITS.frameMs) {
      return [{ do: "close", rule: "modbus.frame.slow", why: "the rest of a frame did not come" }];
    }
    if (this.#pending.size > 0 || now - this.#heardAt < this.#idleMs) return [];
    return [{ do: "close", rule: "modbus.client.idle", why: `nothing was asked for ${this.#idleMs / 1_000} s` }];
  }

  #request(transaction: number, unit: number, pdu: Uint8Array): ClientEffect {
    const pending: Pending = { transaction, unit, functionCode: pdu[0]! };
    if (this.#pending.size >= MODBUS_LIMITS.pendingPerConnection) {
      return send(pending, encodeException(pending.functionCode, EXCEPTION.serverDeviceBusy));
    }
    const sequence = this.#nextSequence();
    this.#pending.set(sequence, pending);
    return { do: "ask", sequence, unit, pdu };
  }
}

function send({ transaction, unit }: Pending, pdu: Uint8Array): ClientEffect {
  return { do: "send", bytes: encodeMbap({ transaction, unit, pdu }) };
}
