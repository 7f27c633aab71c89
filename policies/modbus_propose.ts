import type { RecordedClient, RecordedRequest, RecordedTarget } from "./modbus_recording.ts";
import { type ModbusPointClass, type ModbusRule, type ModbusValues, NO_ROLE } from "./modbus_rule.ts";

/** A rule made from what was seen. One that is not active is for a person to think about first. */
export interface Proposal {
  readonly rule: ModbusRule;
  readonly isActive: boolean;
  /** Requests that need it. */
  readonly count: number;
  /** What to think of, one sentence each. */
  readonly remarks: readonly string[];
}

/** What one kind of access needs: who, what, at which units, how often. */
interface Need {
  /** Needs of equal keys become one rule of a unit. */
  readonly key: string;
  readonly who: Pick<ModbusRule, "roles" | "clients">;
  readonly name: string;
  readonly what: Partial<ModbusRule>;
  readonly unit: number;
  readonly count: number;
  readonly warning?: string;
}

/**
 * Rules that allow what was recorded and no more: reads by class, writes by point and within the values seen. What
 * presents a badge, reaches all devices, restarts one or writes where no profile knows the meaning is proposed, not active.
 * Badge and vehicle ids are masked.
 */
export function proposeModbusRules(recorded: readonly RecordedClient[]): Proposal[] {
  const needs = recorded.flatMap((each) => each.requests.flatMap((request) => needsOf(each, request)));
  const grouped = [...Map.groupBy(needs, ({ key }) => key).values()];
  const merged = mergeUnits(grouped.map(mergeNeeds)).sort((a, b) => Number(b.isActive) - Number(a.isActive));
  return withOwnIds(merged);
}

function needsOf(recorded: RecordedClient, request: RecordedRequest): Need[] {
  const { unit, role, client } = recorded;
  const who = role === undefined ? { roles: [NO_ROLE], clients: [client] } : { roles: [role] };
  const isBroadcast = unit === 0;
  const need = (name: string, what: Partial<ModbusRule>, count: number, warning?: string): Need => ({
    key: JSON.stringify([unit, who, name, warning !== undefined]),
    who,
    name,
    what,
    unit,
    count,
    ...warning !== undefined ? { warning } : isBroadcast ? { warning: "It reaches every device of the line" } : {},
  });
  const { functionCode, subfunction, targets, count } = request;
  if (targets.length === 0) {
    const what = { functions: [functionCode], ...subfunction === undefined ? {} : { subfunctions: [subfunction] } };
    const changes = functionCode === 21 || functionCode === 8 && subfunction !== 0;
    const warning = changes ? "It can change the device or silence it" : undefined;
    return [need(subfunction === undefined ? "functions" : `diagnostics-${subfunction}`, what, count, warning)];
  }
  return targets.map((target) => needOfTarget(target, (name, what, warning) => need(name, what, count, warning)));
}

function needOfTarget(
  { access, point, isPartial, limits, values }: RecordedTarget,
  need: (name: string, what: Partial<ModbusRule>, warning?: string) => Need,
): Need {
  if (access === "read") {
    if (!point) return need("reads-unknown", { access, unknown: true });
    if (point.class === "personal") return need("hides-personal", { effect: "mask", access, classes: ["personal"] });
    return need("reads", { access, classes: [point.class] });
  }
  if (!point) {
    return need(
      "writes-unknown",
      { access, unknown: true },
      "No profile says what it does: write one, then look again",
    );
  }
  const what = { access, points: [point.name], ...seenValues(values, limits?.legal) };
  const name = `writes-${point.name}`;
  if (isPartial) {
    return need(name, what, "Only a part of the value was written: such a write is refused whatever rules say");
  }
  if (limits?.isWritable === false) return need(name, what, "The profile says that it can only be read");
  if (point.class === "credential") return need(name, what, "A write acts as presenting a badge");
  if (point.class === "protected") return need(name, what, "It is a limit or failsafe of the installation");
  if (values && limits?.restricted && hasWithin(limits.restricted, values)) {
    return need(name, what, "Among the values are such that restart the device or take it out of service");
  }
  return need(name, what);
}

