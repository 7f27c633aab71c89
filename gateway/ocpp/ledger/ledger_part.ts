import type { LedgerFact } from "../../core/ledger_api.ts";
import { describeError } from "../../core/errors.ts";
import type { ObservedMessage } from "../relay_observer.ts";
import type { Relay } from "../relay.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import { foldInto, isFoldable, isSameKind, type OpenFact, openFact } from "./fact_fold.ts";
import { type BareFact, factOfAnswer, factOfCall, LEDGER_ACTIONS } from "./ledger_facts.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

/** What of the Worker the feed uses. */
export type LedgerFeedTools = Pick<RelayPartTools, "context">;

/** What the feed knows of one connection. */
interface Connection {
  /** CALLs whose answer is waited for, in order: as a rule one. */
  readonly pending: { readonly id: string; readonly fact: BareFact }[];
  /** Facts that more messages may be put to, while `batch` is that of the feed. */
  folds: OpenFact[];
  batch: number;
}

/**
 * Feeds the energy ledger of control: looks on, never touches a message. Begins, ends and answers go at once, meter
 * samples wait for others and become one fact with them. While control is away facts wait, bounded; then the oldest
 * samples make room.
 */
export class LedgerFeed {
  readonly #context: LedgerFeedTools["context"];
  readonly #connections = new WeakMap<Relay, Connection>();
  #facts: LedgerFact[] = [];
  /** Counts hand-overs: what was handed over takes nothing in any more. */
  #batch = 0;
  /** Facts that made room: they take nothing in any more, all others do. */
  #gone: WeakSet<object> | undefined;
  #sending: Promise<void> | undefined;
  #isUrgent = false;
  #oldest = 0;

  constructor({ context }: LedgerFeedTools) {
    this.#context = context;
  }

  /** Facts that wait for control. */
  get waiting(): number {
    return this.#facts.length;
  }

  /** Takes note of one relayed message. */
  message(relay: Relay, { from, frame, kind, at }: ObservedMessage): void {
    if (kind === "call") {
      const fact = from === "station" ? factOfCall(frame) : undefined;
      if (fact) this.#called(relay, fact, frame.id, at);
    } else if (from === "csms") {
      const connection = this.#connections.get(relay), call = connection && taken(connection, frame.id);
      if (!connection || !call) return;
      this.#add(relay, connection, factOfAnswer(call, frame, isStandIn(relay)), at);
    }
  }

