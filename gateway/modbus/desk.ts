import { describeError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { RpcPort } from "../core/rpc.ts";
import { decodeAnswers, decodeAsks, type DeskAnswer, type DeskAsk, encodeAnswers, encodeAsks } from "./codec_desk.ts";
import type { Asker } from "./policy.ts";

/** A client came, or is gone; JSON text between the Workers, in order with the requests. */
type Notice =
  | { readonly opened: number; readonly asker: Asker }
  | { readonly closed: number };

/** Sends what was collected once the current turn of the event loop is over: one message for many requests. */
class Batch<T> {
  readonly #send: (entries: readonly T[]) => void;
  #entries: T[] = [];

  constructor(send: (entries: readonly T[]) => void) {
    this.#send = send;
  }

  add(entry: T): void {
    if (this.#entries.push(entry) === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    this.#send(entries);
  }
}

/** Hears the answer to a request; an empty PDU is none (a broadcast). */
export type AnswerListener = (sequence: number, pdu: Uint8Array) => void;

/** What a listener's half has of the half that owns the lines, wherever that is. */
export interface Desk {
  opened(connection: number, asker: Asker): void;
  closed(connection: number): void;
  ask(ask: DeskAsk): void;
}

/** The way from a Worker with listeners to the one that owns the lines. */
export class DeskClient implements Desk {
  readonly #port: RpcPort;
  readonly #asks: Batch<DeskAsk>;

  constructor(port: RpcPort, onAnswer: AnswerListener) {
    this.#port = port;
    this.#asks = new Batch((asks) => port.postMessage(encodeAsks(asks)));
    port.onmessage = (event) => {
      for (const { sequence, pdu } of decodeAnswers(event.data as Uint8Array)) onAnswer(sequence, pdu);
    };
  }

  opened(connection: number, asker: Asker): void {
    this.#notify({ opened: connection, asker });
  }

  closed(connection: number): void {
    this.#notify({ closed: connection });
  }

  ask(ask: DeskAsk): void {
    this.#asks.add(ask);
  }

  #notify(notice: Notice): void {
    this.#asks.flush(); // a client's requests never overtake its coming and going
    this.#port.postMessage(JSON.stringify(notice));
  }
}

/** What the owner of the lines does for one Worker with listeners. */
export interface DeskEvents {
  readonly opened: (connection: number, asker: Asker) => void;
  readonly closed: (connection: number) => void;
  readonly asked: (ask: DeskAsk) => void;
}

/** The way to an owner of the lines in the same isolate: calls, and what breaks there is no fault of the listener. */
export function localDesk(events: DeskEvents, log: Logger): Desk {
  const guarded = <Args extends unknown[]>(run: (...args: Args) => void) => (...args: Args): void => {
    try {
      run(...args);
    } catch (error) {
      log.error("modbus.desk.broke", { msg: describeError(error) });
    }
  };
  return { opened: guarded(events.opened), closed: guarded(events.closed), ask: guarded(events.asked) };
}

/** The other end, in the Worker that owns the lines. */
export class DeskServer {
  readonly #answers: Batch<DeskAnswer>;

  constructor(port: RpcPort, events: DeskEvents, log: Logger) {
    this.#answers = new Batch((answers) => port.postMessage(encodeAnswers(answers)));
    port.onmessage = (event) => {
      try {
        receive(event.data as Uint8Array | string, events);
      } catch (error) {
        log.error("modbus.desk.broke", { msg: describeError(error) });
      }
    };
  }

  answer(sequence: number, pdu: Uint8Array): void {
    this.#answers.add({ sequence, pdu });
  }
}

function receive(data: Uint8Array | string, events: DeskEvents): void {
  if (typeof data !== "string") {
    for (const ask of decodeAsks(data)) events.asked(ask);
    return;
  }
  const notice = JSON.parse(data) as Notice;
  if ("opened" in notice) events.opened(notice.opened, notice.asker);
  else events.closed(notice.closed);
}
