import { POLICY_LIMITS } from "./limits.ts";
import { type Check, compileChecks, type MessageContext, missedAction, missedStation } from "./ocpp_conditions.ts";
import { plainAction } from "./plain_action.ts";
import type { OcppRule, OcppRuleFacts, OcppSide, RuleVerdict } from "./ocpp_rule.ts";
import { RateWindows } from "./rate_windows.ts";

/** One rule, ready to be asked. */
interface Compiled {
  readonly rule: OcppRule;
  readonly checks: readonly Check[];
  readonly verdict: RuleVerdict;
}

/** When no rule applies: the default is deny (DESIGN section 5). */
const NO_RULE: RuleVerdict = Object.freeze({
  effect: "deny",
  rule: undefined,
  because: "No rule allows it, and what no rule allows is refused",
});

/** The rules that may concern one action of one side at one station, in the order of the file. */
export class ActionRules {
  /** The verdict when it is the same for every such message; then nothing else needs to be looked at. */
  readonly always: RuleVerdict | undefined;
  /** Whether any rule looks into the message. */
  readonly readsFields: boolean;
  readonly #denies: readonly Compiled[];
  readonly #allows: readonly Compiled[];

  constructor(rules: readonly Compiled[]) {
    this.#denies = rules.filter(({ rule }) => rule.effect === "deny");
    this.#allows = rules.filter(({ rule }) => rule.effect === "allow");
    this.readsFields = rules.some(({ checks }) => checks.some(({ key }) => key !== "hours" && key !== "rate"));
    const [allow] = this.#allows;
    const deny = this.#denies.find(({ checks }) => checks.length === 0);
    if (deny && deny === this.#denies[0]) this.always = deny.verdict;
    else if (this.#denies.length === 0 && (!allow || allow.checks.length === 0)) {
      this.always = allow?.verdict ?? NO_RULE;
    }
  }

  /** Ids of the rules that may decide, in the order in which they are asked. */
  get mayDecide(): readonly string[] {
    return [...this.#denies, ...this.#allows].map(({ rule }) => rule.id);
  }

  /** Deny wins, then the first allow, else deny. Counts the message where a rate asks for it. */
  decide(context: MessageContext): RuleVerdict {
    if (this.always) return this.always;
    return (firstHolding(this.#denies, context) ?? firstHolding(this.#allows, context))?.verdict ?? NO_RULE;
  }
}

function firstHolding(rules: readonly Compiled[], context: MessageContext): Compiled | undefined {
  for (const compiled of rules) {
    if (compiled.checks.every((check) => check.holds(context))) return compiled;
  }
  return undefined;
}

/** The rules of one kind of station by who speaks and by action: made once, shared by all stations of the kind. */
export class StationRules {
  readonly #rules: readonly Compiled[];
  readonly #byAction = { station: new Map<string, ActionRules>(), csms: new Map<string, ActionRules>() };
  readonly #others = { station: new Map<string, ActionRules>(), csms: new Map<string, ActionRules>() };

  constructor(rules: readonly Compiled[]) {
    this.#rules = rules;
    const named = new Set(rules.flatMap(({ rule }) => rule.actions ?? []));
    for (const from of ["station", "csms"] as const) {
      for (const action of named) this.#byAction[from].set(action, this.#select(from, action));
    }
  }

  /** The rules for an action as it is judged (without "-Signed"). */
  of(from: OcppSide, action: string): ActionRules {
    return this.#byAction[from].get(action) ?? this.#others[from].get(action) ?? this.#learn(from, action);
  }

  /** The names of actions come from the peers: only so many are remembered. */
  #learn(from: OcppSide, action: string): ActionRules {
    const selected = this.#select(from, action);
    const others = this.#others[from];
    if (others.size < POLICY_LIMITS.otherActions) others.set(action, selected);
    return selected;
  }

  #select(from: OcppSide, action: string): ActionRules {
    return new ActionRules(this.#rules.filter(({ rule }) => missedAction(rule, from, action) === undefined));
  }
}

/** The rules of a site, compiled once at load. */
export class RuleBook {
  readonly #rules: readonly Compiled[];
  /** By the positions of the rules that may concern a station: stations of one kind share their table. */
  readonly #kinds = new Map<string, StationRules>();

  constructor(rules: readonly OcppRule[]) {
    this.#rules = rules.map((rule) => ({
      rule,
      checks: compileChecks(rule),
      verdict: Object.freeze({ effect: rule.effect, rule: rule.id, because: rule.because }),
    }));
  }

  /** The rules that may concern this station while it speaks this version with this CSMS. */
  forStation(resource: OcppRuleFacts["resource"], version: OcppRuleFacts["context"]["version"]): StationRules {
    const own = this.#rules.filter(({ rule }) => missedStation(rule, { ...resource, version }) === undefined);
    const kind = own.map((compiled) => this.#rules.indexOf(compiled)).join();
    let rules = this.#kinds.get(kind);
    if (!rules) this.#kinds.set(kind, rules = new StationRules(own));
    return rules;
  }

  /** Decides on one message whose facts are complete. The relay asks StationRules, which gives the same answer. */
  decide(facts: OcppRuleFacts, windows: RateWindows = new RateWindows()): RuleVerdict {
    const { principal, resource, context } = facts;
    return this.forStation(resource, context.version).of(principal, plainAction(facts.action)).decide({
      stationId: resource.station.id,
      fields: () => context.fields,
      minuteOfWeek: () => context.minuteOfWeek,
      at: context.at,
      windows,
    });
  }
}
