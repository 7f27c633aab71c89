import type { LedgerFact } from "../../core/ledger_api.ts";
import { describeError } from "../../core/errors.ts";
import type { ObservedMessage } from "../relay_observer.ts";
import type { Relay } from "../relay.ts";
import type { RelayPart, RelayPartTools } from "../relay_parts.ts";
import { type BareFact, factOfAnswer, factOfCall, isLedgerAction } from "./ledger_facts.ts";
import { LEDGER_FEED_LIMITS } from "./limits.ts";

/** What of the Worker the feed uses. */
export type LedgerFeedTools = Pick<RelayPartTools, "context">;

/**
 * Feeds the energy ledger of control: looks on, never touches a message. Begins, ends and answers go at once, meter
 * samples wait for others. While control is away facts wait, bounded; then the oldest samples make room.
 */
export class LedgerFeed {
  readonly #context: LedgerFeedTools["context"];
  readonly #pending = new WeakMap<Relay, Map<string, BareFact>>();
  #facts: LedgerFact[] = [];
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
  message(relay: Relay, { from, frame, action, kind, at }: ObservedMessage): void {
    if (!isLedgerAction(action)) return;
    if (kind === "call" && from === "station") return this.#called(relay, factOfCall(frame), frame.id, at);
    if (kind !== "reply" || from !== "csms") return;
    const call = this.#pending.get(relay)?.get(frame.id);
    if (!call) return;
    this.#pending.get(relay)!.delete(frame.id);
    this.#add(relay, factOfAnswer(call, frame, isStandIn(relay)), at);
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

  #called(relay: Relay, fact: BareFact | undefined, id: string, at: number): void {
    if (!fact) return;
    let pending = this.#pending.get(relay);
    if (!pending) this.#pending.set(relay, pending = new Map());
    pending.delete(id);
    pending.set(id, fact.signed ? withoutSigned(fact) : fact);
    if (pending.size > LEDGER_FEED_LIMITS.pending) pending.delete(pending.keys().next().value!);
    this.#add(relay, fact, at);
  }

  #add(relay: Relay, fact: BareFact, at: number): void {
    const { stationId, version: protocol } = relay.options;
    if (this.#facts.length >= LEDGER_FEED_LIMITS.facts) this.#makeRoom();
    if (this.#facts.length === 0) this.#oldest = this.#context.clock.monotonic();
    this.#facts.push({ stationId, protocol, at, ...fact });
    if (fact.kind === "sample" || fact.of === "sample") return;
    this.#isUrgent = true;
    // What else follows from this turn of the event loop goes with it.
    if (!this.#sending) queueMicrotask(() => this.#send());
  }

  /** Samples first: a later one says more. */
  #makeRoom(): void {
    const at = this.#facts.findIndex(({ kind, of }) => kind === "sample" || of === "sample");
    this.#facts.splice(Math.max(0, at), 1);
    this.#context.metrics.count("bulkhead_ledger_facts_lost_total", {});
  }

  #send(): void {
    if (this.#sending || this.#facts.length === 0) return;
    const facts = this.#facts.slice(0, LEDGER_FEED_LIMITS.factsPerCall);
    this.#facts = this.#facts.slice(facts.length);
    this.#isUrgent = this.#facts.some(({ kind }) => kind !== "sample");
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

/** What an answer needs of its CALL: signed values are large and were handed on already. */
function withoutSigned({ signed: _signed, ...kept }: BareFact): BareFact {
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
    observer: { name: "ledger", message: (relay, message) => feed.message(relay, message) },
    tick: () => feed.tick(),
    drain: () => feed.flush(),
  };
}
