import { encodeCallError, MESSAGE_TYPE, type OcppFrame, parseFrame } from "../codec.ts";
import type { CallVerdict } from "../effects.ts";
import { findValues, tokenText } from "../outage/token_span.ts";
import type { OwnOutcome } from "../own_calls.ts";
import { mayRead, readingAllowance } from "../reading_allowance.ts";
import { TokenBucket } from "../token_bucket.ts";
import { MIRROR_LIMITS } from "./limits.ts";
import { type MirrorBudget, type MirrorMessage, MirrorQueue } from "./mirror_queue.ts";

/** What a mirror may do. A shadow is a read-only mirror whose answers are compared with the primary's. */
export type MirrorMode = "limited" | "read-only" | "shadow";

/** What became of messages; label values of a metric. */
export type MirrorNote =
  | "answered"
  | "commanded"
  | "copied"
  | "dropped"
  | "malformed"
  | "refused"
  | "unanswered"
  | "withheld";

/** What the session of one mirror wants done. */
export type MirrorEffect =
  | { readonly do: "send"; readonly data: Uint8Array | string }
  /** Ask the station by an own CALL of the gateway; `ask` comes back with the outcome. */
  | { readonly do: "ask"; readonly ask: number; readonly action: string; readonly payloadText: string }
  /** The mirror answered a copied CALL. */
  | { readonly do: "replied"; readonly id: string; readonly action: string; readonly frame: OcppFrame }
  | { readonly do: "note"; readonly kind: MirrorNote; readonly action: string; readonly rule?: string }
  | { readonly do: "cut"; readonly why: string };

/** What the session of one mirror of one station needs. */
export interface MirrorSessionOptions {
  readonly mode: MirrorMode;
  /** Actions that a limited secondary may send to the station. */
  readonly actions: readonly string[];
  readonly budget: MirrorBudget;
  /** What the gateway would say to the same CALL of the primary CSMS. */
  judge(frame: OcppFrame): CallVerdict;
}

/**
 * The conversation with one mirror of one station, without sockets or clocks. Copies of the station's CALLs leave in
 * order, one at a time (LC10), the oldest are dropped when too many wait; answers go nowhere; its own CALLs are refused,
 * or, of a limited secondary, sent to the station by the gateway. `now` is monotonic milliseconds.
 */
export class MirrorSession {
  readonly #options: MirrorSessionOptions;
  readonly #queue: MirrorQueue;
  readonly #rate: TokenBucket;
  readonly #allowance: TokenBucket;
  /** CALLs of the secondary that the station has to answer, by a number of our own: its ids may repeat. */
  readonly #asks = new Map<number, { readonly id: string; readonly action: string }>();
  #nextAsk = 1;
  #outstanding: { readonly message: MirrorMessage; readonly dueAt: number } | undefined;
  #lastBoot: MirrorMessage | undefined;
  #isOpen = false;
  #wasOpen = false;

  constructor(options: MirrorSessionOptions, now: number) {
    this.#options = options;
    this.#queue = new MirrorQueue(options.budget);
    this.#rate = new TokenBucket(MIRROR_LIMITS.messagesBurst, MIRROR_LIMITS.messagesPerSecond, now);
    this.#allowance = readingAllowance(now);
  }

  /** Messages that wait, for status. */
  get queued(): number {
    return this.#queue.length + (this.#outstanding ? 1 : 0);
  }

