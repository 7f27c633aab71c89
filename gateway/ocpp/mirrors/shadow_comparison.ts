import type { OcppFrame } from "../codec.ts";
import { type AnswerDifference, diffAnswers } from "./answer_diff.ts";
import { MIRROR_LIMITS } from "./limits.ts";

/** What came of comparing, since the last report. */
export interface ComparisonCounts {
  same: number;
  different: number;
  /** The primary answered, the shadow did not. */
  missing: number;
  samples: AnswerDifference[];
}

interface Waiting {
  readonly action: string;
  /** When the first of the two came, monotonic. */
  readonly at: number;
  primary?: OcppFrame;
  shadow?: OcppFrame;
}

/**
 * Pairs the answers of a station's CSMS with those of the one that shadows it. Bounded; the oldest pair is given up, and one
 * that waits for longer than the shadow is waited for. `now` is monotonic milliseconds.
 */
export class ShadowComparison {
  readonly #waiting = new Map<string, Waiting>();
  #counts = emptyCounts();

  /** An answer of the station's own CSMS. */
  primary(id: string, action: string, frame: OcppFrame, now: number): void {
    this.#pair(id, { action, at: now, primary: frame });
  }

  /** An answer of the shadow to its copy. */
  shadow(id: string, action: string, frame: OcppFrame, now: number): void {
    this.#pair(id, { action, at: now, shadow: frame });
  }

  /** The counts since the last call; undefined when there is nothing to tell. */
  take(now: number): ComparisonCounts | undefined {
    for (const { at } of this.#waiting.values()) { // the oldest come first
      if (now - at < MIRROR_LIMITS.comparisonMs) break;
      this.#giveUpOldest();
    }
    const { same, different, missing } = this.#counts;
    if (same + different + missing === 0) return undefined;
    const taken = this.#counts;
    this.#counts = emptyCounts();
    return taken;
  }

  #pair(id: string, part: Waiting): void {
    const known = this.#waiting.get(id);
    if (!known) {
      this.#waiting.set(id, part);
      if (this.#waiting.size > MIRROR_LIMITS.comparisons) this.#giveUpOldest();
      return;
    }
    Object.assign(known, { ...part, at: known.at });
    if (!known.primary || !known.shadow) return;
    this.#waiting.delete(id);
    const differences = diffAnswers(known.action, known.primary, known.shadow);
    if (differences.length === 0) this.#counts.same++;
    else this.#counts.different++;
    this.#counts.samples.push(...differences.slice(0, MIRROR_LIMITS.samples - this.#counts.samples.length));
  }

  #giveUpOldest(): void {
    const [id, waiting] = this.#waiting.entries().next().value!;
    this.#waiting.delete(id);
    if (waiting.primary) this.#counts.missing++;
  }
}

function emptyCounts(): ComparisonCounts {
  return { same: 0, different: 0, missing: 0, samples: [] };
}
