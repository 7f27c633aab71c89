import { Buffer } from "node:buffer";
import { type Duplex, Readable } from "node:stream";
import { UI_PROXY_LIMITS } from "../../limits.ts";
import { DeviceAnswer } from "./device_answer.ts";
import { type ResponseHead, ResponseReader } from "./response_reader.ts";

/** A device that speaks another protocol from here on. */
export interface WireSwitch {
  readonly response: DeviceAnswer;
  readonly socket: Duplex;
  /** What came behind the head. */
  readonly head: Uint8Array;
}

/** Who is told what becomes of a connection. */
export interface ConnectionEvents {
  /** Its exchange is over and it may carry another. */
  free(connection: DeviceConnection): void;
  /** It is no more, or no longer speaks HTTP. */
  gone(connection: DeviceConnection): void;
}

/** One exchange while it is under way. */
interface Exchange {
  readonly reader: ResponseReader;
  readonly settle: (outcome: DeviceAnswer | WireSwitch | Error) => void;
  head?: ResponseHead;
  /** Pieces of a body that is taken whole. */
  pieces: Buffer[] | undefined;
  answer: DeviceAnswer | undefined;
  isSent: boolean;
  isRead: boolean;
}

/** One connection to a device: one request and its answer at a time, both held back by who is slower. */
export class DeviceConnection {
  readonly socket: Duplex;
  readonly #events: ConnectionEvents;
  #exchange: Exchange | undefined;
  #isGone = false;
  /** It has carried a request before: the device may close it at any moment. */
  isUsed = false;

  constructor(socket: Duplex, events: ConnectionEvents) {
    this.socket = socket;
    this.#events = events;
    socket.on("data", this.#read);
    socket.on("end", () => this.#over()).on("close", () => this.#over()).on(
      "error",
      (error: Error) => this.#over(error),
    );
  }

  /** Whether it can carry a request now. */
  get isIdle(): boolean {
    return !this.#isGone && !this.#exchange && this.socket.writable;
  }

  /**
   * Sends a request and gives the head of its answer, a short one with the body.
   * @throws the error of the connection, or ProtocolError UI_DEVICE_STRANGE
   */
  ask(head: string, isHead: boolean, body?: Readable | string): Promise<DeviceAnswer | WireSwitch> {
    const { promise, resolve, reject } = Promise.withResolvers<DeviceAnswer | WireSwitch>();
    const reader = new ResponseReader({
      head: (answer) => this.#begin(answer),
      piece: (bytes) => this.#piece(bytes),
      end: (rest) => this.#end(rest),
    }, isHead);
    const settle = (outcome: DeviceAnswer | WireSwitch | Error) =>
      outcome instanceof Error ? reject(outcome) : resolve(outcome);
    this.#exchange = { reader, settle, pieces: undefined, answer: undefined, isSent: false, isRead: false };
    this.isUsed = true;
    this.socket.cork(); // head and body in one piece
    this.socket.write(head, "latin1");
    if (body instanceof Readable) this.#feed(body, this.#exchange);
    else {
      if (body !== undefined && body !== "") this.socket.write(body);
      this.#exchange.isSent = true;
    }
    this.socket.uncork();
    return promise;
  }

  /** Ends it with what is under way. */
  destroy(error?: Error): void {
    this.socket.destroy(error);
    this.#over(error);
  }

  readonly #read = (bytes: Uint8Array): void => {
    const exchange = this.#exchange;
    if (!exchange || exchange.isRead) return this.destroy(); // nobody asked for anything
    try {
      exchange.reader.push(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    } catch (error) {
      this.destroy(error as Error);
    }
  };

  #begin(head: ResponseHead): void {
    const exchange = this.#exchange!;
    exchange.head = head;
    if (head.length !== undefined && head.length <= UI_PROXY_LIMITS.wholeAnswerBytes) {
      exchange.pieces = [];
      return;
    }
    exchange.answer = new DeviceAnswer(head, {
      resume: () => void (this.#exchange === exchange && this.socket.resume()),
      giveUp: () => exchange.isRead || this.destroy(),
    });
    exchange.settle(exchange.answer);
  }

  #piece(bytes: Buffer): void {
    const { pieces, answer } = this.#exchange!;
    if (pieces) pieces.push(bytes);
    else if (answer && !answer.destroyed && !answer.push(bytes)) this.socket.pause();
  }

