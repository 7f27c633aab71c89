import type { Clock } from "../core/clock.ts";
import type { Timers } from "../core/timers.ts";
import type { DriverEvents, LineDriver, OpenLine } from "./line_driver.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { type LineEffect, type LineJob, type LineNote, LineSession } from "./session.ts";
import type { LineConfig } from "./worker_config.ts";

/** What a line tells its owner. */
export interface LineEvents {
  /** A request was answered; without PDU: it was a broadcast, which nobody answers. `sentAt`: monotonic, undefined: never sent. */
  answered(job: LineJob, pdu: Uint8Array | undefined, sentAt: number | undefined): void;
  /** A request is on its way to the device. */
  sent(job: LineJob): void;
  noted(kind: LineNote, why: string, device: number | undefined): void;
  /** It is open, or why it is not. Told at every change. */
  changed(state: LineState): void;
}

/** Whether a line can be used. A TCP target that rests closed is no fault. */
export type LineState = { readonly up: true } | { readonly up: false; readonly why: string };

/** Why a line is not open that nobody has asked for yet: no fault. */
export const NEVER_OPENED = "it was not opened yet";

/** What a line works with. */
export interface LineTools {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly open: OpenLine;
  readonly weightOf: (client: string) => number;
  readonly events: LineEvents;
}

interface Mark {
  readonly at: number;
  readonly busyMs: number;
}

/** Performs what the session of one line wants: opens and closes, keeps its time, and waits before it tries again. */
export class Line {
  readonly config: LineConfig;
  readonly #session: LineSession;
  readonly #tools: LineTools;
  #driver: LineDriver | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Infinity;
  /** The request on the line. */
  #sent: { readonly pdu: Uint8Array; readonly at: number } | undefined;
  #state: LineState = { up: false, why: NEVER_OPENED };
  #isOpen = false;
  /** Connections lost in a row without an answer between them. */
  #failures = 0;
  /** Not opened before. */
  #holdUntil = 0;
  #busyMs = 0;
  /** Where `utilisation` counts from: one to two minutes ago. */
  #marks: readonly [Mark, Mark];
  #isDrained = false;

  constructor(config: LineConfig, tools: LineTools) {
    this.config = config;
    this.#tools = tools;
    const mark = { at: tools.clock.monotonic(), busyMs: 0 };
    this.#marks = [mark, mark];
    const { byteBits, baud } = config;
    const lineMs = (bytes: number) => baud > 0 ? bytes * byteBits * 1_000 / baud : 0;
    this.#session = new LineSession({ ...config, lineMs, weightOf: tools.weightOf });
    if (config.place.kind === "serial") this.#run((session) => session.connect());
  }

  get state(): LineState {
    return this.#state;
  }

  /** It was tried and cannot be used. A TCP target that rests closed is not down. */
  get isDown(): boolean {
    return !this.#state.up && this.#state.why !== NEVER_OPENED;
  }

  /** State and load; `busyMs`: that requests were on the line since the start; `utilisation`: part of the last minute or two. */
  get load(): LineSession["load"] & { readonly busyMs: number; readonly utilisation: number } {
    const now = this.#now(), busyMs = this.#busyMs + (this.#sent ? now - this.#sent.at : 0);
    const { at, busyMs: before } = this.#marks[0];
    return { ...this.#session.load, busyMs, utilisation: now > at ? (busyMs - before) / (now - at) : 0 };
  }

  /** Called now and then: forgets what is longer ago than `utilisation` looks back. */
  age(): void {
    const { busyMs } = this.load, now = this.#now();
    if (now - this.#marks[1].at < MODBUS_LIMITS.utilisationMs) return;
    this.#marks = [this.#marks[1], { at: now, busyMs }];
  }

  /** Time that so many bytes take on the line, milliseconds. */
  lineMs(bytes: number): number {
    const { byteBits, baud } = this.config;
    return baud > 0 ? bytes * byteBits * 1_000 / baud : 0;
  }

  submit(job: LineJob): void {
    this.#run((session, now) => session.submit(job, now));
  }

  withdraw(isOut: (job: LineJob) => boolean): readonly LineJob[] {
    return this.#session.withdraw(isOut);
  }

  /** Ends it: whoever waits is told. */
  drain(): void {
    this.#isDrained = true;
    this.#run((session) => session.drain());
    this.#cancelTimer?.();
    this.#driver?.close();
    this.#driver = undefined;
  }

  #now(): number {
    return this.#tools.clock.monotonic();
  }

  #run(step: (session: LineSession, now: number) => readonly LineEffect[]): void {
    const now = this.#now(); // one look at the clock for all that follows from one event
    this.#perform(step(this.#session, now), now);
    this.#arm(now);
  }

