import type { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { DeliveryOutcome, WaitingMessage } from "../../core/outage_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Timers } from "../../core/timers.ts";
import { plainAction } from "../../../policies/ocpp.ts";
import { MESSAGE_TYPE, type OcppFrame, type OcppVersion } from "../codec.ts";
import type { CsmsLink } from "./csms_link.ts";
import type { DeliveryHeads, Head } from "./delivery_heads.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import type { LiveCalls } from "./live_calls.ts";
import { derivedId, type UsedIds, withId } from "./message_ids.ts";
import { readBoot, transactionIdOf } from "./stand_in_answers.ts";
import { readMessage, SENT, type StationMessage, utf8 } from "./station_message.ts";
import type { TransactionIds } from "./transaction_ids.ts";

/** What a replay works with. */
export interface ReplayOptions {
  readonly stationId: string;
  readonly csms: string;
  readonly version: OcppVersion;
  readonly control: Rpc<ControlApi>;
  readonly timers: Timers;
  readonly clock: Pick<Clock, "monotonic">;
  readonly link: Pick<CsmsLink, "send" | "cut" | "progress" | "isUp">;
  readonly live: LiveCalls;
  readonly ids: TransactionIds;
  readonly used: UsedIds;
  readonly newId: () => string;
  /** The message that each CSMS is to get next, by station and CSMS; it outlives a session of the station. */
  readonly heads: DeliveryHeads;
  readonly callTimeoutMs: number;
  /** Messages of the station are being stored: the end of the queue is not reached before. */
  isStoring(): boolean;
  /** A kept message is settled: by an answer of the CSMS, or without one it is left to a person. */
  delivered(message: WaitingMessage, frame: OcppFrame | undefined): void;
  /** The CSMS does not accept the station yet: these live calls, in order, are the gateway's to answer. */
  handBack(messages: readonly StationMessage[]): void;
  /** Everything is sent: live messages may pass. */
  done(): void;
}

type Awaited =
  | { readonly is: "boot"; readonly id: string }
  | { readonly is: "kept" | "probe"; readonly id: string; readonly message: WaitingMessage }
  | { readonly is: "live"; readonly id: string; readonly message: StationMessage };

/**
 * Sends the CSMS what was kept for it: the boot first, then everything in order, one CALL at a time (LC10), live calls
 * that cannot wait between. What is not answered in time ends the connection and goes out again on the next; what is
 * answered with an error, or never by a CSMS that answers all else, is tried some times more and then left to a person:
 * the messages behind it are to be billed too. Nothing is dropped.
 */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #queue: string;
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
  /** The next message is tried again so late that none may wait behind it. */
  #isStalled = false;
  /** The CSMS answered something on this connection. */
  #isProven = false;
  #between: StationMessage[] = [];
  #behind: StationMessage[] = [];
  readonly #attempts = new Map<number, number>();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#queue = `${options.stationId} ${options.csms}`;
  }

  /** The CSMS has not accepted the station yet: the gateway goes on answering for it. */
  get isUnaccepted(): boolean {
    return this.#isUnaccepted;
  }

  /** The CSMS refuses the next message, or its answer cannot be stored: the gateway answers what would have to wait. */
  get isStalled(): boolean {
    return this.#isStalled;
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
    this.#isProven = false;
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
    this.#isUnaccepted = this.#isPaused = this.#isStalled = false;
    this.#awaited = undefined;
    this.#cancelTimer?.();
    this.#cancelPause?.();
    const left = [...this.#options.live.lost(), ...this.#between, ...this.#behind];
    this.#between = [];
    this.#behind = [];
    return left;
  }

  /** The CSMS ended the connection: perhaps because of the message that it has not answered. */
  broken(): void {
    if (this.#awaited?.is !== "kept") return;
    const head = this.#headOf(this.#awaited.message);
    if (head.isBroken) this.#count(this.#awaited.message);
    head.isBroken = true;
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
    this.#settled();
    this.#isProven = true;
    if (awaited.is !== "live") this.#options.link.progress();
    if (awaited.is === "kept") this.#kept(awaited.message, frame);
    else if (awaited.is === "boot") this.#booted(this.#boot, frame);
    else if (awaited.is === "live" && plainAction(awaited.message.action) === "BootNotification") {
      this.#booted(awaited.message.text, frame);
    }
    void this.#pump();
    return awaited.is !== "live"; // that the station gets
  }

  /** A CSMS that does not want to hear it again is as good as one that accepts it; else it is asked again. */
  #booted(text: string | undefined, frame: OcppFrame): void {
    const isOver = frame.type !== MESSAGE_TYPE.callResult || this.#isAccepted(frame);
    this.#boot = isOver ? undefined : text;
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
    const { control, stationId, csms, version: protocol } = this.#options;
    const { message } = await control.call("outage.next", { stationId, csms, protocol });
    if (run !== this.#run) return true;
    if (message) this.#settleOrSend(message);
    return message !== undefined;
  }

  #settleOrSend(message: WaitingMessage): void {
    const head = this.#headOf(message), { outcome, isProbed } = head;
    if (outcome) void this.#report(message, undefined, outcome);
    else if (this.#isHopeless(head)) this.#leave(message);
    else if (isProbed && !this.#isProven) this.#sendProbe(message);
    else this.#sendKept(message);
  }

  #headOf(message: WaitingMessage): Head {
    return this.#options.heads.of(this.#queue, message);
  }

  /** Whether the CSMS answers at all, before it gets again what it did not answer. Any answer will do. */
  #sendProbe(message: WaitingMessage): void {
    const id = this.#options.newId();
    this.#await({ is: "probe", id, message });
    this.#options.link.send(utf8(`[2,${JSON.stringify(id)},"Heartbeat",{}]`));
  }

  #sendBoot(text: string): void {
    const id = this.#options.newId();
    this.#await({ is: "boot", id });
    this.#options.link.send(withId(utf8(text), JSON.stringify(id)));
  }

  #sendLive(message: StationMessage): void {
    if (message.frame.type === MESSAGE_TYPE.send) {
      this.#options.link.send(utf8(message.text));
      this.#isWanted = this.#options.link.isUp; // nothing is awaited: the next one goes out
      if (!this.#isWanted) this.#between.unshift(message);
      return;
    }
    const id = this.#options.live.send(message);
    this.#options.used.add(message.id);
    this.#await({ is: "live", id, message });
  }

  #sendKept(message: WaitingMessage): void {
    const { ids, link } = this.#options;
    const { id: own, frame } = readMessage(message.text);
    if (frame.type === MESSAGE_TYPE.send) {
      link.send(utf8(message.text));
      if (link.isUp) void this.#report(message, SENT, { answered: true });
      return; // on a connection that is closing nothing was sent: it goes out on the next
    }
    const id = this.#idFor(message, own);
    const bytes: Uint8Array | Buffer = ids.toCsms(message.action, utf8(message.text));
    this.#await({ is: "kept", id, message });
    link.send(id === own ? bytes : withId(bytes, JSON.stringify(id)));
  }

  /** Its own id, so that a CSMS that has taken it already can tell; another one where that is taken or was refused. */
  #idFor({ sequence }: WaitingMessage, own: string): string {
    const { used, stationId } = this.#options;
    let attempt = this.#attempts.get(sequence) ?? 0;
    if (attempt === 0 && used.add(own)) return own;
    for (;; attempt++) {
      const id = derivedId(stationId, sequence, attempt);
      if (used.add(id)) return id; // a boot that is pending goes out more than once on one connection
    }
  }

  #await(awaited: Awaited): void {
    this.#awaited = awaited;
    const { timers, callTimeoutMs } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = timers.after(callTimeoutMs, () => this.#unanswered(awaited));
  }

  #unanswered(awaited: Awaited): void {
    this.#settled();
    // One that knows no Heartbeat: the next time without.
    if (awaited.is === "probe") this.#headOf(awaited.message).isProbed = false;
    if (awaited.is === "kept" && this.#isHopeless(this.#count(awaited.message))) this.#leave(awaited.message);
    else this.#options.link.cut();
  }

  /** It had no answer; on a connection on which the CSMS answered nothing else it is not to blame. */
  #count(message: WaitingMessage): Head {
    const head = this.#headOf(message);
    head.isProbed = true;
    if (!this.#isProven) return head;
    head.since ??= this.#options.clock.monotonic();
    head.times++;
    return head;
  }

  #isHopeless({ times, since }: Head): boolean {
    const { attempts, patienceMs } = STAND_IN_LIMITS;
    return times >= attempts && since !== undefined && this.#options.clock.monotonic() - since >= patienceMs;
  }

  /** Leaves a message that is never answered to a person. */
  #leave(message: WaitingMessage): void {
    const { times } = this.#headOf(message);
    const description = `not answered ${times} times, while the CSMS answered other calls`;
    void this.#report(message, undefined, { answered: false, code: "NoAnswer", description });
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
    const { attempts, retryMs, retryMaxMs, behindMs } = STAND_IN_LIMITS;
    const pause = Math.min(retryMs * 2 ** (attempt - 1), retryMaxMs);
    if (attempt < attempts && pause > behindMs) this.#stall();
    if (attempt < attempts) return this.#pause(pause);
    const code = (frame.errorCode ?? "").slice(0, 64);
    void this.#report(message, frame, { answered: false, code, description: `answered so ${attempt} times` });
  }

  /** A station sends again what is not answered for long, and its CSMS would get it twice. */
  #stall(): void {
    this.#isStalled = true;
    this.#options.handBack(this.#behind.splice(0));
  }

  /** The next message goes out when this outcome is stored; until then the CSMS must not get this one once more. */
  async #report(message: WaitingMessage, frame: OcppFrame | undefined, outcome: DeliveryOutcome): Promise<void> {
    const { control, stationId, csms, delivered, heads } = this.#options;
    const run = this.#run, { sequence } = message, head = this.#headOf(message);
    this.#isPaused = true;
    head.outcome = outcome;
    try {
      await control.call("outage.delivered", { stationId, csms, sequence, outcome });
    } catch {
      if (run !== this.#run || this.#isUnaccepted) return; // it is told again when its turn comes
      this.#stall();
      return this.#pause(STAND_IN_LIMITS.retryMs);
    }
    this.#attempts.delete(sequence);
    if (heads.settled(this.#queue, message, head)) delivered(message, frame);
    if (run === this.#run && !this.#isUnaccepted) this.#resume();
  }

  #pause(delayMs: number): void {
    this.#isPaused = true;
    this.#cancelPause?.();
    this.#cancelPause = this.#options.timers.after(delayMs, () => this.#resume());
  }

  #resume(): void {
    this.#isPaused = this.#isUnaccepted = this.#isStalled = false;
    void this.#pump();
  }
}
