import type { Buffer } from "node:buffer";
import { isTransactionMessage } from "../../../policies/ocpp.ts";
import type { Clock } from "../../core/clock.ts";
import type { ControlApi } from "../../core/control_api.ts";
import type { OutageState } from "../../core/outage_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import type { Random, Timers } from "../../core/timers.ts";
import { messageDigest } from "../../inventory/outage/message_digest.ts";
import { readFrame } from "../beyond_limits.ts";
import { MESSAGE_TYPE, type OcppFrame, type OcppVersion } from "../codec.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { MARK } from "../liveness.ts";
import { randomId } from "../own_call_waiters.ts";
import { Approvals } from "./approvals.ts";
import type { CsmsLink, LinkEvents } from "./csms_link.ts";
import { CsmsWord } from "./csms_word.ts";
import { STAND_IN_LIMITS } from "./limits.ts";
import type { DeliveryHeads } from "./delivery_heads.ts";
import { LiveCalls } from "./live_calls.ts";
import { UsedIds } from "./message_ids.ts";
import { Replay } from "./replay.ts";
import { StandIn } from "./stand_in.ts";
import { badgeOf, standInKind, transactionIdOf } from "./stand_in_answers.ts";
import { readMessage, type StationMessage, utf8 } from "./station_message.ts";
import { TransactionIds } from "./transaction_ids.ts";

/** What one station's forwarder works with. */
export interface ForwarderOptions {
  readonly stationId: string;
  readonly csms: string;
  readonly version: OcppVersion;
  readonly state: OutageState;
  readonly control: Rpc<ControlApi>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** How long a lost CSMS is waited for before the gateway answers for it. */
  readonly graceMs: number;
  readonly callTimeoutMs: number;
  readonly replayBoot: boolean;
  /** Shared by all sessions of the Worker: what happened to the first message of each queue. */
  readonly heads: DeliveryHeads;
  readonly learnBadges: boolean;
  createLink(events: LinkEvents): CsmsLink;
  /** A message for the station, as from its CSMS. */
  toStation(bytes: Uint8Array): void;
  pong(data: Buffer): void;
  ping(data: Buffer): void;
  /** The station has to be told: the CSMS does not want it, or nothing more can be kept. */
  close(code: number, reason: string): void;
  /** The CSMS's connection is another one: its calls and the answers to them have no receiver any more. */
  replaced(): void;
  /** The gateway stands in from now on, or no more; for audit and alarms. */
  standing(isStanding: boolean, counts: { readonly kept: number; readonly delivered: number }): void;
}

/**
 * What the CSMS connection of a store-and-forward station is doing. `through`: messages pass. `holding`: the CSMS is
 * lost, messages wait for it in memory. `away`: the gateway answers for it. `replaying`: the CSMS is back and gets what
 * was kept before live messages pass again.
 */
export type ForwarderState = "through" | "holding" | "away" | "replaying";

