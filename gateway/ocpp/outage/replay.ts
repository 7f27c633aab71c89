import type { Buffer } from "node:buffer";
import type { ControlApi } from "../../core/control_api.ts";
import type { DeliveryOutcome, WaitingMessage } from "../../core/outage_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import { MESSAGE_TYPE, type OcppFrame } from "../codec.ts";
import type { CsmsLink } from "./csms_link.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import type { LiveCalls } from "./live_calls.ts";
import { derivedId, type UsedIds, withId } from "./message_ids.ts";
import { readBoot, transactionIdOf } from "./stand_in_answers.ts";
import { readMessage, type StationMessage, utf8 } from "./station_message.ts";
import type { TransactionIds } from "./transaction_ids.ts";

/** What a replay works with. */
export interface ReplayOptions {
  readonly stationId: string;
  readonly csms: string;
  readonly control: Rpc<ControlApi>;
  readonly timers: Timers;
  readonly link: Pick<CsmsLink, "send" | "cut" | "progress" | "isUp">;
  readonly live: LiveCalls;
  readonly ids: TransactionIds;
  readonly used: UsedIds;
  readonly newId: () => string;
  readonly callTimeoutMs: number;
  /** Messages of the station are being stored: the end of the queue is not reached before. */
  isStoring(): boolean;
  /** The CSMS answered a kept message, or gave its word on the station. */
  delivered(message: WaitingMessage, frame: OcppFrame): void;
  /** The CSMS does not accept the station yet: these live calls, in order, are the gateway's to answer. */
  handBack(messages: readonly StationMessage[]): void;
  /** Everything is sent: live messages may pass. */
  done(): void;
}

type Awaited =
  | { readonly is: "boot"; readonly id: string }
  | { readonly is: "kept"; readonly id: string; readonly message: WaitingMessage }
  | { readonly is: "live"; readonly id: string };

/**
 * Sends the CSMS what was kept for it: the boot first, then everything in order, one CALL at a time (LC10), live calls
 * that cannot wait between. What is not answered in time ends the connection and goes out again on the next; what is
 * answered with an error is tried some times more and then left to a person. Nothing is dropped.
 */
export class Replay {
  readonly #options: ReplayOptions;
  /** Counts connections: what was asked for an earlier one is not acted on. */
  #run = 0;
  #isRunning = false;
  #isPumping = false;
  #isWanted = false;
  #awaited: Awaited | undefined;
  #cancelTimer: (() => void) | undefined;
  /** Boot to be repeated to a CSMS that expects one (Q22). */
  #boot: string | undefined;
  /** The CSMS has not accepted the station's boot: nothing else may be sent to it. */
  #isUnaccepted = false;
  /** The connection is so new that the CSMS may not listen yet. */
  #isSettling = false;
  /** The last kept message is being settled: the next one waits, live calls go on. */
  #isPaused = false;
  #cancelPause: (() => void) | undefined;
  #between: StationMessage[] = [];
  #behind: StationMessage[] = [];
  readonly #attempts = new Map<number, number>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** The CSMS has not accepted the station yet: the gateway goes on answering for it. */
  get isUnaccepted(): boolean {
    return this.#isUnaccepted;
  }

  /** Live calls that wait behind the kept messages. */
  get behind(): number {
    return this.#behind.length;
  }

