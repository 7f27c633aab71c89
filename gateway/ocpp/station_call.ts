import type { Json, StationCallAnswer } from "../core/control_api.ts";
import type { OwnOutcome } from "./own_calls.ts";

/** What became of an own CALL, as control gets it. */
export function stationCallAnswer(outcome: OwnOutcome): StationCallAnswer {
  switch (outcome.is) {
    case "result":
      return { result: (outcome.payload ?? null) as Json };
    case "error":
      return { error: { code: outcome.code, description: outcome.description } };
    case "none":
      return { noAnswer: outcome.why };
  }
}
