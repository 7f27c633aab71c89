import type { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.ts";
import { describeError } from "../../core/errors.ts";
import type { Random, Timers } from "../../core/timers.ts";
import type { LegSocket } from "../leg_socket.ts";
import { Liveness } from "../liveness.ts";
import type { TokenBucket } from "../token_bucket.ts";
import type { UpstreamLeg } from "../upstream.ts";
import { asBuffer, closeLeg } from "../web_socket.ts";
import { MIRROR_LIMITS } from "./limits.ts";

/** What happens on a mirror's connection. */
export interface MirrorLegEvents {
  opened(): void;
  /** It was open and is not any more. */
  closed(why: string): void;
  message(data: Buffer, isBinary: boolean): void;
  /** An attempt failed. */
  failed(why: string): void;
}

/** What a mirror's connection works with. */
export interface MirrorLegOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Shared by all mirrors of the isolate. */
  readonly gate: TokenBucket;
  readonly pingMs: number;
  dial(): Promise<UpstreamLeg>;
  readonly events: MirrorLegEvents;
}

/** Text frames are sent on as text. */
const TEXT = { binary: false } as const;

/** The connection to one mirror of one station: dialled until it stands and again when it is lost, with growing pauses. */
export class MirrorLeg {
  readonly #options: MirrorLegOptions;
  readonly #liveness: Liveness;
  #socket: LegSocket | undefined;
  #openedAt = 0;
  #pauseMs: number = MIRROR_LIMITS.pauseFirstMs;
  #cancel: (() => void) | undefined;
  #isEnded = false;

  constructor(options: MirrorLegOptions) {
    this.#options = options;
    this.#liveness = new Liveness(0, options.clock.monotonic(), options.pingMs);
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** Dials for the first time. */
  start(): void {
    void this.#dial();
  }

  /** Sends a message; a peer that does not read is cut, whatever it was. */
  send(data: Uint8Array | string): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== socket.OPEN) return; // its "close" event is on the way
    socket.send(data, TEXT);
    if (socket.bufferedAmount > MIRROR_LIMITS.bufferedBytes) this.cut("it does not read");
  }

  /** Ends the connection at once; it is dialled again after a pause. */
  cut(why: string): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#lost(why);
    socket.terminate();
  }

  /** The station is gone: so is the mirror's connection, the same way (LC4). */
  end(code: number, reason: string): void {
    this.#isEnded = true;
    this.#cancel?.();
    if (this.#socket) closeLeg(this.#socket, code, reason);
    this.#socket = undefined;
  }

  /** Pings, and notices a dead peer. Called by the sweep. */
  tick(): void {
    const socket = this.#socket;
    if (!socket) return;
    const verdict = this.#liveness.tick(this.#options.clock.monotonic());
    if (verdict.csmsDead) this.cut("no sign of life");
    else if (verdict.pingCsms) socket.ping(this.#liveness.mark);
  }

  async #dial(): Promise<void> {
    if (this.#isEnded) return;
    const { gate, clock, events } = this.#options;
    if (!gate.take(clock.monotonic())) return this.#later(MIRROR_LIMITS.pauseFirstMs / 4);
    let leg: UpstreamLeg;
    try {
      leg = await this.#options.dial();
    } catch (error) {
      if (this.#isEnded) return;
      events.failed(describeError(error));
      return this.#later(this.#nextPause());
    }
    if (this.#isEnded) leg.socket.terminate();
    else this.#take(leg);
  }

  #take({ socket, takeEarly }: UpstreamLeg): void {
    const { clock, events } = this.#options;
    this.#socket = socket;
    this.#openedAt = clock.monotonic();
    this.#liveness.heard("csms", this.#openedAt);
    const isCurrent = () => socket === this.#socket;
    const message = (data: Buffer, isBinary: boolean) => {
      this.#liveness.heard("csms", clock.monotonic());
      events.message(data, isBinary);
    };
    socket.on("message", (data, isBinary) => isCurrent() && message(asBuffer(data), isBinary));
    socket.on("ping", (data: Buffer) => isCurrent() && this.#ping(socket, data));
    socket.on("pong", (data: Buffer) => void this.#liveness.heardPong("csms", data, clock.monotonic()));
    socket.on("error", () => {}); // "close" follows and says it all
    socket.on("close", (code) => isCurrent() && this.#lost(`closed with ${code}`));
    events.opened();
    for (const { data, isBinary } of takeEarly()) if (isCurrent()) message(data, isBinary);
    // It may have closed between its opening and now.
    if (isCurrent() && socket.readyState >= socket.CLOSING) this.#lost("closed at once");
  }

  #ping(socket: LegSocket, data: Buffer): void {
    if (!this.#liveness.heardPing("csms", this.#options.clock.monotonic())) return this.cut("too many pings");
    if (socket.readyState === socket.OPEN) socket.pong(data);
  }

  #lost(why: string): void {
    this.#socket = undefined;
    if (this.#isEnded) return;
    if (this.#options.clock.monotonic() - this.#openedAt >= MIRROR_LIMITS.stableMs) {
      this.#pauseMs = MIRROR_LIMITS.pauseFirstMs;
    }
    this.#options.events.closed(why);
    this.#later(this.#nextPause());
  }

  #nextPause(): number {
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(pause * 2, MIRROR_LIMITS.pauseLongestMs);
    return pause;
  }

  #later(pauseMs: number): void {
    const { timers, random } = this.#options;
    this.#cancel = timers.after(pauseMs * (0.5 + random.fraction() / 2), () => void this.#dial());
  }
}
