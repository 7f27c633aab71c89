import { EXCEPTION, type ModbusRequest } from "./codec.ts";
import { decodeResponse, exceptionTo } from "./codec_response.ts";
import { FairQueue, type Queued } from "./fair_queue.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/** One request on its way to a device; made by the listener, after the policy allowed it. */
export interface LineJob extends Queued {
  /** Address on a serial line, unit id at a TCP target; 0 is a broadcast. */
  readonly device: number;
  readonly request: ModbusRequest;
  readonly pdu: Uint8Array;
  /** Reads, and writes that the profile calls idempotent. */
  readonly mayRetry: boolean;
  /** Times that the line sent it; set by the line alone. */
  readonly tries?: number;
  /** Whatever the caller wants to find in the answer. */
  readonly owner?: unknown;
}

/** How a line is used; times in milliseconds. */
export interface LineOptions {
  readonly kind: "serial" | "tcp";
  /** From the last byte of a request to the whole answer. */
  readonly responseTimeoutMs: number;
  readonly retries: number;
  /** Pause between an answer and the next request, at least the silence of the line. */
  readonly requestDelayMs: number;
  /** 3.5 characters at the line's speed (V1.02 section 2.5.1.1); 0 for TCP. */
  readonly silenceMs: number;
  /** Time a broadcast needs before the next request (turnaround delay, V1.02 section 2.4.1). */
  readonly broadcastDelayMs: number;
  /** Listening for another client before the first request; 0 for TCP. */
  readonly listenMs: number;
  /** Pause between opening and the first request: some devices need it. */
  readonly connectDelayMs: number;
  /** Closes a TCP connection that rests so long; 0: never. */
  readonly idleMs: number;
  /** Closes a TCP connection of this age between two requests; 0: never. */
  readonly ttlMs: number;
  /** The port takes any speed and keeps none: answers may come at once. */
  readonly ignoresSpeed?: boolean;
  /** Time that so many bytes take on the line. */
  readonly lineMs: (bytes: number) => number;
  readonly weightOf?: (client: string) => number;
}

/** What happened that a person may want to know; label values of a metric. */
export type LineNote =
  | "busy"
  | "dropped"
  | "early-answer"
  | "expired"
  | "foreign-client"
  | "foreign-client-gone"
  | "foreign-frame"
  | "invalid-answer"
  | "late-answer"
  | "noise"
  | "retry"
  | "timeout";

/** What the line wants done. */
export type LineEffect =
  | { readonly do: "open" }
  | { readonly do: "close"; readonly why: string }
  | {
    readonly do: "transmit";
    readonly transaction: number;
    readonly device: number;
    readonly pdu: Uint8Array;
    readonly job: LineJob;
  }
  /** The PDU for the client; undefined after a broadcast, which nobody answers. */
  | { readonly do: "answer"; readonly job: LineJob; readonly pdu: Uint8Array | undefined }
  | { readonly do: "note"; readonly kind: LineNote; readonly device?: number; readonly why: string };

type State =
  | { readonly name: "closed" }
  | { readonly name: "opening" }
  /** Nothing is sent before the line has been quiet for this long. */
  | { readonly name: "listening"; readonly until: number; readonly noises: number }
  /** Another client speaks: nothing is sent; each of its frames begins the wait anew. */
  | { readonly name: "foreign"; readonly until: number }
  | { readonly name: "resting"; readonly since: number; readonly strangers: number }
  /** Between two frames, or until an answer that came too late is over. */
  | { readonly name: "pausing"; readonly until: number }
  | {
    readonly name: "waiting";
    readonly job: LineJob;
    readonly transaction: number;
    /** No answer can come before the request is over: what comes earlier belongs to the one before. */
    readonly earliest: number;
    readonly dueAt: number;
  };

/** A frame that came from the line; `transaction` only from TCP. */
export interface LineFrame {
  readonly transaction?: number;
  readonly device: number;
  readonly pdu: Uint8Array;
}

/**
 * The conversation with one serial line or TCP target, without sockets or clocks: one request at a time, each answered
 * to its client exactly once, within its deadline, whatever the device does. `now` is monotonic milliseconds.
 */