  /**
   * A connection is open. `boot`: the BootNotification to repeat; `live`: what the station said since the loss;
   * `settleMs`: how long the CSMS is left alone first.
   */
  start(boot: string | undefined, live: readonly StationMessage[] = [], settleMs = 0): void {
    this.#run++;
    this.#isRunning = true;
    this.#boot = boot;
    this.#between.push(...live);
    this.#isSettling = settleMs > 0;
    if (!this.#isSettling) return void this.#pump();
    this.#cancelTimer = this.#options.timers.after(settleMs, () => {
      this.#isSettling = false;
      void this.#pump();
    });
  }

  /** The connection is gone. @returns live calls that have no answer, in order */
  stop(): readonly StationMessage[] {
    this.#run++;
    this.#isRunning = false;
    this.#isUnaccepted = this.#isPaused = false;
    this.#awaited = undefined;
    this.#cancelTimer?.();
    this.#cancelPause?.();
    const left = [...this.#options.live.lost(), ...this.#between, ...this.#behind];
    this.#between = [];
    this.#behind = [];
    return left;
  }

  /** Passes a call on between kept messages. @returns false when too many wait */
  pass(message: StationMessage): boolean {
    if (this.#between.length >= STAND_IN_LIMITS.between) return false;
    this.#between.push(message);
    void this.#pump();
    return true;
  }

  /** Passes a call on behind the kept messages. @returns false when too many wait */
  follow(message: StationMessage): boolean {
    if (this.#behind.length >= STAND_IN_LIMITS.behind) return false;
    this.#behind.push(message);
    void this.#pump();
    return true;
  }

  /** Something was stored, or storing ended. */
  wake(): void {
    void this.#pump();
  }

  /** An answer of the CSMS. @returns false when it is not for the gateway */
  receive(frame: OcppFrame): boolean {
    const awaited = this.#awaited;
    if (awaited?.id !== frame.id) return false;
    if (awaited.is === "live") {
      this.#settled();
      void this.#pump();
      return false; // the station gets it
    }
    this.#settled();
    this.#options.link.progress();
    if (awaited.is === "kept") this.#kept(awaited.message, frame);
    // A CSMS that does not want to hear it again is as good as one that accepts it.
    else if (frame.type !== MESSAGE_TYPE.callResult || this.#isAccepted(frame)) this.#boot = undefined;
    void this.#pump();
    return true;
  }

  #settled(): void {
    this.#awaited = undefined;
    this.#cancelTimer?.();
  }

  async #pump(): Promise<void> {
    this.#isWanted = true;
    if (this.#isPumping || !this.#isRunning || this.#awaited || this.#isUnaccepted || this.#isSettling) return;
    this.#isPumping = true;
    this.#isWanted = false;
    const run = this.#run;
    try {
      if (await this.#sendNext(run)) return;
      if (run !== this.#run || this.#options.isStoring() || this.#between.length > 0) return;
      const next = this.#behind.shift();
      if (next) return this.#sendLive(next);
      this.#isRunning = false;
      this.#options.done();
    } catch {
      // Control does not answer: it may be restarting. The connection stays, the queue is asked again.
      if (run === this.#run) this.#pause(STAND_IN_LIMITS.retryMs);
    } finally {
      this.#isPumping = false;
      if (this.#isWanted) void this.#pump(); // what came while control was asked
    }
  }

  /** @returns whether something was sent, or nobody may send any more on this run */
  async #sendNext(run: number): Promise<boolean> {
    if (this.#boot !== undefined) {
      this.#sendBoot(this.#boot);
      return true;
    }
    const live = this.#between.shift();
    if (live) {
      this.#sendLive(live);
      return true;
    }
    if (this.#isPaused) return true;
    const { message } = await this.#options.control.call("outage.next", {
      stationId: this.#options.stationId,
      csms: this.#options.csms,
    });
    if (run !== this.#run) return true;
    if (message) this.#sendKept(message);
    return message !== undefined;
  }

  #sendBoot(text: string): void {
    const id = this.#options.newId();
    this.#await({ is: "boot", id });
    this.#options.link.send(withId(utf8(text), JSON.stringify(id)));
  }

  #sendLive(message: StationMessage): void {
    const id = this.#options.live.send(message);
    this.#options.used.add(message.id);
    this.#await({ is: "live", id });
  }

  #sendKept(message: WaitingMessage): void {
    const { ids, used, link, stationId } = this.#options;
    const attempt = this.#attempts.get(message.sequence) ?? 0;
    const own = readMessage(message.text).id;
    // Its own id, so that a CSMS that has taken it already can tell; another one where that is taken or was refused.
    const isOwn = attempt === 0 && used.add(own);
    const id = isOwn ? own : derivedId(stationId, message.sequence, attempt);
    used.add(id);
    const bytes: Uint8Array | Buffer = ids.toCsms(message.action, utf8(message.text));
    this.#await({ is: "kept", id, message });
    link.send(isOwn ? bytes : withId(bytes, JSON.stringify(id)));
  }

  #await(awaited: Awaited): void {
    this.#awaited = awaited;
    const { timers, link, callTimeoutMs } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = timers.after(callTimeoutMs, () => link.cut());
  }

  #kept(message: WaitingMessage, frame: OcppFrame): void {
    if (frame.type !== MESSAGE_TYPE.callResult) return this.#refused(message, frame);
    if (message.slot === "boot" && !this.#isAccepted(frame)) return;
    void this.#report(message, frame, this.#outcome(message, frame));
  }

  #outcome(message: WaitingMessage, frame: OcppFrame): DeliveryOutcome {
    const csmsTransactionId = message.transactionId === undefined ? undefined : transactionIdOf(frame);
    if (csmsTransactionId === undefined) return { answered: true };
    this.#options.ids.learn(message.transactionId!, csmsTransactionId);
    return { answered: true, csmsTransactionId };
  }

  /** Not accepted: the CSMS says when to ask again, and gets nothing else until then (1.6 section 4.2, 2.0.1 B02). */
  #isAccepted(frame: OcppFrame): boolean {
    const { isAccepted, intervalSeconds } = readBoot(frame);
    if (isAccepted) return true;
    const { bootMinSeconds, bootMaxSeconds } = STAND_IN_LIMITS;
    this.#isUnaccepted = true;
    this.#options.handBack([...this.#between.splice(0), ...this.#behind.splice(0)]);
    this.#pause(Math.min(Math.max(intervalSeconds, bootMinSeconds), bootMaxSeconds) * 1_000);
    return false;
  }

  #refused(message: WaitingMessage, frame: OcppFrame): void {
    const attempt = (this.#attempts.get(message.sequence) ?? 0) + 1;
    this.#attempts.set(message.sequence, attempt);
    const { attempts, retryMs, retryMaxMs } = STAND_IN_LIMITS;
    if (attempt < attempts) return this.#pause(Math.min(retryMs * 2 ** (attempt - 1), retryMaxMs));
    const code = (frame.errorCode ?? "").slice(0, 64);
    void this.#report(message, frame, { answered: false, code, description: `answered so ${attempt} times` });
  }

  /** The next message goes out when this outcome is stored. */
  async #report(message: WaitingMessage, frame: OcppFrame, outcome: DeliveryOutcome): Promise<void> {
    const { control, stationId, csms, delivered, link } = this.#options;
    const run = this.#run;
    this.#isPaused = true;
    try {
      await control.call("outage.delivered", { stationId, csms, sequence: message.sequence, outcome });
    } catch {
      // Sent again on the next connection, under the same id: at least once.
      if (run === this.#run) link.cut();
      return;
    }
    this.#attempts.delete(message.sequence);
    delivered(message, frame);
    if (run === this.#run) this.#resume();
  }

  #pause(delayMs: number): void {
    this.#isPaused = true;
    this.#cancelPause?.();
    this.#cancelPause = this.#options.timers.after(delayMs, () => this.#resume());
  }

  #resume(): void {
    this.#isPaused = this.#isUnaccepted = false;
    void this.#pump();
  }
}
