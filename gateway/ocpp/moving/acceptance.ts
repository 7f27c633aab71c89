import { MESSAGE_TYPE, type OcppFrame } from "../codec.ts";
import { MOVING_LIMITS } from "./limits.ts";

/** What is known about a station at its new CSMS; "ask": have it boot. */
export type AcceptanceStep =
  | "ask"
  | { readonly verdict: "accepted" | "refused"; readonly why: string }
  | undefined;

/**
 * Whether a new CSMS accepts a station that was moved to it: it answers its BootNotification with Accepted. A station
 * that does not boot by itself is asked to; one that cannot be asked counts as accepted when the CSMS answers anything
 * else of it with a result. Pure; `now` is monotonic milliseconds.
 */
export class Acceptance {
  readonly #since: number;
  #hasBooted = false;
  #isAsked = false;
  /** It will not boot on request: any answer counts. */
  #anyAnswer = false;
  #hasAnswer = false;
  #isOver = false;

  constructor(now: number) {
    this.#since = now;
  }

  /** A CALL of the station went to the CSMS. */
  called(action: string): void {
    if (action === "BootNotification") this.#hasBooted = true;
  }

  /** An answer of the CSMS to a CALL of the station. */
  answered(action: string, frame: OcppFrame): AcceptanceStep {
    const isResult = frame.type === MESSAGE_TYPE.callResult;
    if (action !== "BootNotification") {
      if (isResult) this.#hasAnswer = true;
      return this.#judgeAnyAnswer();
    }
    const status = isResult ? (frame.payload as { readonly status?: unknown } | null)?.status : undefined;
    if (status === "Accepted") return this.#end("accepted", "its BootNotification was accepted");
    if (status === "Pending") return undefined; // it will be asked for more and boots again
    return this.#end("refused", `its BootNotification was answered with ${String(status ?? frame.errorCode)}`);
  }

  /** Whether the station will boot because it was asked to. */
  willBoot(isAccepted: boolean): AcceptanceStep {
    if (isAccepted) return undefined;
    this.#anyAnswer = true;
    return this.#judgeAnyAnswer();
  }

  tick(now: number): AcceptanceStep {
    if (this.#isOver) return undefined;
    const waited = now - this.#since;
    if (waited >= MOVING_LIMITS.acceptMs) return this.#end("refused", "it accepted no BootNotification in time");
    if (this.#hasBooted || this.#isAsked || waited < MOVING_LIMITS.bootWaitMs) return undefined;
    this.#isAsked = true;
    return "ask";
  }

  #judgeAnyAnswer(): AcceptanceStep {
    if (!this.#anyAnswer || !this.#hasAnswer || this.#hasBooted) return undefined;
    return this.#end("accepted", "it answers; the station does not boot on request");
  }

  #end(verdict: "accepted" | "refused", why: string): AcceptanceStep {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    return { verdict, why };
  }
}
