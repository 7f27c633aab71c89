import type { OcppFrame } from "./codec.ts";
import type { OwnOutcome } from "./own_calls.ts";

/** The two peers of a session. */
export type Side = "station" | "csms";

/** What happened to one message; kinds are label values of a metric and stay a bounded set. */
export type NoteKind =
  | "call-timeout"
  | "duplicate-id"
  | "invalid"
  | "late-reply"
  | "malformed"
  | "queue-full"
  | "refused"
  | "reply-invalid"
  | "unknown-type"
  | "unmatched-reply"
  | "would-refuse";

/** What the session did with a CALL or SEND: on its way or waiting for its turn, answered with an error, or taken. */
export type CallFate = "passed" | "refused" | "taken";

/** What the session wants done. Bytes are those that came in, never written anew. */
export type Effect =
  | { readonly do: "send"; readonly to: Side; readonly bytes: Uint8Array }
  | { readonly do: "answer"; readonly to: Side; readonly text: string }
  | {
    readonly do: "note";
    readonly kind: NoteKind;
    readonly from: Side;
    readonly action: string;
    readonly rule?: string;
    readonly why: string;
  }
  /** A CALL or SEND was judged; comes before what follows from it. */
  | { readonly do: "call"; readonly from: Side; readonly frame: OcppFrame; readonly fate: CallFate }
  /** An answer that its asker waits for; comes before it is sent on. */
  | { readonly do: "reply"; readonly from: Side; readonly action: string; readonly frame: OcppFrame }
  /** The gateway answers this CALL itself: `session.answerTaken` is owed, except for a SEND. */
  | {
    readonly do: "take";
    readonly from: Side;
    readonly frame: OcppFrame;
    readonly bytes: Uint8Array;
    readonly rule: string;
  }
  /** A CALL of the gateway goes to the station, or to the CSMS in the station's name. */
  | {
    readonly do: "own-call";
    readonly to?: Side;
    readonly id: string;
    readonly action: string;
    readonly text: string;
  }
  /** What became of it: told once per own call, never to the far side. `frame` is the answer, if one came. */
  | {
    readonly do: "own-reply";
    readonly from?: Side;
    readonly id: string;
    readonly action: string;
    readonly outcome: OwnOutcome;
    readonly frame?: OcppFrame;
  }
  | { readonly do: "close"; readonly code: number; readonly reason: string };

/** What the judge says of a CALL or SEND. `would` is the rule that observe mode did not act on. */
export type CallVerdict =
  | { readonly pass: true; readonly rule: string; readonly would?: string; readonly reason?: string }
  | {
    readonly pass: false;
    readonly take?: never;
    readonly rule: string;
    readonly code: string;
    readonly reason: string;
  }
  /** The gateway answers it itself, by the taker that is registered for `rule` (taker.ts). */
  | { readonly pass: false; readonly take: true; readonly rule: string };

/** The gateway's own answer to a taken CALL: a result, or a CALLERROR in the version's own words. */
export type Answer =
  /** `afterwards` runs when the answer is on its way. */
  | { readonly payload: unknown; readonly afterwards?: () => void }
  | {
    readonly code: string;
    readonly description: string;
    readonly details?: Readonly<Record<string, string>>;
  };

/** What a message that passes would have been refused for: a rule of the site that is tried out, or a fault of its form. */
export function passedNote(from: Side, action: string, rule: string, reason: string | undefined): Effect {
  const kind = rule.startsWith("site.") || rule === "ocpp.no-rule" ? "would-refuse" : "invalid";
  return note(kind, from, action, reason ?? rule, rule);
}

/** An effect that tells of something odd. */
export function note(kind: NoteKind, from: Side, action: string, why: string, rule?: string): Effect {
  return rule === undefined ? { do: "note", kind, from, action, why } : { do: "note", kind, from, action, why, rule };
}
