import { ProtocolError } from "../core/errors.ts";
import type { Binding, Pdu } from "./codec.ts";
import type { SnmpValue } from "./codec_ber.ts";
import { SWITCH_LIMITS } from "./limits.ts";

/** What a message from the switch's address was. */
export type Opened =
  | { readonly kind: "answer"; readonly pdu: Pdu }
  /** The question must be sealed and sent anew: now it is known who the switch is, or what its clock says. */
  | { readonly kind: "again" }
  | { readonly kind: "refused"; readonly why: string }
  /** Not for us, or not proven: as if it had never come. */
  | { readonly kind: "foreign" };

/** How questions become bytes, and bytes answers. */
export interface Exchange {
  /** The first question only finds out who the switch is. */
  readonly needsDiscovery: boolean;
  /** What it may mean that the switch says nothing. */
  readonly silence: string;
  seal(pdu: Pdu, now: number): Uint8Array<ArrayBuffer>;
  /** @throws ProtocolError SNMP_MALFORMED */
  open(bytes: Uint8Array, now: number): Opened;
}

/** Rows of one table: what follows its name in the object identifier, and the value. */
export type Table = ReadonlyMap<string, SnmpValue>;

/** What is to be done after a step. */
export type Effect =
  | { readonly do: "send"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** All tables, in the order they were asked for; `isCut`: one had more rows than are kept. */
  | { readonly do: "done"; readonly tables: readonly Table[]; readonly isCut: boolean }
  | { readonly do: "failed"; readonly why: string };

/** Reads tables of one switch, one question at a time. Once it is done or has failed it says nothing more. */
export class SwitchReading {
  readonly #exchange: Exchange;
  readonly #wanted: readonly string[];
  readonly #done: Table[] = [];
  #rows = new Map<string, SnmpValue>();
  /** Name behind which the next rows are asked for. */
  #after: string;
  #requestId: number;
  #repetitions: number = SWITCH_LIMITS.repetitions;
  #askedAt = 0;
  #startedAt = 0;
  #tries = 0;
  #questions = 0;
  #again = 0;
  #isCut = false;
  #isOver = false;

  /** `firstId`: the first number of a question, which whoever guesses must guess. */
  constructor(exchange: Exchange, wanted: readonly string[], firstId: number) {
    this.#exchange = exchange;
    this.#wanted = wanted;
    this.#after = wanted[0]!;
    this.#requestId = firstId & 0x3fffffff;
  }

  start(now: number): readonly Effect[] {
    this.#startedAt = now;
    return this.#ask(now);
  }

  receive(bytes: Uint8Array, now: number): readonly Effect[] {
    if (this.#isOver) return [];
    let opened: Opened;
    try {
      opened = this.#exchange.open(bytes, now);
    } catch (error) {
      if (error instanceof ProtocolError) return []; // as lost on the way: the question is asked again
      throw error;
    }
    switch (opened.kind) {
      case "foreign":
        return [];
      case "refused":
        return this.#fail(opened.why);
      case "again":
        return ++this.#again > SWITCH_LIMITS.tries ? this.#fail("its clock runs in jumps") : this.#ask(now);
      case "answer":
        return this.#answered(opened.pdu, now);
    }
  }

  /** Asks again what was not answered. Due once a second. */
  tick(now: number): readonly Effect[] {
    if (this.#isOver) return [];
    if (now - this.#startedAt >= SWITCH_LIMITS.readingMs) {
      return this.#fail(`reading it took longer than ${SWITCH_LIMITS.readingMs / 1_000} s`);
    }
    if (now - this.#askedAt < SWITCH_LIMITS.answerMs) return [];
    if (this.#tries >= SWITCH_LIMITS.tries) return this.#fail(`it does not answer: ${this.#exchange.silence}`);
    return this.#send(now);
  }

  #ask(now: number): readonly Effect[] {
    if (++this.#questions > SWITCH_LIMITS.questions) {
      return this.#fail(`it answers in steps too small for ${SWITCH_LIMITS.questions} questions`);
    }
    this.#requestId = (this.#requestId + 1) & 0x3fffffff;
    this.#tries = 0;
    return this.#send(now);
  }

  #send(now: number): readonly Effect[] {
    this.#tries++;
    this.#askedAt = now;
    const binding: Binding = { oid: this.#after, value: { kind: "nothing" } };
    const pdu: Pdu = this.#exchange.needsDiscovery
      ? { kind: "get", requestId: this.#requestId, first: 0, second: 0, bindings: [] }
      : { kind: "bulk", requestId: this.#requestId, first: 0, second: this.#repetitions, bindings: [binding] };
    return [{ do: "send", bytes: this.#exchange.seal(pdu, now) }];
  }

  #answered({ kind, requestId, first: error, bindings }: Pdu, now: number): readonly Effect[] {
    if (kind !== "response" || requestId !== this.#requestId) return [];
    if (error === 1 && this.#repetitions > 1) { // tooBig
      this.#repetitions = Math.floor(this.#repetitions / 2);
      return this.#ask(now);
    }
    if (error !== 0) return this.#fail(`it answers with error ${error} (RFC 3416 section 3)`);
    const table = this.#wanted[this.#done.length]!;
    for (const { oid, value } of bindings) {
      if (value.kind === "end" || !oid.startsWith(`${table}.`)) return this.#next(now);
      if (!isBehind(oid, this.#after)) return this.#fail(`its table ${table} goes in circles at ${oid}`);
      this.#after = oid;
      if (this.#rows.size === SWITCH_LIMITS.rows) {
        this.#isCut = true;
        return this.#next(now);
      }
      if (value.kind !== "absent") this.#rows.set(oid.slice(table.length + 1), value);
    }
    return bindings.length === 0 ? this.#next(now) : this.#ask(now);
  }

  #next(now: number): readonly Effect[] {
    this.#done.push(this.#rows);
    this.#rows = new Map();
    const next = this.#wanted[this.#done.length];
    if (next !== undefined) {
      this.#after = next;
      return this.#ask(now);
    }
    this.#isOver = true;
    return [{ do: "done", tables: this.#done, isCut: this.#isCut }];
  }

  #fail(why: string): readonly Effect[] {
    this.#isOver = true;
    return [{ do: "failed", why }];
  }
}

/** Whether one object identifier comes after another in the order of RFC 3416. */
function isBehind(oid: string, other: string): boolean {
  const [a, b] = [oid.split("."), other.split(".")];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (left === undefined) return false;
    if (right === undefined) return true;
    return Number(left) > Number(right);
  }
  return false;
}
