import { describeError } from "../core/errors.ts";
import type { TcpPlace, Wire, WireEvents } from "./dialer_tcp.ts";
import { MODBUS_LIMITS } from "./limits.ts";

/**
 * Plain TCP by Deno itself: without node's streams a request to a device and its answer cost a fifth less processor time
 * (docs/decisions/0092).
 */
export function openPlainWire(place: TcpPlace, events: WireEvents): Wire {
  const wire = new PlainWire(events);
  void wire.run(place);
  return wire;
}

class PlainWire implements Wire {
  readonly #events: WireEvents;
  readonly #dial = new AbortController();
  #connection: Deno.TcpConn | undefined;
  /** Requests that the kernel has not taken yet. */
  #unsent = 0;
  #isOver = false;

  constructor(events: WireEvents) {
    this.#events = events;
  }

  async run({ host, port }: TcpPlace): Promise<void> {
    try {
      const connection = await Deno.connect({ hostname: host, port, signal: this.#dial.signal });
      if (this.#isOver) return connection.close();
      this.#connection = connection;
      connection.setNoDelay(true);
      connection.setKeepAlive(true);
      this.#events.opened();
      await this.#read(connection);
    } catch (error) {
      this.#end(describeError(error));
    }
  }

  /** A device takes a request of some bytes at once, or does not read at all. */
  write(bytes: Uint8Array): void {
    if (this.#isOver || !this.#connection) return;
    if (this.#unsent > 0) return this.#end("the device takes no more requests");
    this.#unsent++;
    this.#connection.write(bytes).then((taken) => {
      this.#unsent--;
      if (taken < bytes.length) this.#end("the device takes no more requests");
    }, (error) => this.#end(describeError(error)));
  }

  close(): void {
    this.#isOver = true;
    this.#dial.abort();
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(MODBUS_LIMITS.readBytes);
    while (!this.#isOver) {
      const length = await connection.read(buffer);
      if (length === null) return this.#end("the device closed the connection");
      if (!this.#isOver) this.#events.received(buffer.subarray(0, length));
    }
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.lost(why);
  }
}
