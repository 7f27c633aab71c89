import { ok } from "node:assert/strict";
import { waitFor } from "./wait_for.ts";

/** A station that writes bytes of its own choice: no library in between. */
export class RawStation implements Disposable {
  readonly #received: number[] = [];
  isClosed = false;

  private constructor(readonly connection: Deno.Conn) {
    void this.#read();
  }

  /** Connects, sends the head of a request and waits for an answer or the end. */
  static async open(port: number, head: string | Uint8Array = upgradeHead()): Promise<RawStation> {
    const station = new RawStation(await Deno.connect({ hostname: "127.0.0.1", port }));
    await station.write(typeof head === "string" ? new TextEncoder().encode(head) : head);
    await waitFor("an HTTP answer", () => station.text.includes("\r\n\r\n") || station.isClosed);
    return station;
  }

  /** All bytes received, one character each. */
  get text(): string {
    return String.fromCharCode(...this.#received);
  }

  /** HTTP status of the answer; undefined when there was none. */
  get status(): string | undefined {
    return this.text.split(" ")[1];
  }

  /** Bytes after the HTTP answer. */
  get frames(): number[] {
    return this.#received.slice(this.text.indexOf("\r\n\r\n") + 4);
  }

  /** Close code of a close frame that arrived, if any. */
  get closeCode(): number | undefined {
    const { frames } = this;
    const at = frames.indexOf(0x88);
    return at < 0 || frames.length < at + 4 ? undefined : (frames[at + 2]! << 8) | frames[at + 3]!;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let n = await this.connection.read(buffer); n !== null; n = await this.connection.read(buffer)) {
        this.#received.push(...buffer.subarray(0, n));
      }
    } catch (error) {
      const { ConnectionReset, BadResource, Interrupted } = Deno.errors;
      ok([ConnectionReset, BadResource, Interrupted].some((kind) => error instanceof kind), `${error}`);
    }
    this.isClosed = true;
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch (error) {
      ok(error instanceof Deno.errors.BadResource);
    }
  }
}

/** The head of an upgrade request, with more header lines behind it. */
export function upgradeHead(more: readonly string[] = [], target = "/ocpp/CP001"): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    "Host: gw",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: ocpp1.6",
    ...more,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** One frame as a client writes it, masked unless told otherwise. */
export function clientFrame(first: number, payload: Uint8Array | string, isMasked = true): Uint8Array {
  const body = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const flag = isMasked ? 0x80 : 0;
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(body.length));
  const length = body.length < 126
    ? [flag | body.length]
    : body.length < 65_536
    ? [flag | 126, ...size.subarray(6)]
    : [flag | 127, ...size];
  const mask = [1, 2, 3, 4];
  const content = isMasked ? body.map((byte, at) => byte ^ mask[at % 4]!) : body;
  return Uint8Array.from([first, ...length, ...(isMasked ? mask : []), ...content]);
}
