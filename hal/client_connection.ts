import { ERROR_CODES, type ErrorCode } from "../gateway/core/error_codes.ts";
import { describeError, HardwareError } from "../gateway/core/errors.ts";
import type { Timers } from "../gateway/core/timers.ts";
import { encodeFrame, FrameReader } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import { type Fault, Response } from "./messages.ts";
import { check } from "./schema.ts";
import { type VerbAnswer, type VerbArgs, type VerbName, VERBS } from "./verbs/mod.ts";

/** What one connection needs. */
export interface HaldConnectionOptions {
  readonly timers: Timers;
  /** Told once when the connection has ended, whoever ended it. */
  readonly onEnd: (why: string) => void;
}

interface Pending {
  readonly verb: VerbName;
  resolve(answer: unknown): void;
  reject(error: HardwareError): void;
}

/** One connection to hald: calls go out, answers come back in any order. */
export class HaldConnection {
  readonly #conn: Deno.Conn;
  readonly #options: HaldConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  #lastWrite: Promise<unknown> = Promise.resolve();
  #nextId = 1;
  #ended = false;

  constructor(conn: Deno.Conn, options: HaldConnectionOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#read().then(() => this.#end("hald closed the connection"), (error) => this.#end(describeError(error)));
  }

  /** @throws HardwareError HAL_DEADLINE, HAL_OVERLOAD, HAL_UNREACHABLE, HAL_BAD_VALUE or what hald answered */
  call<N extends VerbName>(verb: N, args: VerbArgs<N>, deadlineMs: number): Promise<VerbAnswer<N>> {
    if (this.#ended) return Promise.reject(gone(verb, "the connection has ended"));
    if (this.#pending.size >= HAL_LIMITS.clientPending) {
      return Promise.reject(
        new HardwareError("HAL_OVERLOAD", `More than ${HAL_LIMITS.clientPending} calls to hald are unanswered`),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = this.#nextId++;
    this.#pending.set(id, { verb, resolve, reject });
    const cancel = this.#options.timers.after(deadlineMs, () => {
      reject(new HardwareError("HAL_DEADLINE", `hald did not answer "${verb}" within ${Math.round(deadlineMs)} ms`));
    });
    this.#send({ id, verb, args });
    return promise.finally(() => {
      cancel();
      this.#pending.delete(id);
    }) as Promise<VerbAnswer<N>>;
  }

  close(): void {
    this.#end("it was closed");
  }

  #send(request: { readonly id: number; readonly verb: VerbName; readonly args: unknown }): void {
    const frame = encodeFrame(request);
    this.#lastWrite = this.#lastWrite.then(async () => {
      for (let at = 0; at < frame.length;) at += await this.#conn.write(frame.subarray(at));
    }).catch((error) => this.#end(describeError(error)));
  }

  async #read(): Promise<void> {
    const reader = new FrameReader();
    const buffer = new Uint8Array(16 * 1024);
    for (let read = await this.#conn.read(buffer); read !== null; read = await this.#conn.read(buffer)) {
      for (const value of reader.push(buffer.subarray(0, read))) this.#settle(check(Response, value));
      buffer.fill(0, 0, read); // It may have carried a key.
    }
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    if (!pending) return; // Its deadline has passed.
    if ("fault" in response) return pending.reject(toError(response.fault));
    try {
      const verb = VERBS.find((each) => each.name === pending.verb)!;
      pending.resolve(check<unknown>(verb.answer, response.answer));
    } catch (error) {
      pending.reject(
        new HardwareError("HAL_BAD_VALUE", `hald's answer to "${pending.verb}" is not usable`, { cause: error }),
      );
    }
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#conn.close();
    for (const { verb, reject } of this.#pending.values()) reject(gone(verb, why));
    this.#options.onEnd(why);
  }
}

function toError(fault: Fault): HardwareError {
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, fault.code) ? fault.code as ErrorCode : "HAL_FAILED";
  return new HardwareError(code, fault.message, fault.hint === undefined ? {} : { hint: fault.hint });
}

function gone(verb: string, why: string): HardwareError {
  return new HardwareError("HAL_UNREACHABLE", `hald did not answer "${verb}": ${why}`, {
    hint: "Nothing is known of the call's fate; it is safe to ask again once hald is back",
  });
}
