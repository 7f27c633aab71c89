import type { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** What a load measured; times in microseconds. */
export interface LoadFigures {
  readonly done: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** Closed loop over plain Modbus/TCP: each connection asks again as soon as it has its answer. */
export class ModbusLoad {
  readonly #sockets: Socket[];

  private constructor(sockets: Socket[]) {
    this.#sockets = sockets;
  }

  static async connect(port: number, connections: number): Promise<ModbusLoad> {
    const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
    return new ModbusLoad(sockets);
  }

  /** Asks for so long. @throws Error when an answer is none: a bench of refusals measures nothing */
  async run(frame: Uint8Array, answerBytes: number, seconds: number): Promise<LoadFigures> {
    const micros: number[] = [], start = performance.now(), end = start + seconds * 1_000;
    await Promise.all(this.#sockets.map((socket) => loop(socket, frame, answerBytes, end, micros)));
    const took = (performance.now() - start) / 1_000;
    micros.sort((a, b) => a - b);
    const at = (part: number) => Math.round(micros[Math.floor(micros.length * part)] ?? 0);
    return { done: micros.length, p50: at(0.5), p99: at(0.99), perSecond: Math.round(micros.length / took) };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function open(port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host: "127.0.0.1", port });
  socket.setNoDelay(true);
  socket.once("connect", () => resolve(socket));
  socket.once("error", reject);
  return promise;
}

function loop(socket: Socket, frame: Uint8Array, answerBytes: number, end: number, micros: number[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let had = 0, askedAt = performance.now();
  const onData = (bytes: Buffer): void => {
    if (had === 0 && bytes.length > 7 && bytes[7]! & 0x80) return fail(new Error(`refused with exception ${bytes[8]}`));
    had += bytes.length;
    if (had < answerBytes) return;
    const now = performance.now();
    micros.push((now - askedAt) * 1_000);
    had = 0;
    if (now >= end) return over();
    askedAt = now;
    socket.write(frame);
  };
  const over = (): void => {
    socket.off("data", onData);
    resolve();
  };
  const fail = (error: Error): void => {
    over();
    reject(error);
  };
  socket.on("data", onData);
  socket.once("close", () => fail(new Error("the relay hung up")));
  socket.write(frame);
  return promise;
}
