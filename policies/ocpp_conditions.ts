import { fold } from "./ocpp_fields.ts";
import type { FieldFacts, OcppRule, OcppRuleFacts, OcppSide, RuleField } from "./ocpp_rule.ts";
import type { RateWindows } from "./rate_windows.ts";
import { isWithinHours } from "./week_hours.ts";

/** What conditions on one message look at beside who and what; read only when a condition asks. */
export interface MessageContext {
  readonly stationId: string;
  fields(): FieldFacts;
  minuteOfWeek(): number;
  /** Milliseconds that never go backwards. */
  readonly at: number;
  readonly windows: RateWindows;
}

/** One condition of a rule on the content, time or rate of a message. */
export interface Check {
  /** The key in the rules file. */
  readonly key: string;
  holds(context: MessageContext): boolean;
}

type Station = OcppRuleFacts["resource"] & Pick<OcppRuleFacts["context"], "version">;

/** Conditions on the station, its CSMS and its version: known when a session begins. Compared exactly (invariant 11). */
const STATION_CONDITIONS: readonly [key: keyof OcppRule, of: (station: Station) => string | undefined][] = [
  ["stations", ({ station }) => station.id],
  ["vendors", ({ station }) => station.vendor],
  ["models", ({ station }) => station.model],
  ["units", ({ station }) => station.unit],
  ["csms", ({ csms }) => csms],
  ["versions", ({ version }) => version],
];

/** The first condition on the station that does not hold; undefined when the rule may concern it. */
export function missedStation(rule: OcppRule, station: Station): keyof OcppRule | undefined {
  return STATION_CONDITIONS.find(([key, of]) => {
    const wanted = rule[key] as readonly string[] | undefined;
    return wanted !== undefined && !wanted.includes(of(station) ?? "\0");
  })?.[0];
}

/**
 * The first of `from` and `actions` that does not hold. A deny also holds for other spellings of its actions, which a
 * lenient receiver may take for the same; an allow only for the exact name.
 */
export function missedAction(rule: OcppRule, from: OcppSide, action: string): keyof OcppRule | undefined {
  if (rule.from !== undefined && rule.from !== from) return "from";
  if (rule.actions === undefined || rule.actions.includes(action)) return undefined;
  const folded = fold(action).replace(/-signed$/, "");
  return rule.effect === "deny" && rule.actions.some((name) => fold(name) === folded) ? undefined : "actions";
}

/** The conditions of a rule on the message itself, the cheap ones first; the rate last, as it counts what comes so far. */
export function compileChecks(rule: OcppRule): readonly Check[] {
  const isDeny = rule.effect === "deny";
  const checks: Check[] = [];
  const add = (key: string, holds: Check["holds"]) => void checks.push({ key, holds });
  const { hours, rate, fields } = rule;
  if (hours) add("hours", (context) => isWithinHours(hours, context.minuteOfWeek()));
  for (const [name, wanted] of Object.entries(fields ?? {})) {
    if (wanted) add(`fields.${name}`, fieldCheck(name as RuleField, wanted.map(String), isDeny));
  }
  for (const [key, of] of FIELD_LISTS) {
    const inside = rule[key];
    const outside = rule[`${key}Outside`];
    if (inside) add(key, listCheck(of, named(inside), isDeny));
    if (outside) {
      const isListed = named(outside);
      add(`${key}Outside`, listCheck(of, (name) => !isListed(name), isDeny));
    }
  }
  if (rate) {
    const { over, seconds } = rate;
    add("rate", (context) => {
      return context.windows.isExceeded(`${rule.id}\n${context.stationId}`, over, seconds, context.at);
    });
  }
  return checks;
}

type Names = string | readonly string[] | null;

const FIELD_LISTS: readonly [
  key: "hosts" | "schemes" | "keys" | "vendorIds" | "messageIds",
  of: (facts: FieldFacts) => readonly Names[],
][] = [
  ["hosts", ({ hosts }) => hosts],
  ["schemes", ({ schemes }) => schemes],
  ["keys", ({ keys }) => keys],
  ["vendorIds", ({ vendorIds }) => vendorIds],
  ["messageIds", ({ messageIds }) => messageIds],
];

function named(list: readonly string[]): (names: string | readonly string[]) => boolean {
  const wanted = new Set(list.map(fold));
  return (names) => typeof names === "string" ? wanted.has(names) : names.some((name) => wanted.has(name));
}

/** A deny holds when any value is meant or cannot be read; an allow only when there are values and all are meant. */
function listCheck(
  of: (facts: FieldFacts) => readonly Names[],
  isMeant: (names: string | readonly string[]) => boolean,
  isDeny: boolean,
): Check["holds"] {
  return (context) => {
    const values = of(context.fields());
    if (isDeny) return values.some((value) => value === null || isMeant(value));
    return values.length > 0 && values.every((value) => value !== null && isMeant(value));
  };
}

/** A deny also holds for another spelling of a value: a station may forgive the case of a word, or read "01" as 1. */
function fieldCheck(name: RuleField, values: readonly string[], isDeny: boolean): Check["holds"] {
  const wanted = new Set(isDeny ? values.map(meaning) : values);
  return (context) => {
    const value = context.fields().fields[name];
    if (value === null) return isDeny;
    return value !== undefined && wanted.has(isDeny ? meaning(value) : value);
  };
}

/** Words without case; a number without its decimals, as who wants a whole one reads it. */
function meaning(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? String(Math.trunc(number)) : fold(value);
}