  /** Sends what is due. Called by the sweep. */
  tick(): void {
    if (this.#facts.length === 0 || this.#sending) return;
    const isDue = this.#context.clock.monotonic() - this.#oldest >= LEDGER_FEED_LIMITS.sampleDelayMs;
    if (this.#isUrgent || isDue || this.#facts.length >= LEDGER_FEED_LIMITS.factsPerCall) this.#send();
  }

  /** Sends all that waits; resolves when control has it or cannot be reached. */
  async flush(): Promise<void> {
    await this.#sending;
    if (this.#facts.length > 0) this.#send();
    await this.#sending;
  }

  #called(relay: Relay, fact: BareFact, id: string, at: number): void {
    let connection = this.#connections.get(relay);
    if (!connection) {
      this.#connections.set(relay, connection = { pending: [], folds: [], batch: this.#batch });
    }
    const { pending } = connection;
    taken(connection, id);
    pending.push({ id, fact: fact.signed ?? fact.signedLost ? withoutSigned(fact) : fact });
    if (pending.length > LEDGER_FEED_LIMITS.pending) pending.shift();
    this.#add(relay, connection, fact, at);
  }

  #add(relay: Relay, connection: Connection, fact: BareFact, at: number): void {
    const canFold = isFoldable(fact);
    if (canFold && this.#folded(connection, fact, at)) return;
    const { stationId, version: protocol } = relay.options;
    if (this.#facts.length >= LEDGER_FEED_LIMITS.facts) this.#makeRoom();
    if (this.#facts.length === 0) this.#oldest = this.#context.clock.monotonic();
    const whole: LedgerFact = { stationId, protocol, at, ...fact };
    if (canFold) {
      const open = openFact(whole);
      this.#facts.push(open.fact);
      connection.folds = [...connection.folds.filter((one) => !isSameKind(one, fact)), open];
      if (connection.folds.length > LEDGER_FEED_LIMITS.folds) connection.folds.shift();
      return;
    }
    this.#facts.push(whole);
    connection.folds = []; // what comes behind it stays behind it
    if (fact.kind === "sample") return;
    this.#isUrgent = true;
    // What else follows from this turn of the event loop goes with it.
    if (!this.#sending) queueMicrotask(() => this.#send());
  }

  /** Whether a fact that still waits has taken this one in. */
  #folded(connection: Connection, fact: BareFact, at: number): boolean {
    if (connection.batch !== this.#batch) {
      connection.batch = this.#batch;
      connection.folds = [];
    }
    const { folds } = connection;
    for (let i = folds.length - 1; i >= 0; i--) {
      if (!this.#gone?.has(folds[i]!.fact) && foldInto(folds[i]!, fact, at)) return true;
    }
    return false;
  }

  /** Samples first: a later one says more. */
  #makeRoom(): void {
    const at = Math.max(0, this.#facts.findIndex(isSample)), gone = this.#facts[at];
    if (at > 0) this.#facts.splice(at, 1);
    else this.#facts.shift(); // as a rule, and for as long as control is away: thousands need not move for it
    if (gone) (this.#gone ??= new WeakSet()).add(gone);
    this.#context.metrics.count("bulkhead_ledger_facts_lost_total", {});
  }

  #send(): void {
    if (this.#sending || this.#facts.length === 0) return;
    const facts = this.#facts.slice(0, LEDGER_FEED_LIMITS.factsPerCall);
    this.#facts = this.#facts.slice(facts.length);
    this.#batch++;
    this.#isUrgent = this.#facts.some((fact) => !isSample(fact));
    this.#sending = this.#deliver(facts).then((isTaken) => {
      this.#sending = undefined;
      // As much again came meanwhile: waiting for the sweep would lose samples that control has time for.
      if (isTaken && this.#facts.length >= LEDGER_FEED_LIMITS.factsPerCall) this.#send();
    });
  }

  /** Answers whether control has them. */
  async #deliver(facts: readonly LedgerFact[]): Promise<boolean> {
    try {
      await this.#context.control.call("ledger.record", { facts });
      return true;
    } catch (error) {
      this.#context.log.warn("ledger.feed.failed", { facts: facts.length, msg: describeError(error) });
      this.#facts = [...facts, ...this.#facts]; // the sweep tries again; order is kept
      while (this.#facts.length > LEDGER_FEED_LIMITS.facts) this.#makeRoom();
      this.#isUrgent = true;
      return false;
    }
  }
}

/** The CALL of this id, which is not waited for any more. */
function taken({ pending }: Connection, id: string): BareFact | undefined {
  for (let i = 0; i < pending.length; i++) {
    if (pending[i]!.id !== id) continue;
    const { fact } = pending[i]!;
    if (pending.length === 1) pending.pop();
    else pending.splice(i, 1);
    return fact;
  }
  return undefined;
}

/** A meter sample, or the answer to one. */
function isSample({ kind, of }: BareFact): boolean {
  return kind === "sample" || of === "sample";
}

/** What an answer needs of its CALL: signed values are large and were handed on already. */
function withoutSigned({ signed: _signed, signedLost: _lost, ...kept }: BareFact): BareFact {
  return kept;
}

/** Whether the gateway itself answers the station at this moment, because the CSMS is away (store-and-forward). */
function isStandIn(relay: Relay): boolean {
  return (relay.options.csmsState?.() ?? "through") !== "through";
}

/** The feed as a part of the relays. */
export function ledgerPart(tools: LedgerFeedTools): RelayPart {
  const feed = new LedgerFeed(tools);
  return {
    observer: { name: "ledger", actions: LEDGER_ACTIONS, message: (relay, message) => feed.message(relay, message) },
    tick: () => feed.tick(),
    drain: () => feed.flush(),
  };
}
