import type { OcppRule, OcppRuleFacts, OcppSide } from "./ocpp_rule.ts";
import { type ActionRules, RuleBook } from "./ocpp_rule_book.ts";

/** One rule as one line for people. */
export interface RuleRow {
  readonly id: string;
  readonly effect: "allow" | "deny";
  readonly who: string;
  readonly what: string;
  readonly because: string;
}

/** Which actions stations of one kind may exchange with their CSMS. */
export interface MatrixRow {
  readonly stations: readonly string[];
  readonly from: OcppSide;
  /** "(any other)" for the actions that no rule names. */
  readonly action: string;
  /** "allow" or "deny" with its rule, or "depends" on what the message says, when it comes or how often. */
  readonly answer: string;
}

/** A station that a matrix is made for. */
export type MatrixStation = Pick<OcppRuleFacts, "resource"> & Pick<OcppRuleFacts["context"], "version">;

const STATION_KEYS = ["stations", "vendors", "models", "units", "csms", "versions"] as const;
const LIST_KEYS = [
  "actions",
  "hosts",
  "hostsOutside",
  "schemes",
  "schemesOutside",
  "keys",
  "keysOutside",
  "vendorIds",
  "vendorIdsOutside",
  "messageIds",
  "messageIdsOutside",
] as const;

/** Rules in the words of their file, in its order. */
export function ruleRows(rules: readonly OcppRule[]): RuleRow[] {
  return rules.map((rule) => ({
    id: rule.id,
    effect: rule.effect,
    who: whoOf(rule),
    what: whatOf(rule),
    because: rule.because,
  }));
}

function whoOf(rule: OcppRule): string {
  const stations = STATION_KEYS.flatMap((key) => rule[key] ? [`${key} ${rule[key].join(", ")}`] : []);
  const from = rule.from === undefined ? "both sides" : `from ${rule.from}`;
  return [from, ...stations].join("; ");
}

function whatOf(rule: OcppRule): string {
  const { fields, hours, rate } = rule;
  const parts = LIST_KEYS.flatMap((key) => rule[key] ? [`${key} ${rule[key].join(", ")}`] : []);
  for (const [name, values] of Object.entries(fields ?? {})) parts.push(`${name} ${values?.join(", ")}`);
  if (hours) parts.push(`hours ${[hours.days?.join(", "), `${hours.from} to ${hours.to}`].filter(Boolean).join(" ")}`);
  if (rate) parts.push(`beyond ${rate.over} in ${rate.seconds} s`);
  return parts.length === 0 ? "every message" : parts.join("; ");
}

/** The answers for each kind of station: stations for which all answers are the same share their rows. */
export function ruleMatrix(rules: readonly OcppRule[], stations: readonly MatrixStation[]): MatrixRow[] {
  const book = new RuleBook(rules);
  const kinds = Map.groupBy(stations, ({ resource, version }) => book.forStation(resource, version));
  const actions = [...new Set(rules.flatMap((rule) => rule.actions ?? []))].sort();
  return [...kinds].flatMap(([own, alike]) => {
    const names = [...new Set(alike.map(({ resource }) => resource.station.id))];
    return (["csms", "station"] as const).flatMap((from) => {
      const rest = answerOf(own.of(from, OTHER));
      const named = actions.map((action) => ({ action, answer: answerOf(own.of(from, action)) }));
      const shown = [...named.filter(({ answer }) => answer !== rest), { action: "(any other)", answer: rest }];
      return shown.map((row) => ({ stations: names, from, ...row }));
    });
  });
}

/** No action of OCPP, and none that a rule can name. */
const OTHER = " ";

function answerOf({ always, mayDecide }: ActionRules): string {
  if (always) return `${always.effect} (${always.rule ?? "no rule"})`;
  return `depends (${mayDecide.join(", ")})`;
}

/** What is odd about rules that are right in their form: they may not do what their writer thinks. */
export function ruleWarnings(rules: readonly OcppRule[]): string[] {
  const warnings: string[] = [];
  const allowAll = rules.findIndex((rule) =>
    rule.effect === "allow" && whatOf(rule) === "every message" && isForAll(rule)
  );
  for (
    const { id } of rules.slice(allowAll < 0 ? rules.length : allowAll + 1).filter(({ effect }) => effect === "allow")
  ) {
    warnings.push(`rule "${id}" decides nothing: the allow rule "${rules[allowAll]!.id}" before it allows everything`);
  }
  const denyAll = rules.find((rule) => rule.effect === "deny" && whatOf(rule) === "every message" && isForAll(rule));
  if (denyAll) warnings.push(`rule "${denyAll.id}" refuses every message, whatever other rules allow`);
  if (rules.every(({ effect }) => effect === "deny")) {
    warnings.push(
      "no rule allows anything: all but transaction messages is refused; end with a rule that allows the rest",
    );
  }
  for (const rule of rules) {
    const passing = rule.actions?.filter((action) => TRANSACTIONS.has(action)) ?? [];
    if (rule.effect !== "deny" || rule.from === "csms" || passing.length === 0) continue;
    warnings.push(
      `rule "${rule.id}" never refuses ${passing.join(", ")} of a station: it is only recorded (invariant 15)`,
    );
  }
  return warnings;
}

const TRANSACTIONS: ReadonlySet<string> = new Set([
  "StartTransaction",
  "StopTransaction",
  "MeterValues",
  "TransactionEvent",
]);

function isForAll(rule: OcppRule): boolean {
  return rule.from === undefined && STATION_KEYS.every((key) => rule[key] === undefined);
}
