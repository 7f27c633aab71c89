import { encodeCall, encodeCallError, encodeCallResult, MESSAGE_TYPE, type OcppFrame, parseFrame } from "../codec.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { type OwnCall, OwnCalls, type OwnOutcome } from "../own_calls.ts";
import { malformedCode, refusalCode } from "../policy.ts";
import { OCPP_RULES } from "../../../policies/ocpp.ts";
import { mayRead, readingAllowance } from "../reading_allowance.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { SchemaCheck } from "../validation.ts";
import type { Answer } from "../effects.ts";
import { answerCsms, bootPayload, type ControllerFacts, isAboutPublishing } from "./answers.ts";

/** What the session wants done. */
export type ControllerEffect =
  | { readonly do: "send"; readonly text: string }
  /** Control is to say what the answer is; `answered` takes it. */
  | { readonly do: "ask"; readonly id: string; readonly action: string; readonly payload: unknown }
  | { readonly do: "settle"; readonly id: string; readonly outcome: OwnOutcome }
  /** The CSMS has accepted the boot, or not (yet). */
  | { readonly do: "booted"; readonly status: string }
  | { readonly do: "close"; readonly code: number; readonly reason: string };

/** What a session is made with. */
export interface ControllerSessionOptions {
  readonly facts: ControllerFacts;
  readonly check: SchemaCheck;
  readonly callTimeoutMs: number;
  /** Fresh message ids. */
  newId(): string;
  /** The wall clock as RFC 3339. */
  wallTime(): string;
  /** Whether images are published here when the CSMS asks for it (L03, L04). */
  publishes?(): boolean;
}

/** Milliseconds until the boot is tried again when the CSMS named no time. */
const BOOT_AGAIN_MS = 60_000;
/** Bounds for the interval that a CSMS names, in seconds. */
const INTERVAL = { least: 10, most: 86_400 } as const;

/**
 * The gateway's own conversation with a CSMS, as a station without EVSEs (LC3): boots, keeps the heartbeat, answers what
 * a Local Controller must, and carries the gateway's own CALLs one at a time. No sockets, no clock; `now` is monotonic.
 */
export class ControllerSession {
  readonly #options: ControllerSessionOptions;
  readonly #calls = new OwnCalls();
  readonly #rate: TokenBucket;
  readonly #allowance: TokenBucket;
  #outstanding: { readonly id: string; readonly action: string; readonly dueAt: number } | undefined;
  #status = "";
  /** Ids of CALLs that control is asked about. */
  readonly #asking = new Set<string>();
  /** When the next boot or heartbeat is due. */
  #nextAt = 0;
  #intervalMs: number;

  constructor(options: ControllerSessionOptions, now: number) {
    this.#options = options;
    this.#intervalMs = options.facts.heartbeatSeconds * 1_000;
    this.#rate = new TokenBucket(OCPP_LIMITS.messagesBurst, OCPP_LIMITS.messagesPerSecond, now);
    this.#allowance = readingAllowance(now);
    this.#nextAt = now;
  }

  /** The CSMS has accepted the boot: other CALLs may be sent (B02.FR.02). */
  get isAccepted(): boolean {
    return this.#status === "Accepted";
  }

