/** What may prove an image; a vendor's profile says which of them, or which together, are enough. */
export const EVIDENCE = ["tuf", "ocpp-signature", "vendor-sha256", "minisign", "two-person"] as const;
/** One proof. */
export type Evidence = (typeof EVIDENCE)[number];

/**
 * One link of the chain that led to a verdict, in the order it was checked. "refused" ends it; "waiting": a person's
 * word is missing; "not-needed": this site asks for no such proof, or an earlier link ended the chain.
 */
export interface VerdictStep {
  /** Kept for ever: "size", "sha256", "tuf", "certificate", "signature", "floor", "evidence" ... */
  readonly id: string;
  readonly title: string;
  readonly outcome: "ok" | "refused" | "waiting" | "not-needed";
  /** What was seen, with the value and what was wanted. */
  readonly detail: string;
}

/** What verifying led to. */
export interface ImageVerdict {
  readonly outcome: "verified" | "held" | "refused";
  /** The rule that decided: "firmware.signature", "firmware.floor" ... */
  readonly rule: string;
  /** A sentence for people and for the audit. */
  readonly why: string;
  readonly steps: readonly VerdictStep[];
  /** What proved it. */
  readonly evidence: readonly Evidence[];
}