/** The legal values between the lowest and the highest seen: 0 and 6 to 16 where 0 to 16 was written. */
function seenValues(seen: RecordedTarget["values"], legal: ModbusValues | undefined): { values?: ModbusValues } {
  if (!seen) return {};
  const [low, high] = seen;
  if (!legal) return { values: low === high ? [low] : [[low, high]] };
  const within = legal.flatMap((part): (number | readonly [number, number])[] => {
    if (typeof part === "number") return low <= part && part <= high ? [part] : [];
    const [from, to] = [Math.max(part[0], low), Math.min(part[1], high)];
    return from > to ? [] : from === to ? [from] : [[from, to]];
  });
  return within.length === 0 ? {} : { values: within };
}

function hasWithin(values: ModbusValues, [low, high]: readonly [number, number]): boolean {
  return values.some((part) =>
    typeof part === "number" ? low <= part && part <= high : part[0] <= high && low <= part[1]
  );
}

function mergeNeeds(needs: readonly Need[]): Proposal {
  const [first] = needs as [Need, ...Need[]];
  const list = <Item>(pick: (need: Need) => readonly Item[] | undefined) => {
    const all = [...new Set(needs.flatMap((need) => pick(need) ?? []))];
    return all.length === 0 ? undefined : all;
  };
  const classes = list<ModbusPointClass>(({ what }) => what.classes);
  const values = mergeValues(needs.flatMap(({ what }) => what.values ?? []));
  const count = needs.reduce((sum, need) => sum + need.count, 0);
  const functions = list(({ what }) => what.functions)?.sort((a, b) => a - b);
  const remarks = [...new Set(needs.flatMap(({ warning }) => warning ?? []))];
  return {
    isActive: remarks.length === 0,
    count,
    remarks,
    rule: {
      id: first.name,
      effect: first.what.effect ?? "allow",
      because: becauseOf(first),
      ...first.who,
      units: [first.unit],
      ...first.what.access && { access: first.what.access },
      ...classes && { classes },
      ...first.what.points && { points: first.what.points },
      ...functions && { functions },
      ...first.what.subfunctions && { subfunctions: first.what.subfunctions },
      ...first.what.unknown && { unknown: true },
      ...values.length > 0 && { values },
    },
  };
}

/** Units that need the same share a rule; no unit gets what only another one needs. */
function mergeUnits(proposals: readonly Proposal[]): Proposal[] {
  const alike = Map.groupBy(proposals, ({ rule, remarks }) => JSON.stringify([{ ...rule, units: undefined }, remarks]));
  return [...alike.values()].map((same) => ({
    ...same[0]!,
    count: same.reduce((sum, { count }) => sum + count, 0),
    rule: { ...same[0]!.rule, units: same.flatMap(({ rule }) => rule.units ?? []).sort((a, b) => a - b) },
  }));
}

function becauseOf({ name, who }: Need): string {
  const asker = who.clients?.[0] ?? who.roles?.[0] ?? "a client";
  if (name.startsWith("writes-")) return `${asker} sets ${name.slice("writes-".length)}`;
  if (name === "hides-personal") return "Badge and vehicle ids are nobody's business here";
  return name.startsWith("reads") ? `${asker} reads these` : `${asker} uses these functions`;
}

/** Overlapping and repeated parts become one. */
function mergeValues(values: ModbusValues): ModbusValues {
  const ranges = values.map((part) => typeof part === "number" ? [part, part] as const : part)
    .toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const merged: [number, number][] = [];
  for (const [low, high] of ranges) {
    const last = merged.at(-1);
    if (last && low <= last[1]) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged.map(([low, high]) => low === high ? low : [low, high] as const);
}

/** Ids of rules: who and what in small letters, each once. */
function withOwnIds(proposals: readonly Proposal[]): Proposal[] {
  const taken = new Map<string, number>();
  return proposals.map((proposal) => {
    const { roles, clients, id } = proposal.rule;
    const asker = (clients?.[0] ?? roles?.[0] ?? "").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    const own = `${(asker || "client").slice(0, 20)}-${id}`.slice(0, 44).replace(/-$/, "");
    const times = (taken.get(own) ?? 0) + 1;
    taken.set(own, times);
    return { ...proposal, rule: { ...proposal.rule, id: times === 1 ? own : `${own}-${times}` } };
  });
}
