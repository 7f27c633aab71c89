import { CallQueue } from "./call_queue.ts";
import { encodeCallError, MESSAGE_TYPE, type OcppFrame, type OcppVersion, parseFrame } from "./codec.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { PendingCalls } from "./pending_calls.ts";
import { RecentIds } from "./recent_ids.ts";
import { TokenBucket } from "./token_bucket.ts";

/** The two peers of a session. */
export type Side = "station" | "csms";

/** What happened to one message; kinds are label values of a metric and stay a bounded set. */
export type NoteKind =
  | "call-timeout"
  | "duplicate-id"
  | "invalid"
  | "late-reply"
  | "malformed"
  | "queue-full"
  | "refused"
  | "reply-invalid"
  | "unknown-type"
  | "unmatched-reply";

/** What the session wants done. Bytes are those that came in, never written anew. */
export type Effect =
  | { readonly do: "send"; readonly to: Side; readonly bytes: Uint8Array }
  | { readonly do: "answer"; readonly to: Side; readonly text: string }
  | {
    readonly do: "note";
    readonly kind: NoteKind;
    readonly from: Side;
    readonly action: string;
    readonly rule?: string;
    readonly why: string;
  }
  | { readonly do: "call"; readonly from: Side; readonly frame: OcppFrame }
  | { readonly do: "reply"; readonly from: Side; readonly action: string; readonly frame: OcppFrame }
  | { readonly do: "close"; readonly code: number; readonly reason: string };

/** What the judge says of a CALL or SEND. `would` is the rule that observe mode did not act on. */
export type CallVerdict =
  | { readonly pass: true; readonly rule: string; readonly would?: string; readonly reason?: string }
  | { readonly pass: false; readonly rule: string; readonly code: string; readonly reason: string };

/** Judges messages; made by policy.ts. */
export interface Judge {
  call(
    from: Side,
    frame: OcppFrame,
    state: { readonly repeated: boolean; readonly overRate: boolean; readonly overPending: boolean },
  ): CallVerdict;
  /** The fault of an answer to `action`, if any: answers are recorded, never stopped. */
  result(action: string, frame: OcppFrame): string | undefined;
}

/** What a session needs to know of its station. */
export interface SessionOptions {
  readonly version: OcppVersion;
  readonly judge: Judge;
  /** Code of the answer to what is no OCPP-J message; undefined where the version wants silence. */
  readonly malformedCode: (version: OcppVersion, what: "malformed" | "unknown-type") => string | undefined;
  /** Milliseconds the station has to answer a CALL before the next one is sent. */
  readonly callTimeoutMs: number;
}

/**
 * The conversation between one station and its CSMS, without sockets or clocks. Relays everything in both directions
 * in order (LC5), byte for byte (LC8); holds CALLs of the CSMS back until the station answered the one before (LC10);
 * gives an answer only to the side that asked (LC6). `now` is monotonic milliseconds.
 */
