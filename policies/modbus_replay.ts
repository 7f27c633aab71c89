import { decideModbus, type ModbusDecision } from "./modbus.ts";
import type { RecordedClient, RecordedRequest } from "./modbus_recording.ts";
import type { ModbusFacts, ModbusRule } from "./modbus_rule.ts";

/** Rules as they are or would be in force. */
export interface ModbusRuleSet {
  readonly rules: readonly ModbusRule[];
  readonly mode: "enforce" | "observe";
}

/** What a replay cannot know by itself. */
export interface ReplayWorld {
  /** Minutes since Monday 00:00 in the site's time zone of a wall time in milliseconds. */
  readonly minuteOfWeek: (wallMs: number) => number;
  /** Which of these networks hold an address. */
  readonly networksOf: (source: string, networks: readonly string[]) => readonly string[];
}

/** One kind of request whose decision changes. */
export interface ChangedModbusDecision {
  readonly client: string;
  readonly role: string | undefined;
  readonly unit: number;
  readonly functionCode: number;
  /** What it touches: names of points, with the values written. */
  readonly touches: string;
  readonly count: number;
  /** How many of the remembered times are decided differently. */
  readonly changed: number;
  readonly judged: number;
  readonly before: string;
  readonly after: string;
}

/** What a replay saw. */
export interface ModbusReplay {
  readonly clients: number;
  readonly kinds: number;
  readonly requests: number;
  /** Requests of kinds beyond the limit, which cannot be judged again. */
  readonly missed: number;
  readonly changes: readonly ChangedModbusDecision[];
}

/**
 * Judges recorded requests by two sets of rules and lists where the answers differ. Writes are judged with their lowest
 * and their highest value. Leases and rises depend on who else wrote, so they are left out.
 */
export function replayModbus(
  recorded: readonly RecordedClient[],
  before: ModbusRuleSet,
  after: ModbusRuleSet,
  world: ReplayWorld,
): ModbusReplay {
  const requests = recorded.flatMap((each) => each.requests);
  return {
    clients: new Set(recorded.map(({ client }) => client)).size,
    kinds: requests.length,
    requests: requests.reduce((sum, { count }) => sum + count, 0),
    missed: recorded.reduce((sum, { missed }) => sum + missed, 0),
    changes: recorded.flatMap((each) =>
      each.requests.flatMap((request) => changeOf(each, request, before, after, world))
    ),
  };
}

function changeOf(
  recorded: RecordedClient,
  request: RecordedRequest,
  before: ModbusRuleSet,
  after: ModbusRuleSet,
  world: ReplayWorld,
): ChangedModbusDecision[] {
  const answers = request.times.map((at) => ({
    before: judge(recorded, request, at, before, world),
    after: judge(recorded, request, at, after, world),
  }));
  const changed = answers.filter((each) => each.before !== each.after);
  const last = changed.at(-1);
  if (!last) return [];
  const { client, role, unit } = recorded;
  const { functionCode, count, times } = request;
  const touches = touchesOf(request);
  return [{ client, role, unit, functionCode, touches, count, changed: changed.length, judged: times.length, ...last }];
}

function judge(
  recorded: RecordedClient,
  request: RecordedRequest,
  at: number,
  { rules, mode }: ModbusRuleSet,
  { minuteOfWeek, networksOf }: ReplayWorld,
): string {
  const networks = networksOf(recorded.source, rules.flatMap(({ sources }) => sources ?? []));
  const answers = ([0, 1] as const).map((end) => {
    const facts: ModbusFacts = {
      principal: { role: recorded.role, client: recorded.client, listener: recorded.listener, networks },
      functionCode: request.functionCode,
      subfunction: request.subfunction,
      unit: recorded.unit,
      minuteOfWeek: minuteOfWeek(at),
      targets: request.targets.map(({ values, ...target }) => ({
        ...target,
        point: target.point,
        value: values?.[end],
      })),
    };
    return answerOf(decideModbus(facts, rules), mode);
  });
  return answers[0] === answers[1] ? answers[0]! : `lowest value ${answers[0]}, highest ${answers[1]}`;
}

function answerOf(decision: ModbusDecision, mode: "enforce" | "observe"): string {
  if (decision.effect === "deny") {
    return mode === "observe" ? `passes, noted as ${decision.rule}` : `refused by ${decision.rule}`;
  }
  if (mode === "observe") return "passes";
  const masked = decision.masked.length > 0 ? `, ${decision.masked.join(", ")} masked` : "";
  const clamped = decision.writes.flatMap(({ clamped }) => clamped === undefined ? [] : [`, clamped to ${clamped}`]);
  return `passes${masked}${clamped.join("")}`;
}

/** What a recorded request touches, for people. */
export function touchesOf({ functionCode, subfunction, targets }: RecordedRequest): string {
  if (targets.length === 0) {
    return subfunction === undefined ? `function ${functionCode}` : `diagnostics ${subfunction}`;
  }
  const names = targets.slice(0, 6).map((target) => {
    const { values, isPartial } = target;
    const written = values === undefined ? "" : values[0] === values[1] ? `=${values[0]}` : `=${values.join(" to ")}`;
    return `${target.point?.name ?? "unknown registers"}${isPartial ? " (a part)" : ""}${written}`;
  });
  return [...names, ...targets.length > 6 ? [`${targets.length - 6} more`] : []].join(", ");
}
