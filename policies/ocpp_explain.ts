import { compileChecks, type MessageContext, missedAction, missedStation } from "./ocpp_conditions.ts";
import type { Decision } from "./decision.ts";
import { decideOcppCall, isTransactionMessage, type OcppCallFacts } from "./ocpp.ts";
import type { FieldFacts, OcppRule, OcppRuleFacts } from "./ocpp_rule.ts";
import { RuleBook } from "./ocpp_rule_book.ts";
import { plainAction } from "./plain_action.ts";
import { RateWindows } from "./rate_windows.ts";

/** How one rule stands to a message: it holds, or the first of its conditions that does not. */
export interface RuleStanding {
  readonly id: string;
  readonly effect: "allow" | "deny";
  readonly because: string;
  readonly missed: string | undefined;
}

/** A decision on one message with the way there. */
export interface Explanation {
  readonly decision: Decision;
  readonly standings: readonly RuleStanding[];
  /** What rules saw in the message, in words; empty when there is nothing that rules look at. */
  readonly seen: readonly string[];
}

/** What the built-in rules see in a message. */
export type BuiltInFacts = Pick<OcppCallFacts, "lowersProfile" | "refusedSetting">;

/**
 * Explains what the built-in and the site's rules do with one message whose form is right and whose sender is within its
 * limits. A rate is shown as not reached: what was counted so far is known to the relay alone.
 */
export function explainMessage(
  facts: OcppRuleFacts,
  rules: readonly OcppRule[] | undefined,
  mode: "enforce" | "observe",
  builtIn: BuiltInFacts = {},
): Explanation {
  const site = rules && new RuleBook(rules).decide(facts);
  const decision = decideOcppCall({
    from: facts.principal,
    version: facts.context.version,
    action: facts.action,
    validation: "observe",
    schema: "ok",
    frameFaults: [],
    repeated: false,
    overRate: false,
    overPending: false,
    site,
    siteObserves: mode === "observe",
    ...builtIn,
  });
  return {
    decision,
    standings: (rules ?? []).map((rule) => standingOf(rule, facts)),
    seen: seenWords(facts.context.fields),
  };
}

/** Whether a message would pass whatever rules say, for people. */
export function passesAnyway({ principal, action }: OcppRuleFacts): boolean {
  return isTransactionMessage(principal, action);
}

function standingOf(rule: OcppRule, facts: OcppRuleFacts): RuleStanding {
  const { id, effect, because } = rule;
  return { id, effect, because, missed: missedOf(rule, facts) };
}

function missedOf(rule: OcppRule, { principal, action, resource, context }: OcppRuleFacts): string | undefined {
  const early = missedStation(rule, { ...resource, version: context.version }) ??
    missedAction(rule, principal, plainAction(action));
  if (early !== undefined) return early;
  const message: MessageContext = {
    stationId: resource.station.id,
    fields: () => context.fields,
    minuteOfWeek: () => context.minuteOfWeek,
    at: context.at,
    windows: new RateWindows(),
  };
  return compileChecks(rule).find((check) => !check.holds(message))?.key;
}

function seenWords(fields: FieldFacts): string[] {
  const word = (value: string | readonly string[] | null) =>
    value === null ? "(cannot be read in one way only)" : typeof value === "string" ? value : value.at(-1)!;
  const lists = [
    ["host", fields.hosts],
    ["scheme", fields.schemes],
    ["key", fields.keys],
    ["vendorId", fields.vendorIds],
    ["messageId", fields.messageIds.filter((id) => id !== "")],
  ] as const;
  return [
    ...lists.flatMap(([name, values]) => values.map((value) => `${name} ${word(value)}`)),
    ...Object.entries(fields.fields).map(([name, value]) => `${name} ${word(value ?? null)}`),
  ];
}
