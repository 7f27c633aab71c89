import { readFields } from "./ocpp_fields.ts";
import { decideOcppCall, SITE_RULE_PREFIX } from "./ocpp.ts";
import type { OcppProtocol, OcppRule, OcppSide, RuleDay, StationResource } from "./ocpp_rule.ts";
import { RULE_DAYS } from "./ocpp_rule.ts";
import { RuleBook } from "./ocpp_rule_book.ts";
import { plainAction } from "./plain_action.ts";
import { RateWindows } from "./rate_windows.ts";
import { minuteOfDay } from "./week_hours.ts";

/** One case of a cases file, in the words of an admin. */
export interface OcppCase {
  readonly case: string;
  /** Absent: station CP001 of which nothing else is known. */
  readonly station?: StationResource | undefined;
  /** The CSMS of the station; "main" when absent. */
  readonly csms?: string | undefined;
  readonly from: OcppSide;
  /** ocpp1.6 when absent. */
  readonly version?: OcppProtocol | undefined;
  readonly action: string;
  /** The plain payload; of a signed action what is signed. */
  readonly payload?: unknown;
  /** "mon 22:30" in the site's time zone; a Monday at noon when absent. */
  readonly at?: string | undefined;
  /** The message comes this often, evenly over `seconds`; what is expected is expected of the last. */
  readonly times?: number | undefined;
  readonly seconds?: number | undefined;
  readonly mode?: "enforce" | "observe" | undefined;
  readonly expect: "pass" | "refuse";
  /** The rule that decides, as it stands in the rules file or among the built-in ones; absent: any. */
  readonly rule?: string | undefined;
}

/** A cases file: cases, and the rules they are about when those are not the site's own. */
export interface OcppCases {
  readonly rules?: readonly OcppRule[] | undefined;
  readonly cases: readonly OcppCase[];
}

/** What came of a case. `why` says what was decided instead. */
export type CaseResult = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Minutes of the week of "mon 22:30"; undefined when it is no such time. */
export function minuteOfWeek(text: string): number | undefined {
  const [day, time] = text.split(" ");
  const minutes = minuteOfDay(time ?? "");
  const at = RULE_DAYS.indexOf(day as RuleDay);
  return at < 0 || minutes === undefined ? undefined : at * 24 * 60 + minutes;
}

/** Runs one case as the relay would decide it: a message without fault in its form, from a side within its limits. */
export function runOcppCase(tried: OcppCase, rules: readonly OcppRule[] | undefined): CaseResult {
  const { from, action, version = "ocpp1.6", csms = "main", expect, rule } = tried;
  const station = tried.station ?? { id: "CP001" };
  const book = rules && new RuleBook(rules);
  const windows = new RateWindows();
  const times = Math.max(1, tried.times ?? 1);
  const fields = readFields(from, plainAction(action), tried.payload ?? {});
  let decision;
  for (let count = 0; count < times; count++) {
    const at = count * (tried.seconds ?? 0) * 1_000 / times;
    const context = { version, fields, minuteOfWeek: minuteOfWeek(tried.at ?? "mon 12:00") ?? 0, at };
    const site = book?.decide({ principal: from, action, resource: { station, csms }, context }, windows);
    decision = decideOcppCall({
      from,
      version,
      action,
      validation: "observe",
      schema: "ok",
      frameFaults: [],
      repeated: false,
      overRate: false,
      overPending: false,
      site,
      siteObserves: tried.mode === "observe",
    });
  }
  const { effect, rule: decided } = decision!;
  const got = effect === "allow" ? "pass" : "refuse";
  const would = decision!.effect === "allow" && decision!.wouldRefuse ? decision!.wouldRefuse.rule : undefined;
  const isRule = rule === undefined ||
    [decided, would].some((name) => name === rule || name === SITE_RULE_PREFIX + rule);
  if (got === expect && isRule) return { ok: true };
  const wouldText = would === undefined ? "" : `, would be refused by ${would}`;
  return {
    ok: false,
    why: `expected ${expect}${rule === undefined ? "" : ` by ${rule}`}, got ${got} by ${decided}${wouldText}`,
  };
}
