import { allow, type Decision, deny } from "./decision.ts";

/** What is known when a station proved itself while a connection of it is open. */
export interface DuplicateFacts {
  /** Connections beside a living one came more often than its allowance. */
  readonly isFlapping: boolean;
  /** The older connection gave a sign of life when it was asked for one. */
  readonly olderAnswers: boolean;
  /** The credential now proven is the one that the older connection proved; undefined: not known any more. */
  readonly sameCredential: boolean | undefined;
}

/**
 * The newest connection wins only with the same proven credential and only over one that does not answer (O-25): a
 * copied credential cannot take a living station's place, and a half-open socket cannot keep a station away (Q12).
 */
export function decideDuplicate({ isFlapping, olderAnswers, sameCredential }: DuplicateFacts): Decision {
  if (isFlapping) return deny("admission.flapping", "It connects again and again while a connection of it is open");
  if (olderAnswers) return deny("admission.duplicate", "A connection of this station is open and answers");
  if (sameCredential === false) {
    return deny("admission.duplicate-credential", "It proved another credential than its connection that just died");
  }
  return allow("admission.newest");
}
