import type { TLSSocket } from "node:tls";
import { describeError } from "../core/errors.ts";
import { encodeQuery } from "./codec.ts";
import { framed, FrameReader } from "./frames.ts";
import { DNS_LIMITS } from "./limits.ts";
import { type LinkTools, type Question, readAnswer, type UpstreamLink } from "./upstream_link.ts";

/** DNS over TLS (RFC 7858): one connection; questions follow each other without waiting, answers come in any order. */
export class DotLink implements UpstreamLink {
  readonly #tools: LinkTools;
  /** Questions by the id they were sent with. */
  readonly #sent = new Map<number, Question>();
  /** Questions that wait for the connection. */
  #waiting: Question[] = [];
  #socket: TLSSocket | undefined;
  #isOpening = false;
  #heardAt = 0;

  constructor(tools: LinkTools) {
    this.#tools = tools;
  }

  ask(lookup: string, name: string, type: number): void {
    const question = { lookup, name, type, at: this.#tools.clock.monotonic() };
    if (this.#sent.size + this.#waiting.length >= DNS_LIMITS.upstreamPending) {
      return this.#tools.onAnswer(lookup, { fault: "too many questions wait for it" });
    }
    if (this.#socket) return this.#send(this.#socket, question);
    this.#waiting.push(question);
    if (!this.#isOpening) void this.#open();
  }

  tick(now: number): void {
    if (!this.#socket) return;
    const oldest = this.#sent.values().next().value;
    // A connection that a firewall on the way has forgotten is never told so: silence ends it.
    if (oldest && now - Math.max(oldest.at, this.#heardAt) > DNS_LIMITS.queryMs) this.close("it does not answer");
    else if (!oldest && now - this.#heardAt > DNS_LIMITS.upstreamIdleMs) this.close("idle");
  }

  close(why: string): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    const lost = [...this.#sent.values(), ...this.#waiting.splice(0)];
    this.#sent.clear();
    for (const { lookup } of lost) this.#tools.onAnswer(lookup, { fault: why });
  }

  async #open(): Promise<void> {
    this.#isOpening = true;
    try {
      const socket = await this.#tools.dialer.open(this.#tools.upstream, "dot");
      this.#isOpening = false;
      if (this.#waiting.length === 0) return void socket.destroy(); // closed meanwhile
      this.#listen(socket);
      for (const question of this.#waiting.splice(0)) this.#send(socket, question);
    } catch (error) {
      this.#isOpening = false;
      this.close(describeError(error));
    }
  }

  #listen(socket: TLSSocket): void {
    const frames = new FrameReader();
    const end = (why: string) => {
      if (this.#socket === socket) this.close(why);
      else socket.destroy();
    };
    this.#socket = socket;
    this.#heardAt = this.#tools.clock.monotonic();
    socket.on("data", (chunk: Uint8Array) => {
      this.#heardAt = this.#tools.clock.monotonic();
      for (const message of frames.push(chunk)) this.#receive(message, end);
    });
    socket.on("error", (error) => end(describeError(error)));
    socket.on("close", () => end("it closed the connection"));
  }

  #send(socket: TLSSocket, question: Question): void {
    let id: number;
    do {
      const [high, low] = this.#tools.random.bytes(2);
      id = high! << 8 | low!;
    } while (this.#sent.has(id));
    this.#sent.set(id, question);
    socket.write(framed(encodeQuery(id, question.name, question.type)));
  }

  /** An answer to nothing is passed over: it may be to a question that was given up. */
  #receive(message: Uint8Array, end: (why: string) => void): void {
    const answer = readAnswer(message);
    if ("fault" in answer) return end(answer.fault);
    const question = this.#sent.get(answer.response.id);
    if (!question) return;
    this.#sent.delete(answer.response.id);
    this.#tools.onAnswer(question.lookup, answer);
  }
}
