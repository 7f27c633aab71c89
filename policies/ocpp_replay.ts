import { NO_FIELDS } from "./ocpp_fields.ts";
import { decideOcppCall } from "./ocpp.ts";
import type { FieldFacts, OcppRule, OcppSide } from "./ocpp_rule.ts";
import { RuleBook } from "./ocpp_rule_book.ts";
import { RateWindows } from "./rate_windows.ts";
import type { RecordedMessage, RecordedStation } from "./recorded_message.ts";

/** Rules as they are or would be in force. */
export interface RuleSet {
  /** undefined: no rules of the site's own. */
  readonly rules: readonly OcppRule[] | undefined;
  readonly mode: "enforce" | "observe";
}

/** One kind of message whose decision changes. */
export interface ChangedDecision {
  readonly station: string;
  readonly version: string;
  readonly csms: string;
  readonly from: OcppSide;
  readonly action: string;
  readonly fields: FieldFacts | undefined;
  /** How often it was recorded, and how many of the remembered times are decided differently. */
  readonly count: number;
  readonly changed: number;
  readonly judged: number;
  /** "passes", "refused by site.x", "passes, noted as site.x"; of the last time that differs. */
  readonly before: string;
  readonly after: string;
}

/** What a replay saw. */
export interface ReplayResult {
  readonly stations: number;
  readonly kinds: number;
  /** Messages recorded, and those of kinds beyond the limit, which cannot be judged again. */
  readonly messages: number;
  readonly missed: number;
  readonly changes: readonly ChangedDecision[];
}

/**
 * Judges recorded messages by two sets of rules, in the order in which each station sent and got them, and lists where
 * the answers differ. Rates are counted over the remembered times only.
 * @param minuteOfWeek minutes since Monday 00:00 in the site's time zone of a wall time in milliseconds
 */
export function replayRecording(
  stations: readonly RecordedStation[],
  before: RuleSet,
  after: RuleSet,
  minuteOfWeek: (wallMs: number) => number,
): ReplayResult {
  const judges = [createReplayJudge(before, minuteOfWeek), createReplayJudge(after, minuteOfWeek)] as const;
  const messages = stations.flatMap((station) => station.messages);
  return {
    stations: new Set(stations.map(({ resource }) => resource.station.id)).size,
    kinds: messages.length,
    messages: messages.reduce((sum, { count }) => sum + count, 0),
    missed: stations.reduce((sum, station) => sum + station.missed, 0),
    changes: stations.flatMap((station) => changesOf(station, judges)),
  };
}

type ReplayJudge = (station: RecordedStation, message: RecordedMessage, at: number) => string;

function createReplayJudge({ rules, mode }: RuleSet, minuteOfWeek: (wallMs: number) => number): ReplayJudge {
  const book = rules && new RuleBook(rules);
  const windows = new RateWindows();
  return ({ resource, version }, { from, action, fields = NO_FIELDS }, at) => {
    const context = { version, fields, minuteOfWeek: minuteOfWeek(at), at };
    const decision = decideOcppCall({
      from,
      version,
      action,
      validation: "observe",
      schema: "ok",
      frameFaults: [],
      repeated: false,
      overRate: false,
      overPending: false,
      site: book?.decide({ principal: from, action, resource, context }, windows),
      siteObserves: mode === "observe",
    });
    if (decision.effect === "deny") return `refused by ${decision.rule}`;
    return decision.wouldRefuse ? `passes, noted as ${decision.wouldRefuse.rule}` : "passes";
  };
}

function changesOf(station: RecordedStation, judges: readonly [ReplayJudge, ReplayJudge]): ChangedDecision[] {
  const order = station.messages.flatMap((message) => message.times.map((at) => ({ message, at })));
  order.sort((a, b) => a.at - b.at);
  const found = new Map<RecordedMessage, { before: string; after: string; changed: number }>();
  for (const { message, at } of order) {
    const [before, after] = [judges[0](station, message, at), judges[1](station, message, at)];
    if (before === after) continue;
    found.set(message, { before, after, changed: (found.get(message)?.changed ?? 0) + 1 });
  }
  return [...found].map(([{ from, action, fields, count, times }, change]) => ({
    station: station.resource.station.id,
    version: station.version,
    csms: station.resource.csms,
    from,
    action,
    fields,
    count,
    judged: times.length,
    ...change,
  }));
}
