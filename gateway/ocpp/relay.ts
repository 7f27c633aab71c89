import { Buffer } from "node:buffer";
import { MESSAGE_TYPE } from "./codec.ts";
import type { Effect, Side } from "./effects.ts";
import { GraceBuffer } from "./grace_buffer.ts";
import type { LegSocket } from "./leg_socket.ts";
import { OCPP_LIMITS } from "./limits.ts";
import { Liveness } from "./liveness.ts";
import { OwnCallWaiters, randomId } from "./own_call_waiters.ts";
import type { OwnCall, OwnOutcome } from "./own_calls.ts";
import { type Received, RelayRecord } from "./relay_record.ts";
import { describeRelay } from "./relay_state.ts";
import type { EndReason, RelayOptions, RelayShared } from "./relay_types.ts";
import { legSymptom } from "./quirks.ts";
import { redactReason } from "./redact.ts";
import { heartbeatSeconds } from "./station_facts.ts";
import { askTaker } from "./taker.ts";
import type { UpstreamLeg } from "./upstream.ts";
import { asBuffer, closeLeg, framingFault } from "./web_socket.ts";

export type { EndReason, RelayOptions, RelayShared } from "./relay_types.ts";

/** Close codes of a CSMS that went away without meaning the station: worth a redial within graceSeconds. */
const LOST_CODES: ReadonlySet<number> = new Set([1001, 1006, 1012]);

/** Text frames are sent on as text; whether they are packed was agreed with each leg. */
const TEXT = { binary: false } as const;

/**
 * The two sockets of one station: performs the effects of its Session. Losing one leg closes the other (LC4); only
 * within graceSeconds a lost CSMS leg is dialled again first. A peer that does not read is cut off (invariant 7).
 */
export class Relay {
  readonly openedAt: number;
  /** Messages of both sides, for the record at the end. */
  readonly messages = { station: 0, csms: 0 };
  /** When the station last sent a message, monotonic. */
  stationSpokeAt: number;
  readonly #shared: RelayShared;
  readonly #options: RelayOptions;
  readonly #station: LegSocket;
  readonly #liveness: Liveness;
  readonly #record: RelayRecord;
  readonly #waiters = new OwnCallWaiters();
  /** Set while the CSMS leg is being dialled anew. */
  #grace: GraceBuffer | undefined;
  /** Set while the CSMS leg waits for a quiet moment to be opened anew. */
  #renewDueAt: number | undefined;
  #upstream: LegSocket;
  #ended = false;
  /** CALLs in a row that the station did not answer. */
  #unanswered = 0;
  /** What broke the station's leg, for a hint at the quirk that helps; "" otherwise. */
  symptom = "";

  constructor(shared: RelayShared, options: RelayOptions, station: LegSocket, upstream: UpstreamLeg) {
    this.#shared = shared;
    this.#options = options;
    this.#station = station;
    this.#upstream = upstream.socket;
    this.openedAt = shared.clock.now();
    this.stationSpokeAt = shared.clock.monotonic();
    this.#liveness = new Liveness(shared.pingMs, this.stationSpokeAt, shared.csmsPingMs);
    this.#record = new RelayRecord(this, shared, options.stationId);
    this.#record.tell((observer) => observer.opened?.(this));
    this.#listenToStation();
    this.#listenToUpstream(upstream);
  }