  #perform(effects: readonly LineEffect[], now: number): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "open":
          this.#open(now);
          break;
        case "close":
          this.#end(now);
          break;
        case "transmit":
          this.#rest(now);
          this.#sent = { pdu: effect.pdu, at: now };
          this.#driver?.transmit(effect);
          this.#tools.events.sent(effect.job);
          break;
        case "answer":
          this.#answer(effect.job, effect.pdu, now);
          break;
        case "note":
          if (effect.kind === "retry") this.#rest(now); // it waits for its turn again
          this.#tools.events.noted(effect.kind, effect.why, effect.device);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #answer(job: LineJob, pdu: Uint8Array | undefined, now: number): void {
    const sentAt = this.#sent?.pdu === job.pdu ? this.#sent.at : undefined; // others waited in the queue only
    if (sentAt !== undefined) this.#rest(now);
    this.#tools.events.answered(job, pdu, sentAt);
  }

  #rest(now: number): void {
    if (!this.#sent) return;
    this.#busyMs += now - this.#sent.at;
    this.#sent = undefined;
  }

  #open(now: number): void {
    if (this.#isDrained || now < this.#holdUntil) return this.#perform(this.#session.lost(), now);
    this.#driver?.close();
    const events: DriverEvents = {
      opened: () => this.#opened(driver),
      received: (frame) => this.#received(driver, frame),
      noise: (bytes) => this.#isCurrent(driver) && this.#run((session, now) => session.noise(bytes, now)),
      lost: (why) => this.#lost(driver, why),
    };
    const driver: LineDriver = this.#tools.open(this.config.place, events);
    this.#driver = driver;
  }

  #isCurrent(driver: LineDriver): boolean {
    return this.#driver === driver;
  }

  #opened(driver: LineDriver): void {
    if (!this.#isCurrent(driver)) return;
    this.#isOpen = true;
    this.#change({ up: true });
    this.#run((session, now) => session.opened(now));
  }

  #received(driver: LineDriver, frame: Parameters<DriverEvents["received"]>[0]): void {
    if (!this.#isCurrent(driver)) return;
    this.#failures = 0; // whoever speaks is there
    this.#run((session, now) => session.received(frame, now));
  }

  #lost(driver: LineDriver, why: string): void {
    if (!this.#isCurrent(driver)) return;
    this.#driver = undefined;
    this.#rest(this.#now());
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#failures++;
    // A connection that worked may be opened again at once: devices close those that rest. All others have to wait.
    if (!wasOpen || this.#failures > 1 || this.config.place.kind === "serial") {
      this.#hold();
      this.#change({ up: false, why });
    }
    this.#run((session, now) => wasOpen ? session.dropped(now) : session.lost());
    if (this.config.place.kind === "serial") this.#reopenLater();
  }

  #hold(): void {
    const { reconnectDelayMs } = this.config;
    const doubled = reconnectDelayMs * 2 ** Math.min(10, Math.max(0, this.#failures - 1));
    const { serialReopenMs, reconnectLongestMs } = MODBUS_LIMITS;
    const longest = this.config.place.kind === "serial" ? serialReopenMs : reconnectLongestMs;
    const pause = Math.min(doubled, Math.max(reconnectDelayMs, longest));
    this.#holdUntil = this.#now() + pause;
  }

  #reopenLater(): void {
    if (this.#isDrained) return;
    this.#tools.timers.after(Math.max(1, this.#holdUntil - this.#now()), () => {
      if (!this.#isDrained) this.#run((session) => session.connect());
    });
  }

  #end(now: number): void {
    this.#isOpen = false;
    this.#rest(now);
    this.#driver?.close();
    this.#driver = undefined;
  }

  #change(state: LineState): void {
    const isNews = state.up !== this.#state.up || !state.up && !this.#state.up && state.why !== this.#state.why;
    this.#state = state;
    if (isNews) this.#tools.events.changed(state);
  }

  /** One timer, for the next thing that falls due. */
  #arm(now: number): void {
    const { state, queued } = this.#session.load;
    const { idleMs, ttlMs } = this.config;
    const ends = state === "resting" && (idleMs > 0 || ttlMs > 0) ? now + MODBUS_LIMITS.lineSweepMs : Infinity;
    const queue = queued > 0 ? now + MODBUS_LIMITS.queueSweepMs : Infinity;
    const at = Math.min(this.#session.dueAt ?? Infinity, ends, queue);
    if (this.#isDrained) {
      this.#cancelTimer?.();
      this.#timerAt = Infinity;
      return;
    }
    // A timer that is set costs more than one that fires for nothing: it stays for the next request.
    if (at === Infinity) return;
    if (this.#timerAt <= at && this.#timerAt > now) return; // it wakes early enough
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#cancelTimer = this.#tools.timers.after(Math.max(0, at - now), () => {
      this.#timerAt = Infinity;
      this.#run((session, time) => session.tick(time));
    });
  }
}