  /** Boot, heartbeat, and CALLs whose time is over. */
  tick(now: number): ControllerEffect[] {
    const effects: ControllerEffect[] = [];
    for (const { id, why } of this.#calls.expire(now)) {
      effects.push({ do: "settle", id, outcome: { is: "none", why } });
    }
    if (this.#outstanding && this.#outstanding.dueAt <= now) this.#outstanding = undefined;
    if (now >= this.#nextAt) {
      this.#nextAt = now + (this.isAccepted ? this.#intervalMs : BOOT_AGAIN_MS);
      const { facts } = this.#options;
      if (this.isAccepted) this.#queue("Heartbeat", {}, now);
      else this.#queue("BootNotification", bootPayload(facts), now);
    }
    this.#pump(effects, now);
    return effects;
  }

  /** A CALL of the gateway to the CSMS; exactly one "settle" follows. Before the boot is accepted it is "busy". */
  call(call: OwnCall, now: number): ControllerEffect[] {
    const effects: ControllerEffect[] = [];
    const { id, action, payloadText, timeoutMs } = call;
    const bytes = UTF8.encode(encodeCall(id, action, payloadText));
    if (!this.isAccepted || !this.#calls.wait({ id, action, bytes, dueAt: now + timeoutMs })) {
      return [{ do: "settle", id, outcome: { is: "none", why: "busy" } }];
    }
    this.#pump(effects, now);
    return effects;
  }

  /** What control said to an "ask". */
  answered(id: string, answer: Answer): ControllerEffect[] {
    return this.#asking.delete(id) ? [{ do: "send", text: answerText(id, answer) }] : [];
  }

  /** One text message of the CSMS. */
  receive(text: string, now: number): ControllerEffect[] {
    if (!this.#rate.take(now)) return [{ do: "close", code: 1008, reason: "too many messages" }];
    const bytes = UTF8.encode(text);
    if (!mayRead(this.#allowance, bytes, now)) return [{ do: "close", code: 1008, reason: "too many bytes" }];
    let frame: OcppFrame;
    try {
      frame = parseFrame(text, bytes);
    } catch (_notOcpp) {
      const code = malformedCode(this.#options.facts.version, "malformed");
      return code === undefined ? [] : [{ do: "send", text: encodeCallError("-1", code, "No OCPP-J message") }];
    }
    if (frame.type === MESSAGE_TYPE.call) return this.#answer(frame, now);
    if (frame.type === MESSAGE_TYPE.callResult || frame.type === MESSAGE_TYPE.callError) return this.#reply(frame, now);
    return [];
  }

  #answer({ id, action, payload }: OcppFrame, now: number): ControllerEffect[] {
    const { facts, check, wallTime } = this.#options;
    const fault = check.call(action, payload);
    if (fault !== undefined) {
      const rule = fault === "unknown-action" ? OCPP_RULES.unknownAction : OCPP_RULES.schema;
      return [{ do: "send", text: encodeCallError(id, refusalCode(facts.version, rule), fault) }];
    }
    if (this.#options.publishes?.() && isAboutPublishing(action, payload)) return this.#ask(id, action, payload);
    const { answer, then = [] } = answerCsms(action, payload, facts, wallTime());
    const effects: ControllerEffect[] = [{ do: "send", text: answerText(id, answer) }];
    for (const next of then) this.#queue(next.action, next.payload, now);
    this.#pump(effects, now);
    return effects;
  }

  #ask(id: string, action: string, payload: unknown): ControllerEffect[] {
    if (this.#asking.size >= OCPP_LIMITS.controllerAsks || this.#asking.has(id)) {
      return [{ do: "send", text: encodeCallError(id, "InternalError", "Earlier questions are not answered yet") }];
    }
    this.#asking.add(id);
    return [{ do: "ask", id, action, payload }];
  }

  #reply(frame: OcppFrame, now: number): ControllerEffect[] {
    const call = this.#calls.take(frame.id);
    const effects: ControllerEffect[] = [];
    if (this.#outstanding?.id === frame.id) this.#outstanding = undefined;
    if (call && call !== "late") {
      if (call.action === "BootNotification") effects.push(this.#booted(frame, now));
      effects.push({ do: "settle", id: frame.id, outcome: outcomeOf(frame) });
    }
    this.#pump(effects, now);
    return effects;
  }

  #booted(frame: OcppFrame, now: number): ControllerEffect {
    const answer = (typeof frame.payload === "object" && frame.payload !== null ? frame.payload : {}) as {
      readonly status?: unknown;
      readonly interval?: unknown;
    };
    this.#status = String(answer.status ?? "refused").slice(0, 20);
    const asked = typeof answer.interval === "number" && answer.interval > 0 ? answer.interval : undefined;
    const seconds = asked === undefined ? undefined : Math.min(Math.max(asked, INTERVAL.least), INTERVAL.most);
    if (seconds !== undefined) this.#intervalMs = seconds * 1_000;
    this.#nextAt = now + (seconds === undefined ? BOOT_AGAIN_MS : this.#intervalMs);
    return { do: "booted", status: this.#status };
  }

  #queue(action: string, payload: unknown, now: number): void {
    const id = this.#options.newId();
    const bytes = UTF8.encode(encodeCall(id, action, JSON.stringify(payload)));
    this.#calls.wait({ id, action, bytes, dueAt: now + this.#options.callTimeoutMs });
  }

  #pump(effects: ControllerEffect[], now: number): void {
    if (this.#outstanding) return;
    const next = this.#calls.next();
    if (!next) return;
    this.#calls.sent(next);
    this.#outstanding = { id: next.id, action: next.action, dueAt: now + this.#options.callTimeoutMs };
    effects.push({ do: "send", text: new TextDecoder().decode(next.bytes) });
  }
}

const UTF8 = new TextEncoder();

function answerText(id: string, answer: Answer): string {
  return "payload" in answer
    ? encodeCallResult(id, answer.payload)
    : encodeCallError(id, answer.code, answer.description);
}

function outcomeOf({ type, payload, errorCode = "", errorDescription = "" }: OcppFrame): OwnOutcome {
  if (type === MESSAGE_TYPE.callResult) return { is: "result", payload };
  return { is: "error", code: errorCode, description: errorDescription, details: payload };
}