  #end(rest: Buffer): void {
    const exchange = this.#exchange!, { head, pieces, answer } = exchange;
    exchange.isRead = true;
    if (head!.status === 101) return this.#leave(exchange, rest);
    if (answer) answer.push(null);
    else {
      const whole = pieces!.length === 1 ? pieces![0]! : Buffer.concat(pieces!);
      exchange.settle(new DeviceAnswer(head!, NO_SOURCE, whole));
    }
    // What comes behind an answer belongs to no request: such a device gets a new connection each time.
    if (!head!.keepsAlive || rest.length > 0) return this.#close();
    this.#release(exchange);
  }

  /** Free when the answer is read and the request is sent. */
  #release(exchange: Exchange): void {
    if (this.#exchange !== exchange || !exchange.isRead || !exchange.isSent) return;
    this.#exchange = undefined;
    this.socket.resume();
    this.#events.free(this);
  }

  #close(): void {
    this.#exchange = undefined;
    this.destroy();
  }

  /** Hands the connection over to who speaks the other protocol; it flows again when somebody listens. */
  #leave({ head, settle }: Exchange, rest: Buffer): void {
    this.#exchange = undefined;
    this.#isGone = true;
    this.socket.removeListener("data", this.#read);
    (this.socket as { readableFlowing: boolean | null }).readableFlowing = null;
    this.#events.gone(this);
    settle({ response: new DeviceAnswer(head!, NO_SOURCE, Buffer.alloc(0)), socket: this.socket, head: rest });
  }

  /** A source that breaks off breaks off the connection, so that no device takes a part for all. */
  #feed(body: Readable, exchange: Exchange): void {
    const stop = () => {
      body.off("data", write).off("end", sent).off("error", broken).off("aborted", left).off("close", left);
      this.socket.off("close", stop);
    };
    const write = (piece: Uint8Array | string) => {
      if (this.socket.destroyed) return stop();
      if (this.socket.write(piece)) return;
      body.pause();
      this.socket.once("drain", () => body.resume());
    };
    const sent = () => {
      stop();
      exchange.isSent = true;
      this.#release(exchange);
    };
    const broken = (error: Error) => {
      stop();
      this.destroy(error);
    };
    const left = () => void (body.readableEnded || broken(new Error("the browser broke off")));
    this.socket.once("close", stop);
    body.on("data", write).once("end", sent).once("error", broken).once("aborted", left).once("close", left);
  }

  #over(error?: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#events.gone(this);
    if (this.#exchange && !this.#exchange.isRead) fail(this.#exchange, error);
    this.#exchange = undefined;
    this.socket.destroy();
  }
}

/** The device closed the connection before anything of an answer came. */
export class ClosedUnanswered extends Error {
  constructor(cause?: Error) {
    super("it closed the connection without an answer", { cause });
  }
}

/** What the system says of a connection that the other side has closed. */
const isClosing = (
  error: Error,
) => ("code" in error && ["ECONNRESET", "EPIPE", "ECONNABORTED"].includes(String(error.code)));

/** Ends an exchange whose connection is gone: whole, if its body ends with the connection. */
function fail({ reader, answer, settle }: Exchange, error?: Error): void {
  let fault: Error;
  try {
    if (!error && reader.close()) return;
    const closed = () => reader.isUntouched ? new ClosedUnanswered(error) : new Error("it broke off in its answer");
    fault = error && !isClosing(error) ? error : closed();
  } catch (strange) {
    fault = strange as Error;
  }
  if (answer) answer.destroy(fault);
  else settle(fault);
}

const NO_SOURCE = { resume() {}, giveUp() {} };
