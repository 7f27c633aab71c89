import { Buffer } from "node:buffer";
import type { OcppFrame, OcppVersion } from "../../gateway/ocpp/codec.ts";
import type { Answer, CallVerdict, Effect, Judge, OwnCall, Side } from "../../gateway/ocpp/session.ts";
import { createJudge, malformedCode } from "../../gateway/ocpp/policy.ts";
import { Session } from "../../gateway/ocpp/session.ts";
import type { SchemaCheck } from "../../gateway/ocpp/validation.ts";

const ANYTHING: SchemaCheck = { call: () => undefined, result: () => undefined };

/** A session with its clock in the hand of the test; what it wants done comes back as short lines. */
export class Talk {
  readonly session: Session;
  now = 0;

  constructor(
    version: OcppVersion = "ocpp1.6",
    validation: "observe" | "enforce" | "enforce-known-actions" = "observe",
    check: SchemaCheck = ANYTHING,
    override: (action: string) => CallVerdict | undefined = () => undefined,
  ) {
    const made = createJudge({ version, validation, check, securityProfile: 2 });
    const judge: Judge = {
      ...made,
      call: (from, frame, state) => override(frame.action) ?? made.call(from, frame, state),
    };
    this.session = new Session({ version, judge, malformedCode, callTimeoutMs: 30_000 }, 0);
  }

  say(from: Side, message: unknown): string[] {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    return summary(this.session.receive(from, Buffer.from(text), text, this.now));
  }

  own(call: OwnCall): string[] {
    return summary(this.session.ownCall(call, this.now));
  }

  ownToCsms(call: OwnCall): string[] {
    return summary(this.session.ownCallToCsms(call, this.now));
  }

  answer(
    from: Side,
    id: string,
    answer: Answer,
    { csmsLeg, faults = [] }: { readonly csmsLeg?: number; readonly faults?: OcppFrame["faults"] } = {},
  ): string[] {
    return summary(this.session.answerTaken(from, { id, action: "", faults }, answer, csmsLeg));
  }

  tick(seconds: number): string[] {
    this.now += seconds * 1_000;
    return summary(this.session.tick(this.now));
  }
}

/** Effects in short: "csms <- text", "station <! CALLERROR text", "note kind", "take csms Reset", "own <- text", "own 7 is result". */
function summary(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => {
    switch (effect.do) {
      case "send":
        return [`${effect.to} <- ${Buffer.from(effect.bytes)}`];
      case "answer":
        return [`${effect.to} <! ${effect.text}`];
      case "note":
        return [`note ${effect.kind}${effect.rule === undefined ? "" : ` ${effect.rule}`}`];
      case "take":
        return [`take ${effect.from} ${effect.frame.action} ${effect.rule}`];
      case "own-call":
        return [`own ${effect.to === "csms" ? "to csms " : ""}<- ${effect.text}`];
      case "own-reply":
        return [`own ${effect.id} ${JSON.stringify(effect.outcome)}`];
      case "close":
        return [`close ${effect.code}`];
      default:
        return [];
    }
  });
}
