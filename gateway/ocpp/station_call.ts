import type { Json, StationCallAnswer } from "../core/control_api.ts";
import type { OwnOutcome } from "./own_calls.ts";
import { redactReason } from "./redact.ts";

/** What became of an own CALL, as control gets it: why a station refuses may repeat the secret that it was to set. */
export function stationCallAnswer(outcome: OwnOutcome): StationCallAnswer {
  switch (outcome.is) {
    case "result":
      return { result: (outcome.payload ?? null) as Json };
    case "error":
      return { error: { code: outcome.code, description: redactReason(outcome.description) } };
    case "none":
      return { noAnswer: outcome.why };
  }
}
