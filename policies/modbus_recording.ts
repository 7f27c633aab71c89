import { POLICY_LIMITS } from "./limits.ts";
import type { ModbusPointClass, ModbusPointLimits } from "./modbus_rule.ts";

/** What one kind of request touched, as rules see it. */
export interface RecordedTarget {
  readonly access: "read" | "write";
  /** Absent: registers that the profile does not know. */
  readonly point?: { readonly name: string; readonly class: ModbusPointClass };
  readonly isPartial: boolean;
  readonly limits?: ModbusPointLimits;
  /** Lowest and highest value written; never of personal points and credentials. */
  readonly values?: readonly [lowest: number, highest: number];
}

/** One kind of request as often as a client made it: enough to judge it again, and nothing else of it. */
export interface RecordedRequest {
  readonly functionCode: number;
  readonly subfunction?: number;
  readonly targets: readonly RecordedTarget[];
  readonly count: number;
  /** The last times, wall milliseconds, oldest first. */
  readonly times: readonly number[];
}

/** What was recorded of one client at one unit. */
export interface RecordedClient {
  readonly conduit: "modbus";
  readonly client: string;
  /** Absent: its certificate has none. */
  readonly role?: string;
  readonly listener: string;
  readonly source: string;
  readonly unit: number;
  readonly requests: readonly RecordedRequest[];
  /** Requests of further kinds, beyond the limit. */
  readonly missed: number;
}

/** Says two things are the same client at the same unit. */
export function clientKey(
  { client, role, listener, source, unit }: Omit<RecordedClient, "conduit" | "requests" | "missed">,
) {
  return JSON.stringify([client, role ?? null, listener, source, unit]);
}

/** Adds what was recorded later. What a client asked longest ago makes room beyond the limit of kinds. */
export function mergeClients(known: RecordedClient | undefined, later: RecordedClient): RecordedClient {
  if (!known) return later;
  const byKind = new Map(known.requests.map((request) => [kindKey(request), request]));
  for (const request of later.requests) {
    const key = kindKey(request);
    const before = byKind.get(key);
    byKind.set(key, before ? add(before, request) : request);
  }
  const all = [...byKind.values()].sort((a, b) => (b.times.at(-1) ?? 0) - (a.times.at(-1) ?? 0));
  const requests = all.slice(0, POLICY_LIMITS.recordedKinds);
  const dropped = all.slice(POLICY_LIMITS.recordedKinds).reduce((sum, { count }) => sum + count, 0);
  return { ...later, requests, missed: known.missed + later.missed + dropped };
}

/** The range of values with one more. */
export function widen(range: RecordedTarget["values"], value: number): readonly [number, number] {
  return range ? [Math.min(range[0], value), Math.max(range[1], value)] : [value, value];
}

function kindKey({ functionCode, subfunction, targets }: RecordedRequest): string {
  const touched = targets.map(({ access, point, isPartial }) => [access, point?.name ?? null, isPartial]);
  return JSON.stringify([functionCode, subfunction ?? null, touched]);
}

function add(before: RecordedRequest, later: RecordedRequest): RecordedRequest {
  const times = [...before.times, ...later.times].slice(-POLICY_LIMITS.recordedTimes);
  const targets = later.targets.map((target, at) => {
    const values = [before.targets[at]?.values, target.values].flatMap((range) => range ?? []);
    if (values.length === 0) return target;
    return { ...target, values: [Math.min(...values), Math.max(...values)] as const };
  });
  return { ...later, targets, count: before.count + later.count, times };
}
