/** One way to get into a controller again whose password nobody has any more (BC-06 to BC-08). */
export interface RecoveryOption {
  /**
   * "copy": the password of an account, kept off this box as well; "puk": a recovery code in the vault; "reset-card": a
   * card on the register.
   */
  readonly kind: "copy" | "puk" | "reset-card";
  /** The account of a copy, or the name of a card. */
  readonly of?: string;
  /** Since when: the copy is acknowledged, the code is in force, the card is on the register. Wall milliseconds. */
  readonly at: number;
}

/** The options in one line, for people and the audit: never a secret. */
export function recoveryText(options: readonly RecoveryOption[]): string {
  if (options.length === 0) return "NONE";
  return options.map(({ kind, of, at }) => {
    const name = of === undefined ? WORDS[kind] : `${WORDS[kind]} ${of}`;
    return `${name} (${new Date(at).toISOString().slice(0, 10)})`;
  }).join(", ");
}

const WORDS: Readonly<Record<RecoveryOption["kind"], string>> = {
  copy: "copy of",
  puk: "PUK",
  "reset-card": "reset card",
};