export class Session {
  readonly #options: SessionOptions;
  /** CALLs by the side that sent them. */
  readonly #pending = {
    station: new PendingCalls(OCPP_LIMITS.stationPending),
    csms: new PendingCalls(OCPP_LIMITS.csmsPending),
  };
  readonly #recent = { station: new RecentIds(), csms: new RecentIds() };
  readonly #rate: { readonly station: TokenBucket; readonly csms: TokenBucket };
  readonly #queue = new CallQueue();
  /** The one CALL of the CSMS that the station has to answer. */
  #outstanding: { readonly id: string; readonly action: string; readonly dueAt: number } | undefined;

  constructor(options: SessionOptions, now: number) {
    this.#options = options;
    const bucket = () => new TokenBucket(OCPP_LIMITS.messagesBurst, OCPP_LIMITS.messagesPerSecond, now);
    this.#rate = { station: bucket(), csms: bucket() };
  }

  /** Takes one text message of either side: its bytes as received, and the same as text. */
  receive(from: Side, bytes: Uint8Array, text: string, now: number): Effect[] {
    const overRate = !this.#rate[from].take(now);
    let frame: OcppFrame;
    try {
      frame = parseFrame(text, bytes);
    } catch (error) {
      return this.#malformed(from, overRate, (error as Error).message);
    }
    switch (frame.type) {
      case MESSAGE_TYPE.call:
        return this.#call(from, frame, bytes, overRate, now);
      case MESSAGE_TYPE.callResult:
      case MESSAGE_TYPE.callError:
        return this.#reply(from, frame, bytes, now);
      case MESSAGE_TYPE.callResultError:
        return this.#is21 ? this.#resultError(from, frame, bytes) : this.#unknownType(from, frame);
      case MESSAGE_TYPE.send:
        return this.#is21 ? this.#send(from, frame, bytes, overRate) : this.#unknownType(from, frame);
      default:
        return this.#unknownType(from, frame);
    }
  }

  /** Gives up on a CALL that the station never answered, and on CALLs that waited behind it for too long. */
  tick(now: number): Effect[] {
    const effects: Effect[] = [];
    if (this.#outstanding && this.#outstanding.dueAt <= now) {
      const { action } = this.#outstanding;
      effects.push({ do: "note", kind: "call-timeout", from: "csms", action, why: "the station did not answer" });
      this.#release(effects, now);
    }
    for (const stale of this.#queue.expire(now)) {
      effects.push(
        ...this.#refuse("csms", stale.id, stale.action, "GenericError", "ocpp.queue", "The station is busy"),
      );
    }
    return effects;
  }

  /**
   * The CSMS leg was replaced by a new connection: the old one's CALLs and the answers to them have no receiver any
   * more. CALLs of the station stay known, so that an answer on the new connection is still matched.
   */
  csmsReplaced(): void {
    this.#pending.csms.clear();
    this.#recent.csms.clear();
    this.#queue.clear();
    this.#outstanding = undefined;
  }

  /** Unanswered CALLs per side and CALLs that wait, for status. */
  get load(): { readonly station: number; readonly csms: number; readonly queued: number } {
    return { station: this.#pending.station.size, csms: this.#pending.csms.size, queued: this.#queue.length };
  }

  get #is21(): boolean {
    return this.#options.version === "ocpp2.1";
  }

  #call(from: Side, frame: OcppFrame, bytes: Uint8Array, overRate: boolean, now: number): Effect[] {
    const repeated = this.#recent[from].seen(frame.id);
    const overPending = from === "station" && this.#pending.station.isFull;
    const verdict = this.#options.judge.call(from, frame, { repeated, overRate, overPending });
    const effects: Effect[] = [{ do: "call", from, frame }];
    if (repeated) effects.push(note("duplicate-id", from, frame.action, "this message id was used before"));
    if (!verdict.pass) {
      effects.push(...this.#refuse(from, frame.id, frame.action, verdict.code, verdict.rule, verdict.reason));
      return effects;
    }
    if (verdict.would !== undefined) {
      effects.push(note("invalid", from, frame.action, verdict.reason ?? verdict.rule, verdict.would));
    }
    this.#recent[from].add(frame.id);
    if (from === "station") {
      this.#pending.station.add(frame.id, frame.action);
      effects.push({ do: "send", to: "csms", bytes });
    } else {
      this.#callStation(effects, frame, bytes, now);
    }
    return effects;
  }

  #callStation(effects: Effect[], frame: OcppFrame, bytes: Uint8Array, now: number): void {
    const { id, action } = frame;
    if (!this.#outstanding) {
      this.#transmit(effects, id, action, bytes, now);
    } else if (!this.#queue.push({ id, action, bytes, dueAt: now + 2 * this.#options.callTimeoutMs })) {
      effects.push(note("queue-full", "csms", action, `${this.#queue.length} calls wait for the station`));
      effects.push(
        ...this.#refuse("csms", id, action, "GenericError", "ocpp.queue", "Too many calls wait for the station"),
      );
    }
  }

  #transmit(effects: Effect[], id: string, action: string, bytes: Uint8Array, now: number): void {
    this.#pending.csms.add(id, action);
    this.#outstanding = { id, action, dueAt: now + this.#options.callTimeoutMs };
    effects.push({ do: "send", to: "station", bytes });
  }

  #reply(from: Side, frame: OcppFrame, bytes: Uint8Array, now: number): Effect[] {
    const caller = from === "station" ? "csms" : "station";
    const call = this.#pending[caller].take(frame.id);
    if (!call) return [note("unmatched-reply", from, "", "no call waits for this answer")];
    const { action } = call;
    const effects: Effect[] = [{ do: "reply", from, action, frame }, { do: "send", to: caller, bytes }];
    if (frame.type === MESSAGE_TYPE.callResult) {
      const fault = this.#options.judge.result(action, frame);
      if (fault !== undefined) effects.push(note("reply-invalid", from, action, fault));
    }
    if (from !== "station") return effects;
    if (this.#outstanding?.id === frame.id) this.#release(effects, now);
    else effects.push(note("late-reply", from, action, "the answer came after its time"));
    return effects;
  }

  #release(effects: Effect[], now: number): void {
    this.#outstanding = undefined;
    const next = this.#queue.shift();
    if (next) this.#transmit(effects, next.id, next.action, next.bytes, now);
  }

  /** OCPP 2.1: the asker found fault with the answer and says so to the side that answered. */
  #resultError(from: Side, frame: OcppFrame, bytes: Uint8Array): Effect[] {
    if (!this.#recent[from].seen(frame.id)) {
      return [note("unmatched-reply", from, "", "no answered call has this id")];
    }
    return [{ do: "reply", from, action: "", frame }, {
      do: "send",
      to: from === "station" ? "csms" : "station",
      bytes,
    }];
  }

  /** OCPP 2.1: a message without an answer, allowed at any time. A refused one can only be dropped and noted. */
  #send(from: Side, frame: OcppFrame, bytes: Uint8Array, overRate: boolean): Effect[] {
    const verdict = this.#options.judge.call(from, frame, { repeated: false, overRate, overPending: false });
    const effects: Effect[] = [{ do: "call", from, frame }];
    if (!verdict.pass) {
      effects.push(note("refused", from, frame.action, verdict.reason, verdict.rule));
      return effects;
    }
    if (verdict.would !== undefined) {
      effects.push(note("invalid", from, frame.action, verdict.reason ?? verdict.rule, verdict.would));
    }
    effects.push({ do: "send", to: from === "station" ? "csms" : "station", bytes });
    return effects;
  }

  #malformed(from: Side, overRate: boolean, why: string): Effect[] {
    const noted = note("malformed", from, "", why);
    if (overRate) return [noted, { do: "close", code: 1008, reason: "too many malformed messages" }];
    const code = this.#options.malformedCode(this.#options.version, "malformed");
    if (code === undefined) return [noted];
    return [noted, { do: "answer", to: from, text: encodeCallError("-1", code, "No OCPP-J message") }];
  }

  #unknownType(from: Side, frame: OcppFrame): Effect[] {
    const noted = note("unknown-type", from, "", `message type ${frame.type} is not known`);
    const code = this.#options.malformedCode(this.#options.version, "unknown-type");
    if (code === undefined) return [noted];
    return [noted, { do: "answer", to: from, text: encodeCallError(frame.id, code, "Unknown message type number") }];
  }

  #refuse(to: Side, id: string, action: string, code: string, rule: string, reason: string): Effect[] {
    return [
      note("refused", to, action, reason, rule),
      { do: "answer", to, text: encodeCallError(id, code, reason, { rule }) },
    ];
  }
}

function note(kind: NoteKind, from: Side, action: string, why: string, rule?: string): Effect {
  return rule === undefined ? { do: "note", kind, from, action, why } : { do: "note", kind, from, action, why, rule };
}
