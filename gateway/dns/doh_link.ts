import type { TLSSocket } from "node:tls";
import { describeError } from "../core/errors.ts";
import { encodeQuery } from "./codec.ts";
import { DNS_LIMITS } from "./limits.ts";
import { Http2Connection, type Http2Event } from "./session_h2.ts";
import { type LinkTools, type Question, readAnswer, type UpstreamLink } from "./upstream_link.ts";

/** A connection that stands, with the questions on it by their stream. */
interface Wire {
  readonly socket: TLSSocket;
  readonly http: Http2Connection;
  readonly questions: Map<number, Question>;
  heardAt: number;
}

/** DNS over HTTPS (RFC 8484) by POST over HTTP/2, which public resolvers insist on: one connection, a stream per question. */
export class DohLink implements UpstreamLink {
  readonly #tools: LinkTools;
  /** All connections: the last one is asked, those before it have said farewell and owe answers. */
  readonly #wires = new Set<Wire>();
  #current: Wire | undefined;
  #waiting: Question[] = [];
  #isOpening = false;

  constructor(tools: LinkTools) {
    this.#tools = tools;
  }

  ask(lookup: string, name: string, type: number): void {
    const question = { lookup, name, type, at: this.#tools.clock.monotonic() };
    if (this.#current) return this.#send(this.#current, question);
    if (this.#waiting.length >= DNS_LIMITS.upstreamPending) {
      return this.#fail(question, "too many questions wait for it");
    }
    this.#waiting.push(question);
    if (!this.#isOpening) void this.#open();
  }

  tick(now: number): void {
    for (const wire of this.#wires) {
      const oldest = wire.questions.values().next().value;
      if (oldest && now - Math.max(oldest.at, wire.heardAt) > DNS_LIMITS.queryMs) this.#end(wire, "it does not answer");
      else if (!oldest && now - wire.heardAt > DNS_LIMITS.upstreamIdleMs) this.#end(wire, "idle");
    }
  }

  close(why: string): void {
    for (const wire of this.#wires) this.#end(wire, why);
    for (const question of this.#waiting.splice(0)) this.#fail(question, why);
  }

  async #open(): Promise<void> {
    this.#isOpening = true;
    try {
      const socket = await this.#tools.dialer.open(this.#tools.upstream, "h2");
      this.#isOpening = false;
      if (this.#waiting.length === 0) return void socket.destroy(); // closed meanwhile
      const wire = this.#listen(socket);
      for (const question of this.#waiting.splice(0)) this.#send(wire, question);
    } catch (error) {
      this.#isOpening = false;
      for (const question of this.#waiting.splice(0)) this.#fail(question, describeError(error));
    }
  }

  #listen(socket: TLSSocket): Wire {
    const heardAt = this.#tools.clock.monotonic();
    const wire: Wire = { socket, http: new Http2Connection(), questions: new Map(), heardAt };
    this.#wires.add(wire);
    this.#current = wire;
    socket.on("data", (chunk: Uint8Array) => this.#receive(wire, chunk));
    socket.on("error", (error) => this.#end(wire, describeError(error)));
    socket.on("close", () => this.#end(wire, "it closed the connection"));
    socket.write(wire.http.start());
    return wire;
  }

  #send(wire: Wire, question: Question): void {
    const { upstream: { path = "/dns-query" } } = this.#tools;
    // The id is 0, so that answers can be kept by caches on the way (RFC 8484 section 4.1).
    const asked = wire.http.ask(authorityOf(this.#tools), path, encodeQuery(0, question.name, question.type));
    if (!asked) {
      // Nothing is on it and still it takes no more: it is used up.
      if (wire.questions.size === 0) this.#end(wire, "it takes no more questions");
      return this.#fail(question, "too many questions wait for it");
    }
    wire.questions.set(asked.stream, question);
    wire.socket.write(asked.bytes);
  }

  #receive(wire: Wire, chunk: Uint8Array): void {
    wire.heardAt = this.#tools.clock.monotonic();
    try {
      for (const event of wire.http.receive(chunk)) this.#perform(wire, event);
    } catch (error) {
      this.#end(wire, describeError(error));
    }
  }

  #perform(wire: Wire, event: Http2Event): void {
    switch (event.do) {
      case "send":
        return void wire.socket.write(event.bytes);
      case "retire":
        if (this.#current === wire) this.#current = undefined;
        if (wire.questions.size === 0) this.#end(wire, "it closed the connection");
        return;
      case "fail":
        return this.#take(wire, event.stream, (question) => this.#fail(question, event.why));
      case "answer":
        return this.#take(wire, event.stream, (question) => {
          if (event.status !== 200) return this.#fail(question, `it answered with HTTP status ${event.status}`);
          this.#tools.onAnswer(question.lookup, readAnswer(event.body));
        });
      default:
        event satisfies never;
    }
  }

  #take(wire: Wire, stream: number, use: (question: Question) => void): void {
    const question = wire.questions.get(stream);
    if (!question) return;
    wire.questions.delete(stream);
    use(question);
    if (wire !== this.#current && wire.questions.size === 0) this.#end(wire, "it closed the connection");
  }

  #end(wire: Wire, why: string): void {
    if (!this.#wires.delete(wire)) return;
    if (this.#current === wire) this.#current = undefined;
    wire.socket.destroy();
    for (const question of wire.questions.values()) this.#fail(question, why);
  }

  #fail({ lookup }: Question, fault: string): void {
    this.#tools.onAnswer(lookup, { fault });
  }
}

function authorityOf({ upstream: { name, host, port } }: LinkTools): string {
  const shown = name ?? (host.includes(":") ? `[${host}]` : host);
  return port === 443 ? shown : `${shown}:${port}`;
}