  get options(): RelayOptions {
    return this.#options;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Closes both legs with a code and a reason for the peers. */
  end(reason: EndReason, code: number, text: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#grace = undefined;
    closeLeg(this.#station, code, text);
    closeLeg(this.#upstream, code, text);
    this.#record.note("close", `${reason} ${code} ${redactReason(text)}`);
    this.#waiters.endAll();
    this.#record.tell((observer) => observer.ended?.(this, reason));
    this.#options.onEnd(this, reason);
  }

  /** Ends at once, without a close handshake: for a peer that does not read. */
  cut(reason: EndReason, text: string): void {
    this.end(reason, 1008, text);
    this.#station.terminate();
    this.#upstream.terminate();
  }

  /**
   * A CALL of the gateway to the station (LC6): CALLs of the CSMS go first, one is outstanding, the CSMS sees neither it
   * nor its answer. Never rejects: whatever happens is an outcome, at the latest about a second after `timeoutMs`.
   */
  call(ask: Omit<OwnCall, "id">): Promise<OwnOutcome> {
    return this.#ownCall(ask, (call, now) => this.#options.conversation.ownCall(call, now));
  }

  /** A CALL of the gateway to the CSMS in the station's name, which sees nothing of it. Never rejects. */
  callCsms(ask: Omit<OwnCall, "id">): Promise<OwnOutcome> {
    return this.#ownCall(ask, (call, now) => this.#options.conversation.ownCallToCsms(call, now));
  }

  #ownCall(ask: Omit<OwnCall, "id">, start: (call: OwnCall, now: number) => Effect[]): Promise<OwnOutcome> {
    if (this.#ended) return Promise.resolve({ is: "none", why: "ended" });
    const id = randomId(this.#shared.random);
    const outcome = this.#waiters.wait(id);
    this.#perform(start({ ...ask, id }, this.#shared.clock.monotonic()));
    return outcome;
  }

  /**
   * Opens the leg to the CSMS anew, as a station does that has got another credential: when no call is unanswered, at the
   * latest after `renewQuietMs`. The station's leg stays; what it sends meanwhile waits.
   */
  renewUpstream(): void {
    this.#renewDueAt ??= this.#shared.clock.monotonic() + OCPP_LIMITS.renewQuietMs;
    this.#renewWhenQuiet();
  }

  #renewWhenQuiet(): void {
    if (this.#renewDueAt === undefined || this.#ended || this.#grace) return;
    const { station, csms, queued } = this.#options.conversation.load;
    if (station + csms + queued > 0 && this.#shared.clock.monotonic() < this.#renewDueAt) return;
    this.#renewDueAt = undefined;
    if (this.#options.renewLeg) return this.#options.renewLeg();
    const before = this.#upstream;
    const withinMs = Math.max(this.#options.graceMs, OCPP_LIMITS.renewMs);
    void this.#redial("the CSMS set another credential; dialling with it", withinMs);
    closeLeg(before, 1000, "reconnecting with another credential");
  }

  /** Timeouts of the conversation and of both sockets. Called by the sweep. */
  tick(): void {
    if (this.#ended) return;
    const now = this.#shared.clock.monotonic();
    this.#perform(this.#options.conversation.tick(now));
    this.#renewWhenQuiet();
    const verdict = this.#liveness.tick(now);
    if (verdict.stationDead) return this.cut("idle", "no sign of life");
    if (verdict.csmsDead && !this.#grace) {
      this.#liveness.heard("csms", now); // a leg that dials anew by itself is not judged by the silence of before
      return this.#upstream.terminate();
    }
    if (verdict.pingStation) this.#station.ping(this.#liveness.mark);
    if (verdict.pingCsms && this.#upstream.readyState === this.#upstream.OPEN) this.#upstream.ping(this.#liveness.mark);
    this.#checkBuffers();
  }

  /** State for stations.live. */
  describe() {
    return describeRelay(this.#options, this.#grace ? "redialling" : "open", this.openedAt, this.messages);
  }

  #listenToStation(): void {
    const station = this.#station;
    station.on("message", (data, isBinary, text) => this.#receive("station", asBuffer(data), isBinary, text));
    station.on("ping", (data: Buffer) => this.#ping("station", data));
    station.on("pong", (data: Buffer) => this.#pong("station", data));
    station.on("error", (error: Error & { code?: string }) => {
      this.#record.note("error", `station leg: ${error.message}`);
      const code = framingFault(error.code);
      this.symptom = legSymptom(error.code, code ?? 0);
      // ws has told the station already; its close handshake may take seconds, the session ends now.
      if (code !== undefined) this.end("protocol", code, error.message);
    });
    station.on("close", (code, reason) => {
      const why = code === 1006 ? "station-lost" : "closed-by-station";
      this.end(why, code, reason.toString("latin1"));
    });
  }

  #listenToUpstream({ socket, takeEarly }: UpstreamLeg): void {
    socket.on("message", (data, isBinary, text) => {
      if (socket === this.#upstream) this.#receive("csms", asBuffer(data), isBinary, text);
    });
    socket.on("ping", (data: Buffer) => this.#ping("csms", data));
    socket.on("pong", (data: Buffer) => this.#pong("csms", data));
    socket.on("error", (error) => this.#record.note("error", `CSMS leg: ${error.message}`));
    socket.on("close", (code, reason) => {
      if (socket === this.#upstream) this.#upstreamClosed(code, reason.toString("latin1"));
    });
    for (const { data, isBinary, text } of takeEarly()) this.#receive("csms", data, isBinary, text);
    // It may have closed between its opening and now.
    if (socket.readyState >= socket.CLOSING) this.#upstreamClosed(1006, "");
  }

  #receive(from: Side, data: Buffer, isBinary: boolean, decoded: string | undefined): void {
    if (this.#ended) return;
    if (isBinary) return this.end("protocol", 1003, "OCPP-J messages are text");
    const now = this.#shared.clock.monotonic();
    this.#liveness.heard(from, now);
    this.#shared.counters.message(from, data.length);
    this.messages[from]++;
    if (from === "station") this.stationSpokeAt = now;
    const text = decoded ?? data.toString("utf8"); // the leg has checked that it is UTF-8
    this.#perform(this.#options.conversation.receive(from, data, text, now), { text, bytes: data });
  }

  /** `received` is the message that caused the effects. */
  #perform(effects: readonly Effect[], received?: Received): void {
    for (const effect of effects) {
      if (this.#ended) return;
      switch (effect.do) {
        case "send":
          this.#send(effect.to, effect.bytes);
          break;
        case "answer":
          this.#answer(effect);
          break;
        case "note":
          this.#odd(effect, received);
          break;
        case "call":
          this.#record.call(effect, received);
          break;
        case "reply":
          if (received) this.#record.reply(effect, received);
          this.#replied(effect);
          break;
        case "take":
          void this.#take(effect);
          break;
        case "own-call":
          this.#record.own(`gateway to ${effect.to ?? "station"}`, effect.text);
          this.#send(effect.to ?? "station", effect.text);
          break;
        case "own-reply":
          if (received) this.#record.own(`${effect.from ?? "station"} to gateway`, received.text);
          if (received && effect.from === "station") this.#unanswered = 0;
          this.#waiters.settle(effect.id, effect.outcome);
          break;
        case "close":
          this.end("protocol", effect.code, effect.reason);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  async #take(effect: Effect & { do: "take" }): Promise<void> {
    const { conversation } = this.#options, { csmsLeg } = conversation;
    const answer = await askTaker(this.#shared, this, effect);
    if (this.#ended || effect.frame.type === MESSAGE_TYPE.send) return;
    this.#perform(conversation.answerTaken(effect.from, effect.frame, answer, csmsLeg));
    if ("payload" in answer) answer.afterwards?.();
  }

  #answer({ to, text }: Effect & { do: "answer" }): void {
    this.#record.answered(to, text);
    this.#send(to, text);
  }

  #send(to: Side, data: Uint8Array | string): void {
    if (to === "csms" && this.#grace) {
      if (!this.#grace.push(data)) this.end("csms-lost", 1001, "CSMS connection lost");
      return;
    }
    const leg = to === "station" ? this.#station : this.#upstream;
    if (leg.readyState !== leg.OPEN) return; // it is closing: its "close" event ends this session
    leg.send(data, TEXT);
    if (leg.bufferedAmount > OCPP_LIMITS.bufferedBytes) this.cut("not-reading", `the ${to} does not read`);
  }

  #replied({ from, action, frame }: Effect & { do: "reply" }): void {
    if (from === "station") this.#unanswered = 0;
    if (from !== "csms") return;
    const seconds = heartbeatSeconds(action, frame);
    if (seconds !== undefined) this.#liveness.expectHeartbeat(seconds);
  }

  #odd(effect: Effect & { do: "note" }, received: Received | undefined): void {
    this.#record.odd(effect, received);
    const isMute = effect.kind === "call-timeout" && ++this.#unanswered >= (this.#options.muteCalls ?? Infinity);
    if (isMute) this.end("mute", 1001, "the station answers no calls");
  }

  #ping(from: Side, data: Buffer): void {
    if (this.#ended) return;
    if (!this.#liveness.heardPing(from, this.#shared.clock.monotonic())) return this.cut("protocol", "too many pings");
    const source = from === "station" ? this.#station : this.#upstream;
    const target = from === "station" ? this.#upstream : this.#station;
    // End to end, so that a pong proves the far peer and not the gateway. In a redial nobody else can answer.
    if (target.readyState === target.OPEN && !this.#grace) target.ping(data);
    else if (source.readyState === source.OPEN) source.pong(data);
    this.#checkBuffers();
  }

  #pong(from: Side, data: Buffer): void {
    if (this.#ended) return;
    const isOurs = this.#liveness.heardPong(from, data, this.#shared.clock.monotonic());
    const target = from === "station" ? this.#upstream : this.#station;
    if (!isOurs && target.readyState === target.OPEN) target.pong(data);
  }

  #checkBuffers(): void {
    const { bufferedBytes } = OCPP_LIMITS;
    if (this.#station.bufferedAmount > bufferedBytes) this.cut("not-reading", "the station does not read");
    else if (this.#upstream.bufferedAmount > bufferedBytes) this.cut("not-reading", "the csms does not read");
  }

  #upstreamClosed(code: number, reason: string): void {
    if (this.#ended || this.#grace) return;
    if (this.#options.graceMs > 0 && LOST_CODES.has(code)) {
      void this.#redial("the CSMS connection was lost; dialling again", this.#options.graceMs);
    } else this.end(code === 1006 ? "csms-lost" : "closed-by-csms", code, reason || "CSMS connection lost");
  }

  async #redial(why: string, withinMs: number): Promise<void> {
    const grace = this.#grace = new GraceBuffer();
    // The CSMS may have lost them with its connection: they are sent again, with the station's own message ids.
    const unanswered = this.#options.conversation.unanswered;
    if (!unanswered?.every((bytes) => grace.push(bytes))) return this.end("csms-lost", 1001, "CSMS connection lost");
    // Now already: an answer to its call that waited here would reach a connection that may use the same id (LC6).
    this.#options.conversation.csmsReplaced();
    this.#record.note("grace", why);
    this.#record.tell((observer) => observer.csmsLost?.(this));
    const leg = await this.#options.redial(() => !this.#ended, withinMs);
    if (this.#ended) {
      leg?.socket.terminate();
      return;
    }
    if (!leg) return this.end("csms-lost", 1001, "CSMS connection lost");
    this.#grace = undefined;
    this.#upstream = leg.socket;
    this.#liveness.heard("csms", this.#shared.clock.monotonic());
    this.#options.conversation.csmsReplaced();
    this.#record.note("grace", `the CSMS is back; ${grace.length} messages waited`);
    for (const data of grace.drain()) this.#send("csms", data);
    this.#record.tell((observer) => observer.csmsBack?.(this));
    this.#listenToUpstream(leg);
  }
}
