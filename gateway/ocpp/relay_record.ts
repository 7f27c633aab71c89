import { Buffer } from "node:buffer";
import type { Effect, Side } from "./effects.ts";
import { noteSymptom, quirkHint } from "./quirks.ts";
import { toldAction } from "./redact.ts";
import type { Relay } from "./relay.ts";
import type { RelayObserver } from "./relay_observer.ts";
import type { RelayShared } from "./relay_types.ts";
import { clockOffsetSeconds, factsFromBoot } from "./station_facts.ts";

/** A station's clock offset is reported again when it moved by this much: each report is a write. */
const CLOCK_STEP_SECONDS = 5;

/** A message as it came in, both ways of reading it. */
export interface Received {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** What is kept and told of one relay's messages: flight recorder, observers, facts of the station, counters, audit. */
export class RelayRecord {
  readonly #relay: Relay;
  readonly #shared: RelayShared;
  readonly #stationId: string;
  /** Last reported; the first one always is. */
  #clockOffset = Number.POSITIVE_INFINITY;

  constructor(relay: Relay, shared: RelayShared, stationId: string) {
    this.#relay = relay;
    this.#shared = shared;
    this.#stationId = stationId;
  }

  /** A CALL or SEND of either side; `received` is the message itself, where it has just come. */
  call({ from, frame, fate }: Effect & { do: "call" }, received: Received | undefined): void {
    const at = this.#shared.clock.now();
    if (received) {
      const { observers, flight } = this.#shared, { action } = frame, { text, bytes } = received;
      flight.message(this.#stationId, from, bytes, at);
      const readers = observers.of(action);
      if (readers.length > 0) {
        observers.show(readers, this.#relay, { from, frame, action, text, bytes, kind: "call", fate, at });
      }
    }
    if (from !== "station") return;
    const boot = factsFromBoot(frame);
    if (boot) this.#shared.reporter.seen(this.#stationId, boot);
    const offset = clockOffsetSeconds(frame, at);
    if (offset === undefined || Math.abs(offset - this.#clockOffset) < CLOCK_STEP_SECONDS) return;
    this.#clockOffset = offset;
    this.#shared.reporter.seen(this.#stationId, { clockOffsetSeconds: offset });
  }

  /** An answer that its asker waits for. */
  reply({ from, action, frame }: Effect & { do: "reply" }, { text, bytes }: Received): void {
    const { observers, flight, clock } = this.#shared, at = clock.now();
    flight.message(this.#stationId, from, bytes, at);
    const readers = observers.of(action);
    if (readers.length === 0) return;
    observers.show(readers, this.#relay, { from, frame, action, text, bytes, kind: "reply", fate: "passed", at });
  }

  /** An answer of the gateway itself. */
  answered(to: Side, text: string): void {
    this.own(`gateway to ${to}`, text);
    const at = this.#shared.clock.now();
    this.tell((observer) => observer.answered?.(this.#relay, { to, text, at }));
  }

  /** Keeps a message that the gateway wrote or that only the gateway gets. */
  own(kind: string, text: string): void {
    this.#shared.flight.message(this.#stationId, kind, Buffer.from(text), this.#shared.clock.now());
  }

  /** Something odd about a message. */
  odd({ kind, from, action, rule, why }: Effect & { do: "note" }, received: Received | undefined): void {
    const { counters, flight, reporter, clock } = this.#shared, stationId = this.#stationId;
    counters.note(kind, from);
    if (kind === "malformed" && received) flight.message(stationId, from, received.bytes, clock.now());
    const name = toldAction(action);
    this.note(kind, `${from} ${name} ${rule ?? ""} ${why}`);
    const isRefusal = kind === "refused" || kind === "queue-full";
    reporter.auditRepeating({
      event: isRefusal ? "ocpp.message.refused" : "ocpp.message.unusual",
      class: isRefusal ? "security" : "operation",
      who: from === "station" ? stationId : this.#relay.options.csms,
      target: stationId,
      outcome: isRefusal ? "refused" : "ok",
      rule: rule ?? `ocpp.${kind}`,
      detail: {
        kind,
        action: name,
        why: `${why.slice(0, 200)}${quirkHint(noteSymptom(kind, action, why))}`,
      },
    });
  }

  /** Keeps an event in the flight recorder. */
  note(kind: string, what: string): void {
    this.#shared.flight.event(this.#stationId, kind, what, this.#shared.clock.now());
  }

  /** Calls one method of all observers. */
  tell(tell: (observer: RelayObserver) => void): void {
    this.#shared.observers.tell(tell);
  }
}
