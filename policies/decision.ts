/** A refusal that observe mode reports without acting on it. */
export interface WouldRefuse {
  readonly rule: string;
  readonly reason: string;
}

/** The answer of every policy. A refusal names its rule and says in one sentence why; `hint` says what to do. */
export type Decision =
  | { readonly effect: "allow"; readonly rule: string; readonly wouldRefuse?: WouldRefuse }
  | { readonly effect: "deny"; readonly rule: string; readonly reason: string; readonly hint?: string };

/** Allows by a rule. */
export function allow(rule: string): Decision {
  return { effect: "allow", rule };
}

/** Denies by a rule. */
export function deny(rule: string, reason: string, hint?: string): Decision {
  return hint === undefined ? { effect: "deny", rule, reason } : { effect: "deny", rule, reason, hint };
}

/** Begins the name of a site's own rule in refusals and audit: "site.firmware-hosts" is the rule firmware-hosts. */
export const SITE_RULE_PREFIX = "site.";
