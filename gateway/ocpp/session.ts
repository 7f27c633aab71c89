import { readFrame } from "./beyond_limits.ts";
import { CallQueue, type QueuedCall } from "./call_queue.ts";
import {
  encodeCall,
  encodeCallError,
  encodeCallResult,
  idAsWritten,
  MESSAGE_TYPE,
  type OcppFrame,
  type OcppVersion,
} from "./codec.ts";
import { type Answer, type CallVerdict, type Effect, note, passedNote, type Side } from "./effects.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { type OwnCall, OwnCalls, type OwnOutcome } from "./own_calls.ts";
import { PendingCalls } from "./pending_calls.ts";
import { flooded, mayRead, readingAllowance, type ReadingAllowances } from "./reading_allowance.ts";
import { RecentIds } from "./recent_ids.ts";
import { TokenBucket } from "./token_bucket.ts";

export type { Answer, CallFate, CallVerdict, Effect, NoteKind, Side } from "./effects.ts";
export type { NoAnswer, OwnCall, OwnOutcome } from "./own_calls.ts";

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
  /** What is left of its allowances; absent: all. */
  readonly allowances?: ReadingAllowances;
}

/**
 * The conversation between one station and its CSMS, without sockets or clocks. Relays everything in both directions
 * in order (LC5), byte for byte (LC8); holds CALLs to the station back until it answered the one before (LC10), those of
 * the CSMS before the gateway's own; gives an answer only to the side that asked (LC6). `now` is monotonic milliseconds.
 */