/** The CSMS side of one store-and-forward station: looks to the relay like a CSMS that never goes away. */
export class Forwarder {
  readonly link: CsmsLink;
  readonly #options: ForwarderOptions;
  readonly #ids: TransactionIds;
  readonly #used = new UsedIds();
  readonly #approvals = new Approvals();
  readonly #live: LiveCalls;
  readonly #replay: Replay;
  readonly #standIn: StandIn;
  readonly #word: CsmsWord;
  readonly #csmsCalls = new Set<string>();
  /** What the CSMS got, and what an earlier session left for it, by digest: a station may send it once more. */
  readonly #delivered: Set<string>;
  #waiting: ReadonlySet<string>;
  #state: ForwarderState = "holding";
  #held: StationMessage[] = [];
  #heldBytes = 0;
  #cancelGrace: (() => void) | undefined;
  #turn: Promise<void> = Promise.resolve();
  #turns = 0;
  /** About how many kept messages wait. */
  #kept: number;
  #isStanding = false;
  #counts = { kept: 0, delivered: 0 };
  #isClosed = false;
  #wasUp = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    const { state, control, clock, timers, random, stationId, csms, version } = options;
    this.#kept = state.messages;
    this.#delivered = new Set(state.delivered.map(({ digest }) => digest));
    this.#waiting = new Set(state.waiting);
    this.#ids = new TransactionIds(state.transactions);
    const newId = () => randomId(random);
    this.link = options.createLink({
      up: () => this.#up(),
      down: () => this.#down(),
      message: (bytes) => this.#fromCsms(bytes),
      ping: (data) => options.ping(data),
      pong: (data) => options.pong(data),
      gone: (code, reason) => {
        this.#replay.broken();
        options.close(code, reason);
      },
    });
    this.#word = new CsmsWord({ ...options, approvals: this.#approvals });
    this.#live = new LiveCalls({ link: this.link, ids: this.#ids, used: this.#used, newId });
    this.#standIn = new StandIn({
      ...{ stationId, csms, version, control, clock, timers, approvals: this.#approvals },
      bootInterval: () => this.#word.boot?.intervalSeconds,
    });
    this.#replay = new Replay({
      ...{
        stationId,
        csms,
        version,
        control,
        timers,
        clock,
        newId,
        link: this.link,
        live: this.#live,
        ids: this.#ids,
        used: this.#used,
      },
      heads: options.heads,
      callTimeoutMs: options.callTimeoutMs,
      isStoring: () => this.#turns > 0,
      delivered: (message, frame) => {
        this.#kept = Math.max(0, this.#kept - 1);
        this.#counts.delivered++;
        this.#remember(messageDigest(message.action, message.text));
        if (frame) this.#word.answered(readMessage(message.text), frame);
      },
      handBack: (messages) => messages.forEach((message) => this.#answer(message)),
      done: () => this.#passAgain(),
    });
  }

  get state(): ForwarderState {
    return this.#state;
  }

  /** What is known of the station now: an older session of it may have gone on while this one was opened. */
  catchUp({ transactions, delivered, waiting, messages }: OutageState): void {
    this.#ids.learnAll(transactions);
    for (const { digest } of delivered) this.#remember(digest);
    this.#waiting = new Set(waiting);
    this.#kept = messages;
  }

  /** The first dial failed or takes too long for a known station: the gateway stands in from the start. */
  standInNow(): void {
    if (this.#state === "holding") this.#stand();
  }

  /** A message of the station, or the gateway's own answer to a CALL of the CSMS. */
  fromStation(data: Uint8Array | string): void {
    if (this.#isClosed) return;
    const message = readMessage(data);
    if (message.frame.type === MESSAGE_TYPE.call) return this.#call(message);
    if (message.frame.type === MESSAGE_TYPE.send) {
      // Nobody waits for an answer to it, and nobody would know what became of it later: it is only passed on live, unless
      // a transaction stands in it (invariant 15).
      const isKept = isTransactionMessage("station", message.action);
      if (this.#state !== "through") return isKept ? this.#call(message) : undefined;
      return isKept && !this.link.isUp ? this.#hold(message) : this.link.send(data); // until "down" is told
    }
    const isAsked = this.#csmsCalls.delete(message.id) || message.id === "-1" ||
      message.frame.type === MESSAGE_TYPE.callResultError;
    if (isAsked) this.link.send(data);
  }

  /** The relay is done with this station. */
  close(): void {
    this.#isClosed = true;
    this.#cancelGrace?.();
    this.#replay.stop();
  }

  #call(message: StationMessage): void {
    switch (this.#state) {
      case "through":
        if (this.#isRepeated(message)) return this.#answer(message);
        this.#live.send(message);
        return;
      case "holding":
        return this.#hold(message);
      case "away":
        return this.#answer(message);
      case "replaying":
        return this.#callBetween(message);
    }
  }

  /** The station sends a message again whose answer it never got; the CSMS has it already, or will get it. */
  #isRepeated({ action, text }: StationMessage): boolean {
    if (this.#delivered.size + this.#waiting.size === 0) return false;
    if (standInKind(this.#options.version, action) !== "keep") return false;
    const digest = messageDigest(action, text);
    return this.#delivered.has(digest) || this.#waiting.has(digest);
  }

  #hold(message: StationMessage): void {
    this.#held.push(message);
    this.#heldBytes += message.text.length;
    const { graceMessages, graceBytes } = OCPP_LIMITS;
    if (this.#held.length > graceMessages || this.#heldBytes > graceBytes) this.#stand();
  }

  /** Transaction messages keep their order behind the kept ones; what a driver waits for goes between. */
  #callBetween(message: StationMessage, isCrowd = false): void {
    const kind = standInKind(this.#options.version, message.action);
    const isOrdered = kind === "keep" || kind === "latest";
    const isLate = isCrowd || this.#turns > 0 || this.#replay.isStalled;
    if (this.#replay.isUnaccepted || isOrdered && isLate || this.#isRepeated(message)) return this.#answer(message);
    if (!isOrdered) {
      if (!this.#replay.pass(message)) this.#tell("too many calls wait for the CSMS");
      return;
    }
    if (this.#kept > STAND_IN_LIMITS.shortBacklog && this.#replay.behind === 0) return this.#answer(message);
    if (!this.#replay.follow(message)) this.#tell("too many messages wait for the CSMS");
  }

  /** Answers in the place of the CSMS, one message after the other. */
  #answer(message: StationMessage): void {
    if (this.#turns >= STAND_IN_LIMITS.turns) return this.#tell("too many messages wait to be stored");
    this.#turns++;
    this.#turn = this.#turn.then(() => this.#answerInTurn(message));
  }

  async #answerInTurn(message: StationMessage): Promise<void> {
    try {
      if (this.#isClosed) return;
      const result = await this.#standIn.answer(message);
      if (this.#isClosed) return;
      if ("close" in result) return this.#tell(result.close);
      if (result.isKept) {
        this.#kept++;
        this.#counts.kept++;
      }
      if (message.frame.type !== MESSAGE_TYPE.send) this.#options.toStation(utf8(result.text));
    } catch {
      // Not stored, so not answered: on a new connection the station sends it again.
      if (!this.#isClosed) this.#tell("its messages cannot be stored now");
    } finally {
      this.#turns--;
      this.#replay.wake();
    }
  }

  #fromCsms(bytes: Buffer): void {
    if (this.#isClosed) return;
    let frame: OcppFrame;
    try {
      frame = readFrame("csms", bytes.toString("utf8"), bytes);
    } catch {
      return this.#options.toStation(bytes); // the session notes and answers what is no message
    }
    switch (frame.type) {
      case MESSAGE_TYPE.call:
        return this.#csmsCall(frame, bytes);
      case MESSAGE_TYPE.callResult:
      case MESSAGE_TYPE.callError:
        return this.#csmsAnswer(frame, bytes);
      default:
        return this.#options.toStation(bytes);
    }
  }

  #csmsCall(frame: OcppFrame, bytes: Buffer): void {
    this.#csmsCalls.add(frame.id);
    if (this.#csmsCalls.size > STAND_IN_LIMITS.csmsCalls) {
      this.#csmsCalls.delete(this.#csmsCalls.values().next().value!);
    }
    // A start that the CSMS itself asks for is its approval of the badge.
    const badge = /^(RemoteStart|RequestStart)Transaction/.test(frame.action) && badgeOf(this.#options.version, frame);
    if (badge) this.#approvals.add(badge, this.#options.clock.monotonic());
    this.#options.toStation(this.#ids.toStation(frame.action, bytes));
  }

  #csmsAnswer(frame: OcppFrame, bytes: Buffer): void {
    if (this.#replay.receive(frame)) return;
    const answered = this.#live.answered(frame, bytes);
    if (!answered) return this.#options.toStation(bytes); // the session notes that nobody asked
    this.link.progress();
    this.#word.answered(answered.message, frame);
    const given = answered.message.action === "StartTransaction" ? transactionIdOf(frame) : undefined;
    if (given !== undefined) this.#ids.given(given);
    this.#options.toStation(answered.bytes);
  }

  #up(): void {
    if (this.#isClosed) return;
    this.#cancelGrace?.();
    this.#options.pong(MARK); // that it stands is a sign of life: what was silent was the connection before
    this.#used.clear();
    this.#csmsCalls.clear();
    if (this.#wasUp) this.#options.replaced();
    const isAgain = this.#wasUp || this.#isStanding;
    // What was kept in an earlier session goes out before the station says a word: such a CSMS would refuse it.
    const boot = isAgain || this.#kept > 0 ? this.#bootToRepeat() : undefined;
    this.#wasUp = true;
    this.#word.agreed();
    const held = this.#held, isBehind = this.#kept > 0;
    this.#held = [];
    this.#heldBytes = 0;
    this.#state = "replaying";
    this.#replay.start(boot, isBehind ? [] : held, isAgain || isBehind ? STAND_IN_LIMITS.settleMs : 0);
    // What is kept was said before what is held.
    if (isBehind) { for (const message of held) this.#callBetween(message, held.length > STAND_IN_LIMITS.behind); }
  }

  #bootToRepeat(): string | undefined {
    return this.#options.replayBoot ? this.#word.boot?.text : undefined;
  }

  #down(): void {
    if (this.#isClosed) return;
    this.#replay.broken();
    const left = [...this.#replay.stop(), ...this.#held.splice(0)];
    this.#heldBytes = 0;
    const wasPassing = this.#state === "through";
    this.#state = "holding";
    for (const message of left) this.#call(message); // holding, until there are too many
    if (this.#state !== "holding") return;
    // Only a CSMS that worked is waited for; one that comes and goes while messages are kept is away.
    if (!wasPassing && this.#isStanding || this.#options.graceMs === 0) return this.#stand();
    this.#cancelGrace?.();
    this.#cancelGrace = this.#options.timers.after(this.#options.graceMs, () => this.standInNow());
  }

  #stand(): void {
    this.#cancelGrace?.();
    this.#state = "away";
    if (!this.#isStanding) {
      this.#isStanding = true;
      this.#counts = { kept: 0, delivered: 0 };
      this.#options.standing(true, this.#counts);
    }
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const message of held) this.#answer(message);
  }

  #passAgain(): void {
    this.#state = "through";
    this.#kept = 0;
    if (!this.#isStanding) return;
    this.#isStanding = false;
    this.#options.standing(false, this.#counts);
  }

  /** The station keeps what it has: its connection ends, as it would with its CSMS's. */
  #tell(why: string): void {
    this.#options.close(1001, why);
  }

  #remember(digest: string): void {
    this.#delivered.add(digest);
    if (this.#delivered.size > STAND_IN_LIMITS.inFlight) this.#delivered.delete(this.#delivered.values().next().value!);
  }
}
