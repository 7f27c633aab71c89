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
  /** Both legs are open. */
  opened?(relay: Relay): void;
  message?(relay: Relay, message: ObservedMessage): void;
  answered?(relay: Relay, answer: ObservedAnswer): void;
  /** The leg to the CSMS is gone and is being dialled again. */
  csmsLost?(relay: Relay): void;
  csmsBack?(relay: Relay): void;
  ended?(relay: Relay, reason: EndReason): void;
}

/** Calls one method of all observers; one that throws is counted and costs the others nothing. */
export function tellObservers(
  observers: readonly RelayObserver[],
  counters: RelayCounters,
  tell: (observer: RelayObserver) => void,
): void {
  for (const observer of observers) {
    try {
      tell(observer);
    } catch (_fault) {
      counters.observerFault(observer.name); // a part that only looks on must not stop a message
    }
  }
}