  /** Keeps a message of the station for this mirror. `bytes` are kept: they must not change any more. */
  copy({ id, action, type }: OcppFrame, bytes: Uint8Array): MirrorEffect[] {
    const message = { id, action, wantsAnswer: type === MESSAGE_TYPE.call, bytes, sendings: 0 };
    if (action === "BootNotification") this.#lastBoot = message;
    const effects: MirrorEffect[] = [];
    for (let dropped = this.#queue.push(message); dropped > 0; dropped--) effects.push(note("dropped", ""));
    return effects;
  }

  /** Sends what may be sent. */
  pump(now: number): MirrorEffect[] {
    const effects: MirrorEffect[] = [];
    while (this.#isOpen && !this.#outstanding) {
      const message = this.#queue.shift();
      if (!message) break;
      if (message.wantsAnswer) this.#outstanding = { message, dueAt: now + MIRROR_LIMITS.answerMs };
      effects.push({ do: "send", data: message.bytes }, note("copied", message.action));
    }
    return effects;
  }

  /** A connection stands. One that comes after another begins with the station's last boot: the mirror may need it (Q22). */
  opened(now: number): MirrorEffect[] {
    this.#isOpen = true;
    if (this.#wasOpen && this.#lastBoot && !this.#queue.has("BootNotification")) this.#queue.unshift(this.#lastBoot);
    this.#wasOpen = true;
    return this.pump(now);
  }

  /** The connection is gone: what it had not answered is sent again, unless it broke upon that before. */
  closed(): MirrorEffect[] {
    this.#isOpen = false;
    this.#asks.clear();
    const pending = this.#outstanding;
    this.#outstanding = undefined;
    if (!pending) return [];
    const { message } = pending;
    if (message.sendings + 1 >= MIRROR_LIMITS.sendings) return [note("dropped", message.action)];
    this.#queue.unshift({ ...message, sendings: message.sendings + 1 });
    return [];
  }

  /** The station is gone: nothing waits any more. */
  end(): void {
    this.closed();
    this.#queue.clear();
  }

  /** Takes one text message of the mirror. */
  receive(text: string, bytes: Uint8Array, now: number): MirrorEffect[] {
    if (!this.#rate.take(now)) return [{ do: "cut", why: "it sends too many messages" }];
    if (!mayRead(this.#allowance, bytes, now)) return [{ do: "cut", why: "it sends too many bytes" }];
    let frame: OcppFrame;
    try {
      frame = parseFrame(text, bytes);
    } catch (_fault) {
      return [note("malformed", "")]; // whatever it is, it goes nowhere
    }
    switch (frame.type) {
      case MESSAGE_TYPE.call:
        return this.#call(frame, bytes);
      case MESSAGE_TYPE.callResult:
      case MESSAGE_TYPE.callError:
        return this.#reply(frame, now);
      default:
        return [note("malformed", "")];
    }
  }

  /** What the station said to a CALL of the secondary. */
  answered(ask: number, outcome: OwnOutcome): MirrorEffect[] {
    const asked = this.#asks.get(ask);
    this.#asks.delete(ask);
    if (!asked || !this.#isOpen) return []; // its connection is another one now
    return [{ do: "send", data: replyText(asked.id, outcome) }];
  }

  /** Gives up on a mirror that does not answer: the next message is sent. */
  tick(now: number): MirrorEffect[] {
    if (!this.#outstanding || this.#outstanding.dueAt > now) return [];
    const { action } = this.#outstanding.message;
    this.#outstanding = undefined;
    return [note("unanswered", action), ...this.pump(now)];
  }

  #call(frame: OcppFrame, bytes: Uint8Array): MirrorEffect[] {
    const { mode, actions } = this.#options;
    const plain = frame.action.replace(/-Signed$/, "");
    if (mode !== "limited") return refuse(frame, `ocpp.mirror.${mode}`, "This connection may only read");
    if (!actions.includes(plain)) return refuse(frame, "ocpp.secondary.action", "This connection may not send this");
    const verdict = this.#options.judge(frame);
    if (!verdict.pass) {
      if (verdict.take) return refuse(frame, verdict.rule, "Only the station's own CSMS may send this");
      return refuse(frame, verdict.rule, verdict.reason, verdict.code);
    }
    const [payload, ...more] = findValues(bytes, [3]);
    if (!payload || more.length > 0) return refuse(frame, "ocpp.frame", "The message has no payload", "GenericError");
    if (this.#asks.size >= MIRROR_LIMITS.asks) {
      return refuse(frame, "ocpp.secondary.busy", "Too many calls wait for the station", "GenericError");
    }
    const ask = this.#nextAsk++;
    this.#asks.set(ask, { id: frame.id, action: frame.action });
    const payloadText = tokenText(bytes, payload);
    return [{ do: "ask", ask, action: frame.action, payloadText }, note("commanded", frame.action)];
  }

  #reply(frame: OcppFrame, now: number): MirrorEffect[] {
    const pending = this.#outstanding?.message;
    if (pending?.id !== frame.id) return []; // late, or an answer to nothing: it goes nowhere either way
    this.#outstanding = undefined;
    const { id, action } = pending;
    return [{ do: "replied", id, action, frame }, note("answered", action), ...this.pump(now)];
  }
}

function note(kind: MirrorNote, action: string, rule?: string): MirrorEffect {
  return rule === undefined ? { do: "note", kind, action } : { do: "note", kind, action, rule };
}

function refuse({ id, action }: OcppFrame, rule: string, why: string, code = "SecurityError"): MirrorEffect[] {
  return [note("refused", action, rule), { do: "send", data: encodeCallError(id, code, why, { rule }) }];
}

function replyText(id: string, outcome: OwnOutcome): string {
  switch (outcome.is) {
    case "result":
      return JSON.stringify([MESSAGE_TYPE.callResult, id, outcome.payload]);
    case "error":
      return JSON.stringify([MESSAGE_TYPE.callError, id, outcome.code, outcome.description, outcome.details ?? {}]);
    case "none":
      return encodeCallError(id, "GenericError", "The station did not answer in time");
  }
}