export class LineSession {
  readonly #options: LineOptions;
  readonly #queue: FairQueue<LineJob>;
  #state: State = { name: "closed" };
  #transaction = 0;
  #openedAt = 0;
  #strays = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#queue = new FairQueue(options.weightOf);
  }

  /** State and load, for status and metrics. */
  get load(): { readonly state: State["name"]; readonly queued: number } {
    return { state: this.#state.name, queued: this.#queue.length };
  }

  /** Takes a request. Without a path it is answered 0A, with too many waiting 06. */
  submit(job: LineJob, now: number): LineEffect[] {
    if (this.#state.name === "foreign") return [answer(job, EXCEPTION.gatewayPathUnavailable)];
    if (!this.#queue.push(job)) {
      return [note("busy", "too many requests wait for the line", job.device), answer(job, EXCEPTION.serverDeviceBusy)];
    }
    if (this.#state.name === "closed") {
      this.#state = { name: "opening" };
      return [{ do: "open" }];
    }
    return this.#next(now);
  }

  /** The line is open: a serial line is listened to first. */
  opened(now: number): LineEffect[] {
    this.#openedAt = now;
    this.#strays = 0;
    const { kind, listenMs, connectDelayMs } = this.#options;
    this.#state = kind === "serial" && listenMs > 0
      ? { name: "listening", until: now + listenMs, noises: 0 }
      : { name: "pausing", until: now + connectDelayMs };
    return this.#next(now);
  }

  /** Opens the line before anybody asks: a serial line listens early, so that another client is found early. */
  connect(): LineEffect[] {
    if (this.#state.name !== "closed") return [];
    this.#state = { name: "opening" };
    return [{ do: "open" }];
  }

  /** The line is gone, or could not be opened: whoever waits is told that there is no path. */
  lost(): LineEffect[] {
    const effects = this.#failAll(EXCEPTION.gatewayPathUnavailable);
    this.#state = { name: "closed" };
    return effects;
  }

  /**
   * An open connection ended. Many TCP devices close one that rested, and notice only the next request: a read is asked
   * again over a new connection, a write is not (it may have been done), and who waits in the queue notices nothing.
   */
  dropped(now: number): LineEffect[] {
    const state = this.#state;
    if (this.#options.kind === "serial" || state.name === "opening" || state.name === "closed") return this.lost();
    const effects: LineEffect[] = [note("dropped", `while it was ${state.name}`)];
    if (state.name === "waiting") {
      const job = { ...state.job, tries: (state.job.tries ?? 0) + 1 };
      const mayTry = job.mayRetry && job.tries <= this.#options.retries && now < job.deadline;
      if (mayTry && this.#queue.push(job)) effects.push(note("retry", `try ${job.tries + 1}`, job.device));
      else effects.push(answer(job, EXCEPTION.gatewayTargetFailed));
    }
    return [...effects, ...this.#reopen()];
  }

  /** A whole frame came. Only the answer to the request that waits is handed on. */
  received(frame: LineFrame, now: number): LineEffect[] {
    const state = this.#state;
    switch (state.name) {
      case "waiting":
        return this.#answered(state, frame, now);
      case "listening":
        return this.#foreign(frame, now);
      case "foreign":
        this.#state = { name: "foreign", until: now + this.#options.listenMs };
        return [];
      case "resting":
        return this.#stranger(state, frame, now);
      case "pausing":
      case "closed":
      case "opening":
        return [note("late-answer", "it came when nobody waited", frame.device)];
      default:
        return state satisfies never;
    }
  }

  /**
   * Bytes came that are no frame. They are an answer to nobody; a request that waits goes on waiting. Where nobody was
   * asked, somebody else speaks: at another speed its frames are noise.
   */
  noise(bytes: number, now: number): LineEffect[] {
    const effects = [note("noise", `${bytes} bytes that are no frame`)];
    const state = this.#state;
    if (state.name === "foreign") this.#state = { name: "foreign", until: now + this.#options.listenMs };
    if (state.name !== "listening") return effects;
    const noises = state.noises + 1;
    this.#state = { ...state, noises };
    return noises < MODBUS_LIMITS.foreignFrames ? effects : [...effects, ...this.#foreign(undefined, now)];
  }

  /** Requests that nobody wants any more leave the queue; one that is on the line goes on to its end. */
  withdraw(isOut: (job: LineJob) => boolean): readonly LineJob[] {
    return this.#queue.remove(isOut);
  }

  /** Deadlines and pauses. */
  tick(now: number): LineEffect[] {
    const effects: LineEffect[] = [];
    for (const job of this.#queue.expire(now)) effects.push(...expired(job));
    const state = this.#state;
    if (state.name === "waiting" && state.dueAt <= now) effects.push(...this.#timeout(state, now));
    else if (state.name === "foreign" && state.until <= now) {
      effects.push(note("foreign-client-gone", "nobody else has spoken on the line"));
      this.#state = { name: "listening", until: now, noises: 0 };
    }
    effects.push(...this.#next(now), ...this.#tooOld(now));
    return effects;
  }

  /** Monotonic milliseconds at which `tick` has something to do; undefined: not before something comes. */
  get dueAt(): number | undefined {
    const state = this.#state;
    if (state.name === "waiting") return state.dueAt;
    return "until" in state ? state.until : undefined;
  }

  /** Ends the line's work: everyone who waits is told. */
  drain(): LineEffect[] {
    const wasOpen = this.#state.name !== "closed";
    const effects = this.lost();
    return wasOpen ? [...effects, { do: "close", why: "the gateway stops" }] : effects;
  }

  /** Sends the next request if the line is free. */
  #next(now: number): LineEffect[] {
    const state = this.#state;
    const isDue = (state.name === "listening" || state.name === "pausing") && state.until <= now;
    if (state.name !== "resting" && !isDue) return [];
    if (isDue) this.#state = { name: "resting", since: now, strangers: 0 };
    const effects: LineEffect[] = [];
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      if (now + this.#options.lineMs(job.pdu.length + 3) < job.deadline) {
        return [...effects, ...this.#transmit(job, now)];
      }
      effects.push(...expired(job)); // its answer could not come in time any more
    }
    return effects;
  }

  #transmit(job: LineJob, now: number): LineEffect[] {
    const { kind, lineMs, ignoresSpeed, responseTimeoutMs, broadcastDelayMs } = this.#options;
    this.#transaction = this.#transaction % 0xffff + 1;
    const sentAt = now + lineMs(job.pdu.length + 3);
    const effects: LineEffect[] = [
      { do: "transmit", transaction: this.#transaction, device: job.device, pdu: job.pdu, job },
    ];
    if (kind === "serial" && job.device === 0) {
      this.#state = { name: "pausing", until: sentAt + broadcastDelayMs };
      return [...effects, { do: "answer", job, pdu: undefined }];
    }
    const dueAt = Math.min(sentAt + responseTimeoutMs, job.deadline);
    this.#state = {
      name: "waiting",
      job,
      transaction: this.#transaction,
      earliest: ignoresSpeed ? now : sentAt,
      dueAt,
    };
    return effects;
  }

  #answered(state: State & { name: "waiting" }, frame: LineFrame, now: number): LineEffect[] {
    const { job } = state;
    const isOurs = frame.transaction === undefined || frame.transaction === state.transaction;
    if (!isOurs || frame.device !== job.device) return this.#stray(state, frame);
    if (now < state.earliest) return [note("early-answer", "it came before the request was over", job.device)];
    try {
      decodeResponse(job.request, frame.pdu);
    } catch (error) {
      // On a serial line it may be a late answer to the request before: the right one may still come (libmodbus 860).
      return [note("invalid-answer", (error as Error).message, job.device)];
    }
    this.#strays = 0;
    this.#pause(now, false);
    return [{ do: "answer", job, pdu: frame.pdu }, ...this.#next(now)];
  }

  /** An answer to an earlier request, or of another device. Too many in a row: the connection is out of step. */
  #stray(state: State & { name: "waiting" }, frame: LineFrame): LineEffect[] {
    const effects: LineEffect[] = [note("late-answer", "it answers another request", frame.device)];
    if (this.#options.kind !== "tcp" || ++this.#strays < MODBUS_LIMITS.strayAnswers) return effects;
    effects.push({ do: "close", why: `${this.#strays} answers in a row belonged to other requests` });
    effects.push(answer(state.job, EXCEPTION.gatewayTargetFailed));
    return [...effects, ...this.#reopen()];
  }

  #timeout(state: State & { name: "waiting" }, now: number): LineEffect[] {
    const tries = (state.job.tries ?? 0) + 1, job = { ...state.job, tries };
    const effects: LineEffect[] = [note("timeout", `try ${tries}`, job.device)];
    // What comes now is late. A serial line gets the time of one more answer to fall silent (quarantine).
    const again = this.#pause(now, true);
    const { retries, responseTimeoutMs } = this.#options;
    const isLast = tries > Math.min(retries, MODBUS_LIMITS.readRetries) || again + responseTimeoutMs > job.deadline;
    if (!job.mayRetry || isLast || !this.#queue.push(job)) {
      effects.push(answer(job, EXCEPTION.gatewayTargetFailed));
    } else {
      effects.push(note("retry", `try ${tries + 1}`, job.device));
    }
    return effects;
  }

  /** Until when the line rests. */
  #pause(now: number, afterTimeout: boolean): number {
    const { kind, silenceMs, requestDelayMs, responseTimeoutMs } = this.#options;
    const quarantine = afterTimeout && kind === "serial" ? responseTimeoutMs : 0;
    const until = now + Math.max(silenceMs, requestDelayMs, quarantine);
    this.#state = { name: "pausing", until };
    return until;
  }

  /** Somebody else asks or is answered: the line has a client, and two would destroy each other's frames. */
  #foreign(frame: LineFrame | undefined, now: number): LineEffect[] {
    const effects: LineEffect[] = [note("foreign-client", "another client speaks on the line", frame?.device)];
    effects.push(...this.#failAll(EXCEPTION.gatewayPathUnavailable));
    this.#state = { name: "foreign", until: now + this.#options.listenMs };
    return effects;
  }

  #stranger(state: State & { name: "resting" }, frame: LineFrame, now: number): LineEffect[] {
    const strangers = state.strangers + 1;
    this.#state = { ...state, strangers };
    if (this.#options.kind === "tcp") return [note("late-answer", "it came when nobody waited", frame.device)];
    if (strangers < MODBUS_LIMITS.foreignFrames) return [note("foreign-frame", "nobody was asked", frame.device)];
    return this.#foreign(frame, now);
  }

  /** TCP connections that rest too long or are too old are closed between two requests. */
  #tooOld(now: number): LineEffect[] {
    const { kind, idleMs, ttlMs } = this.#options, state = this.#state;
    if (kind !== "tcp" || state.name !== "resting") return [];
    const isIdle = idleMs > 0 && now - state.since >= idleMs, isOld = ttlMs > 0 && now - this.#openedAt >= ttlMs;
    if (!isIdle && !isOld) return [];
    this.#state = { name: "closed" };
    return [{ do: "close", why: isIdle ? "it rested" : "it is old enough" }];
  }

  #reopen(): LineEffect[] {
    this.#strays = 0;
    this.#state = this.#queue.length > 0 ? { name: "opening" } : { name: "closed" };
    return this.#queue.length > 0 ? [{ do: "open" }] : [];
  }

  #failAll(exception: number): LineEffect[] {
    const waiting = this.#state.name === "waiting" ? [this.#state.job] : [];
    return [...waiting, ...this.#queue.clear()].map((job) => answer(job, exception));
  }
}

function answer(job: LineJob, exception: number): LineEffect {
  return { do: "answer", job, pdu: exceptionTo(job.request, exception) };
}

function expired(job: LineJob): LineEffect[] {
  return [
    note("expired", "its turn did not come in time", job.device),
    answer(job, EXCEPTION.gatewayTargetFailed),
  ];
}

function note(kind: LineNote, why: string, device?: number): LineEffect {
  return device === undefined ? { do: "note", kind, why } : { do: "note", kind, device, why };
}