export class Session {
  readonly #options: SessionOptions;
  /** CALLs by the side that sent them. */
  readonly #pending = {
    station: new PendingCalls(OCPP_LIMITS.stationAsked),
    csms: new PendingCalls(OCPP_LIMITS.csmsPending),
  };
  readonly #recent = { station: new RecentIds(), csms: new RecentIds() };
  readonly #rate: { readonly station: TokenBucket; readonly csms: TokenBucket };
  readonly #allowances: ReadingAllowances;
  /** CALLs that the gateway answers itself, by the side that sent them. */
  readonly #taken = {
    station: new PendingCalls(OCPP_LIMITS.stationPending),
    csms: new PendingCalls(OCPP_LIMITS.csmsPending),
  };
  /** Ids of CALLs that the gateway answered: a complaint about such an answer is not for the other side. */
  readonly #answered = { station: new RecentIds(), csms: new RecentIds() };
  readonly #queue = new CallQueue();
  readonly #own = new OwnCalls();
  /** CALLs of the gateway to the CSMS, which the station knows nothing of. */
  readonly #toCsms = new OwnCalls();
  /** The newest CALL of the station. One before it that has no answer yet gets none: the station has given it up. */
  #newest: { readonly id: string; readonly dueAt: number } | undefined;
  /** Counts the connections of the CSMS: an answer that took its time is for the one that asked. */
  csmsLeg = 0;
  /** The one CALL that the station has to answer, of the CSMS or of the gateway. */
  #outstanding: { readonly id: string; readonly action: string; readonly dueAt: number; isOwn: boolean } | undefined;

  constructor(options: SessionOptions, now: number) {
    this.#options = options;
    const bucket = () => new TokenBucket(OCPP_LIMITS.messagesBurst, OCPP_LIMITS.messagesPerSecond, now);
    this.#rate = { station: bucket(), csms: bucket() };
    this.#allowances = options.allowances ?? { station: readingAllowance(now), csms: readingAllowance(now) };
  }

  /** Takes one text message of either side: its bytes as received, and the same as text. */
  receive(from: Side, bytes: Uint8Array, text: string, now: number): Effect[] {
    if (!mayRead(this.#allowances[from], bytes, now)) return flooded(from);
    const overRate = !this.#rate[from].take(now);
    let frame: OcppFrame;
    try {
      frame = readFrame(from, text, bytes);
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
      const { action, isOwn } = this.#outstanding;
      const why = isOwn ? "the station did not answer the gateway" : "the station did not answer";
      effects.push(note("call-timeout", isOwn ? "station" : "csms", action, why));
      this.#release(effects, now);
    }
    for (const stale of this.#queue.expire(now)) {
      effects.push(...this.#refuse("csms", stale, "GenericError", "ocpp.queue", "The station is busy"));
    }
    for (const { id, action, why } of [...this.#own.expire(now), ...this.#toCsms.expire(now)]) {
      effects.push(ownReply(id, action, { is: "none", why }));
    }
    this.#releaseToCsms(effects, now);
    return effects;
  }

  /**
   * A CALL of the gateway to the station. It waits for CALLs of the CSMS and for the one that is outstanding; each
   * yields exactly one "own-reply", at the latest after `timeoutMs` (by `tick`). More than may wait are "busy" at once.
   */
  ownCall({ id, action, payloadText, timeoutMs }: OwnCall, now: number): Effect[] {
    // Cannot happen with UUIDs; an answer that could be two things must not be sent for.
    if (this.#own.has(id) || this.#pending.csms.has(id) || this.#queue.has(id)) {
      return [ownReply(id, action, { is: "none", why: "busy" })];
    }
    const call = { id, action, bytes: UTF8.encode(encodeCall(id, action, payloadText)), dueAt: now + timeoutMs };
    if (!this.#own.wait(call)) return [ownReply(id, action, { is: "none", why: "busy" })];
    const effects: Effect[] = [];
    if (!this.#outstanding) this.#release(effects, now);
    return effects;
  }

  /**
   * A CALL of the gateway to the CSMS in the station's name (its request for a certificate). It waits until the station's
   * newest CALL is answered, or its time is over; those never wait for it. Yields exactly one "own-reply", at the latest after `timeoutMs`.
   */
  ownCallToCsms({ id, action, payloadText, timeoutMs }: OwnCall, now: number): Effect[] {
    const call = { id, action, bytes: UTF8.encode(encodeCall(id, action, payloadText)), dueAt: now + timeoutMs };
    if (this.#toCsms.has(id) || this.#pending.station.has(id) || !this.#toCsms.wait(call)) {
      return [ownReply(id, action, { is: "none", why: "busy" })];
    }
    const effects: Effect[] = [];
    this.#releaseToCsms(effects, now);
    return effects;
  }

  #releaseToCsms(effects: Effect[], now: number): void {
    if (this.#toCsms.size === 0 || this.#toCsms.isWaited) return;
    if (this.#newest && this.#newest.dueAt > now && this.#pending.station.has(this.#newest.id)) return;
    const call = this.#toCsms.next();
    if (!call) return;
    this.#toCsms.sent(call);
    const { id, action, bytes } = call;
    effects.push({ do: "own-call", to: "csms", id, action, text: new TextDecoder().decode(bytes) });
  }

  /** The answer to a taken CALL, once; none of the gateway's business any more when its asker's connection is gone. */
  answerTaken(from: Side, call: AskedCall, answer: Answer, csmsLeg: number = this.csmsLeg): Effect[] {
    if (from === "csms" && csmsLeg !== this.csmsLeg || !this.#taken[from].take(call.id)) return [];
    const id = idAsWritten(call);
    if ("payload" in answer) return [{ do: "answer", to: from, text: encodeCallResult(id, answer.payload) }];
    const { code, description, details } = answer;
    return [{ do: "answer", to: from, text: encodeCallError(id, code, description, details) }];
  }

  /**
   * The CSMS leg was replaced by a new connection: the old one's CALLs and the answers to them have no receiver any
   * more. CALLs of the station stay known, so that an answer on the new connection is still matched. What the station has
   * to answer it still has (LC10): the new connection, which may count its ids anew, must not get that answer for its own.
   */
  csmsReplaced(): void {
    this.csmsLeg++;
    this.#pending.csms.clear();
    this.#recent.csms.clear();
    this.#taken.csms.clear();
    this.#answered.csms.clear();
    this.#queue.clear();
  }

  /** CALLs of the station that the CSMS has not answered, in order; undefined when they were too much to keep. */
  get unanswered(): readonly Uint8Array[] | undefined {
    return this.#pending.station.unanswered();
  }

  /** Unanswered CALLs per side, CALLs of the CSMS that wait, and unanswered or waiting ones of the gateway; for status. */
  get load(): { readonly station: number; readonly csms: number; readonly queued: number; readonly own: number } {
    const { station, csms } = this.#pending;
    return { station: station.size, csms: csms.size, queued: this.#queue.length, own: this.#own.size };
  }

  get #is21(): boolean {
    return this.#options.version === "ocpp2.1";
  }

  #call(from: Side, frame: OcppFrame, bytes: Uint8Array, overRate: boolean, now: number): Effect[] {
    const repeated = this.#recent[from].seen(frame.id);
    const verdict = this.#judge(from, frame, repeated, overRate);
    const effects: Effect[] = [{ do: "call", from, frame, fate: fateOf(verdict) }];
    if (repeated) effects.push(note("duplicate-id", from, frame.action, "this message id was used before"));
    if (!verdict.pass) {
      if (verdict.take) this.#take(effects, from, frame, bytes, verdict.rule);
      else effects.push(...this.#refuse(from, frame, verdict.code, verdict.rule, verdict.reason));
      return effects;
    }
    if (verdict.would !== undefined) {
      effects.push(passedNote(from, frame.action, verdict.would, verdict.reason));
    }
    if (!repeated) this.#recent[from].add(frame.id);
    if (from === "station") {
      this.#pending.station.add(frame.id, frame.action, bytes);
      this.#newest = { id: frame.id, dueAt: now + this.#options.callTimeoutMs };
      effects.push({ do: "send", to: "csms", bytes });
    } else {
      this.#callStation(effects, frame, bytes, now);
    }
    return effects;
  }

  #judge(from: Side, frame: OcppFrame, repeated: boolean, overRate: boolean): CallVerdict {
    if (from === "csms" && this.#own.has(frame.id)) return OWN_ID;
    const overPending = from === "station"
      ? this.#pending.station.size + this.#taken.station.size >= OCPP_LIMITS.stationPending
      : this.#taken.csms.isFull;
    return this.#options.judge.call(from, frame, { repeated, overRate, overPending });
  }

  #take(effects: Effect[], from: Side, frame: OcppFrame, bytes: Uint8Array, rule: string): void {
    this.#taken[from].add(frame.id, frame.action);
    this.#answered[from].add(frame.id);
    effects.push({ do: "take", from, frame, bytes, rule });
  }

  #callStation(effects: Effect[], frame: OcppFrame, bytes: Uint8Array, now: number): void {
    const { id, action, faults } = frame;
    if (!this.#outstanding) {
      this.#transmit(effects, id, action, bytes, now);
    } else if (!this.#queue.push({ id, action, faults, bytes, dueAt: now + 2 * this.#options.callTimeoutMs })) {
      effects.push(note("queue-full", "csms", action, `${this.#queue.length} calls wait for the station`));
      effects.push(
        ...this.#refuse("csms", frame, "GenericError", "ocpp.queue", "Too many calls wait for the station"),
      );
    }
  }

  #transmit(effects: Effect[], id: string, action: string, bytes: Uint8Array, now: number): void {
    this.#pending.csms.add(id, action);
    this.#outstanding = { id, action, dueAt: now + this.#options.callTimeoutMs, isOwn: false };
    effects.push({ do: "send", to: "station", bytes });
  }

  #transmitOwn(effects: Effect[], call: QueuedCall, now: number): void {
    const { id, action, bytes } = call;
    this.#own.sent(call);
    this.#outstanding = { id, action, dueAt: now + this.#options.callTimeoutMs, isOwn: true };
    effects.push({ do: "own-call", id, action, text: new TextDecoder().decode(bytes) });
  }

  #reply(from: Side, frame: OcppFrame, bytes: Uint8Array, now: number): Effect[] {
    const own = (from === "station" ? this.#own : this.#toCsms).take(frame.id);
    if (own) return this.#ownReply(from, frame, own, now);
    const caller = from === "station" ? "csms" : "station";
    const call = this.#pending[caller].take(frame.id);
    if (!call) {
      const odd: Effect[] = [note("unmatched-reply", from, "", "no call waits for this answer")];
      if (from === "station" && this.#outstanding?.id === frame.id) this.#release(odd, now);
      return odd;
    }
    const { action } = call;
    const effects: Effect[] = [{ do: "reply", from, action, frame }, { do: "send", to: caller, bytes }];
    if (frame.type === MESSAGE_TYPE.callResult) {
      const fault = this.#options.judge.result(action, frame);
      if (fault !== undefined) effects.push(note("reply-invalid", from, action, fault));
    }
    if (from === "csms") this.#releaseToCsms(effects, now);
    else if (this.#outstanding?.id === frame.id) this.#release(effects, now);
    else effects.push(note("late-reply", from, action, "the answer came after its time"));
    return effects;
  }

  /** An answer to the gateway: kept from the far side, also when it comes too late (LC6). */
  #ownReply(from: Side, frame: OcppFrame, call: { readonly action: string } | "late", now: number): Effect[] {
    const effects: Effect[] = [];
    if (call === "late") {
      effects.push(note("late-reply", from, "", "the answer to the gateway came after its time"));
    } else {
      const { action } = call;
      effects.push({ ...ownReply(frame.id, action, outcomeOf(frame), frame), from });
      const fault = frame.type === MESSAGE_TYPE.callResult ? this.#options.judge.result(action, frame) : undefined;
      if (fault !== undefined) effects.push(note("reply-invalid", from, action, fault));
    }
    if (from === "csms") this.#releaseToCsms(effects, now);
    else if (this.#outstanding?.id === frame.id) this.#release(effects, now);
    return effects;
  }

  /** The station is free: the next CALL of the CSMS goes first, then one of the gateway. */
  #release(effects: Effect[], now: number): void {
    this.#outstanding = undefined;
    const next = this.#queue.shift();
    if (next) return this.#transmit(effects, next.id, next.action, next.bytes, now);
    const own = this.#own.next();
    if (own) this.#transmitOwn(effects, own, now);
  }

  /** OCPP 2.1: the asker found fault with the answer and says so to the side that answered. */
  #resultError(from: Side, frame: OcppFrame, bytes: Uint8Array): Effect[] {
    if (!this.#recent[from].seen(frame.id) || this.#answered[from].seen(frame.id)) {
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
    const effects: Effect[] = [{ do: "call", from, frame, fate: fateOf(verdict) }];
    if (!verdict.pass) {
      if (verdict.take) effects.push({ do: "take", from, frame, bytes, rule: verdict.rule });
      else effects.push(note("refused", from, frame.action, verdict.reason, verdict.rule));
      return effects;
    }
    if (verdict.would !== undefined) {
      effects.push(passedNote(from, frame.action, verdict.would, verdict.reason));
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
    const id = frame.faults.includes("beyond-limits") ? "-1" : idAsWritten(frame);
    return [noted, { do: "answer", to: from, text: encodeCallError(id, code, "Unknown message type number") }];
  }

  #refuse(to: Side, call: AskedCall, code: string, rule: string, reason: string): Effect[] {
    return [
      note("refused", to, call.action, reason, rule),
      { do: "answer", to, text: encodeCallError(idAsWritten(call), code, reason, { rule }) },
    ];
  }
}

const UTF8 = new TextEncoder();

/** What of a CALL its answer needs. */
type AskedCall = Pick<OcppFrame, "id" | "action"> & Partial<Pick<OcppFrame, "faults">>;

/** A CALL of the CSMS with the id of one of the gateway's: its answer could be two things (LC6). */
const OWN_ID: CallVerdict = Object.freeze({
  pass: false,
  rule: "ocpp.replay",
  code: "SecurityError",
  reason: "This message id is in use on this connection",
});

function fateOf(verdict: CallVerdict): "passed" | "refused" | "taken" {
  if (verdict.pass) return "passed";
  return verdict.take ? "taken" : "refused";
}

function ownReply(id: string, action: string, outcome: OwnOutcome, frame?: OcppFrame): Effect & { do: "own-reply" } {
  return { do: "own-reply", id, action, outcome, ...frame ? { frame } : {} };
}

function outcomeOf(frame: OcppFrame): OwnOutcome {
  if (frame.type === MESSAGE_TYPE.callResult) return { is: "result", payload: frame.payload };
  const { errorCode = "", errorDescription = "", payload } = frame;
  return { is: "error", code: errorCode, description: errorDescription, details: payload };
}
