import type { Buffer } from "node:buffer";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { encodeMbap, MbapDecoder } from "../../gateway/modbus/codec_mbap.ts";
import { withDeadline } from "./wait_for.ts";

/** A Modbus/TCP client of a test: requests in any number at a time, answers by transaction id. */
export class ModbusClient {
  /** Answers that nobody waited for, or that came twice. */
  strays = 0;
  readonly closed: Promise<void>;
  readonly #decoder = new MbapDecoder();
  readonly #waiting = new Map<number, (pdu: Uint8Array) => void>();
  #transaction = 0;

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((resolve) => socket.on("close", () => resolve()));
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => {
      for (const { transaction, pdu } of this.#decoder.push(bytes)) {
        const resolve = this.#waiting.get(transaction);
        this.#waiting.delete(transaction);
        if (resolve) resolve(pdu);
        else this.strays++;
      }
    });
  }

  /** Connects; with `tls` as Modbus/TCP Security. */
  static async connect(port: number, tls?: ConnectionOptions, host = "127.0.0.1"): Promise<ModbusClient> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
    socket.setNoDelay(true);
    socket.once(tls ? "secureConnect" : "connect", () => resolve());
    socket.once("error", reject);
    const client = new ModbusClient(socket);
    await withDeadline("the connection", promise);
    return client;
  }

  /** Over a socket that is connected already, or about to be. */
  static over(socket: Socket): Promise<ModbusClient> {
    return Promise.resolve(new ModbusClient(socket));
  }

  /** The answer to one request. */
  async ask(unit: number, pdu: Uint8Array): Promise<Uint8Array> {
    const transaction = this.#transaction = this.#transaction % 0xffff + 1;
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    this.#waiting.set(transaction, resolve);
    this.socket.write(encodeMbap({ transaction, unit, pdu }));
    return await withDeadline(`the answer of unit ${unit}`, promise);
  }

  /** Reads registers; a negative number is an exception. */
  async read(unit: number, functionCode: 3 | 4, address: number, quantity = 1): Promise<readonly number[]> {
    const answer = await this.ask(unit, Uint8Array.of(functionCode, address >> 8, address & 255, 0, quantity));
    if (answer[0]! & 0x80) return [-answer[1]!];
    const view = new DataView(answer.buffer, answer.byteOffset);
    return Array.from({ length: quantity }, (_, index) => view.getUint16(2 + index * 2));
  }

  /** Writes one register; 0, or the exception as a negative number. */
  async write(unit: number, address: number, value: number): Promise<number> {
    const answer = await this.ask(unit, Uint8Array.of(6, address >> 8, address & 255, value >> 8, value & 255));
    return answer[0]! & 0x80 ? -answer[1]! : 0;
  }

  close(): void {
    this.socket.destroy();
  }
}
