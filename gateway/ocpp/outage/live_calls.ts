import type { OcppFrame } from "../codec.ts";
import type { CsmsLink } from "./csms_link.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import { idToken, type UsedIds, withId } from "./message_ids.ts";
import { type StationMessage, utf8 } from "./station_message.ts";
import type { TransactionIds } from "./transaction_ids.ts";

/** What live calls are sent with. */
export interface LiveCallsOptions {
  readonly link: Pick<CsmsLink, "send">;
  readonly ids: TransactionIds;
  readonly used: UsedIds;
  /** A new message id, for one that is in use on this connection. */
  readonly newId: () => string;
}

/** CALLs of the station on their way to the CSMS and back: bytes as they came, but for ids that mean something else there. */
export class LiveCalls {
  readonly #options: LiveCallsOptions;
  /** By the id on the wire. */
  readonly #calls = new Map<string, StationMessage>();

  constructor(options: LiveCallsOptions) {
    this.#options = options;
  }

  /** Sends a CALL. @returns its id on the wire */
  send(message: StationMessage): string {
    const { link, ids, used, newId } = this.#options;
    let bytes = ids.toCsms(message.action, utf8(message.text));
    let id = message.id;
    if (used.has(id)) {
      id = newId();
      bytes = withId(bytes, JSON.stringify(id));
    }
    this.#calls.delete(id);
    this.#calls.set(id, message);
    if (this.#calls.size > STAND_IN_LIMITS.inFlight) this.#calls.delete(this.#calls.keys().next().value!);
    link.send(bytes);
    return id;
  }

  /** The CALL that this answer of the CSMS belongs to, and the answer as the station must see it. */
  answered(
    frame: OcppFrame,
    bytes: Uint8Array,
  ): { readonly message: StationMessage; readonly bytes: Uint8Array } | undefined {
    const message = this.#calls.get(frame.id);
    if (!message) return undefined;
    this.#calls.delete(frame.id);
    return { message, bytes: frame.id === message.id ? bytes : withId(bytes, idToken(utf8(message.text))) };
  }

  /** The connection is gone: what it had not answered, in order. The CSMS may have taken it all the same. */
  lost(): readonly StationMessage[] {
    const lost = [...this.#calls.values()].map((message) => ({ ...message, isUncertain: true as const }));
    this.#calls.clear();
    return lost;
  }
}
