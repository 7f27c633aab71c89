import type { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.ts";
import type { Random, Timers } from "../../core/timers.ts";
import type { LegSocket } from "../leg_socket.ts";
import { OCPP_LIMITS } from "../limits.ts";
import type { TokenBucket } from "../token_bucket.ts";
import { DialError, type UpstreamLeg } from "../upstream.ts";
import { asBuffer, closeLeg } from "../web_socket.ts";
import { STAND_IN_LIMITS } from "./limits.ts";

/** What a link tells of the CSMS's connection. */
export interface LinkEvents {
  up(): void;
  /** It was lost and is being dialled again. */
  down(): void;
  message(bytes: Buffer): void;
  ping(data: Buffer): void;
  pong(data: Buffer): void;
  /** The CSMS does not want this station: it closed on purpose, or refused it again and again. Nothing is dialled. */
  gone(code: number, reason: string): void;
}

/** What a link works with. */
export interface LinkOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Shared by all sessions: after an outage they must not all dial at once (Q24). */
  readonly gate: TokenBucket;
  dial(): Promise<UpstreamLeg>;
  /** Told of every dial that failed. */
  onFault(error: unknown): void;
  readonly events: LinkEvents;
}

/** Close codes of a CSMS that went away without meaning the station. */
const LOST_CODES: ReadonlySet<number> = new Set([1001, 1006, 1011, 1012, 1013, 1014]);
/** First pause between two dials, milliseconds. */
const FIRST_PAUSE_MS = 100;
/** HTTP statuses by which a CSMS says that it does not know the station or its credential. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404]);

/** One station's connection to its CSMS, dialled again whenever it is lost, with jitter and behind the gate of all. */
export class CsmsLink {
  readonly #options: LinkOptions;
  #socket: LegSocket | undefined;
  #isClosed = false;
  /** Dials that failed and connections that brought nothing, in a row. */
  #failures = 0;
  #refusals = 0;
  #cancelDial: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#socket !== undefined && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Takes a connection that is open. */
  adopt(leg: UpstreamLeg): void {
    if (this.#isClosed) return leg.socket.terminate();
    const { socket } = leg, { events } = this.#options;
    this.#socket = socket;
    this.#refusals = 0;
    socket.on("message", (data) => {
      if (socket === this.#socket) events.message(asBuffer(data));
    });
    socket.on("ping", (data: Buffer) => events.ping(data));
    socket.on("pong", (data: Buffer) => events.pong(data));
    socket.on("error", () => {}); // its "close" follows
    socket.on("close", (code, reason) => this.#closed(socket, code, reason.toString("latin1")));
    events.up();
    for (const { data } of leg.takeEarly()) if (socket === this.#socket) events.message(data);
    if (socket.readyState >= socket.CLOSING) this.#closed(socket, 1006, "");
  }

  /** Takes the outcome of a dial that is under way, and dials again when it fails. */
  async follow(dialling: Promise<UpstreamLeg>): Promise<void> {
    let leg: UpstreamLeg;
    try {
      leg = await dialling;
    } catch (error) {
      return this.#failed(error);
    }
    this.adopt(leg);
  }

  /** Dials, now and until it works. */
  redial(): void {
    this.#dialLater();
  }

  send(data: Uint8Array | string): void {
    const socket = this.#socket;
    if (!socket || !this.isUp) return;
    socket.send(data, { binary: false });
    if (socket.bufferedAmount > OCPP_LIMITS.bufferedBytes) this.cut(); // it does not read
  }

  ping(data?: Buffer): void {
    if (this.isUp) this.#socket!.ping(data);
  }

  pong(data?: Buffer): void {
    if (this.isUp) this.#socket!.pong(data);
  }

  /** Something came through: the next loss is dialled again without a long pause. */
  progress(): void {
    this.#failures = 0;
  }

  /** Gives the connection up and dials anew. */
  cut(): void {
    this.#failures++;
    this.#socket?.terminate();
  }

  /** Closes for good, with the code for the CSMS. */
  close(code: number, reason: string): void {
    this.#isClosed = true;
    this.#cancelDial?.();
    if (this.#socket) closeLeg(this.#socket, code, reason);
  }

  /** Closes for good, without waiting for the CSMS. */
  terminate(): void {
    this.#isClosed = true;
    this.#cancelDial?.();
    this.#socket?.terminate();
  }

  #closed(socket: LegSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    if (this.#isClosed) return;
    if (!LOST_CODES.has(code)) {
      this.#isClosed = true;
      return this.#options.events.gone(code, reason);
    }
    this.#options.events.down();
    this.#dialLater();
  }

  #dialLater(): void {
    if (this.#isClosed) return;
    const { timers, random } = this.#options;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 16), STAND_IN_LIMITS.redialMaxMs);
    this.#cancelDial = timers.after(pause * (0.5 + random.fraction()), () => void this.#dial());
  }

  async #dial(): Promise<void> {
    const { gate, clock, dial } = this.#options;
    if (this.#isClosed) return;
    if (!gate.take(clock.monotonic())) return this.#dialLater();
    await this.follow(dial());
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    this.#options.onFault(error);
    this.#failures++;
    const status = error instanceof DialError ? error.status : undefined;
    this.#refusals = status !== undefined && REFUSALS.has(status) ? this.#refusals + 1 : 0;
    if (this.#refusals < STAND_IN_LIMITS.refusals) return this.#dialLater();
    this.#isClosed = true;
    this.#options.events.gone(1008, `the CSMS answered ${status}`);
  }
}
