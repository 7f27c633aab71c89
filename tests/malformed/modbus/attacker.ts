import type { Buffer } from "node:buffer";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { encodeMbap, MbapDecoder } from "../../../gateway/modbus/codec_mbap.ts";
import { waitFor, withDeadline } from "../../support/wait_for.ts";
import { BADGE_WORD } from "./recording_device.ts";
import type { MutatedRequest } from "./requests.ts";

/** Requests of one attacker that wait for their answer: below the gateway's limit, so that each is accepted. */
const IN_FLIGHT = 24;

/** What one attacker saw. */
export interface AttackerResult {
  sent: number;
  answered: number;
  /** Answers without a request, or a second time. */
  strays: number;
  /** Answers that hold what stands in badge registers. */
  badges: number;
  /** Answers by their kind: "data" or the exception code. */
  readonly kinds: Map<string, number>;
  slowestMs: number;
}

/** One client that sends mutated requests over one connection, always some at a time, and matches every answer. */
export class Attacker {
  readonly result: AttackerResult = { sent: 0, answered: 0, strays: 0, badges: 0, kinds: new Map(), slowestMs: 0 };
  readonly #waiting = new Map<number, number>();
  readonly #decoder = new MbapDecoder();
  #transaction = 0;
  #isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#isClosed = true);
    socket.on("data", (bytes: Buffer) => {
      for (const { transaction, pdu } of this.#decoder.push(bytes)) this.#answered(transaction, pdu);
    });
  }

  static async connect(port: number, tls?: ConnectionOptions): Promise<Attacker> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = tls ? connectTls({ host: "127.0.0.1", port, ...tls }) : connectTcp({ host: "127.0.0.1", port });
    socket.setNoDelay(true);
    socket.once(tls ? "secureConnect" : "connect", () => resolve());
    socket.once("error", reject);
    await withDeadline("the attacker's connection", promise);
    return new Attacker(socket);
  }

  /** Sends all of them. @throws Error when an answer does not come within the deadline, or the connection ends */
  async send(requests: Iterable<MutatedRequest>, deadlineMs: number): Promise<void> {
    for (const { unit, pdu } of requests) {
      if (this.#waiting.size >= IN_FLIGHT) await this.#until(IN_FLIGHT / 2, deadlineMs);
      const transaction = this.#transaction = this.#transaction % 0xffff + 1;
      this.#waiting.set(transaction, performance.now());
      this.socket.write(encodeMbap({ transaction, unit, pdu }));
      this.result.sent++;
    }
    await this.#until(0, deadlineMs);
  }

  async #until(most: number, deadlineMs: number): Promise<void> {
    await waitFor(
      `answers: ${this.#waiting.size} are missing`,
      () => this.#isClosed || this.#waiting.size <= most,
      deadlineMs,
    );
    if (this.#isClosed) throw new Error(`the gateway hung up while ${this.#waiting.size} requests waited`);
  }

  #answered(transaction: number, pdu: Uint8Array): void {
    const since = this.#waiting.get(transaction);
    if (since === undefined) return void this.result.strays++;
    this.#waiting.delete(transaction);
    this.result.answered++;
    this.result.slowestMs = Math.max(this.result.slowestMs, performance.now() - since);
    const kind = pdu[0]! & 0x80 ? `exception ${pdu[1]}` : "data";
    this.result.kinds.set(kind, (this.result.kinds.get(kind) ?? 0) + 1);
    for (let at = 2; at + 1 < pdu.length; at += 2) {
      if (pdu[at]! << 8 === (BADGE_WORD & 0xff00) && pdu[at + 1] === (BADGE_WORD & 0xff)) this.result.badges++;
    }
  }
}

/** Sends bytes that are no frames on a connection of their own; true when the gateway ended it or went on without harm. */
export async function sendBroken(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connectTcp({ host: "127.0.0.1", port });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => socket.destroy());
  socket.on("close", () => resolve());
  socket.once("data", () => socket.destroy());
  socket.once("connect", () => socket.end(bytes));
  await withDeadline("the end of a broken connection", promise);
}
