import type { OcppFrame } from "./codec.ts";
import type { RelayCounters } from "./counters.ts";
import type { CallFate, Side } from "./effects.ts";
import type { Relay } from "./relay.ts";
import type { EndReason } from "./relay_types.ts";

/** One message as a relay saw it, before anything was sent on. */
export interface ObservedMessage {
  readonly from: Side;
  readonly frame: OcppFrame;
  /** Of the CALL or SEND; for an answer that of the CALL it belongs to. */
  readonly action: string;
  readonly text: string;
  /** The same as received. They belong to the socket: copy what is kept beyond the call. */
  readonly bytes: Uint8Array;
  readonly kind: "call" | "reply";
  /** What became of a CALL or SEND; answers have always "passed". */
  readonly fate: CallFate;
  /** Wall milliseconds. */
  readonly at: number;
}

/** An answer that the gateway gave itself: to a taken CALL, or a refusal. */
export interface ObservedAnswer {
  readonly to: Side;
  readonly text: string;
  /** Wall milliseconds. */
  readonly at: number;
}

/**
 * Looks on while a relay works: mirrors, ledger, recorder, security events. Synchronous; must not wait and must not
 * throw: a fault is counted and the relay goes on.
 */
export interface RelayObserver {
  /** Names it where its faults are told. */
  readonly name: string;
  /**
   * Actions whose CALLs, SENDs and answers it is shown, a signed one ("X-Signed") with X; absent: all. Most messages of a
   * site are meter values and heartbeats: whoever does not read them costs them nothing.
   */
  readonly actions?: readonly string[];
  /** Whether it looks at no message at all for now. */
  isIdle?(): boolean;
  /** Both legs are open. */
  opened?(relay: Relay): void;
  message?(relay: Relay, message: ObservedMessage): void;
  answered?(relay: Relay, answer: ObservedAnswer): void;
  /** The leg to the CSMS is gone and is being dialled again. */
  csmsLost?(relay: Relay): void;
  csmsBack?(relay: Relay): void;
  ended?(relay: Relay, reason: EndReason): void;
}

const NOBODY: readonly RelayObserver[] = [];

/** All observers of a Worker. One that throws is counted and costs the others and the message nothing. */
export class Observers {
  readonly #all: readonly RelayObserver[];
  readonly #counters: Pick<RelayCounters, "observerFault">;
  /** Who is shown messages of an action; of any other action: `#ofAll`. */
  readonly #byAction = new Map<string, readonly RelayObserver[]>();
  readonly #ofAll: readonly RelayObserver[];

  constructor(all: readonly RelayObserver[], counters: Pick<RelayCounters, "observerFault">) {
    this.#all = all;
    this.#counters = counters;
    const shown = all.filter(({ message }) => message);
    this.#ofAll = shown.filter(({ actions }) => !actions);
    for (const action of new Set(shown.flatMap(({ actions = [] }) => actions))) {
      const readers = shown.filter(({ actions }) => actions?.includes(action) ?? true);
      this.#byAction.set(action, readers).set(`${action}-Signed`, readers);
    }
  }

  /** Who is shown the messages of an action now. */
  of(action: string): readonly RelayObserver[] {
    const readers = this.#byAction.get(action) ?? this.#ofAll;
    for (let i = 0; i < readers.length; i++) if (!readers[i]!.isIdle?.()) return readers;
    return NOBODY;
  }

  /** Shows a message to those that `of` named. */
  show(readers: readonly RelayObserver[], relay: Relay, message: ObservedMessage): void {
    for (let i = 0; i < readers.length; i++) {
      const observer = readers[i]!;
      if (observer.isIdle?.()) continue;
      try {
        observer.message!(relay, message);
      } catch (_fault) {
        this.#counters.observerFault(observer.name); // a part that only looks on must not stop a message
      }
    }
  }

  /** Calls one method of all observers. */
  tell(tell: (observer: RelayObserver) => void): void {
    for (const observer of this.#all) {
      try {
        tell(observer);
      } catch (_fault) {
        this.#counters.observerFault(observer.name);
      }
    }
  }
}
