import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { LegSocket } from "../leg_socket.ts";
import type { UpstreamLeg } from "../upstream.ts";
import { Forwarder, type ForwarderOptions } from "./forwarder.ts";

/** What the leg adds to its forwarder by itself. */
type Outward = "toStation" | "pong" | "ping" | "close" | "replaced";

/**
 * The upstream leg of a store-and-forward station as the relay knows legs: it opens once and does not close because the
 * CSMS is away. Behind it a Forwarder passes messages on, keeps them, or answers them.
 */
export class ForwardingLeg extends EventEmitter implements LegSocket {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState: 1 | 3 = 1;
  /** The link cuts a CSMS that does not read by itself: the station must not be cut off for it. */
  readonly bufferedAmount = 0;
  readonly extensions = "";
  readonly #forwarder: Forwarder;
  readonly #protocol: string;
  /** Set by whoever holds the session. */
  onReplaced: () => void = () => {};

  constructor(protocol: string, options: Omit<ForwarderOptions, Outward>) {
    super();
    this.#protocol = protocol;
    this.#forwarder = new Forwarder({
      ...options,
      toStation: (bytes) => {
        if (this.readyState === this.OPEN) this.emit("message", Buffer.from(bytes), false);
      },
      pong: (data) => void this.emit("pong", data),
      ping: (data) => void this.emit("ping", data),
      close: (code, reason) => this.#end(code, reason),
      replaced: () => this.onReplaced(),
    });
  }

  get forwarder(): Forwarder {
    return this.#forwarder;
  }

  send(data: Uint8Array | string): void {
    if (this.readyState === this.OPEN) this.#forwarder.fromStation(data);
  }

  /** While the CSMS is away the gateway answers the station's pings too: its connection lives. */
  ping(data: Buffer): void {
    if (this.#forwarder.link.isUp) this.#forwarder.link.ping(data);
    else this.emit("pong", data);
  }

  pong(data: Buffer): void {
    this.#forwarder.link.pong(data);
  }

  /** The session ends. */
  close(code = 1000, reason = ""): void {
    if (this.readyState >= this.CLOSING) return;
    this.#forwarder.link.close(code, reason);
    this.#end(code, reason);
  }

  /** The CSMS gives no sign of life: its connection is given up and dialled again. After `close`: at once. */
  terminate(): void {
    if (this.readyState === this.OPEN) this.#forwarder.link.cut();
    else this.#forwarder.link.terminate();
  }

  /** The leg as the relay is given one. `start` runs when the relay listens: nothing of the CSMS may come before. */
  asUpstream(start: () => void = () => {}): UpstreamLeg {
    return {
      socket: this,
      protocol: this.#protocol,
      takeEarly: () => {
        queueMicrotask(start);
        return [];
      },
      bind: (session) => this.onReplaced = () => session.csmsReplaced(),
      renew: () => this.#forwarder.link.cut(),
      state: () => this.#forwarder.state,
    };
  }

  #end(code: number, reason: string): void {
    if (this.readyState >= this.CLOSING) return;
    this.readyState = this.CLOSED;
    this.#forwarder.close();
    this.#forwarder.link.close(code, reason);
    queueMicrotask(() => this.emit("close", code, Buffer.from(reason)));
  }
}
